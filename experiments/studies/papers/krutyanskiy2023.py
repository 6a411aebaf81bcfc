"""Two trapped ions as a repeater node: 25 km of fibre to either side.

V. Krutyanskiy et al., Phys. Rev. Lett. 130, 213601 (2023), arXiv:2210.05418: two ions in one cavity
send converted photons through 25 km each; once both have arrived, a swap in the trap entangles the
photons. Beside it the link of two ions 230 m apart (Phys. Rev. Lett. 130, 050803 (2023)), made with
the same hardware. The preset trapped-ion is a model after other papers of this platform.

Run: ``qnet study papers/krutyanskiy2023 [--quick] [--out DIR]``, seconds on one core.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from experiments.studies.one_repeater_against_plob import AT_ONCE, node_plan
from experiments.studies.papers.paper import (
    Paper,
    Published,
    agreement,
    beside,
    draw_band,
    draw_ratios,
    line_points,
    played_figure,
    points_of,
    side_by_side,
)
from experiments.studies.rows import StudyRow
from experiments.studies.study import StudyPoint
from qnet.hardware import preset
from qnet.links import scheme_of
from qnet.plans import Cutoff, Plan, Swap

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PAPER", "STUDY", "node"]

#: Length of both arms of the node together, in km.
LENGTH_KM = 50.0

PUBLISHED = (
    Published(
        item="fidelity of two ions at 230 m",
        value=0.882,
        low=0.822,
        high=0.905,
        known_by="quoted",
        at={"plan": "ions", "of": "fidelity"},
    ),
    Published(
        item="heralds per attempt at 230 m",
        value=4e-5,
        known_by="quoted",
        at={"plan": "ions", "of": "success"},
    ),
    Published(
        item="fidelity over the node, 50 km",
        value=0.72,
        low=0.70,
        high=0.74,
        known_by="recalled",
        at={"plan": "node", "of": "fidelity"},
    ),
    Published(
        item="pairs over the node, 50 km",
        value=9.2,
        known_by="recalled",
        unit="Hz",
        at={"plan": "node", "of": "rate"},
    ),
)


def node(cutoff_s: float | None) -> Plan:
    """The plan of the node: both arms at once, a swap, and how long an arm waits for the other.

    Args:
        cutoff_s: The longest wait in s; None waits for ever.

    Examples:
        >>> len(list(node(0.02).links()))
        2
    """
    ions = preset("trapped-ion")
    plan = node_plan(LENGTH_KM, ions.node.memory.t2_s, AT_ONCE, hardware=ions)
    if cutoff_s is None:
        return plan
    assert isinstance(plan, Swap)
    return replace(plan, cutoff=Cutoff(kind="difference", time_s=cutoff_s))


def points(quick: bool) -> list[StudyPoint]:
    """The published numbers, and the node over its cut-off."""
    times = (
        (0.005, 0.05) if quick else (0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.4)
    )
    return [*points_of(PUBLISHED), *line_points("node", "cutoff_s", times)]


def work(point: StudyPoint, seed: int) -> StudyRow:
    """A fidelity, a probability or a rate, by the exact engine."""
    if point["plan"] == "ions":
        link = scheme_of(preset("trapped-ion"), 0.23).link()
        if point["of"] == "success":
            return beside(PUBLISHED, point, link.success_probability)
        return beside(PUBLISHED, point, played_figure(link, point["of"]))
    plan = node(point.get("cutoff_s"))
    return beside(PUBLISHED, point, played_figure(plan, point["of"]))


def answer(rows: Sequence[StudyRow]) -> str:
    """Link and node, here and there."""
    return f"{agreement(rows)}: {side_by_side(rows)}."


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Ours over theirs, and the fidelity of the node over its cut-off."""
    left, right = figure.subplots(1, 2, width_ratios=(1.1, 1.0))
    draw_ratios(left, rows)
    draw_band(right, rows, "cutoff_s", PUBLISHED[2], factor=1e3)
    right.set(xlabel="longest wait of an arm (ms)", ylabel="fidelity over the node")
    right.set_ylim(0.45, 1.0)


PAPER = Paper.of_script(
    __name__,
    "repeater node of two trapped ions",
    PUBLISHED,
    reference="Krutyanskiy2023Repeater",
    unknown=(
        "the efficiencies of the two arms and the attempts after which the node starts anew: the "
        "preset is a model after other papers, and waits for ever; the node's numbers are recalled"
    ),
    finding=(
        "the link's fidelity agrees and its probability is fourteen times too high; the node's "
        "arms are too slow for a memory of 62 ms: only with waits of up to some 75 ms is its "
        "fidelity the published one"
    ),
    size_in=(9.6, 3.8),
)

STUDY = PAPER.study

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
