"""Catalogue of what tests run over: a link, plans with every step, and the tables of the source.

A new step gets a line in `PLANS`, and the tests of the exact engine play it. What the source keeps
in tables (strategies, engines, schemes, circuits, protocols, kinds, commands, figures) is run over
from there; `test_catalog` holds that nothing is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from protocols import from_tree, nested, pumped, recurrence, sequential, swap_asap
from protocols.key_rates import BackgroundChannel
from qnet import Cutoff, Distill, EncodedPair, Gates, Link, Memory, Multiplex, Plan, Station
from qnet.codes import code_of
from qnet.hardware import Detectors, Fibre, Line
from qnet.plans import Stored
from qnet.states import fano_from_weights, werner

__all__ = [
    "BAD_GATES",
    "NOISY",
    "PLANS",
    "SCENARIOS",
    "difference",
    "four_links",
    "gys",
    "half",
    "link",
    "perfect",
    "stored",
]

#: Every shipped scenario.
SCENARIOS = sorted((Path(__file__).parents[1] / "experiments" / "scenarios").rglob("*.toml"))

#: A Bell-diagonal state without symmetry.
NOISY = fano_from_weights([0.9, 0.05, 0.02, 0.03])

BAD_GATES = Gates(two_qubit_depolarizing=0.02, readout_flip_0=0.01, readout_flip_1=0.03)


def link(p: float = 0.1, w: float = 1.0, memory: Memory | None = None, **fields) -> Link:
    """A link: attempts of one second, a Werner state, one memory at both ends; unless said."""
    memory = memory or Memory()
    given = {"attempt_time_s": 1.0, "state": werner(w), "left": memory, "right": memory}
    return Link(success_probability=p, **given | fields)


def stored(coherence: float) -> Memory:
    """A memory of which two make the Werner parameter of a pair fall as exp(-t / coherence)."""
    return Memory(depolarizing_time_s=2.0 * coherence)


def perfect(q: float = 0.5) -> Station:
    """A station without errors whose swaps succeed with probability q."""
    return Station(success_probability=q, perfect=True)


def half(q: float = 0.5, gates: Gates | None = None) -> Station:
    """A station of these gates whose swaps succeed with probability q."""
    return Station(success_probability=q, gates=gates or Gates())


def difference(*times: float) -> list[Cutoff]:
    """Cut-offs of the difference of ages, a nesting level each, in s."""
    return [Cutoff(kind="difference", time_s=float(time)) for time in times]


def four_links(memory: Memory | None = None, **fields) -> list[Link]:
    """Four unequal links with unequal memories, far from each other."""
    memory = memory or Memory(depolarizing_time_s=200.0, dephasing_time_s=90.0)
    given = {"state": NOISY, "right": Memory(dephasing_time_s=300.0), **fields}
    chances = (0.3, 0.2, 0.5, 0.4)
    return [link(p, memory=memory, length_km=2e5 * k, **given) for k, p in enumerate(chances)]


def gys(length_km: float) -> BackgroundChannel:
    """The channel of Gobby, Yuan and Shields, as Lo, Ma and Chen (2005) describe it."""
    line = Line.through(
        Fibre(length_km=length_km, loss_db_per_km=0.21),
        detectors=Detectors(efficiency=0.045, background_yield=1.7e-6),
        misalignment=0.033,
    )
    return BackgroundChannel(line)


#: Plans out of four links, with every step and order.
PLANS: dict[str, Callable[[Sequence[Plan]], Plan]] = {
    "link": lambda links: links[0],
    "nested": lambda links: nested(links, stations=half()),
    "noisy gates": lambda links: nested(links, stations=half(0.7, BAD_GATES)),
    "difference": lambda links: nested(links, stations=half(), cutoffs=difference(5, 11)),
    "age": lambda links: nested(
        links, stations=half(), cutoffs=[Cutoff(kind="age", time_s=t) for t in (5.0, 9.0)]
    ),
    "total": lambda links: nested(
        links, stations=half(), cutoffs=[Cutoff(kind="total", time_s=t) for t in (7.0, 19.0)]
    ),
    "sequential": lambda links: sequential(
        links, stations=half(0.8), cutoffs=Cutoff(kind="difference", time_s=6.0)
    ),
    "unbalanced": lambda links: from_tree(links, [[[0, 1], 2], 3], stations=half()),
    "two asap": lambda links: swap_asap(
        links[:2], stations=half(0.8, BAD_GATES), cutoff=difference(4)[0]
    ),
    "latency": lambda links: nested(links, stations=half(), classical_latency=True),
    "distilled": lambda links: nested(links, improve={0: recurrence}),
    "distilled above": lambda links: nested(
        links, improve={1: lambda pair: recurrence(pair, scheme="bbpssw", gates=BAD_GATES)}
    ),
    "kept": lambda links: Stored(pair=nested(links[:2], stations=half()), time_s=3.0),
    "one by one": lambda links: Distill(pair=links[0], order="sequential", gates=BAD_GATES),
    "double selection": lambda links: recurrence(links[0], scheme="double-selection"),
    "pumped": lambda links: pumped(links[0], steps=3),
    "multiplexed": lambda links: Multiplex(pair=nested(links, stations=half()), copies=3),
    "encoded": lambda links: EncodedPair(pair=links[0], code=code_of("repetition-3")),
    "encoded, detecting": lambda links: EncodedPair(
        pair=links[1], code=code_of("422"), gates=BAD_GATES, cutoff=difference(4)[0]
    ),
    "of copies": lambda links: nested([Multiplex(pair=each, copies=2) for each in links]),
}
