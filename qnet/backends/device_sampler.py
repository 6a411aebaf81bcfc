"""A sampler of circuits as they are drawn: translated for a device, run there, bits corrected."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from qiskit.primitives import (
    BackendSamplerV2,
    BaseEstimatorV2,
    BaseSamplerV2,
    BitArray,
    DataBin,
    PrimitiveJob,
    PrimitiveResult,
    SamplerPubResult,
)
from qiskit.primitives.containers.sampler_pub import SamplerPub

from qnet.backends.native_circuit import NativeCircuit, target_of, translate
from qnet.backends.pauli_corrections import corrected_bits
from qnet.errors import ParameterError, check_integer

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qiskit import QuantumCircuit
    from qiskit.primitives.containers.sampler_pub import SamplerPubLike
    from qiskit.providers import BackendV2
    from qiskit.transpiler import Target

__all__ = ["DeviceSampler"]


class DeviceSampler(BaseSamplerV2):
    """A sampler that translates each circuit for a device before it runs there.

    It has the interface of Qiskit's samplers, so it goes wherever one is taken. What comes back is
    in the classical registers of the circuits as they were drawn, with software corrections made;
    ``metadata`` of a result says how feed-forward was played, and holds the native circuit.

    Args:
        device: A ``BackendV2``, or any object with the interface of ``BaseSamplerV2``.
        target: What a sampler's circuits are translated for: a ``Target`` or a ``BackendV2``. A
            backend knows its own, and a sampler that has a ``backend`` knows that one's.
        qubits: Which qubit of the device each qubit of a circuit is, ``"least-error"``, or ``None``
            (the transpiler chooses).
        feed_forward: ``"auto"``, ``"device"``, ``"frame"`` or ``"deferred"``.
        mid_circuit: Whether qubits may be used again after a measurement; ``None`` asks the target.
        optimization_level: Of Qiskit's pass manager, 0 to 3.
        shots: Runs of each circuit, where a call says nothing else.
        seed: Seed of the transpiler, and of a backend that simulates; a sampler has its own.

    Raises:
        ParameterError: If it is neither a backend nor a sampler, or a number is out of range.

    Examples:
        >>> from qiskit.providers.fake_provider import GenericBackendV2
        >>> from qnet.circuits import repeater_chain
        >>> sampler = DeviceSampler(GenericBackendV2(5, seed=1), seed=7)
        >>> job = sampler.run([repeater_chain(2, frame=False, basis="Z")], shots=1000)
        >>> job.result()[0].metadata["feed_forward"]
        'frame'
    """

    def __init__(
        self,
        device: BackendV2 | BaseSamplerV2,
        *,
        target: Target | BackendV2 | None = None,
        qubits: Sequence[int] | str | None = None,
        feed_forward: str = "auto",
        mid_circuit: bool | None = None,
        optimization_level: int = 1,
        shots: int = 1024,
        seed: int = 0,
    ) -> None:
        self._device = check_device(device)
        self.target = target_of(device if target is None else target)
        if target is not None and self.target is None:
            raise ParameterError("target", "be a Target or a BackendV2", target, "name the device")
        self._rules: dict[str, Any] = {
            "qubits": qubits,
            "feed_forward": feed_forward,
            "mid_circuit": mid_circuit,
            "optimization_level": optimization_level,
            "seed": check_integer("seed", seed, 0),
        }
        self.shots = check_integer("shots", shots)
        self._seeds = np.random.SeedSequence(seed)

    def translated(self, circuit: QuantumCircuit) -> NativeCircuit:
        """A circuit as the device will run it.

        Raises:
            ParameterError: If it cannot (`translate`).
        """
        return translate(circuit, self.target, **self._rules)

    def run(
        self, pubs: Iterable[SamplerPubLike], *, shots: int | None = None
    ) -> PrimitiveJob[PrimitiveResult[SamplerPubResult]]:
        """Run circuits.

        Args:
            pubs: Circuits, or tuples (circuit, values of its parameters, shots).
            shots: Runs of each that does not say.

        Returns:
            A job, whose ``result()`` has one entry per circuit.

        Raises:
            ParameterError: If a circuit cannot be played on the device.
        """
        asked = [SamplerPub.coerce(pub, self.shots if shots is None else shots) for pub in pubs]
        native = [self.translated(pub.circuit) for pub in asked]
        ready = [
            SamplerPub(each.circuit, pub.parameter_values, pub.shots)
            for each, pub in zip(native, asked, strict=True)
        ]
        job = PrimitiveJob(self._run, ready, native)
        job._submit()
        return job

    def _run(
        self, pubs: list[SamplerPub], native: list[NativeCircuit]
    ) -> PrimitiveResult[SamplerPubResult]:
        raw = _answers(self._device, pubs, self._seeds)
        found = [_corrected(each, answer) for each, answer in zip(native, raw, strict=True)]
        return PrimitiveResult(found, metadata={"version": 2})


def check_device(device: object) -> BackendV2 | BaseSamplerV2:
    """A backend or a sampler, or a refusal of what is neither."""
    from qiskit.providers import BackendV2

    sampler = callable(getattr(device, "run", None)) and not isinstance(device, BaseEstimatorV2)
    if isinstance(device, BackendV2) or (sampler and not isinstance(device, type)):
        return device
    hint = "give a BackendV2, or a sampler with the interface of BaseSamplerV2"
    raise ParameterError("device", "run circuits", device, hint)


def _answers(
    device: BackendV2 | BaseSamplerV2, pubs: list[SamplerPub], seeds: np.random.SeedSequence
) -> list[SamplerPubResult]:
    """What the device answers to native circuits."""
    from qiskit.providers import BackendV2

    if not isinstance(device, BackendV2):
        return list(device.run(pubs).result())
    answers: dict[int, SamplerPubResult] = {}
    for shots in sorted({pub.shots for pub in pubs}):
        # A simulator would begin each number of shots with the same draws: a seed for each.
        seed = int(seeds.spawn(1)[0].generate_state(1)[0]) >> 1
        sampler = BackendSamplerV2(backend=device, options={"seed_simulator": seed})
        places = [place for place, pub in enumerate(pubs) if pub.shots == shots]
        answers |= zip(places, sampler.run([pubs[p] for p in places]).result(), strict=True)
    return [answers[place] for place in range(len(pubs))]


def _corrected(native: NativeCircuit, answer: SamplerPubResult) -> SamplerPubResult:
    """The answer with the corrections made in software, and what is to be said of the run."""
    metadata = {
        **answer.metadata,
        "feed_forward": native.way,
        "note": native.note,
        "native": native,
    }
    registers = native.circuit.cregs
    arrays: dict[str, BitArray] = {
        register.name: answer.data[register.name] for register in registers
    }
    if native.corrections:
        arrays = _flipped(native, arrays)
    shape = next(iter(arrays.values())).shape
    return SamplerPubResult(DataBin(**arrays, shape=shape), metadata)


def _flipped(native: NativeCircuit, arrays: dict[str, BitArray]) -> dict[str, BitArray]:
    circuit = native.circuit
    columns: dict[int, NDArray[np.bool_]] = {}
    registers = [register for register in circuit.cregs if len(register)]
    for register in registers:
        bits = arrays[register.name].to_bool_array(order="little")
        for place, bit in enumerate(register):
            columns[circuit.find_bit(bit).index] = bits[..., place]
    whole = np.stack([columns[index] for index in range(circuit.num_clbits)], axis=-1)
    flat = corrected_bits(whole.reshape(-1, circuit.num_clbits), native.corrections)
    right = flat.reshape(whole.shape)
    return {
        register.name: BitArray.from_bool_array(
            right[..., [circuit.find_bit(bit).index for bit in register]], order="little"
        )
        for register in registers
    }
