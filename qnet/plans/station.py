"""Repeater stations: how a Bell measurement succeeds, errs and takes time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import InitVar, dataclass, replace
from typing import TYPE_CHECKING

from qnet.errors import ParameterError, check_probability, check_type
from qnet.hardware.gates import Gates

if TYPE_CHECKING:
    from qiskit.providers import BackendV2

__all__ = [
    "Station",
    "coarsened_gates",
    "local_duration",
    "multiple",
]

_HINT = "give one of Station(gates=...), Station(noise=backend) and Station(perfect=True)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Station:
    """A repeater station's Bell measurement: how often it succeeds, its gates and its readout.

    A station has gates, its own or those of a device, or is said to be perfect: nothing is free of
    errors in silence.

    Args:
        success_probability: Probability that the Bell measurement gives an answer at all; without
            one both pairs are lost.
        gates: Gate and readout errors, and how long they take.
        perfect: True in place of gates: they make no error and take no time. The same station as
            with ``gates=Gates()``, and shown so.
        noise: A Qiskit backend in place of gates: the station measures with two of its qubits, as
            with ``gates=Gates.from_backend(noise, qubits)``.
        qubits: Which two qubits of the backend, coupled directly; the best pair unless given.

    Raises:
        ParameterError: If a number breaks its rule, none of gates, noise and ``perfect=True`` is
            given, or several are; if the noise is no backend, or the qubits are not two that it
            couples.

    Examples:
        >>> Station(success_probability=0.5, perfect=True)
        Station(success_probability=0.5, gates=Gates())
        >>> Station(gates=Gates(two_qubit_time_s=1e-6, readout_time_s=3e-6)).duration_s
        4e-06
        >>> from qiskit.providers.fake_provider import GenericBackendV2
        >>> Station(noise=GenericBackendV2(5, seed=1), qubits=(0, 1)).gates.device
        <qubits 0, 1 of generic_backend_5q>
    """

    success_probability: float = 1.0
    gates: Gates = None  # type: ignore[assignment]  # None is what must not be: nothing was said
    perfect: InitVar[bool | None] = None
    noise: InitVar[BackendV2 | None] = None
    qubits: InitVar[Sequence[int] | None] = None

    def __post_init__(
        self,
        perfect: bool | None,
        noise: BackendV2 | None,
        qubits: Sequence[int] | None,
    ) -> None:
        check_probability("swap.success_probability", self.success_probability)
        check_type("station.perfect", perfect or False, bool)
        given: object = self.gates
        if noise is None and qubits is not None:
            hint = "give Station(noise=backend, qubits=...)"
            raise ParameterError("station.qubits", "come with a backend", qubits, hint)
        if noise is not None:
            if given is not None or perfect:
                rule = "stand alone, without gates or perfect=True"
                raise ParameterError("station.noise", rule, noise, _HINT)
            object.__setattr__(self, "gates", Gates.from_backend(noise, qubits))
        elif given is None:
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
