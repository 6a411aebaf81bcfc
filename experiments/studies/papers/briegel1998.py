"""Fidelity of pairs that noisy swaps connect, and the errors that nested purification stands.

H.-J. Briegel, W. Duer, J. I. Cirac and P. Zoller, Phys. Rev. Lett. 81, 5932 (1998),
arXiv:quant-ph/9803056: the fidelity after N connections with imperfect gates and measurements, the
loop of purification and connection, and the statement that errors on the percent level are
tolerated.

Run: ``qnet study papers/briegel1998 [--quick] [--out DIR]``, seconds on one core.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from experiments.studies.papers.paper import (
    Paper,
    Published,
    agreement,
    beside,
    draw_theirs,
    points_of,
)
from experiments.studies.rows import StudyRow, column, where
from experiments.studies.study import StudyPoint
from protocols.repeaters.nested import nested
from qnet.engines.exact import play_exact
from qnet.figures.style import COLOURS
from qnet.hardware import Gates
from qnet.plans import Distill, Link, Plan, Station
from qnet.states import werner
from qnet.states.typed import fano_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["PAPER", "STUDY", "threshold"]

#: Fidelity of the links and error of gates and measurements of the first panel.
LINK_FIDELITY, ERROR = 0.98, 0.01


def _connected(pairs: int) -> float:
    """The fidelity of the paper's formula, with p2 = eta = 1 - ERROR."""
    good = 1.0 - ERROR
    step = good * (4.0 * good**2 - 1.0) / 3.0
    return 0.25 + 0.75 * step ** (pairs - 1) * ((4.0 * LINK_FIDELITY - 1.0) / 3.0) ** pairs


_SIZES = (2, 4, 8, 16)

PUBLISHED = (
    *(
        Published(
            item=f"fidelity of {pairs} connected pairs",
            value=_connected(pairs),
            known_by="recalled",
            at={"kind": "connected", "pairs": pairs},
        )
        for pairs in _SIZES
    ),
    Published(
        item="error that is tolerated",
        value=0.01,
        low=0.003,
        high=0.03,
        known_by="printed",
        at={"kind": "threshold", "pairs": 2},
    ),
)


def _gates(error: float) -> Gates:
    return Gates(two_qubit_depolarizing=error, readout_flip_0=error, readout_flip_1=error)


def _link(fidelity: float) -> Link:
    state = fano_rows(werner((4.0 * fidelity - 1.0) / 3.0))
    return Link(success_probability=1.0, attempt_time_s=1.0, state=state)


def _fidelity(plan: Plan) -> float:
    return play_exact(plan).fidelity.best


def _swapped(fidelity: float, error: float, pairs: int = 2) -> float:
    """Fidelity of connected Werner pairs."""
    return _fidelity(nested([_link(fidelity)] * pairs, stations=Station(gates=_gates(error))))


def _purified(fidelity: float, error: float) -> float:
    """Fidelity of a pair distilled from two Werner pairs, as in the paper's recurrence."""
    return _fidelity(Distill(pair=_link(fidelity), scheme="bbpssw", gates=_gates(error)))


def _is_tolerated(error: float) -> bool:
    """Whether two pairs of the best purified fidelity, connected, can be purified again."""
    best = 1.0
    for _ in range(40):
        best = _purified(best, error)
    connected = _swapped(best, error)
    return _purified(connected, error) > connected


def threshold(precision: float = 1e-4) -> float:
    """Largest error of gates and measurements at which nesting works, by the loop of the paper."""
    low, high = 1e-4, 0.05
    while high - low > precision:
        middle = (low + high) / 2.0
        low, high = (middle, high) if _is_tolerated(middle) else (low, middle)
    return low


def points(quick: bool) -> list[StudyPoint]:
    """The published numbers, and the loop: purification and connection over the fidelity."""
    steps = 6 if quick else 26
    line = [
        {"item": "loop", "kind": kind, "fidelity": 0.5 + 0.5 * k / (steps - 1)}
        for kind in ("purified", "of two pairs", "of four pairs")
        for k in range(steps)
    ]
    return [*points_of(PUBLISHED), *line]


#: Error of the loop that is drawn.
LOOP_ERROR = 0.005


def work(point: StudyPoint, seed: int) -> StudyRow:
    """A fidelity or the tolerated error, from compiled circuits; nothing is drawn."""
    kind = point["kind"]
    if kind == "threshold":
        return beside(PUBLISHED, point, threshold())
    if kind == "connected":
        return beside(PUBLISHED, point, _swapped(LINK_FIDELITY, ERROR, point["pairs"]))
    fidelity = point["fidelity"]
    if kind == "purified":
        return beside(PUBLISHED, point, _purified(fidelity, LOOP_ERROR))
    pairs = 2 if kind == "of two pairs" else 4
    return beside(PUBLISHED, point, _swapped(fidelity, LOOP_ERROR, pairs))


def answer(rows: Sequence[StudyRow]) -> str:
    """How far from the formula, and the tolerated error."""
    (found,) = where(rows, kind="threshold")
    return f"{agreement(rows)}; errors of up to {found['ours'].best:.2%} are tolerated."


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Fidelity over the number of pairs, and the loop of purification and connection."""
    left, right = figure.subplots(1, 2)
    own = where(rows, kind="connected")
    look: dict[str, Any] = {"color": COLOURS[0], "marker": "", "label": "ours"}
    left.plot(column(own, "pairs"), [row["ours"].best for row in own], **look)
    draw_theirs(left, own, "pairs", "formula of the paper")
    left.set(xscale="log", xlabel="connected pairs", ylabel="fidelity", title="errors of 1 %")
    left.set_xticks(_SIZES, map(str, _SIZES))
    left.minorticks_off()
    left.legend()
    _loop(right, rows)


def _loop(axes: Axes, rows: Sequence[StudyRow]) -> None:
    for place, (kind, label) in enumerate(
        {
            "purified": "purified once",
            "of two pairs": "two pairs connected",
            "of four pairs": "four pairs connected",
        }.items()
    ):
        own = where(rows, item="loop", kind=kind)
        look: dict[str, Any] = {
            "color": COLOURS[place],
            "ls": ("-", "--", ":")[place],
            "marker": "",
        }
        axes.plot(column(own, "fidelity"), [row["ours"].best for row in own], label=label, **look)
    axes.plot([0.5, 1.0], [0.5, 1.0], color="0.6", lw=0.8, marker="")
    axes.set(xlabel="fidelity before", ylabel="fidelity after", title="errors of 0.5 %, ours")
    axes.legend(fontsize=8)


PAPER = Paper.of_script(
    __name__,
    "fidelity of connected pairs and the purification loop",
    PUBLISHED,
    reference="BriegelDuer1998",
    unknown=(
        "the formula is recalled; the paper's own errors in its pictures were not compared; "
        "'percent level' is read as 0.3 % to 3 %"
    ),
    finding=(
        "the formula twirls after every connection, the circuits do not: their states are "
        "Bell-diagonal, and a little better after many connections; three per cent are tolerated, "
        "at the upper end of the wording"
    ),
    size_in=(9.0, 3.8),
)

STUDY = PAPER.study

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
