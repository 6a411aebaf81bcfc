"""Best cut-offs of chains of two and eight segments, and the key that they give.

B. Li, T. Coopmans and D. Elkouss, IEEE Trans. Quantum Eng. 2, 4103015 (2021), arXiv:2005.04946: the
key of chains that swap level by level over the Werner parameter of the links, for one cut-off of
each level and for one of all levels, and over the coherence time. The authors published the log of
these optimisations beside their code.

Run: ``qnet study papers/li2021 [--quick] [--out DIR]``, seconds on one core.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
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
from qnet.hardware import Memory
from qnet.metrics import binary_entropy
from qnet.plans import Cutoff, Link, Plan, Station
from qnet.states import werner
from qnet.states.typed import fano_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["PAPER", "STUDY", "chain"]

#: Success of an attempt and of a swap; an attempt is the unit of time.
LINK, SWAP = 0.1, 0.5

#: Eight segments, coherence time 400: Werner parameter, cut-offs, key; level by level, and uniform.
_EIGHT = {
    0.96: ((12, 25, 40), 4.306948e-05, 27, 2.236664e-05),
    0.963: ((12, 25, 40), 7.799160e-05, 27, 5.718596e-05),
    0.967: ((13, 24, 40), 1.278632e-04, 27, 1.067982e-04),
    0.97: ((13, 26, 45), 1.696332e-04, 27, 1.465866e-04),
    0.973: ((14, 28, 48), 2.175851e-04, 30, 1.909073e-04),
    0.977: ((16, 30, 53), 2.912354e-04, 34, 2.601738e-04),
    0.98: ((17, 32, 55), 3.538333e-04, 37, 3.198753e-04),
    0.983: ((18, 34, 58), 4.228573e-04, 40, 3.863372e-04),
    0.987: ((19, 36, 63), 5.253076e-04, 44, 4.857035e-04),
    0.99: ((19, 37, 65), 6.101616e-04, 47, 5.685236e-04),
    0.993: ((20, 39, 67), 7.024087e-04, 50, 6.587139e-04),
    0.997: ((22, 41, 71), 8.372749e-04, 52, 7.910714e-04),
    1.0: ((22, 42, 73), 9.482341e-04, 55, 8.999929e-04),
}

#: Two segments, Werner parameter 0.97: coherence time, cut-off, key.
_TWO = {
    300: (30, 2.186341e-02),
    350: (34, 2.224184e-02),
    400: (38, 2.254025e-02),
    450: (39, 2.278091e-02),
    500: (44, 2.298002e-02),
    550: (48, 2.314616e-02),
    600: (45, 2.328498e-02),
    700: (75, 2.351084e-02),
    800: (55, 2.368444e-02),
    1000: (96, 2.393094e-02),
    1200: (61, 2.409554e-02),
}

_KINDS = ("a cut-off of each level", "one cut-off of all levels", "two segments")


def _published() -> Iterator[Published]:
    same: dict[str, Any] = {"known_by": "data", "unit": "per attempt"}
    for parameter, (levels, best, single, uniform) in _EIGHT.items():
        for kind, cutoffs, value in zip(
            _KINDS[:2], (levels, (single,) * 3), (best, uniform), strict=True
        ):
            at = {"kind": kind, "werner": parameter, "coherence": 400}
            at["cutoffs"] = " ".join(map(str, cutoffs))
            yield Published(item=f"{kind}, w = {parameter:g}", value=value, at=at, **same)
    for coherence, (cutoff, value) in _TWO.items():
        at = {"kind": _KINDS[2], "werner": 0.97, "coherence": coherence, "cutoffs": str(cutoff)}
        yield Published(item=f"two segments, T = {coherence}", value=value, at=at, **same)


PUBLISHED = tuple(_published())


def chain(werner_parameter: float, coherence: float, cutoffs: Sequence[int]) -> Plan:
    """A chain with a level for each cut-off; times in attempts.

    Args:
        werner_parameter: Of new links.
        coherence: Attempts in which the Werner parameter of a stored pair falls to 1/e.
        cutoffs: The most attempts by which the later of two pairs may be late, lowest level first.

    Examples:
        >>> len(list(chain(0.98, 400.0, (17, 32, 55)).links()))
        8
    """
    memory = Memory(pair_depolarizing_time_s=coherence)
    state = fano_rows(werner(werner_parameter))
    link = Link(
        success_probability=LINK, attempt_time_s=1.0, state=state, left=memory, right=memory
    )
    rules = tuple(Cutoff(kind="difference", time_s=float(each)) for each in cutoffs)
    station = Station(success_probability=SWAP, perfect=True)
    return nested([link] * 2 ** len(cutoffs), stations=station, cutoffs=rules)


def _in_nats(qber: float) -> float:
    """The fraction of the published code: 1 - 2 h(Q) with the entropy in nats."""
    return 1.0 - 2.0 * math.log(2.0) * float(binary_entropy(qber))


def points(quick: bool) -> list[StudyPoint]:
    """All published numbers; the exact engine takes milliseconds for each."""
    return points_of(PUBLISHED)


def work(point: StudyPoint, seed: int) -> StudyRow:
    """Key by the fraction of the published code, and in bits."""
    cutoffs = [int(each) for each in point["cutoffs"].split()]
    result = play_exact(chain(point["werner"], point["coherence"], cutoffs))
    qber = 2.0 * (1.0 - result.fidelity.best) / 3.0
    ours = max(0.0, _in_nats(qber)) / result.delivery_time_s.best
    return beside(PUBLISHED, point, ours, key_in_bits=result.secret_key_rate_hz)


def answer(rows: Sequence[StudyRow]) -> str:
    """How far from the log, and what is left of the key in bits."""
    eight = where(rows, kind=_KINDS[0])
    dark = [row["werner"] for row in eight if row["key_in_bits"].best == 0.0]
    last = eight[-1]["theirs"] / eight[-1]["key_in_bits"].best
    text = f"{agreement(rows)}. The published fraction counts the entropy in nats: in bits, eight "
    text += f"segments give {last:.1f} times less key at w = 1"
    return f"{text}, and none up to w = {max(dark):g}." if dark else f"{text}."


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Key of eight segments over the Werner parameter, of two over the coherence time."""
    left, right = figure.subplots(1, 2)
    for place, kind in enumerate(_KINDS[:2]):
        _panel(left, where(rows, kind=kind), "werner", kind, place)
    _panel(right, where(rows, kind=_KINDS[2]), "coherence", "a cut-off", 0)
    left.set(yscale="log", xlabel="Werner parameter of the links", title="eight segments, T = 400")
    left.set(ylabel="key (bit/attempt)")
    right.set(xlabel="coherence time of a pair (attempts)", title="two segments, w = 0.97")
    right.set(ylim=(0.0, None))
    for axes in (left, right):
        axes.legend(fontsize=8)


def _panel(axes: Axes, rows: Sequence[StudyRow], x: str, label: str, place: int) -> None:
    dashes = "-:"[place]
    look: dict[str, Any] = {
        "color": COLOURS[0],
        "ls": dashes,
        "marker": "",
        "label": f"{label}, ours",
    }
    axes.plot(column(rows, x), [row["ours"].best for row in rows], **look)
    draw_theirs(axes, rows, x, "published log" if place == 0 else "")
    bits = [row for row in rows if row["key_in_bits"].best > 0.0]
    look = {"color": COLOURS[3], "ls": dashes, "marker": "", "label": f"{label}, in bits"}
    axes.plot(column(bits, x), [row["key_in_bits"].best for row in bits], **look)


PAPER = Paper.of_script(
    __name__,
    "key of chains with cut-offs (log of the optimisations)",
    PUBLISHED,
    reference="Li2021",
    unknown="nothing that matters: parameters, cut-offs and results are published",
    finding=(
        "the chains agree; but the published fraction 1 - 2 h(Q) has its entropy in nats, so that "
        "in bits there is less key, and none where links are poor"
    ),
    keys=("key_in_bits",),
    size_in=(9.0, 3.8),
)

STUDY = PAPER.study

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
