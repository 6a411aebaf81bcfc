"""Bands beside 400 Gbit/s: the key of a fibre that carries data, by quantum wavelength.

Question: in which band of a fibre that carries 400 Gbit/s does a quantum channel keep most key?

Answer: beside two channels of 3 dBm the E band keeps most, at 1405 to 1425 nm; the O band keeps its
key whole, but has less of it. These are 2.4e6 bit/s over 40 km and 2.4e5 over 80 km, three fifths
and a quarter of what a dark fibre leaves. Channels of -12 dBm may stay next to the quantum signal
in the C band, which keeps more than four fifths of its key. Between, at 0 dBm, the C and L bands
end below 60 km.

How: one channel each way at 1547 and 1551 nm, which carry the 400 Gbit/s and are launched at 3, 0
or -12 dBm; decoy BB84 at 1 GHz with two intensities, endless blocks (X. Ma et al., Phys. Rev. A 72,
012326 (2005), arXiv:quant-ph/0503005), detectors of 20 % at every wavelength. Raman light by the
measured coefficient of fibre, and of silica beyond, within 3 to 6 dB; four-wave mixing, leakage
through 130 dB of isolation, loss of standard fibre of low water peak (S. S. Walker, J. Lightwave
Technol. 4, 1125 (1986)). The isolation is assumed two nanometres from a channel too, where real
filters have less. Y. Mao et al., Opt. Express 26, 6010 (2018), and J. M. Thomas et al., Optica 11,
1700 (2024), took the O band, for which detectors and sources are at hand.

Run: ``qnet study which-band-beside-400g [--quick] [--out DIR]``, some seconds on one core.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from experiments.studies.rows import StudyRow, grouped, line, where
from experiments.studies.study import Study, StudyPoint
from qnet.coexistence import BANDS, band_of
from qnet.coexistence.attenuation import standard_loss_db_per_km
from qnet.estimate import Estimate
from qnet.figures import curve
from qnet.figures.style import look
from qnet.schema import override, read_kind

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["LOADS", "STUDY", "shared_fibre", "work"]

#: Launch power in dBm of each of the two channels, one each way; None is a dark fibre.
LOADS: dict[str, float | None] = {"dark": None, "-12 dBm": -12.0, "0 dBm": 0.0, "3 dBm": 3.0}

#: Lengths in km, and wavelengths in nm, none of them within the filter of a channel.
LENGTHS_KM = (20.0, 40.0, 60.0, 80.0)
QUICK_LENGTHS_KM = (20.0, 60.0)
WAVELENGTHS_NM = tuple(1265.0 + 10.0 * k for k in range(37))
QUICK_WAVELENGTHS_NM = (1275.0, 1315.0, 1455.0, 1535.0, 1615.0)

#: Where the data run, with the quantum signal and against it.
_DATA_NM = {"forward": 1547.0, "backward": 1551.0}

_CLOCK_HZ = 1e9

_FIBRE: dict[str, Any] = {
    "kind": "decoy-bb84",
    "source": {"intensities": [0.5, 0.1], "clock_hz": _CLOCK_HZ},
    "fibre": {"length_km": 40.0},
    "detector": {"efficiency": 0.2, "background_yield": 1e-6, "misalignment": 0.015},
    "security": {"model": "vacuum-weak", "error_correction_efficiency": 1.16},
}

_BESIDE: dict[str, Any] = {
    "filter_nm": 0.1,
    "gate_s": 5e-10,
    "insertion_loss_db": 3.0,
    "isolation_db": 130.0,
    "loss_by_wavelength": True,
}


def points(quick: bool) -> list[StudyPoint]:
    """Every load with every length and wavelength."""
    return [
        {"load": load, "length_km": length, "wavelength_nm": place}
        for load in LOADS
        for length in (QUICK_LENGTHS_KM if quick else LENGTHS_KM)
        for place in (QUICK_WAVELENGTHS_NM if quick else WAVELENGTHS_NM)
    ]


def shared_fibre(load: str, length_km: float, wavelength_nm: float) -> Any:  # noqa: ANN401
    """A fibre with a quantum channel, and data as they are loaded.

    Examples:
        >>> fibre = shared_fibre("0 dBm", 40.0, 1315.0)
        >>> [channel.power_dbm for channel in fibre.coexistence.channels]
        [0.0, 0.0]
    """
    power = LOADS[load]
    changes: dict[str, Any] = {
        "fibre.length_km": length_km,
        "fibre.loss_db_per_km": float(standard_loss_db_per_km(wavelength_nm)),
    }
    if power is not None:
        channels = [
            {"wavelength_nm": place, "power_dbm": power, "direction": direction}
            for direction, place in _DATA_NM.items()
        ]
        beside = {**_BESIDE, "channels": channels, "quantum_wavelength_nm": wavelength_nm}
        changes["coexistence"] = beside
    return read_kind(override(_FIBRE, changes))


def work(point: StudyPoint, seed: int) -> StudyRow:
    """Secret bits per second, and noise counts in a gate with their range."""
    scenario = shared_fibre(point["load"], point["length_km"], point["wavelength_nm"])
    noise = None if scenario.coexistence is None else scenario.noise()
    found = scenario.key_rate()
    low, high = (0.0, 0.0) if noise is None else noise.counts_range
    return {
        "band": band_of(point["wavelength_nm"]),
        "secret_bits_hz": Estimate.exact(max(found.value, 0.0) * _CLOCK_HZ),
        "counts_per_gate": 0.0 if noise is None else noise.counts_per_gate,
        "counts_low": low,
        "counts_high": high,
        "security": found.security.as_dict(),
    }


def _best(rows: Sequence[StudyRow]) -> StudyRow | None:
    alive = [row for row in rows if row["secret_bits_hz"].best > 0.0]
    return max(alive, key=lambda row: float(row["secret_bits_hz"].best), default=None)


def answer(rows: Sequence[StudyRow]) -> str:
    """The best wavelength of each load and length."""
    told = []
    for load, own in grouped(rows, "load").items():
        places = []
        for length, some in grouped(own, "length_km").items():
            best = _best(some)
            if best is None:
                places.append(f"none over {length:g} km")
            else:
                rate = best["secret_bits_hz"].best
                places.append(
                    f"{best['wavelength_nm']:g} nm ({best['band']}) over {length:g} km with "
                    f"{rate:.3g} bit/s"
                )
        told.append(f"{load}: {', '.join(places)}")
    return f"Best wavelengths: {'; '.join(told)}."


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Key by wavelength at each length."""
    lengths = sorted({row["length_km"] for row in rows})
    panels = figure.subplots(1, len(lengths), sharey=True, squeeze=False)[0]
    for axes, length in zip(panels, lengths, strict=True):
        for number, load in enumerate(LOADS):
            own = where(rows, load=load, length_km=length)
            alive = [row for row in own if row["secret_bits_hz"].best > 0.0]
            how = look(number) | {"ms": 3}
            line(axes, alive, "wavelength_nm", "secret_bits_hz", curve, label=load, **how)
        _bands(axes)
        axes.set(yscale="log", xlabel="quantum wavelength (nm)", title=f"{length:g} km")
    panels[0].set(ylabel="asymptotic secret-key rate (bit/s)")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(LOADS))


def _bands(axes: Axes) -> None:
    """Names of the bands along the bottom, every other one shaded, and the data."""
    for number, (name, (low, high)) in enumerate(BANDS.items()):
        if low < WAVELENGTHS_NM[-1]:
            axes.axvspan(low, high, color="0.5", alpha=0.12 * (number % 2), lw=0)
            where_x = axes.get_xaxis_transform()
            axes.text((low + high) / 2.0, 0.02, name, transform=where_x, ha="center", fontsize=8)
    for place in _DATA_NM.values():
        axes.axvline(place, color="0.4", lw=0.8, ls=":")
    axes.set_xlim(1260.0, WAVELENGTHS_NM[-1] + 5.0)


STUDY = Study.of_script(
    __name__,
    "In which band of a fibre that carries 400 Gbit/s does a quantum channel keep most key?",
    keys=("secret_bits_hz",),
    fixed="decoy BB84 at 1 GHz, detectors of 20 %, channels at 1547 and 1551 nm, isolation 130 dB",
    size_in=(12.0, 4.2),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
