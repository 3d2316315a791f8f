"""Faults on demand: what a network, a proxy, a newer API or a hostile user does to answers, as rules.

Rules come from a file (`cyberdesk-nb simulator --faults FILE`), from `simulator(faults=...)`, or from a test, which may
change them while the simulator runs::

    with simulator() as sim:
        with sim.faults.active(Cut(at="start"), method="POST", path="/v1/runs", first=1):
            ...                                  # the run is made, its reply is lost
        sim.faults.use("hostile")                # one of PRESETS, or a file
        print(sim.faults.log[-1])                # what was done to which request

A rule says which requests (`On`) and what happens to them: errors (`Status`, `Headers`), slowness and broken
connections (`Delay`, `Stall`, `Cut`, `Length`), spoilt bodies (`Body`), lists that change or lie (`Rows`), links and
clocks that are wrong (`ExpiredLinks`, `Skew`), single values (`UnknownEnums`, `BadValues`, `ExtraFields`,
`HostileText`) and pictures (`BadPictures`). `python -m cyberdesk_nb.simulator.faults` prints a file with an example of
each.

Everything replays: the same seed and the same sequence of requests give the same faults. Nothing is drawn from a
shared generator. What is left to chance follows from the seed, the rule's place, the request (method, path and query;
not its headers, body or moment) and how often it came; for single values, from the record's id and the field. So
requests that overlap replay where rules count `per = "request"` or go by probability; rules that count all requests
together follow the order in which those arrive. A request that names the present time is a new one each time.
"""

from cyberdesk_nb.simulator.faults.bodies import Body
from cyberdesk_nb.simulator.faults.control import Faults, FaultSource, Injected
from cyberdesk_nb.simulator.faults.errors import Headers, Status
from cyberdesk_nb.simulator.faults.fault import Fault
from cyberdesk_nb.simulator.faults.fields import BadValues, ExtraFields, HostileText, UnknownEnums
from cyberdesk_nb.simulator.faults.lists import Rows
from cyberdesk_nb.simulator.faults.pictures import BadPictures, ExpiredLinks, Skew
from cyberdesk_nb.simulator.faults.reading import EXAMPLE, PRESETS, read_plan
from cyberdesk_nb.simulator.faults.rules import On, Plan, Rule
from cyberdesk_nb.simulator.faults.texts import HOSTILE
from cyberdesk_nb.simulator.faults.wires import Cut, Delay, Length, Stall

__all__ = [
    "EXAMPLE",
    "HOSTILE",
    "PRESETS",
    "BadPictures",
    "BadValues",
    "Body",
    "Cut",
    "Delay",
    "ExpiredLinks",
    "ExtraFields",
    "Fault",
    "FaultSource",
    "Faults",
    "Headers",
    "HostileText",
    "Injected",
    "Length",
    "On",
    "Plan",
    "Rows",
    "Rule",
    "Skew",
    "Stall",
    "Status",
    "UnknownEnums",
    "read_plan",
]
