"""Invented people, companies and places that the sample inputs draw on."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

LAST = (
    "Kowalska", "Okafor", "Lindqvist", "Marchetti", "Brennan", "Sandoval", "Achterberg", "Nakagawa", "Petrovic",
    "Ferreira", "Whitlock", "Bajwa", "Delacroix", "Haldane", "Müller", "Øvergaard", "Castellanos", "Wren", "Ibrahim",
    "Novák",
)  # fmt: skip
FIRST = (
    "Łukasz", "Amara", "Ingrid", "Paolo", "Siobhan", "Mateo", "Femke", "Haruto", "Jelena", "Beatriz", "Thomas",
    "Harpreet", "Élise", "Callum", "Jürgen", "Sunniva", "Rosa", "Edith", "Yusuf", "Tereza",
)  # fmt: skip
COMPANIES = (
    "Brightwater Packaging", "Alder & Finch Supplies", "Norrland Timber AB", "Castellan Freight", "Pemberton Tools",
    "上海恒信贸易有限公司", "Quillfeather Print", "Sørensen Marine ApS", "Vesta Laboratory Goods", "Greystone Catering",
    "Köhler Antriebstechnik", "Meadowlark Office",
)  # fmt: skip
STREETS = ("Alder Lane", "Harbor Street", "Mill Road", "Orchard Way", "Station Avenue", "Quarry Hill")
CITIES = ("Eastbrook", "Port Hallow", "Linden", "Marsh End", "Overton Falls", "Kestrel Bay")
DOCTORS = ("Dr. Adeyemi", "Dr. Rautio", "Dr. Castell", "Dr. Bergstrom", "Dr. Huang", "Dr. Pryce")


WOMEN = frozenset(
    {
        "Amara",
        "Ingrid",
        "Siobhan",
        "Femke",
        "Jelena",
        "Beatriz",
        "Harpreet",
        "Élise",
        "Sunniva",
        "Rosa",
        "Edith",
        "Tereza",
    }
)


def recent(rng: random.Random) -> str:
    """Return an ISO date in the first eight months of 2026."""
    return f"2026-{rng.randint(1, 8):02d}-{rng.randint(1, 28):02d}"


def coming(rng: random.Random) -> str:
    """Return an ISO date in the last days of 2026."""
    return f"2026-12-{rng.randint(1, 23):02d}"


def date(rng: random.Random, first: int, last: int) -> str:
    """Return an ISO date in the years from ``first`` to ``last``."""
    return f"{rng.randint(first, last)}-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d}"


def name(rng: random.Random) -> str:
    """Return a name as registers write it, last name first."""
    return f"{rng.choice(LAST)}, {rng.choice(FIRST)}"


def phone(rng: random.Random) -> str:
    """Return a telephone number of the range kept free for fiction."""
    return f"({rng.randint(201, 989)}) 555-01{rng.randint(0, 99):02d}"
