"""Noise light of classical channels in a quantum channel: powers in W, counts, photons per mode."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qnet.coexistence.four_wave import MixingProducts
from qnet.hardware.light import LIGHT_M_PER_S, bandwidth_hz, photons_per_s

if TYPE_CHECKING:
    from qnet.coexistence.spectrum import Coexistence

__all__ = ["ChannelNoise", "FibreNoise", "NoiseSpectrum"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelNoise:
    """Noise light of one classical channel.

    Args:
        wavelength_nm: Its wavelength.
        direction: Which way it runs.
        launch_dbm: Its power at the launch.
        raman_w: Its Raman light within the filter, at the end of the fibre, in W.
        leakage_w: What of it passes the filters, in W.
    """

    wavelength_nm: float
    direction: str
    launch_dbm: float
    raman_w: float
    leakage_w: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FibreNoise:
    """Noise light at the quantum receiver; powers within its filter at the end of the fibre.

    Args:
        channels: Of each classical channel.
        products: Of four-wave mixing, within the filter.
        coexistence: What made it.
        efficiency: Efficiency of the detectors.
        raman_factors: Factors on Raman light at the ends of its uncertainty.
        notes: Remarks on what was assumed.
    """

    channels: tuple[ChannelNoise, ...]
    products: MixingProducts
    coexistence: Coexistence
    efficiency: float
    raman_factors: tuple[float, float]
    notes: tuple[str, ...]

    @property
    def raman_forward_w(self) -> float:
        """Raman light of the channels that run with the signal, in W."""
        return math.fsum(each.raman_w for each in self.channels if each.direction == "forward")

    @property
    def raman_backward_w(self) -> float:
        """Raman light of the channels that run against the signal, in W."""
        return math.fsum(each.raman_w for each in self.channels if each.direction == "backward")

    @property
    def raman_w(self) -> float:
        """Raman light of all channels in W."""
        return self.raman_forward_w + self.raman_backward_w

    @property
    def fwm_w(self) -> float:
        """Light of four-wave mixing in W."""
        return math.fsum(self.products.powers_w.tolist())

    @property
    def leakage_w(self) -> float:
        """Light of the classical channels behind the filters, in W."""
        return math.fsum(each.leakage_w for each in self.channels)

    @property
    def total_w(self) -> float:
        """All of it in W."""
        return self.raman_w + self.fwm_w + self.leakage_w

    @property
    def counts_per_gate(self) -> float:
        """Mean number of noise counts in a gate, of all detectors of the receiver together.

        ``P l/(h c) gate efficiency 10^(-IL/10)``; light that leaks has passed the filters already.
        """
        return self._counts(1.0)

    @property
    def counts_range(self) -> tuple[float, float]:
        """Counts in a gate at the ends of the uncertainty of the Raman coefficient."""
        low, high = self.raman_factors
        return self._counts(low), self._counts(high)

    @property
    def photons_per_mode(self) -> float:
        """Mean number of noise photons in the mode of a local oscillator, at the fibre's end.

        Raman light is spread evenly over the filter and over both polarisations: half of what
        falls into the bandwidth-time of one mode. Light of four-wave mixing and what leaks is
        narrow: all of it counts for the length of a gate.
        """
        own = self.coexistence
        wavelength = own.quantum_wavelength_nm
        band_hz = bandwidth_hz(own.filter_nm, wavelength)
        spread = photons_per_s(self.raman_w, wavelength) / band_hz / 2.0
        return spread + photons_per_s(self.fwm_w + self.leakage_w, wavelength) * own.gate_s

    def excess_noise(self, transmission: float) -> float:
        """Excess noise of a continuous-variable channel in shot-noise units, at its input.

        ``2 n / T``: ``n`` thermal photons in the mode add ``2 n`` to the variance of a quadrature
        at the end of the fibre.

        Args:
            transmission: Of the fibre.
        """
        return 2.0 * self.photons_per_mode / transmission

    def as_dict(self) -> dict[str, Any]:
        """Powers, counts and what they are made of, for JSON."""
        return {
            "raman_forward_w": self.raman_forward_w,
            "raman_backward_w": self.raman_backward_w,
            "fwm_w": self.fwm_w,
            "leakage_w": self.leakage_w,
            "counts_per_gate": self.counts_per_gate,
            "photons_per_mode": self.photons_per_mode,
            "uncertainty": {
                "raman_w": [factor * self.raman_w for factor in self.raman_factors],
                "counts_per_gate": list(self.counts_range),
            },
            "channels": [
                {
                    "wavelength_nm": each.wavelength_nm,
                    "power_dbm": each.launch_dbm,
                    "direction": each.direction,
                    "raman_w": each.raman_w,
                    "leakage_w": each.leakage_w,
                }
                for each in self.channels
            ],
            "fwm_products": self._strongest(),
            "notes": list(self.notes),
        }

    def _strongest(self, most: int = 20) -> list[dict[str, Any]]:
        """The strongest products of four-wave mixing."""
        found = self.products
        ahead = [each for each in self.channels if each.direction == "forward"]
        return [
            {
                "channels_nm": [ahead[k].wavelength_nm for k in found.channels[place]],
                "wavelength_nm": 1e9 * LIGHT_M_PER_S / float(found.frequencies_hz[place]),
                "power_w": float(found.powers_w[place]),
                "efficiency": float(found.efficiencies[place]),
            }
            for place in np.argsort(-found.powers_w)[:most].tolist()
        ]

    def _counts(self, raman_factor: float) -> float:
        own = self.coexistence
        in_band = raman_factor * self.raman_w + self.fwm_w
        kept = 10.0 ** (-own.insertion_loss_db / 10.0)
        photons = kept * photons_per_s(in_band, own.quantum_wavelength_nm)
        photons += math.fsum(photons_per_s(e.leakage_w, e.wavelength_nm) for e in self.channels)
        return photons * own.gate_s * self.efficiency


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseSpectrum:
    """Noise light by wavelength of the quantum signal, in W within its filter.

    Args:
        wavelengths_nm: Where, shape (n,).
        raman_forward_w: Raman light of channels that run with the signal, shape (n,).
        raman_backward_w: Of those that run against it, shape (n,).
        fwm_w: Four-wave mixing, shape (n,).
        leakage_w: What leaks, shape (n,).
    """

    wavelengths_nm: NDArray[np.float64]
    raman_forward_w: NDArray[np.float64]
    raman_backward_w: NDArray[np.float64]
    fwm_w: NDArray[np.float64]
    leakage_w: NDArray[np.float64]

    @property
    def total_w(self) -> NDArray[np.float64]:
        """All of it in W, shape (n,)."""
        return self.raman_forward_w + self.raman_backward_w + self.fwm_w + self.leakage_w
