"""Reach of finite blocks with two decoys, and what a larger block gains.

C. C. W. Lim, M. Curty, N. Walenta, F. Xu and H. Zbinden, Phys. Rev. A 89, 022307 (2014),
arXiv:1311.7129: the figure of key rate over fibre length for blocks of 1e4 to 1e9 bits, and the two
sentences on it that give numbers. A secrecy of 1e-15 per bit of key is an equation for the length
of the key; it is solved by repetition.

Run: ``qnet study papers/lim2014 [--quick] [--out DIR]``, a minute on one core.
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
    points_of,
    side_by_side,
)
from experiments.studies.rows import StudyRow, column, grouped, where
from experiments.studies.study import StudyPoint
from protocols.key_rates import AfterpulsingChannel, OptimalParameters, Security, optimised
from qnet.figures.style import COLOURS
from qnet.hardware import Detectors, Fibre, Line

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PAPER", "STUDY"]

PUBLISHED = (
    Published(
        item="key at 100 km, 1e9 bits over 1e7",
        value=1.75,
        low=1.7,
        high=1.8,
        known_by="quoted",
    ),
    Published(
        item="reach of 1e4 bits", value=135.0, low=132.5, high=137.5, known_by="quoted", unit="km"
    ),
)

#: Secrecy per bit of key.
_PER_BIT = 1e-15

#: Vacuum, which is not quite dark.
_VACUUM = 2e-4

_SECURITY = Security(
    epsilon_secrecy=1e-12, epsilon_correctness=1e-15, error_correction_efficiency=1.16
)


def _channel(length_km: float) -> AfterpulsingChannel:
    """The dedicated fibre of the paper: 0.2 dB/km, 10 % detectors, 6e-7 dark, 4 % afterpulses."""
    detectors = Detectors(efficiency=0.1, dark_count_probability=6e-7, afterpulse_probability=0.04)
    fibre = Fibre(length_km=length_km, loss_db_per_km=0.2)
    return AfterpulsingChannel(Line.through(fibre, detectors=detectors, misalignment=5e-3))


def _best(
    length_km: float, block: float, start: OptimalParameters | None = None
) -> OptimalParameters:
    """The best settings with a secrecy of 1e-15 for each bit of the key."""

    def found(secrecy: float) -> OptimalParameters:
        return optimised(
            "lim2014",
            _channel(length_km),
            block_size=block,
            security=replace(_SECURITY, epsilon_secrecy=secrecy),
            vacuum=_VACUUM,
            negative_limits=True,
            start=start,
        )

    first = found(_PER_BIT * block / 10.0)
    bits = first.rate.figures.get("secret_bits", 0.0)
    return found(_PER_BIT * bits) if bits > 0.0 else first


def _led(length_km: float, block: float) -> OptimalParameters:
    """The best settings, led there over larger blocks without fibre, from which the search starts.

    A block of 1e4 bits has key only near its best settings, where no search from afar arrives.
    """
    start = None
    for size in (1e5, 2e4):
        if size > block:
            start = _best(0.0, size, start)
    for length in (0.0, 60.0, 110.0):
        if start is not None and length < length_km:
            start = _best(length, block, start)
    return _best(length_km, block, start)


def _reach_km(block: float) -> float:
    """Length in km beyond which there is no key, to a kilometre."""
    start = _led(120.0, block)
    low, high = 120.0, 144.0
    while high - low > 0.8:
        middle = (low + high) / 2.0
        found = _best(middle, block, start)
        if found.rate.value > 0.0:
            low, start = middle, found
        else:
            high = middle
    return low


def points(quick: bool) -> list[StudyPoint]:
    """The published numbers, and the curves."""
    blocks = (1e4, 1e7) if quick else (1e4, 1e5, 1e6, 1e7, 1e8, 1e9)
    lengths = (0.0, 100.0) if quick else tuple(float(x) for x in range(0, 181, 20))
    line = [{"item": "key", "block_size": b, "length_km": x} for b in blocks for x in lengths]
    return [*points_of(PUBLISHED), *line]


def work(point: StudyPoint, seed: int) -> StudyRow:
    """A rate, a gain or a reach; nothing is drawn."""
    if point["item"] == PUBLISHED[0].item:
        large, small = (_best(100.0, block).rate.value for block in (1e9, 1e7))
        return beside(PUBLISHED, point, large / small)
    if point["item"] == PUBLISHED[1].item:
        return beside(PUBLISHED, point, _reach_km(1e4))
    rate = _led(point["length_km"], point["block_size"]).rate
    return beside(PUBLISHED, point, rate.value, security=rate.security.as_dict())


def answer(rows: Sequence[StudyRow]) -> str:
    """The gain and the reach, here and there."""
    return f"{agreement(rows)}: {side_by_side(rows)}."


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Key rate over fibre length for each block, as the figure of the paper."""
    axes = figure.subplots()
    curves = grouped(where(rows, item="key"), "block_size")
    for place, (block, own) in enumerate(curves.items()):
        keyed = [row for row in own if row["ours"].best > 0.0]
        look: dict[str, Any] = {
            "color": COLOURS[place % 5],
            "marker": "os^Dvx"[place],
            "ms": 4,
            "ls": "-",
        }
        label = f"$10^{{{len(str(int(block))) - 1}}}$ bits"
        axes.plot(
            column(keyed, "length_km"), [row["ours"].best for row in keyed], label=label, **look
        )
    (reach,) = where(rows, item=PUBLISHED[1].item)
    axes.axvspan(reach["theirs_low"], reach["theirs_high"], color="0.85", lw=0)
    ends: dict[str, Any] = {
        "xytext": (-4, 0),
        "textcoords": "offset points",
        "ha": "right",
        "va": "top",
    }
    told = f"$10^4$ bits end at 135 km (published),\n{reach['ours'].best:.0f} km (ours)"
    axes.annotate(told, (132.5, 8e-3), fontsize=8, **ends)
    axes.set(yscale="log", ylim=(1e-8, 2e-2), xlim=(0.0, 185.0), xlabel="fibre length (km)")
    axes.set(ylabel="key (bit/pulse)", title="two decoys, dedicated fibre")
    axes.legend(loc="lower left", fontsize=8)


PAPER = Paper.of_script(
    __name__,
    "two decoys with finite blocks (key rate over fibre length)",
    PUBLISHED,
    reference="Lim2014",
    unknown=(
        "the curves are in a picture only; the text has the fibre's transmittance alone in the "
        "optical errors, read here as that of fibre and detectors; how the paper searched"
    ),
    finding=(
        "the gain of a larger block agrees; the smallest block ends a few kilometres earlier, "
        "where the key falls off steeply"
    ),
)

STUDY = PAPER.study

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
