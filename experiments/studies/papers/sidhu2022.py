"""Key of one satellite pass, against the authors' own code.

J. S. Sidhu, T. Brougham, D. McArthur, R. G. Pousa and D. K. L. Oi, npj Quantum Inf. 8, 18 (2022):
finite keys of single passes, by their program SatQuMA (arXiv:2109.01686) with the proof of C. Lim
et al., Phys. Rev. A 89, 022307 (2014). Three passes of its defaults: through the zenith, to 60
degrees with 6 dB more loss, to 30 degrees with 12 dB more and ten times the dark counts.

Run: ``qnet study papers/sidhu2022 [--quick] [--out DIR]``, seconds on one core.
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
from protocols.satellite import SatelliteScenario
from qnet.figures.style import COLOURS
from qnet.schema import load

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PAPER", "STUDY"]

#: Greatest elevation, excess loss in dB, dark counts; then key bits, QBER, phase error.
_PASSES = (
    (90.0, 0.0, 1e-8, 107740248.0, 0.0015024215, 0.0025080583),
    (60.0, 6.0, 1e-8, 22363976.3, 0.0015152205, 0.0034314652),
    (30.0, 12.0, 1e-7, 2380970.93, 0.0028761726, 0.0089528192),
)
_FIGURES = {"key": "bits", "error rate": "", "phase error": ""}

PUBLISHED = tuple(
    Published(
        item=f"{figure}, pass to {highest:g} degrees",
        value=value,
        unit=_FIGURES[figure],
        known_by="code",
        at={"figure": figure, "elevation_deg": highest, "excess_db": excess, "dark": dark},
    )
    for highest, excess, dark, *values in _PASSES
    for figure, value in zip(_FIGURES, values, strict=True)
)


def points(quick: bool) -> list[StudyPoint]:
    """The published numbers, and keys over the excess loss."""
    losses = (0.0, 12.0) if quick else tuple(float(x) for x in range(0, 19, 2))
    line = [
        {"item": "line", "figure": "key", "elevation_deg": e, "excess_db": x, "dark": dark}
        for e, _, dark, *_ in _PASSES
        for x in losses
    ]
    return [*points_of(PUBLISHED), *line]


def work(point: StudyPoint, seed: int) -> StudyRow:
    """A figure of the pass; nothing is drawn."""
    changes = {
        "orbit.theta_max_deg": point["elevation_deg"],
        "optics.fixed_loss_db": 15.0 + point["excess_db"],
        "detector.dark_count_probability": point["dark"],
    }
    scenario = load("satellite/satquma", changes=changes)
    assert isinstance(scenario, SatelliteScenario)
    (block,) = scenario.play().blocks
    values = {
        "key": float(block.secret_bits),
        "error rate": float(block.qber or 0.0),
        "phase error": float(block.rate.figures["phase_error"]),
    }
    more: dict[str, Any] = (
        {"security": block.rate.security.as_dict()} if point["figure"] == "key" else {}
    )
    return beside(PUBLISHED, point, values[point["figure"]], **more)


def answer(rows: Sequence[StudyRow]) -> str:
    """How far from SatQuMA."""
    return f"{agreement(rows)}."


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Key of a pass over the excess loss."""
    axes = figure.subplots()
    for place, (highest, *_) in enumerate(_PASSES):
        own = where(rows, item="line", elevation_deg=highest)
        keyed = [row for row in own if row["ours"].best > 0.0]
        look: dict[str, Any] = {
            "color": COLOURS[place],
            "marker": "",
            "label": f"to {highest:g}°, ours",
        }
        look["ls"] = ("-", "--", ":")[place]
        axes.plot(column(keyed, "excess_db"), [row["ours"].best for row in keyed], **look)
    draw_theirs(axes, where(rows, figure="key"), "excess_db", "SatQuMA")
    axes.set(yscale="log", xlabel="excess loss (dB)", ylabel="secret bits of a pass")
    axes.legend()


PAPER = Paper.of_script(
    __name__,
    "keys of single satellite passes (SatQuMA)",
    PUBLISHED,
    reference="Sidhu2022",
    unknown="nothing that matters: the program and its defaults are published",
    finding="the same counts and the same bounds, written twice: they agree to all digits",
)

STUDY = PAPER.study

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
