"""The seeded fleet: an organisation with a past, made from a seed."""

from cyberdesk_nb.simulator.fleet.seeding import Fleet, seed_fleet

__all__ = ["Fleet", "seed_fleet"]
