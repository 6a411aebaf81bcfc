"""Reach of decoy states at the parameters of the GYS experiment.

X. Ma, B. Qi, Y. Zhao and H.-K. Lo, Phys. Rev. A 72, 012326 (2005), arXiv:quant-ph/0503005: the
figure of key rate over distance for infinitely many decoys and for a vacuum and a weak one, at the
loss, efficiency, background and errors of C. Gobby, Z. Yuan and A. Shields, Appl. Phys. Lett. 84,
3762 (2004).

Run: ``qnet study papers/ma2005 [--quick] [--out DIR]``, seconds on one core.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from experiments.studies.gys import EFFICIENCY, SIGNAL, WEAK, gys_channel, reach_km
from experiments.studies.papers.paper import Paper, Published, agreement, beside, points_of
from experiments.studies.rows import StudyRow, column, known, where
from experiments.studies.study import StudyPoint
from protocols.key_rates import KeyRate, infinite_decoy, optimal_signal_intensity, vacuum_weak
from qnet.figures.style import COLOURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PAPER", "STUDY"]

_CURVES = {"infinitely many decoys": "-", "a vacuum and a weak decoy": "--"}

PUBLISHED = (
    Published(
        item="reach, infinitely many decoys",
        value=142.05,
        known_by="recalled",
        unit="km",
        at={"curve": "infinitely many decoys"},
    ),
    Published(
        item="reach, a vacuum and a weak decoy",
        value=140.55,
        known_by="recalled",
        unit="km",
        at={"curve": "a vacuum and a weak decoy"},
    ),
    Published(item="best signal intensity", value=0.48, known_by="recalled", at={"curve": ""}),
)


def _rate(curve: str, length_km: float) -> KeyRate:
    """Secret bits per pulse, half of them sifted, as in the paper."""
    channel = gys_channel(length_km)
    if curve == "infinitely many decoys":
        return infinite_decoy(channel, intensity=SIGNAL, error_correction_efficiency=EFFICIENCY)
    more: dict[str, Any] = {
        "signal": SIGNAL,
        "weak": WEAK,
        "error_correction_efficiency": EFFICIENCY,
    }
    return vacuum_weak(channel, **more)


def points(quick: bool) -> list[StudyPoint]:
    """The published numbers, and the curves."""
    lengths = [*range(0, 136, 20 if quick else 3), 138.0, 139.5, 140.3, 140.6, 141.3, 141.8, 142.0]
    line = [{"item": "rate", "curve": c, "length_km": float(x)} for c in _CURVES for x in lengths]
    return [*points_of(PUBLISHED), *line]


def work(point: StudyPoint, seed: int) -> StudyRow:
    """A reach, a rate or the best intensity; nothing is drawn."""
    if point["item"] == "best signal intensity":
        return beside(PUBLISHED, point, optimal_signal_intensity(0.033))
    if point["item"] == "rate":
        rate = _rate(point["curve"], point["length_km"])
        return beside(PUBLISHED, point, rate.value, security=rate.security.as_dict())
    return beside(PUBLISHED, point, reach_km(lambda x: _rate(point["curve"], x)))


def answer(rows: Sequence[StudyRow]) -> str:
    """How far the curves reach here and there."""
    return f"{agreement(rows)}."


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Key rate over distance, and where the paper's curves end."""
    axes = figure.subplots()
    for place, (curve, dashes) in enumerate(_CURVES.items()):
        own = [row for row in where(rows, item="rate", curve=curve) if row["ours"].best > 0.0]
        look: dict[str, Any] = {
            "color": COLOURS[2 * place],
            "ls": dashes,
            "marker": "",
            "label": f"{curve}, ours",
        }
        (end,) = [row for row in known(rows, "theirs") if row["curve"] == curve]
        xs = [*column(own, "length_km"), end["ours"].best]
        axes.plot(xs, [*(row["ours"].best for row in own), 1e-12], **look)
        shown: dict[str, Any] = {
            "marker": "ov"[place],
            "mfc": "1.0",
            "color": "0.0",
            "ls": "",
            "ms": 7,
        }
        axes.plot([end["theirs"]], [1.5e-8], label=f"{curve}, published end", **shown)
    axes.set(yscale="log", ylim=(1e-8, 1e-2), xlim=(0.0, 150.0))
    axes.set(xlabel="distance (km)", ylabel="key (bit/pulse)", title="GYS fibre, 0.21 dB/km")
    axes.legend(loc="lower left")


PAPER = Paper.of_script(
    __name__,
    "reach of decoy states (key rate over distance)",
    PUBLISHED,
    reference="Ma2005",
    unknown="the published ends are recalled to 50 m; the paper's own rounding of its inputs",
    finding="the same formulas at the same parameters; the ends differ by some tens of metres",
)

STUDY = PAPER.study

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
