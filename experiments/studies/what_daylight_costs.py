"""Cost of daylight: the key of a satellite by sky, filter and gate.

Question: what does daylight cost a satellite that makes keys, and which filter and gate bring it
back?

Answer: with a gate of 1 ns and a field of view of 30 urad daylight leaves no key; with 0.1 ns and
10 urad it leaves some, up to a filter of 0.04 nm. At 1 ns no filter helps that the pulses pass. By
night the same receivers make 1.2e8 bits a day, and hardly care; a full Moon costs up to 8 %, behind
3 nm. Under a tenth of the daylight 0.1 ns leave some key up to 0.04 nm with 30 urad, and up to 0.4
nm with 10.

How: a month of passes of a sun-synchronous satellite at 500 km over Berlin, all of them under one
sky, as one finite block (C. C. W. Lim et al., Phys. Rev. A 89, 022307 (2014), arXiv:1311.7129);
telescopes and pointing like those of S.-K. Liao et al., Nature 549, 43 (2017),
doi:10.1038/nature23655, at 850 nm. Radiances by E.-L. Miao et al., New J. Phys. 7, 215 (2005): that
of the day is near the Sun, so that a tenth of it stands beside. Filters are those that a pulse as
long as the gate can pass: bandwidth times gate at least 0.44. Loss of a narrow filter, of adaptive
optics for a narrow field, and of the gate's edges is not counted: these are the best cases.

Run: ``qnet study what-daylight-costs [--quick] [--out DIR]``, half a minute on one core.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from experiments.studies.rows import StudyRow, grouped, line, where
from experiments.studies.study import Study, StudyPoint
from protocols.satellite import SatelliteScenario
from qnet.figures import curve
from qnet.figures.style import look
from qnet.hardware.light import bandwidth_hz
from qnet.schema import override, read_kind

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["RECEIVERS", "SKIES", "STUDY", "mission", "work"]

#: Skies that are compared, and their radiance by name or in W/(m2 sr um).
SKIES: dict[str, str | float] = {
    "night": "night",
    "full Moon": "full-moon",
    "a tenth of the day": 15.0,
    "day": "day",
}

#: Gate in s and field of view in urad of the receivers, and widths of the filter in nm.
RECEIVERS = {
    "1 ns, 30 urad": (1e-9, 30.0),
    "0.1 ns, 30 urad": (1e-10, 30.0),
    "0.1 ns, 10 urad": (1e-10, 10.0),
}
FILTERS_NM = (0.0012, 0.004, 0.012, 0.024, 0.04, 0.12, 0.4, 1.2, 3.0)
QUICK_FILTERS_NM = (0.012, 1.2)

#: Least bandwidth of a pulse times its length: that of a Gaussian one.
_FOURIER = 0.44

#: Days of passes; of the quick size too.
_DAYS = {False: 30.0, True: 4.0}

_WAVELENGTH_NM = 850.0

_MISSION: dict[str, Any] = {
    "kind": "satellite",
    "orbit": {"altitude_km": 500.0, "inclination_deg": "sun-synchronous", "node_deg": 0.0},
    "station": [{"name": "Berlin", "latitude_deg": 52.52, "longitude_deg": 13.405}],
    "period": {"start": "2026-09-01T00:00:00Z", "days": 30.0},
    "optics": {
        "wavelength_nm": _WAVELENGTH_NM,
        "transmitter_radius_m": 0.15,
        "beam_waist_m": 0.0541,
        "receiver_radius_m": 0.5,
        "jitter_urad": 1.2,
        "fixed_loss_db": 8.0,
    },
    "background": {"radiance": "night", "field_of_view_urad": 30.0},
    "source": {"clock_hz": 1e9, "intensities": [0.5, 0.1, 0.0], "probabilities": [0.7, 0.2, 0.1]},
    "detector": {"efficiency": 0.5, "dark_count_probability": 1e-8, "misalignment": 0.01},
    "security": {"model": "lim2014", "basis_bias": 0.85, "block": "all"},
}


def points(quick: bool) -> list[StudyPoint]:
    """Every sky with every receiver and filter."""
    return [
        {"sky": sky, "receiver": receiver, "filter_nm": width, "quick": quick}
        for sky in SKIES
        for receiver in RECEIVERS
        for width in (QUICK_FILTERS_NM if quick else FILTERS_NM)
        if bandwidth_hz(width, _WAVELENGTH_NM) * RECEIVERS[receiver][0] >= _FOURIER
    ]


def mission(sky: str, receiver: str, filter_nm: float, *, quick: bool = False) -> SatelliteScenario:
    """A month of passes, by day and by night, all under one sky.

    Examples:
        >>> mission("day", "0.1 ns, 10 urad", 0.012).background.field_of_view_urad
        10.0
    """
    gate_s, field_urad = RECEIVERS[receiver]
    changes = {
        "period.days": _DAYS[quick],
        "background.radiance": SKIES[sky],
        "background.gate_s": gate_s,
        "background.field_of_view_urad": field_urad,
        "background.filter_nm": filter_nm,
    }
    scenario: SatelliteScenario = read_kind(override(_MISSION, changes))
    return scenario


def work(point: StudyPoint, seed: int) -> StudyRow:
    """Key per day and error rate of all passes as one block."""
    sky, receiver, width = point["sky"], point["receiver"], point["filter_nm"]
    result = mission(sky, receiver, width, quick=point["quick"]).play()
    found = result.row()
    return {
        "secret_bits_per_day": found["secret_bits"] * (1.0 / _DAYS[point["quick"]]),
        "qber": found["qber"],
        "passes": found["passes"],
        "least_loss_db": found["least_loss_db"],
        "security": found["security"],
    }


def answer(rows: Sequence[StudyRow]) -> str:
    """Key by night, and the widest filter with which a day leaves some, for each receiver."""
    told = []
    for receiver, own in grouped(rows, "receiver").items():
        night = where(own, sky="night")
        best = max(row["secret_bits_per_day"].best for row in night)
        day, tenth = where(own, sky="day"), where(own, sky="a tenth of the day")
        told.append(
            f"{receiver}: {best:.3g} bits a day under a night sky; the day leaves some with "
            f"{_widest(day)}, a tenth of its light with {_widest(tenth)}"
        )
    wide = next(iter(RECEIVERS))
    moon, dark = (
        [row["secret_bits_per_day"].best for row in where(rows, sky=sky, receiver=wide)]
        for sky in ("full Moon", "night")
    )
    lost = 100.0 * max(1.0 - m / d for m, d in zip(moon, dark, strict=True) if d > 0.0)
    return f"By gate and field of view: {'; '.join(told)}. A full Moon costs up to {lost:.2g} %."


def _widest(rows: Sequence[StudyRow]) -> str:
    """The widest filter that leaves some key."""
    found = [row["filter_nm"] for row in rows if row["secret_bits_per_day"].best > 0.0]
    return f"a filter of {max(found):g} nm" if found else "no filter"


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Key per day and error rate over the width of the filter."""
    keys, errors = figure.subplots(1, 2)
    for number, (sky, of_sky) in enumerate(grouped(rows, "sky").items()):
        for (receiver, own), dashes in zip(
            grouped(of_sky, "receiver").items(), ("-", "--", ":"), strict=True
        ):
            how = look(number) | {"linestyle": dashes}
            label = f"{sky}, {receiver}".replace("urad", "µrad")
            alive = [row for row in own if row["secret_bits_per_day"].best > 0.0]
            line(keys, alive, "filter_nm", "secret_bits_per_day", curve, label=label, **how)
            errors.plot([r["filter_nm"] for r in own], [r["qber"] for r in own], **how)
    for axes in (keys, errors):
        axes.set(xscale="log", yscale="log", xlabel="filter (nm)")
    keys.set(ylabel="secret key (bit/day)")
    errors.set(ylabel="error rate of the key basis")
    figure.legend(
        *keys.get_legend_handles_labels(), loc="outside upper center", ncols=4, fontsize=8
    )


STUDY = Study.of_script(
    __name__,
    "What does daylight cost a satellite that makes keys, and which filter and gate bring it back?",
    keys=("secret_bits_per_day",),
    fixed="satellite at 500 km over Berlin, a month of passes as one block, 850 nm",
    fits_column=False,
    size_in=(9.0, 4.4),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
