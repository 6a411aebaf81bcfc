"""Loss and sifted key of the satellite Micius over one ground station.

S.-K. Liao et al., Nature 549, 43 (2017), arXiv:1707.00542: decoy states from a satellite in 500 km,
the loss of the link at 1200 km, term by term, and the sifted key at 645 km and at 1200 km. The
source (0.8, 0.1 and 0 photons in 50, 25 and 25 % of the pulses, at 100 MHz) and the share of the
detections that is sifted, 1,671,072 of 3,551,136, are the paper's own.

Run: ``qnet study papers/liao2017 [--quick] [--out DIR]``, seconds on one core.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from experiments.studies.papers.paper import (
    Paper,
    Published,
    agreement,
    beside,
    draw_ratios,
    draw_theirs,
    points_of,
    side_by_side,
)
from experiments.studies.rows import StudyRow, column, where
from experiments.studies.study import StudyPoint
from qnet.figures.style import COLOURS
from qnet.space.optics import optics_preset

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PAPER", "STUDY", "elevation_deg", "sifted_hz"]

ALTITUDE_KM, EARTH_KM = 500.0, 6371.0
CLOCK_HZ, SIFTED = 1e8, 1_671_072 / 3_551_136
PULSES = ((0.8, 0.5), (0.1, 0.25), (0.0, 0.25))

PUBLISHED = (
    Published(
        item="diffraction at 1200 km",
        value=22.0,
        known_by="quoted",
        unit="dB",
        at={"of": "diffraction", "range_km": 1200.0},
    ),
    Published(
        item="air and turbulence at 1200 km (3 to 8 dB)",
        value=5.5,
        low=3.0,
        high=8.0,
        known_by="quoted",
        unit="dB",
        at={"of": "atmosphere", "range_km": 1200.0},
    ),
    Published(
        item="pointing at 1200 km (below 3 dB)",
        value=1.5,
        low=0.0,
        high=3.0,
        known_by="quoted",
        unit="dB",
        at={"of": "pointing", "range_km": 1200.0},
    ),
    Published(
        item="sifted key at 645 km",
        value=12.0,
        known_by="quoted",
        unit="kbit/s",
        at={"of": "sifted", "range_km": 645.0},
    ),
    Published(
        item="sifted key at 1200 km",
        value=1.0,
        low=0.5,
        high=1.5,
        known_by="quoted",
        unit="kbit/s",
        at={"of": "sifted", "range_km": 1200.0},
    ),
)


def elevation_deg(range_km: float) -> float:
    """Elevation in degrees of a satellite at this distance, over a sphere.

    Examples:
        >>> round(elevation_deg(1200.0), 1)
        19.8
    """
    up = 2.0 * EARTH_KM * ALTITUDE_KM + ALTITUDE_KM**2 - range_km**2
    return math.degrees(math.asin(up / (2.0 * EARTH_KM * range_km)))


def sifted_hz(transmission: float) -> float:
    """Sifted bits per second of the paper's source; background counts are not published.

    Args:
        transmission: Share of the photons that are detected.

    Examples:
        >>> round(sifted_hz(10.0**-4.301) / 1e3, 2)
        1.0
    """
    clicks = sum(share * -math.expm1(-transmission * mean) for mean, share in PULSES)
    return CLOCK_HZ * SIFTED * clicks


def points(quick: bool) -> list[StudyPoint]:
    """The published numbers, and the sifted key over the distance."""
    ranges = (520.0, 1200.0) if quick else (510.0, *(float(x) for x in range(550, 1351, 50)))
    line = [{"item": "line", "of": "sifted", "range_km": each} for each in ranges]
    return [*points_of(PUBLISHED), *line]


def work(point: StudyPoint, seed: int) -> StudyRow:
    """A loss in dB or a sifted rate in kbit/s; nothing is drawn."""
    link, distance = optics_preset("micius").link, point["range_km"]
    level = elevation_deg(distance)
    if point["of"] == "sifted":
        ours = sifted_hz(float(link.transmission(level, distance))) / 1e3
        return beside(PUBLISHED, point, ours)
    return beside(PUBLISHED, point, float(link.budget(level, distance).factors()[point["of"]]))


def answer(rows: Sequence[StudyRow]) -> str:
    """Losses and keys, here and there."""
    return f"{agreement(rows)}: {side_by_side(rows)}."


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Ours over theirs, and the sifted key over the distance."""
    left, right = figure.subplots(1, 2, width_ratios=(1.1, 1.0))
    draw_ratios(left, rows)
    own = where(rows, item="line")
    ours = [row["ours"].best for row in own]
    right.plot(column(own, "range_km"), ours, color=COLOURS[0], marker="", label="ours")
    draw_theirs(right, where(rows, of="sifted"), "range_km", "published")
    right.set(yscale="log", xlabel="distance of the satellite (km)", ylabel="sifted key (kbit/s)")
    right.legend()


PAPER = Paper.of_script(
    __name__,
    "link and sifted key of Micius",
    PUBLISHED,
    reference="Liao2017",
    unknown=(
        "the profile of the beam (given as about 10 urad), what the tracking error means, the air "
        "of that night and the background; the key of the pass needs all of them and is not redone"
    ),
    finding=(
        "3.4 dB less diffraction and 4 dB less air than the paper states, so that four and "
        "thirteen times as much is sifted: a Gaussian beam in clear air beats the real link"
    ),
    size_in=(10.0, 3.8),
)

STUDY = PAPER.study

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
