"""Four-wave mixing of classical channels in a fibre: which products arise, and how strong.

N. Shibata, R. P. Braun, R. G. Waarts, IEEE J. Quantum Electron. 23, 1205 (1987): channels ``i``,
``j`` and ``k``, with ``k`` different from both, make light at ``f_i + f_j - f_k``::

    P = eta (D/3)^2 gamma^2 P_i P_j P_k ((1 - exp(-a L)) / a)^2 exp(-a L)

with ``D = 3`` for ``i = j`` and 6 otherwise; each unordered pair {i, j} counts once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qnet.coexistence.raman import per_km
from qnet.hardware.light import LIGHT_M_PER_S

__all__ = ["MixingProducts", "Nonlinearity", "mixing_products"]

#: Cells of the grid by which products outside all windows are told.
_CELLS = 1 << 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Nonlinearity:
    """What mixing depends on in a fibre.

    Args:
        gamma_per_w_km: Nonlinear coefficient in 1/(W km).
        dispersion_ps_nm_km: Chromatic dispersion in ps/(nm km).
        slope_ps_nm2_km: Its slope in ps/(nm^2 km).
        wavelength_nm: Where the dispersion is stated, in nm.

    Examples:
        >>> shifts = np.array([0.2e12]), np.array([0.1e12])  # f_i - f_k, f_j - f_k in Hz
        >>> f"{Nonlinearity().efficiency(*shifts, 0.2, 25.0)[0]:.6e}"
        '9.803238e-06'
    """

    gamma_per_w_km: float = 1.3
    dispersion_ps_nm_km: float = 17.0
    slope_ps_nm2_km: float = 0.0
    wavelength_nm: float = 1550.0

    def mismatch_per_km(self, first_hz: ArrayLike, second_hz: ArrayLike) -> NDArray[np.float64]:
        """Phase mismatch in 1/km.

        ``2 pi l^2/c |f_i-f_k| |f_j-f_k| (D + l^2/(2c) S (|f_i-f_k| + |f_j-f_k|))``.

        Args:
            first_hz: ``f_i - f_k`` in Hz.
            second_hz: ``f_j - f_k`` in Hz.
        """
        first, second = np.abs(np.asarray(first_hz)), np.abs(np.asarray(second_hz))
        wavelength = 1e-9 * self.wavelength_nm
        # ps/(nm km) are 1e-6 s/m^2, ps/(nm^2 km) are 1e3 s/m^3.
        slope = 1e3 * self.slope_ps_nm2_km * wavelength**2 / (2.0 * LIGHT_M_PER_S)
        dispersion = 1e-6 * self.dispersion_ps_nm_km + slope * (first + second)
        per_m = 2.0 * np.pi * wavelength**2 / LIGHT_M_PER_S * first * second * dispersion
        return np.asarray(1e3 * per_m)

    def efficiency(
        self, first_hz: ArrayLike, second_hz: ArrayLike, loss_db_per_km: float, length_km: float
    ) -> NDArray[np.float64]:
        """Efficiency of mixing: 1 where phases match.

        ``a^2/(a^2 + b^2) (1 + 4 exp(-a L) sin^2(b L/2) / (1 - exp(-a L))^2)`` with the attenuation
        ``a`` in 1/km and the mismatch ``b``; ``(sin(b L/2) / (b L/2))^2`` without loss.

        Args:
            first_hz: ``f_i - f_k`` in Hz.
            second_hz: ``f_j - f_k`` in Hz.
            loss_db_per_km: Loss of the fibre in dB/km.
            length_km: Length of the fibre.
        """
        loss, mismatch = float(per_km(loss_db_per_km)), self.mismatch_per_km(first_hz, second_hz)
        turn = mismatch * length_km / 2.0
        if loss * length_km < 1e-9:
            return np.asarray(np.sinc(turn / np.pi) ** 2)
        left = np.exp(-loss * length_km)
        ripple = 1.0 + 4.0 * left * np.sin(turn) ** 2 / np.expm1(-loss * length_km) ** 2
        return np.asarray(loss**2 / (loss**2 + mismatch**2) * ripple)


@dataclass(frozen=True, slots=True, kw_only=True)
class MixingProducts:
    """Light that channels of one direction make together.

    Args:
        frequencies_hz: Where it arises, shape (n,).
        powers_w: Power of each product at the end of the fibre in W, shape (n,).
        efficiencies: Of mixing, shape (n,).
        channels: Numbers ``i``, ``j``, ``k`` of the channels, shape (n, 3).
    """

    frequencies_hz: NDArray[np.float64]
    powers_w: NDArray[np.float64]
    efficiencies: NDArray[np.float64]
    channels: NDArray[np.int64]


def mixing_products(
    frequencies_hz: Sequence[float],
    powers_w: Sequence[float],
    fibre: Nonlinearity,
    *,
    loss_db_per_km: float,
    length_km: float,
    windows_hz: ArrayLike = (0.0, np.inf),
) -> MixingProducts:
    """Every product of four-wave mixing within windows of frequency.

    Args:
        frequencies_hz: Of the channels, in Hz.
        powers_w: At their launch, in W.
        fibre: What mixing depends on.
        loss_db_per_km: Loss of the fibre in dB/km.
        length_km: Length of the fibre.
        windows_hz: Lowest and highest frequency in Hz, shape (2,), or of each window, (n, 2).

    Examples:
        >>> found = mixing_products(
        ...     [193.5e12, 193.4e12, 193.3e12], [1e-3] * 3, Nonlinearity(), loss_db_per_km=0.2,
        ...     length_km=25.0, windows_hz=(193.59e12, 193.61e12))
        >>> [(each.tolist(), f"{power:.6e}") for each, power in zip(found.channels, found.powers_w)]
        [([0, 0, 1], '3.723116e-12'), ([0, 1, 2], '4.620062e-12')]
    """
    frequency, power = np.asarray(frequencies_hz, dtype=float), np.asarray(powers_w, dtype=float)
    first, second = _pairs(len(frequency))
    made = (frequency[first] + frequency[second])[:, None] - frequency
    windows = np.asarray(windows_hz, dtype=np.float64).reshape(-1, 2)
    pair, third = np.divmod(_within(made.ravel(), windows), max(len(frequency), 1))
    i, j = first[pair], second[pair]
    apart = (third != i) & (third != j)
    pair, third, i, j = pair[apart], third[apart], i[apart], j[apart]
    shifts = frequency[i] - frequency[third], frequency[j] - frequency[third]
    efficiency = fibre.efficiency(*shifts, loss_db_per_km, length_km)
    loss = float(per_km(loss_db_per_km))
    effective = -np.expm1(-loss * length_km) / loss if loss > 0.0 else length_km
    degeneracy = np.where(i == j, 3.0, 6.0)
    strength = (degeneracy / 3.0 * fibre.gamma_per_w_km * effective) ** 2
    arriving = strength * np.exp(-loss * length_km)
    return MixingProducts(
        frequencies_hz=made[pair, third],
        powers_w=efficiency * arriving * power[i] * power[j] * power[third],
        efficiencies=efficiency,
        channels=np.stack([i, j, third], axis=1),
    )


def _within(values: NDArray[np.float64], windows: NDArray[np.float64]) -> NDArray[np.int64]:
    """Places of the values that lie in any of the windows.

    Most lie in none, and a coarse grid of cells tells that of them at once.
    """
    ordered = windows[np.argsort(windows[:, 0])]
    starts, ends = ordered[:, 0], np.maximum.accumulate(ordered[:, 1])
    inside = np.flatnonzero((values >= starts[0]) & (values <= ends[-1]))
    if len(windows) > 1:
        scale = _CELLS / (ends[-1] - starts[0])
        touched = np.zeros(_CELLS + 2, dtype=np.int64)
        np.add.at(touched, ((starts - starts[0]) * scale).astype(np.int64), 1)
        np.add.at(touched, ((ordered[:, 1] - starts[0]) * scale).astype(np.int64) + 1, -1)
        cells = ((values[inside] - starts[0]) * scale).astype(np.int64)
        inside = inside[(np.cumsum(touched) > 0)[cells]]
    found = values[inside]
    return inside[found <= ends[np.searchsorted(starts, found, "right") - 1]]


@lru_cache(maxsize=8)
def _pairs(count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Numbers of each unordered pair of channels, one with itself among them."""
    first, second = np.triu_indices(count)
    return first, second
