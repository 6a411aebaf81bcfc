"""Three nodes of diamond: links, and the swap in the middle.

M. Pompili et al., Science 372, 259 (2021), arXiv:2102.04471: Alice and Bob make a pair, Bob keeps
his half in a carbon spin while he tries with Charlie, and swaps. The carbon loses its coherence
with every attempt, to 1/e in some 1800, so that Bob gives up after a few hundred.

Run: ``qnet study papers/pompili2021 [--quick] [--out DIR]``, seconds on one core.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

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
from protocols.repeaters.sequential import sequential
from qnet.hardware import Memory, preset
from qnet.links import scheme_of
from qnet.plans import Cutoff, Link, Plan, Station

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PAPER", "STUDY", "swapped"]

#: Attempts in which the carbon's coherence falls to 1/e, and after which Bob gives up.
LIFE, PATIENCE = 1800, 450

#: Setting of the single clicks, and the length of a fibre in km.
BRIGHT, LENGTH_KM = 0.07, 0.03

PUBLISHED = (
    Published(
        item="fidelity of a link (above 0.8)",
        value=0.80,
        low=0.80,
        high=0.85,
        known_by="quoted",
        at={"of": "fidelity", "plan": "link"},
    ),
    Published(
        item="rate of the link of Alice and Bob",
        value=9.0,
        known_by="quoted",
        unit="Hz",
        at={"of": "rate", "plan": "link"},
    ),
    Published(
        item="fidelity after the swap",
        value=0.551,
        low=0.538,
        high=0.564,
        known_by="recalled",
        at={"of": "fidelity", "plan": "swap"},
    ),
    Published(
        item="swaps per second",
        value=0.025,
        known_by="recalled",
        unit="Hz",
        at={"of": "rate", "plan": "swap"},
    ),
)


@cache
def _link() -> Link:
    """A link of the preset nv-2019 by single clicks."""
    scheme = scheme_of(preset("nv-2019"), LENGTH_KM, bright_state_population=BRIGHT)
    return scheme.link()


def swapped(patience: int) -> Plan:
    """The plan of the experiment: Alice's link first, then Charlie's, at most so many attempts.

    Args:
        patience: Attempts of the second link after which both start anew.

    Examples:
        >>> len(list(swapped(450).links()))
        2
    """
    link, decoupled = _link(), Memory(t2_s=1.0)
    carbon = Memory(t2_s=LIFE * link.attempt_time_s)
    first = replace(link, left=decoupled, right=carbon)
    second = replace(link, left=decoupled, right=decoupled)
    cutoff = Cutoff(kind="difference", time_s=patience * link.attempt_time_s)
    station = Station(gates=preset("nv-2019").node.gates)
    return sequential([first, second], stations=station, cutoffs=cutoff)


def points(quick: bool) -> list[StudyPoint]:
    """The published numbers, and the swap over the patience."""
    patience = (150, 450, 1800) if quick else (50, 100, 150, 225, 300, 450, 700, 1000, 1400, 2000)
    return [*points_of(PUBLISHED), *line_points("swap", "patience", patience)]


def work(point: StudyPoint, seed: int) -> StudyRow:
    """A fidelity or a rate, by the exact engine."""
    plan = _link() if point["plan"] == "link" else swapped(point.get("patience", PATIENCE))
    return beside(PUBLISHED, point, played_figure(plan, point["of"]))


def answer(rows: Sequence[StudyRow]) -> str:
    """Link and swap, here and there."""
    return f"{agreement(rows)}: {side_by_side(rows)}."


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Ours over theirs, and the fidelity after the swap over the patience."""
    left, right = figure.subplots(1, 2, width_ratios=(1.1, 1.0))
    draw_ratios(left, rows)
    (swap,) = [each for each in PUBLISHED if each.item == "fidelity after the swap"]
    draw_band(right, rows, "patience", swap)
    right.axvline(PATIENCE, color="0.6", lw=0.8)
    right.set(xlabel="attempts before Bob gives up", ylabel="fidelity after the swap")


PAPER = Paper.of_script(
    __name__,
    "swap of a network of three nodes",
    PUBLISHED,
    reference="Pompili2021",
    unknown=(
        "the settings of the clicks, the patience (recalled), times for charge and phase checks, "
        "feed-forward and readout corrections; parameters are those of the preset nv-2019"
    ),
    finding=(
        "links of the preset are a little too good, and nothing but the links, the carbon and the "
        "gates errs: a tenth too much fidelity; checks between attempts make the real rate lower"
    ),
    size_in=(9.6, 3.8),
)

STUDY = PAPER.study

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
