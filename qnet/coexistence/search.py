"""Best wavelength of a quantum channel beside classical ones, and the most power that leaves a key.

Both ask a scenario what its quantum channel is worth (secret bits, or signal over noise) with
other settings of its fibre, so that whatever carries light on a described fibre can be asked.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qnet.coexistence.attenuation import band_of
from qnet.coexistence.leakage import dbm, watts
from qnet.coexistence.noise import FibreNoise
from qnet.coexistence.spectrum import Coexistence
from qnet.errors import ParameterError
from qnet.hardware import Fibre

__all__ = ["BestWavelength", "LargestPower", "LitScenario", "best_wavelength", "largest_power"]

#: Powers in dBm between which the strongest channel is looked for.
_WEAKEST_DBM, _STRONGEST_DBM = -90.0, 40.0


#: What a scan with one coefficient for all wavelengths leaves out.
_EVEN = "raman_per_km_nm holds at every wavelength here; leave it out to go by the table"


class LitScenario(Protocol):
    """A scenario with classical channels on its fibre, as far as the searches go.

    Attributes:
        worth_of: What its worth is, in words.
    """

    worth_of: str

    @property
    def coexistence(self) -> Coexistence | None:
        """The classical channels."""

    @property
    def lit_fibre(self) -> Fibre:
        """The fibre, with its loss at the quantum wavelength."""

    def noise(self) -> FibreNoise:
        """Noise light at the quantum receiver."""

    def worth(self) -> float:
        """What the quantum channel is worth: above zero where it works."""

    def with_(self, changes: Mapping[str, Any], /) -> LitScenario:
        """The scenario with other keys."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BestWavelength:
    """Where a quantum channel is worth most.

    Args:
        wavelength_nm: The best wavelength; None where there is no key at any.
        worth: What it is worth there.
        worth_of: What that is, in words.
        wavelengths_nm: Where it was looked, shape (n,).
        worths: What it is worth at each, shape (n,).
        noise_w: Noise light at each in W, shape (n,).
        reason: A sentence where there is none.
        notes: Remarks on the scan.
    """

    wavelength_nm: float | None
    worth: float
    worth_of: str
    wavelengths_nm: NDArray[np.float64]
    worths: NDArray[np.float64]
    noise_w: NDArray[np.float64]
    reason: str = ""
    notes: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """What was found, for JSON."""
        return {
            "wavelength_nm": self.wavelength_nm,
            "band": "" if self.wavelength_nm is None else band_of(self.wavelength_nm),
            "worth": self.worth,
            "worth_of": self.worth_of,
            "scanned": [
                {"wavelength_nm": float(place), "worth": float(worth), "noise_w": float(noise)}
                for place, worth, noise in zip(
                    self.wavelengths_nm, self.worths, self.noise_w, strict=True
                )
            ],
            "reason": self.reason,
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class LargestPower:
    """The most power of classical channels that leaves a key, all raised or lowered alike.

    Args:
        gain_db: By how much; None where no power, or every power, leaves a key.
        powers_dbm: Launch power of each channel then.
        reason: A sentence where there is none.
    """

    gain_db: float | None
    powers_dbm: tuple[float, ...] = ()
    reason: str = ""

    def as_dict(self) -> dict[str, Any]:
        """What was found, for JSON."""
        total = math.fsum(map(watts, self.powers_dbm))
        return {
            "gain_db": self.gain_db,
            "powers_dbm": list(self.powers_dbm),
            "total_dbm": dbm(total) if total > 0.0 else None,
            "reason": self.reason,
        }


def best_wavelength(
    scenario: LitScenario,
    low_nm: float,
    high_nm: float,
    *,
    step_nm: float = 5.0,
    finest_nm: float = 0.5,
) -> BestWavelength:
    """The wavelength between two others at which a quantum channel is worth most.

    The fibre loses as standard fibre does at every wavelength, in proportion to its loss at the
    quantum wavelength of the scenario. A scan in equal steps is followed by finer ones around its
    best place. Wavelengths within the filter of a channel are left out.

    Args:
        scenario: Fibre, classical channels, and what the quantum channel carries.
        low_nm: Shortest wavelength in nm.
        high_nm: Longest wavelength in nm.
        step_nm: Step of the scan in nm.
        finest_nm: Step of the last scan in nm.

    Raises:
        ParameterError: If the wavelengths are in the wrong order, or channels take all of them.
    """
    if not low_nm < high_nm:
        hint = "write --best-wavelength 1260 1625 for the bands O to L"
        raise ParameterError("best wavelength", "be sought upwards", [low_nm, high_nm], hint)
    found: dict[float, tuple[float, float]] = {}
    step, edges = step_nm, (low_nm, high_nm)
    while True:
        count = max(2, round((edges[1] - edges[0]) / step) + 1)
        for place in np.linspace(edges[0], edges[1], count).round(6).tolist():
            if place not in found and _coexistence(scenario).clears(place):
                moved = _moved(scenario, place)
                found[place] = moved.worth(), moved.noise().total_w
        if not found:
            hint = "narrow the filter, or look between others"
            rule = "lie outside the filters of the channels"
            raise ParameterError("best wavelength", rule, [low_nm, high_nm], hint)
        best = max(found, key=lambda place: (found[place][0], -found[place][1]))
        if step <= finest_nm:
            break
        edges = max(low_nm, best - step), min(high_nm, best + step)
        step = max(step / 4.0, finest_nm)
    places = sorted(found)
    worth = found[best][0]
    has_key = worth > 0.0
    return BestWavelength(
        wavelength_nm=best if has_key else None,
        worth=max(worth, 0.0),
        worth_of=scenario.worth_of,
        wavelengths_nm=np.array(places),
        worths=np.array([max(found[place][0], 0.0) for place in places]),
        noise_w=np.array([found[place][1] for place in places]),
        reason=""
        if has_key
        else f"no key at any wavelength; noise is least at {_quietest(found):g} nm",
        notes=() if _coexistence(scenario).raman_per_km_nm is None else (_EVEN,),
    )


def largest_power(scenario: LitScenario, *, tolerance_db: float = 1e-9) -> LargestPower:
    """The most launch power of the classical channels with which there is a key.

    All channels are raised or lowered by the same number of dB; worth falls with power, so that
    its root is bracketed by halves.

    Args:
        scenario: Fibre, classical channels, and what the quantum channel carries.
        tolerance_db: How far from the root the answer may be in dB.
    """
    own = [channel.power_dbm for channel in _coexistence(scenario).channels]
    least, most = _WEAKEST_DBM - min(own), _STRONGEST_DBM - max(own)
    if least >= most or _with_gain(scenario, least).worth() <= 0.0:
        reason = "no key even with channels of -90 dBm: the fibre alone is too long"
        return LargestPower(gain_db=None, reason=reason)
    if _with_gain(scenario, most).worth() > 0.0:
        return LargestPower(gain_db=None, reason="a key is left even with a channel of 40 dBm")
    gain = _root(lambda db: _with_gain(scenario, db).worth() > 0.0, least, most, tolerance_db)
    return LargestPower(gain_db=gain, powers_dbm=tuple(power + gain for power in own))


def _root(holds: Callable[[float], bool], low: float, high: float, tolerance: float) -> float:
    """The end of where something holds, between a place where it does and one where it does not."""
    while high - low > tolerance:
        middle = (low + high) / 2.0
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def _coexistence(scenario: LitScenario) -> Coexistence:
    return scenario.noise().coexistence if scenario.coexistence is None else scenario.coexistence


def _quietest(found: Mapping[float, tuple[float, float]]) -> float:
    return min(found, key=lambda place: found[place][1])


def _with_gain(scenario: LitScenario, gain_db: float) -> LitScenario:
    return scenario.with_({"coexistence": _coexistence(scenario).louder(gain_db)})


def _moved(scenario: LitScenario, wavelength_nm: float) -> LitScenario:
    """The scenario with its quantum signal at another wavelength of standard fibre."""
    own, fibre = _coexistence(scenario), scenario.lit_fibre
    changes = {
        "coexistence": own.by_wavelength().at(wavelength_nm),
        "fibre.loss_db_per_km": own.loss_at(fibre, wavelength_nm),
    }
    return scenario.with_(changes)
