"""Repeater stations: how a Bell measurement succeeds, errs and takes time."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, replace

from qnet.errors import ParameterError, check_probability, check_type
from qnet.hardware.gates import Gates

__all__ = [
    "Station",
    "coarsened_gates",
    "local_duration",
    "multiple",
]

_HINT = "give either Station(gates=...) or Station(perfect=True)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A repeater station's Bell measurement: how often it succeeds, its gates and its readout.

    A station has gates, or is said to be perfect: nothing is free of errors in silence.

    Args:
        success_probability: Probability that the Bell measurement gives an answer at all; without
            one both pairs are lost.
        gates: Gate and readout errors, and how long they take.
        perfect: True in place of gates: they make no error and take no time. The same station as
            with ``gates=Gates()``, and shown so.

    Raises:
        ParameterError: If a number breaks its rule, neither gates nor ``perfect=True`` is given, or
            both are and the gates have an error or a duration.

    Examples:
        >>> Station(success_probability=0.5, perfect=True)
        Station(success_probability=0.5, gates=Gates())
        >>> Station(gates=Gates(two_qubit_time_s=1e-6, readout_time_s=3e-6)).duration_s
        4e-06
    """

    success_probability: float = 1.0
    gates: Gates = None  # type: ignore[assignment]  # None is what must not be: nothing was said
    perfect: InitVar[bool | None] = None

    def __post_init__(self, perfect: bool | None) -> None:
        check_probability("swap.success_probability", self.success_probability)
        check_type("station.perfect", perfect or False, bool)
        given: object = self.gates
        if given is None:
            if not perfect:
                rule = "be given unless the station is perfect"
                raise ParameterError("station.gates", rule, None, _HINT)
            object.__setattr__(self, "gates", Gates())
        check_type("station.gates", self.gates, Gates)
        if perfect and self.gates != Gates():
            rule = "be left out of a perfect station"
            raise ParameterError("station.gates", rule, self.gates, _HINT)

    @property
    def duration_s(self) -> float:
        """Duration in s of the Bell measurement: CNOT, Hadamard, readout."""
        return local_duration(self.gates)


def local_duration(gates: Gates) -> float:
    """Duration in s of a two-qubit gate, a one-qubit gate and a readout, one after the other."""
    return gates.two_qubit_time_s + gates.single_qubit_time_s + gates.readout_time_s


def multiple(duration_s: float, step_s: float) -> float:
    """The multiple of a step that is nearest to a duration, in s."""
    return round(duration_s / step_s) * step_s


def coarsened_gates(gates: Gates, step_s: float) -> Gates:
    """The same gates, their total time a multiple of a step."""
    total = multiple(local_duration(gates), step_s)
    return replace(gates, two_qubit_time_s=0.0, single_qubit_time_s=0.0, readout_time_s=total)
