"""Reach of decoy-state key distribution, and what finite blocks cost.

Question: how far do decoy states reach, and what do finite blocks cost?

Answer: endless blocks reach 142 km with infinitely many decoys, blocks of 1e6 bits 133 km with two.
With endless blocks it is 142.2 km with infinitely many decoys, 140.6 km with a vacuum and a weak
one, 40.2 km with none. Blocks of 1e6, 1e7, 1e8 and 1e10 sifted bits end at 132.9, 138.8, 142.3 and
145.7 km with two decoys, at 118.8, 125.9, 130.7 and 135.4 km with one.

How: key rate against distance at the parameters of the experiment of C. Gobby, Z. Yuan and A.
Shields (Appl. Phys. Lett. 84, 3762 (2004)), as used by X. Ma et al., Phys. Rev. A 72, 012326
(2005): infinitely many decoys, vacuum and a weak one, no decoy, and finite blocks with two decoys
(C. Lim et al., Phys. Rev. A 89, 022307 (2014)) or one (D. Rusca et al., Appl. Phys. Lett. 112,
171104 (2018)). All is analytic, and everything is optimised at every distance but the vacuum-weak
decoys, which are those of Ma et al. The finite-block analyses count detections of empty pulses as
secret, as the others do not, so that large blocks may reach a little farther. The reach of a curve
is a root of its rate, to 10 m.

Run: ``qnet study gys [--quick] [--out DIR]``, a minute on one core.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from experiments.studies.rows import StudyRow, column, grouped, where
from experiments.studies.study import Study, StudyPoint
from protocols.key_rates import (
    BackgroundChannel,
    KeyRate,
    OptimalParameters,
    Security,
    optimised,
    vacuum_weak,
)
from qnet.figures.style import COLOURS
from qnet.hardware import Detectors, Fibre, Line

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

__all__ = ["CURVES", "STUDY", "Curve", "gys_channel", "reach_km"]

SIGNAL, WEAK, EFFICIENCY = 0.48, 0.05, 1.22
BLOCKS = (1e6, 1e7, 1e8, 1e10)
QUICK_BLOCKS = (1e7, 1e10)

#: Epsilons of the finite blocks, at the error correction of the experiment.
SECURITY = Security(
    epsilon_secrecy=1e-10, epsilon_correctness=1e-15, error_correction_efficiency=EFFICIENCY
)

#: Share of the detections that endless blocks keep: bases may be as biased as one likes.
SIFTING = 1.0

#: Distance in km at which no curve of finite blocks is near its end.
CLEAR_KM = 100.0

_FLOOR = 1e-8
_ENDLESS = {"infinite-decoy": "-", "vacuum-weak": "--", "no-decoy": ":"}
_PANELS = {"lim2014": "two decoys (Lim 2014)", "rusca2018": "one decoy (Rusca 2018)"}


def gys_channel(length_km: float) -> BackgroundChannel:
    """The channel of the experiment: 0.21 dB/km, 4.5 % at Bob, 1.7e-6 background, 3.3 % errors.

    Examples:
        >>> round(gys_channel(0.0).transmission, 3)
        0.045
    """
    fibre = Fibre(length_km=length_km, loss_db_per_km=0.21)
    detectors = Detectors(efficiency=0.045, background_yield=1.7e-6)
    return BackgroundChannel(Line.through(fibre, detectors=detectors, misalignment=0.033))


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One line of the figure.

    Args:
        name: As in the table.
        label: As in the legend.
        model: Name of the analysis.
        block_size: Sifted bits of a block; None for an endless one.
    """

    name: str
    label: str
    model: str
    block_size: float | None = None

    def optimum(self, length_km: float) -> OptimalParameters:
        """Settings and rate at a distance.

        Near its end a finite block has local maxima: the search starts from a shorter fibre's
        optimum, too.
        """
        channel = gys_channel(length_km)
        endless: dict[str, Any] = {"error_correction_efficiency": EFFICIENCY, "sifting": SIFTING}
        if self.model == "vacuum-weak":
            rate = vacuum_weak(channel, signal=SIGNAL, weak=WEAK, **endless)
            return OptimalParameters(intensities=(SIGNAL, WEAK, 0.0), rate=rate)
        if self.block_size is None:
            return optimised(self.model, channel, **endless)
        start = _shorter(self) if length_km > CLEAR_KM else None
        size = self.block_size
        return optimised(self.model, channel, block_size=size, security=SECURITY, start=start)

    def distances(self, quick: bool) -> list[float]:
        """Where it is worked out, in km; endless blocks cost little."""
        if quick:
            return [0.0, 30.0, 60.0, 100.0]
        if self.block_size is None:
            return [0.5 * k for k in range(301)]
        return [float(length) for length in (*range(0, 110, 5), *range(110, 151, 2))]


@lru_cache(maxsize=64)
def _shorter(curve: Curve) -> OptimalParameters:
    return curve.optimum(CLEAR_KM)


CURVES = (
    Curve(name="infinite-decoy", label="infinitely many decoys", model="infinite-decoy"),
    Curve(name="vacuum-weak", label="vacuum and weak decoy", model="vacuum-weak"),
    Curve(name="no-decoy", label="no decoy", model="no-decoy"),
    *(
        Curve(
            name=f"{model}-{size:.0e}".replace("+", ""),
            label=f"$10^{{{round(math.log10(size))}}}$ bits",
            model=model,
            block_size=size,
        )
        for size in BLOCKS
        for model in _PANELS
    ),
)
_BY_NAME = {curve.name: curve for curve in CURVES}


def reach_km(
    rate: Callable[[float], KeyRate], longest_km: float = 300.0, within_km: float = 1e-9
) -> float:
    """Distance at which a rate vanishes, in km.

    Args:
        rate: Rate at a distance; positive at zero, negative at the longest.
        longest_km: Where to stop looking.
        within_km: How well it must be known.

    Examples:
        >>> from protocols.key_rates import infinite_decoy
        >>> round(reach_km(lambda l: infinite_decoy(gys_channel(l), intensity=0.48)), 2)
        142.01
    """
    # Local import: it takes long to load.
    from scipy.optimize import brentq

    root = brentq(
        lambda length: rate(length).unclipped, 0.0, longest_km, xtol=within_km, rtol=1e-13
    )
    return float(root)


def work(point: StudyPoint, seed: int) -> StudyRow:
    """The best rate of a curve at a distance, or where it vanishes; nothing is drawn."""
    curve = _BY_NAME[point["curve"]]
    if point["of"] == "reach":
        reach = reach_km(lambda length: curve.optimum(length).rate, within_km=0.01)
        return {"reach_km": round(reach, 2)}
    optimum = curve.optimum(point["distance_km"])
    return {
        "secret_key_rate_per_pulse": optimum.rate.value,
        "intensities": " ".join(f"{k:.4g}" for k in optimum.intensities),
        "probabilities": " ".join(f"{p:.4g}" for p in optimum.probabilities),
        "basis_bias": f"{optimum.basis_bias:.4g}",
        "reason": optimum.rate.reason or None,
        "security": optimum.rate.security.as_dict(),
    }


def points(quick: bool) -> list[StudyPoint]:
    """Every curve at its distances, and its reach."""
    chosen = [c for c in CURVES if not quick or c.block_size in (None, *QUICK_BLOCKS)]
    found: list[StudyPoint] = []
    for curve in chosen:
        same = {"curve": curve.name, "block_size": curve.block_size}
        found += [{**same, "of": "rate", "distance_km": x} for x in curve.distances(quick)]
        if not quick or curve.name in (*_ENDLESS, "lim2014-1e10"):
            found.append({**same, "of": "reach"})
    return found


def answer(rows: Sequence[StudyRow]) -> str:
    """How far every curve reaches."""
    reach = {row["curve"]: row["reach_km"] for row in rows if row["of"] == "reach"}
    endless = [f"{_BY_NAME[name].label} {reach[name]:.1f} km" for name in _ENDLESS]
    blocks = []
    for model, label in _PANELS.items():
        own = [c for c in CURVES if c.model == model and c.name in reach]
        reaches = [f"{reach[c.name]:.1f} km with {c.block_size:.0e} bits" for c in own]
        if own:
            blocks.append(f"{label} {', '.join(reaches)}".replace("e+", "e"))
    return f"Endless blocks give key up to: {', '.join(endless)}; finite ones: {'; '.join(blocks)}."


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Key rate over distance, two decoys and one; a line goes down where its rate vanishes."""
    panels = figure.subplots(1, 2, sharey=True)
    for axes, model, letter in zip(panels, _PANELS, "ab", strict=True):
        own = [row for row in rows if _BY_NAME[row["curve"]].model in (model, *_ENDLESS)]
        _panel(axes, own)
        axes.set_title(f"({letter}) finite blocks with {_PANELS[model]}")
    panels[0].set_ylabel("secret key (bit/pulse)")


def _panel(axes: Axes, rows: Sequence[StudyRow]) -> None:
    by_curve = grouped(rows, "curve")
    sizes = sorted({row["block_size"] for row in rows if row["block_size"]}, reverse=True)
    endless: list[Line2D] = []
    blocks: list[Line2D] = []
    for name, group in by_curve.items():
        curve = _BY_NAME[name]
        own = [row for row in group if row["of"] == "rate" and row["secret_key_rate_per_pulse"]]
        ends = column(where(group, of="reach"), "reach_km")
        xs, ys = column(own, "distance_km"), column(own, "secret_key_rate_per_pulse")
        look: dict[str, Any] = {"marker": "", "lw": 1.3, "label": curve.label}
        if curve.block_size is None:
            look |= {"color": "0.0", "ls": _ENDLESS[curve.model]}
        else:
            place = sizes.index(curve.block_size)
            look |= {"color": COLOURS[place], "marker": "os^Dv"[place], "ls": "-", "ms": 4.0}
            look["markevery"] = list(range(0, len(own), 3))
        (line,) = axes.plot(xs + ends, ys + [1e-3 * _FLOOR] * len(ends), **look)
        (endless if curve.block_size is None else blocks).append(line)
    axes.set(yscale="log", xlabel="distance (km)", xlim=(0.0, 150.0), ylim=(_FLOOR, 3e-2))
    first = axes.legend(handles=endless, loc="upper right", fontsize=7.5, handlelength=2.6)
    axes.add_artist(first)
    shown = {"loc": "lower left", "fontsize": 7.5, "title": "block", "title_fontsize": 7.5}
    axes.legend(handles=blocks[::-1], **shown)


STUDY = Study.of_script(
    __name__,
    "How far do decoy states reach, and what do finite blocks cost?",
    keys=("secret_key_rate_per_pulse",),
    fixed=f"source and detectors of Gobby 2004; error correction at {EFFICIENCY:g}; epsilon 1e-10",
    size_in=(8.8, 4.0),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
