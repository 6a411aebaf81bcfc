"""Gates of a real device for a station: its own errors, in its own native gates."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import permutations
from typing import TYPE_CHECKING, Any

import numpy as np

from qnet.errors import ParameterError, check_integer
from qnet.hardware.gates import Gates
from qnet.instrument.compile import compile
from qnet.noise.calibration import best_pair, check_backend
from qnet.noise.model import Noise, from_backend
from qnet.noise.native import reduced_target, to_native

if TYPE_CHECKING:
    from qiskit import QuantumCircuit
    from qiskit.circuit import Gate
    from qiskit.providers import BackendV2
    from qiskit.transpiler import Target

    from qnet.hardware.memory import Memory

__all__ = ["Device", "DeviceGates"]


class Device:
    """Some qubits of a device: its native gates there, and the errors of its noise model.

    Two are equal when their name and all their errors are.

    Args:
        backend: The device.
        qubits: Which of its qubits.

    Raises:
        ParameterError: If it is no ``BackendV2``, or has no such qubits.

    Examples:
        >>> from qiskit.providers.fake_provider import GenericBackendV2
        >>> Device(GenericBackendV2(5, seed=1), (0, 3))
        <qubits 0, 3 of generic_backend_5q>
    """

    def __init__(self, backend: BackendV2, qubits: Sequence[int]) -> None:
        self.qubits = _checked_qubits(backend, qubits)
        self.name = str(backend.name)
        self.target: Target = reduced_target(backend.target, self.qubits)
        whole, place = _noise_on(backend, self.target, self.qubits)
        self.perfect = whole.perfect
        model: Any = whole.model
        self.errors: dict[str, dict[tuple[int, ...], Any]] = {}
        for name, local in model._local_quantum_errors.items():
            here = {on: error for on, error in local.items() if set(on) <= set(place)}
            self.errors[name] = {tuple(place[q] for q in on): e for on, e in here.items()}
        self.readout = {
            place[on[0]]: error.probabilities
            for on, error in model._local_readout_errors.items()
            if len(on) == 1 and on[0] in place
        }
        self._add_errors_of_all_qubits(model)

    def _add_errors_of_all_qubits(self, model: Any) -> None:  # noqa: ANN401 - Qiskit's types are Any
        """Errors that a model names for all qubits, where it names none for these."""
        places = range(len(self.qubits))
        for name, error in model._default_quantum_errors.items():
            for on in permutations(places, error.num_qubits):
                self.errors.setdefault(name, {}).setdefault(on, error)
        if model._default_readout_error is not None:
            for on in places:
                self.readout.setdefault(on, model._default_readout_error.probabilities)

    def __repr__(self) -> str:
        return f"<qubits {', '.join(map(str, self.qubits))} of {self.name}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    @cached_property
    def digest(self) -> str:
        """What tells it from every other device: a hash of its name, native gates and errors."""
        from qiskit.quantum_info import SuperOp

        found = hashlib.sha256(repr((self.name, self.qubits)).encode())
        found.update(repr([(n, sorted(self.target[n] or {})) for n in self._names()]).encode())
        for name in sorted(self.errors):
            for on, error in sorted(self.errors[name].items()):
                found.update(repr((name, on)).encode())
                found.update(np.round(np.asarray(SuperOp(error).data), 15).tobytes())
        for qubit, matrix in sorted(self.readout.items()):
            found.update(repr((qubit, np.asarray(matrix).tolist())).encode())
        return found.hexdigest()[:16]

    def play(
        self, circuit: QuantumCircuit, memories: Mapping[str, Memory] | None = None
    ) -> tuple[QuantumCircuit, Noise]:
        """A circuit in native gates, with the noise to compile it under.

        Args:
            circuit: The circuit; its qubit i runs on qubit ``i % len(qubits)`` of this device.
            memories: Memory by register name, for delays.

        Raises:
            ParameterError: If a gate joins qubits that the device does not couple.
        """
        from qiskit_aer.noise import NoiseModel

        roles = [index % len(self.qubits) for index in range(circuit.num_qubits)]
        model, perfect = NoiseModel(), set(self.perfect)
        for name, local in self.errors.items():
            for on, error in local.items():
                for there in _places(roles, on):
                    model.add_quantum_error(error, name, there, warnings=False)
        for role, matrix in self.readout.items():
            for place in _places(roles, (role,)):
                model.add_readout_error(matrix, place, warnings=False)
        noise = Noise(model=model, idle=memories or {}, perfect=frozenset(perfect))
        own = Noise(target=self.target)
        return to_native(circuit, own, roles), noise

    def duration_s(self, gate: Gate, on: Sequence[int]) -> float:
        """How long a gate takes in native gates, in s; what has no duration takes none."""
        from qiskit import QuantumCircuit

        single = QuantumCircuit(len(self.qubits))
        single.append(gate, on)
        native = to_native(single, Noise(target=self.target), range(len(self.qubits)))
        ready = [0.0] * len(self.qubits)
        for step in native.data:
            places = tuple(native.find_bit(qubit).index for qubit in step.qubits)
            end = max(ready[place] for place in places) + self._time_s(step.operation.name, places)
            for place in places:
                ready[place] = end
        return max(ready)

    def readout_time_s(self) -> float:
        """The longest measurement, in s."""
        return max(self._time_s("measure", (place,)) for place in range(len(self.qubits)))

    def _time_s(self, name: str, on: tuple[int, ...]) -> float:
        properties = (self.target[name] or {}).get(on)
        return float(getattr(properties, "duration", None) or 0.0)

    def _names(self) -> list[str]:
        return sorted(self.target.operation_names)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DeviceGates(Gates):
    """The gates of a device; made by `from_backend`.

    The numbers of `Gates` are those of the depolarising channels and symmetric readout that have
    the same average fidelity; what is played is ``device`` itself, in its native gates.

    Args:
        device: The device.
    """

    device: Device

    def __repr__(self) -> str:
        return f"<DeviceGates: {self.device!r}, {self.device.digest}>"

    @classmethod
    def from_backend(cls, backend: BackendV2, qubits: Sequence[int] | None = None) -> DeviceGates:
        """The gates of two qubits of a device, for a ``Station`` or for distillation.

        A step that runs on these gates is translated to the device's native gates (CX, ECR or CZ,
        say) and compiled under the errors that its noise model (Aer's ``NoiseModel.from_backend``)
        has on these qubits: gates, measurement, readout. In a Bell measurement ``left`` is the
        first qubit, ``right`` the second; corrections at a far end, and the qubits of other steps,
        take the two in turn. The memories of the plan decide what waiting does, not the device's T1
        and T2; the joint circuit of the circuit engine does not know these gates.

        Args:
            backend: Any ``BackendV2``.
            qubits: Two of its qubits, coupled directly; ``None`` takes the pair with the least
                errors of a two-qubit gate and of both readouts, by the device's target.

        Returns:
            Gates whose numbers are those of the depolarising errors and flips with the same average
            fidelity, and whose durations are the device's.

        Raises:
            ParameterError: If it is no backend, or the qubits are not two that it couples.

        Examples:
            >>> from qiskit.providers.fake_provider import GenericBackendV2
            >>> from qnet import Station
            >>> gates = DeviceGates.from_backend(GenericBackendV2(5, seed=1), qubits=(0, 1))
            >>> 0.0 < gates.two_qubit_infidelity < 0.02
            True
            >>> Station(gates=gates).duration_s > 0.0
            True
        """
        from qiskit.circuit.library import CXGate, HGate

        chosen = best_pair(check_backend(backend).target) if qubits is None else qubits
        device = Device(backend, chosen)
        if len(device.qubits) != 2:
            rule, hint = "be two", "a station measures one qubit of each pair"
            raise ParameterError("qubits", rule, list(device.qubits), hint)
        flips = np.mean([_recorded(device, place) for place in (0, 1)], axis=0)
        return cls(
            single_qubit_depolarizing=float(
                np.mean([_depolarizing(device, HGate(), (place,)) for place in (0, 1)])
            ),
            two_qubit_depolarizing=_depolarizing(device, CXGate(), (0, 1)),
            readout_flip_0=float(flips[0]),
            readout_flip_1=float(flips[1]),
            single_qubit_time_s=max(device.duration_s(HGate(), (place,)) for place in (0, 1)),
            two_qubit_time_s=device.duration_s(CXGate(), (0, 1)),
            readout_time_s=device.readout_time_s(),
            device=device,
        )


def _checked_qubits(backend: BackendV2, qubits: Sequence[int]) -> tuple[int, ...]:
    found = tuple(check_integer("qubits", qubit, 0) for qubit in qubits)
    count = check_backend(backend).target.num_qubits
    if len(set(found)) < len(found) or any(qubit >= count for qubit in found):
        hint = f"its qubits are 0 to {count - 1}"
        raise ParameterError("qubits", "be different qubits of the backend", list(found), hint)
    return found


@dataclass(frozen=True)
class _Part:
    """What Aer reads of a device, of some of its qubits alone.

    A noise model of all takes seconds for a device of a hundred qubits.
    """

    target: Target
    version: int = 2

    @property
    def operation_names(self) -> list[str]:
        return list(self.target.operation_names)

    @property
    def dt(self) -> float | None:
        dt: float | None = self.target.dt
        return dt


def _noise_on(
    backend: BackendV2, target: Target, qubits: Sequence[int]
) -> tuple[Noise, dict[int, int]]:
    """Noise on some qubits of a device, and the place of each qubit that it names."""
    from qiskit_aer.backends.aerbackend import AerBackend

    if isinstance(backend, AerBackend):
        return from_backend(backend), {qubit: place for place, qubit in enumerate(qubits)}
    part: Any = _Part(target)
    return from_backend(part), {place: place for place in range(len(qubits))}


def _places(roles: Sequence[int], on: tuple[int, ...]) -> list[list[int]]:
    """All tuples of different circuit qubits that play the roles ``on``."""
    places: list[list[int]] = [[]]
    for role in on:
        members = [index for index, other in enumerate(roles) if other == role]
        places = [[*old, new] for old in places for new in members if new not in old]
    return places


def _depolarizing(device: Device, gate: Gate, on: tuple[int, ...]) -> float:
    """Lambda of the depolarising error with the same average fidelity as the gate's own error.

    The average fidelity of a channel fixes its entanglement fidelity F_e = Tr(R) / d^2 and that
    lambda = (1 - F_e) d^2 / (d^2 - 1) (M. A. Nielsen, arXiv:quant-ph/0205035).
    """
    from qiskit import QuantumCircuit

    single = QuantumCircuit(2)
    single.append(gate, on)
    ports = [single.qubits[place] for place in on]
    native, noise = device.play(single)
    noisy = compile(native, noise, inputs=ports, outputs=ports).channel()
    ideal = compile(single, inputs=ports, outputs=ports).channel()
    size = len(noisy)  # d^2
    fidelity = float(np.sum(noisy * ideal)) / size
    return float(np.clip((1.0 - fidelity) * size / (size - 1.0), 0.0, 1.0))


def _recorded(device: Device, place: int) -> tuple[float, float]:
    """P(1|0) and P(0|1) of a measurement."""
    from qiskit import QuantumCircuit

    circuit = QuantumCircuit(2, 1)
    circuit.measure(place, 0)
    native, noise = device.play(circuit)
    instrument = compile(native, noise, inputs=[native.qubits[place]], outputs=[])
    zero = float(instrument.probability("1", [1.0, 0.0, 0.0, 1.0]))
    one = float(instrument.probability("0", [1.0, 0.0, 0.0, -1.0]))
    return max(zero, 0.0), max(one, 0.0)
