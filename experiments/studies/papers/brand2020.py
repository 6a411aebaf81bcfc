"""Waiting time and fidelity of chains of two, four and eight segments that swap level by level.

S. Brand, T. Coopmans and D. Elkouss, IEEE J. Sel. Areas Commun. 38, 619 (2020), arXiv:1912.07688:
the distribution of the waiting time by a recursion over the levels, exact up to the time at which
it is cut, and the mean Werner parameter with it. Their code comes with an example, whose parameters
these are: links that succeed with probability 0.1, swaps with 0.5, and for the fidelity links of
0.95 and pairs that lose their Werner parameter in 50 attempts.

Run: ``qnet study papers/brand2020 [--quick] [--out DIR]``, seconds on one core.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.studies.papers.paper import (
    Paper,
    Published,
    agreement,
    beside,
    draw_ratios,
    played,
    played_figure,
    points_of,
)
from experiments.studies.rows import StudyRow, column, where
from experiments.studies.study import StudyPoint
from protocols.repeaters.nested import nested
from qnet.figures.style import COLOURS
from qnet.hardware import Memory
from qnet.plans import Link, Plan, Station
from qnet.states import werner
from qnet.states.typed import fano_rows

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PAPER", "STUDY", "chain"]

#: Success of an attempt and of a swap; an attempt is the unit of time.
LINK, SWAP = 0.1, 0.5

#: Fidelity of new links, and attempts in which a stored pair's Werner parameter falls to 1/e.
FIDELITY, COHERENCE = 0.95, 50.0

#: Mean waiting time of 2, 4 and 8 segments; share of deliveries of 8 within so many attempts.
_MEANS = {1: 29.473684210526366, 2: 84.81758040972655, 3: 242.3483724224525}
_WITHIN = {100: 0.26072800491920384, 500: 0.8953421150630763}

#: Mean fidelity of 2 and 4 segments.
_FIDELITIES = {1: 0.799311479289475, 2: 0.5179357844542353}


def _published() -> Iterator[Published]:
    code: dict[str, Any] = {"known_by": "code"}
    for level, value in _MEANS.items():
        item = f"mean time, {2**level} segments"
        yield Published(item=item, value=value, unit="attempts", at={"n": level}, **code)
    for limit, value in _WITHIN.items():
        item = f"8 segments within {limit} attempts"
        yield Published(item=item, value=value, at={"n": 3, "within": limit}, **code)
    median = {"n": 3, "share": 0.5}
    yield Published(item="median, 8 segments", value=181, unit="attempts", at=median, **code)
    for level, value in _FIDELITIES.items():
        at = {"n": level, "of": "fidelity"}
        yield Published(item=f"mean fidelity, {2**level} segments", value=value, at=at, **code)
    yield Published(
        item="mean time, 8 segments, by the rule of three over two",
        value=(1.5 / SWAP) ** 3 / LINK,
        unit="attempts",
        known_by="recalled",
        at={"n": 3},
    )


PUBLISHED = tuple(_published())


def chain(levels: int, *, decays: bool = False) -> Plan:
    """A chain of ``2**levels`` segments; times in attempts.

    Args:
        levels: How often halves are joined.
        decays: Whether links are of 0.95 and pairs decay; perfect otherwise.

    Examples:
        >>> len(list(chain(3).links()))
        8
    """
    memory = Memory(pair_depolarizing_time_s=COHERENCE) if decays else Memory()
    share = (4.0 * FIDELITY - 1.0) / 3.0 if decays else 1.0
    link = Link(
        success_probability=LINK,
        attempt_time_s=1.0,
        state=fano_rows(werner(share)),
        left=memory,
        right=memory,
    )
    return nested([link] * 2**levels, stations=Station(success_probability=SWAP, perfect=True))


def points(quick: bool) -> list[StudyPoint]:
    """The published numbers, and the distributions of three chains."""
    attempts = (10, 100, 1000) if quick else (1, 2, 3, 5, 8, 13, 20, 30, 50, 80, 120, 200, 400, 800)
    line = [
        {"item": "line", "n": level, "within": each} for level in (1, 2, 3) for each in attempts
    ]
    return [*points_of(PUBLISHED), *line]


def work(point: StudyPoint, seed: int) -> StudyRow:
    """A mean time, a share of the deliveries, a median or a mean fidelity, by the exact engine."""
    of = point.get("of", "time")
    plan = chain(point["n"], decays=of == "fidelity")
    if "within" not in point and "share" not in point:
        return beside(PUBLISHED, point, played_figure(plan, of))
    law = played(plan).distribution()
    if "share" in point:
        place = int(np.searchsorted(law["cumulative"], point["share"]))
        return beside(PUBLISHED, point, float(law["time_s"][place]))
    place = int(np.searchsorted(law["time_s"], point["within"] + 0.5)) - 1
    return beside(PUBLISHED, point, float(law["cumulative"][place]))


def answer(rows: Sequence[StudyRow]) -> str:
    """How far from the recursion, and from the rule."""
    return f"{agreement(rows)}; but for the rule of three over two they are the recursion's."


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Ours over theirs, and the distributions."""
    left, right = figure.subplots(1, 2, width_ratios=(1.1, 1.0))
    draw_ratios(left, rows)
    for place, level in enumerate((1, 2, 3)):
        own = where(rows, item="line", n=level)
        shares = [row["ours"].best for row in own]
        label = f"{2**level} segments"
        right.plot(column(own, "within"), shares, color=COLOURS[place], label=label)
    told = [row for row in where(rows, n=3) if row.get("within") and row["theirs"] is not None]
    look: dict[str, Any] = {"ls": "", "marker": "o", "mfc": "1.0", "color": "0.0"}
    right.plot(column(told, "within"), column(told, "theirs"), label="their recursion", **look)
    right.set(xscale="log", xlabel="attempts", ylabel="share of deliveries by then")
    right.legend()


PAPER = Paper.of_script(
    __name__,
    "waiting time and fidelity of nested chains (example of the published code)",
    PUBLISHED,
    reference="Brand2020",
    unknown=(
        "the figures of the paper were not seen: the numbers are those of the recursion of the "
        "published code at the parameters of its example, worked out apart from this project; the "
        "rule of three over two, to which it is compared, is recalled; distillation is left out"
    ),
    finding=(
        "none in the recursion, which the exact engine carries on to all times; the rule of three "
        "over two, for the mean of rare links and swaps, tells a tenth too much at these parameters"
    ),
    size_in=(10.4, 4.0),
)

STUDY = PAPER.study

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
