"""Fidelity of two rubidium atoms over the length of the fibre, and the coherence time behind it.

T. van Leent et al., Nature 607, 69 (2022), arXiv:2111.15526: two single atoms, entangled over
fibres of up to 33 km. Light and herald need 5 us for every kilometre, for which the atoms must
hold: the fidelity falls with the length as their coherence does.

Run: ``qnet study papers/vanleent2022 [--quick] [--out DIR]``, seconds on one core.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
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
from qnet.engines.exact import play_exact
from qnet.figures.style import COLOURS
from qnet.hardware import preset
from qnet.links import scheme_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PAPER", "STUDY", "best_t2_s"]

#: Coherence times in s: that of the experiment, and that of the encoding that came after it.
MEASURED_T2_S, LATER_T2_S = 330e-6, 7e-3

PUBLISHED = (
    Published(
        item="fidelity at 6 km",
        value=0.830,
        low=0.820,
        high=0.840,
        known_by="recalled",
        at={"length_km": 6.0, "t2_s": MEASURED_T2_S},
    ),
    Published(
        item="fidelity at 33 km",
        value=0.622,
        low=0.607,
        high=0.637,
        known_by="quoted",
        at={"length_km": 33.0, "t2_s": MEASURED_T2_S},
    ),
    Published(
        item="coherence time that gives the fidelity at 33 km",
        value=330.0,
        known_by="recalled",
        unit="us",
        at={"length_km": 33.0, "t2_s": None},
    ),
)


def _fidelity(length_km: float, t2_s: float) -> float:
    """Fidelity of a heralded pair of the preset's atoms, with another coherence time."""
    atoms = preset("rubidium-atoms")
    memory = replace(atoms.node.memory, t2_s=t2_s)
    link = scheme_of(replace(atoms, node=replace(atoms.node, memory=memory)), length_km).link()
    return play_exact(link).fidelity.best


def best_t2_s(fidelity: float, length_km: float) -> float:
    """Coherence time in s with which the preset has a fidelity at a length."""
    # Local import: it takes long to load.
    from scipy.optimize import brentq

    def lead(t2_s: float) -> float:
        return _fidelity(length_km, t2_s) - fidelity

    return float(brentq(lead, 20e-6, 20e-3, rtol=1e-4))


def points(quick: bool) -> list[StudyPoint]:
    """The published numbers, and the fidelity over the length for two coherence times."""
    lengths = (6.0, 33.0) if quick else tuple(float(x) for x in range(2, 41, 2))
    line = [
        {"item": "line", "length_km": length, "t2_s": t2_s}
        for t2_s in (MEASURED_T2_S, LATER_T2_S)
        for length in lengths
    ]
    return [*points_of(PUBLISHED), *line]


def work(point: StudyPoint, seed: int) -> StudyRow:
    """A fidelity, or the coherence time that explains one; nothing is drawn."""
    if point["t2_s"] is None:
        return beside(PUBLISHED, point, 1e6 * best_t2_s(PUBLISHED[1].value, point["length_km"]))
    return beside(PUBLISHED, point, _fidelity(point["length_km"], point["t2_s"]))


def answer(rows: Sequence[StudyRow]) -> str:
    """How far from the measured fidelities, and with which coherence time it would be less."""
    (found,) = where(rows, item=PUBLISHED[2].item)
    text = f"{agreement(rows)}. The fidelity at 33 km asks for a coherence time of "
    return f"{text}{found['ours'].best:.0f} us."


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Fidelity over the length of the fibre."""
    axes = figure.subplots()
    for place, (t2_s, label) in enumerate(
        {MEASURED_T2_S: "T2 = 330 µs, ours", LATER_T2_S: "T2 = 7 ms (the preset), ours"}.items()
    ):
        own = where(rows, item="line", t2_s=t2_s)
        look: dict[str, Any] = {
            "color": COLOURS[2 * place],
            "ls": "-:"[place],
            "marker": "",
            "label": label,
        }
        axes.plot(column(own, "length_km"), [row["ours"].best for row in own], **look)
    draw_theirs(axes, where(rows, unit="", t2_s=MEASURED_T2_S), "length_km", "measured")
    axes.axhline(0.5, color="0.6", lw=0.8)
    axes.set(xlabel="length of the fibre (km)", ylabel="fidelity", ylim=(0.45, 1.0))
    axes.set_title("two rubidium atoms")
    axes.legend()


PAPER = Paper.of_script(
    __name__,
    "fidelity of two rubidium atoms over the length of the fibre",
    PUBLISHED,
    reference="vanLeent2022",
    unknown=(
        "visibility, readout and preparation errors of the two atoms (assumed in the preset); the "
        "law by which their coherence falls; the measured fidelities contain the readout"
    ),
    finding=(
        "with the measured coherence time the fall is right, three hundredths too high; the preset "
        "itself, with the later encoding, does not fall at all"
    ),
)

STUDY = PAPER.study

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
