"""Decoherence of sensors while they watch a frequency, and the best time to watch."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from qnet.hardware import Memory
from qnet.instrument import compile
from qnet.noise import Noise

if TYPE_CHECKING:
    from qnet.states.pauli import Array

__all__ = ["SPECTRA", "Decoherence", "best_time"]

#: Noise that dephases each sensor: white, or detunings that stay the same within a round.
SPECTRA = ("white", "static")

#: Points of the quadrature over detunings.
_POINTS = 96

#: Spread in rad beyond which nothing is left of a mean rotation: exp(-40^2/2) < 1e-347.
_SPREAD = 40.0


@dataclass(frozen=True, kw_only=True)
class Decoherence:
    r"""What happens to each sensor by itself while it watches.

    White noise makes the coherence fall as :math:`e^{-\gamma t}`, and is a memory that a compiled
    delay waits in. A detuning that is static within a round, Gaussian with the standard deviation
    :math:`\gamma`, makes it fall as :math:`e^{-(\gamma t)^2/2}`: the mean over rotations.

    Args:
        dephasing_rate_hz: Rate :math:`\gamma` in 1/s.
        relaxation_rate_hz: Rate in 1/s at which 1 falls to 0.
        spectrum: ``white`` or ``static``.

    Examples:
        >>> Decoherence(dephasing_rate_hz=2.0).channel(0.5).diagonal().round(6)
        array([1.      , 0.367879, 0.367879, 1.      ])
    """

    dephasing_rate_hz: float = 0.0
    relaxation_rate_hz: float = 0.0
    spectrum: str = "white"

    @property
    def rate_hz(self) -> float:
        """Fastest of its rates, in 1/s."""
        return max(self.dephasing_rate_hz, self.relaxation_rate_hz)

    def channel(self, time_s: float) -> Array:
        """Pauli transfer matrix (4, 4) of a sensor that watches for a time."""
        from qiskit import QuantumCircuit

        white = self.spectrum == "white"
        memory = Memory(
            t1_s=_time(self.relaxation_rate_hz),
            dephasing_time_s=_time(self.dephasing_rate_hz) if white else math.inf,
        )
        circuit = QuantumCircuit(1)
        circuit.delay(time_s, 0, unit="s")
        found = compile(circuit, Noise(idle={"*": memory}), inputs=circuit.qubits).channel()
        return found if white else self._detuned(self.dephasing_rate_hz * time_s) @ found

    @cached_property
    def _rotation(self) -> tuple[Array, Array, Array]:
        """Rotation about Z by x: a constant, and the factors of cos x and sin x."""
        from qiskit import QuantumCircuit

        found = []
        for angle in (0.0, math.pi / 2.0, math.pi):
            circuit = QuantumCircuit(1)
            circuit.rz(angle, 0)
            found.append(compile(circuit, inputs=circuit.qubits).channel())
        middle = (found[0] + found[2]) / 2.0
        return middle, (found[0] - found[2]) / 2.0, found[1] - middle

    def _detuned(self, spread: float) -> Array:
        """Mean rotation by an angle that is Gaussian with this standard deviation."""
        middle, cosine, sine = self._rotation
        if spread > _SPREAD:
            return middle
        # Beyond eight standard deviations nothing is left, and the trapezoid is exact to rounding.
        x = np.linspace(-8.0, 8.0, _POINTS * (1 + int(spread)))
        weights = np.exp(-(x**2) / 2.0)
        weights /= weights.sum()
        mean_cosine, mean_sine = weights @ np.cos(spread * x), weights @ np.sin(spread * x)
        return np.asarray(middle + mean_cosine * cosine + mean_sine * sine)


def _time(rate_hz: float) -> float:
    return 1.0 / rate_hz if rate_hz > 0.0 else math.inf


def best_time(
    information: Callable[[float], float], *, longest_s: float, rate_hz: float, dead_time_s: float
) -> tuple[float, float]:
    r"""Time to watch a frequency in each round, and how fast information comes in.

    Args:
        information: Fisher information of the phase after a time.
        longest_s: All the time that there is.
        rate_hz: Fastest rate of decoherence in 1/s.
        dead_time_s: Time of a round beside that.

    Returns:
        The time t in s, and :math:`t^2 F(t)/(t + d)`, the information on the frequency per second.

    Examples:
        >>> import math
        >>> found = best_time(
        ...     lambda t: math.exp(-2.0 * t), longest_s=100.0, rate_hz=1.0, dead_time_s=0.0
        ... )
        >>> [round(each, 6) for each in found]
        [0.5, 0.18394]
    """
    from scipy.optimize import minimize_scalar

    def speed(time_s: float) -> float:
        return time_s**2 * information(time_s) / (time_s + dead_time_s)

    most = max(longest_s - dead_time_s, 0.0)
    if most == 0.0 or rate_hz == 0.0:
        return most, speed(most) if most > 0.0 else 0.0
    least = min(most, 1.0 / rate_hz) * 1e-5
    grid = np.geomspace(least, most, 49)
    place = int(np.argmax([speed(float(each)) for each in grid]))
    low, high = (float(grid[k]) for k in (max(place - 1, 0), min(place + 1, len(grid) - 1)))
    found = minimize_scalar(
        lambda log: -speed(math.exp(log)),
        bounds=(math.log(low), math.log(high)),
        method="bounded",
        options={"xatol": 1e-9},
    )
    time_s = math.exp(float(found.x))
    return (most, speed(most)) if speed(most) >= speed(time_s) else (time_s, speed(time_s))
