"""Noise of a circuit: gate errors, readout errors, idling, and what is declared perfect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from qnet.errors import ParameterError
from qnet.hardware.gates import SINGLE_QUBIT_GATES, TWO_QUBIT_GATES

if TYPE_CHECKING:
    from qiskit.providers import BackendV2
    from qiskit.transpiler import Target
    from qiskit_aer.noise import NoiseModel

    from qnet.hardware.gates import Gates
    from qnet.hardware.memory import Memory

__all__ = [
    "Noise",
    "as_noise",
    "from_backend",
    "from_gates",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """Noise of a circuit.

    Args:
        model: Aer noise model of gates, reset and readout; ``None`` is noiseless: then every
            operation is perfect (delays on registers that ``idle`` names still decohere).
        idle: Memory of the qubits of each quantum register, by register name; ``"*"`` stands for
            every other register.
        perfect: Names or labels of operations that are noiseless on purpose; ``"*"`` declares all
            that the model does not name. Where the model names an error, the error applies.
        target: The native gates of the device that the model is of, for `qnet.noise.to_native`;
            ``None`` is of no device.

    Examples:
        >>> Noise(perfect={"h", "measure"}).perfect == frozenset({"h", "measure"})
        True
    """

    model: NoiseModel | None = None
    idle: Mapping[str, Memory] = field(default_factory=dict)
    perfect: frozenset[str] = frozenset()
    target: Target | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "perfect", _names(self.perfect))
        object.__setattr__(self, "idle", dict(self.idle))

    def declared_perfect(self, names: Iterable[str]) -> Noise:
        """The same noise with more operations declared perfect.

        Args:
            names: Names or labels of operations.

        Examples:
            >>> sorted(Noise(perfect={"h"}).declared_perfect({"x"}).perfect)
            ['h', 'x']
        """
        return replace(self, perfect=self.perfect | _names(names))


def from_gates(gates: Gates, *, memories: Mapping[str, Memory] | None = None) -> Noise:
    """Noise of a node: depolarising gates, readout flips, imperfect reset, decohering memories.

    A gate is followed by ρ → (1-λ) ρ + λ I/d on its qubits (d = 2 or 4). Reset is followed by the
    same with ``initialisation_depolarizing``; qubits that start in ``|0>`` without a reset
    start there exactly. The recorded bit flips with ``readout_flip_0`` = P(1|0) and
    ``readout_flip_1`` = P(0|1).

    Args:
        gates: Errors of the node's operations.
        memories: Memory by register name, ``"*"`` for every other register; a delay elsewhere is
            refused.

    Returns:
        The noise; operations whose error is zero are named perfect.

    Examples:
        >>> from qnet.hardware.gates import Gates
        >>> noise = from_gates(Gates(two_qubit_depolarizing=0.02))
        >>> noise.model.noise_instructions == ["cx", "cz", "swap"]
        True
        >>> "h" in noise.perfect, "cx" in noise.perfect
        (True, False)
    """
    # Local import: Aer takes 0.1 s to load, and describing noise does not need it.
    from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

    model = NoiseModel()
    perfect = {"id"}
    for names, parameter, qubits in (
        (SINGLE_QUBIT_GATES, gates.single_qubit_depolarizing, 1),
        (TWO_QUBIT_GATES, gates.two_qubit_depolarizing, 2),
        (("reset",), gates.initialisation_depolarizing, 1),
    ):
        if parameter == 0.0:
            perfect.update(names)
        else:
            model.add_all_qubit_quantum_error(depolarizing_error(parameter, qubits), list(names))
    flip_0, flip_1 = gates.readout_flip_0, gates.readout_flip_1
    if flip_0 == flip_1 == 0.0:
        perfect.add("measure")
    else:
        readout = ReadoutError([[1.0 - flip_0, flip_0], [flip_1, 1.0 - flip_1]])
        model.add_all_qubit_readout_error(readout)
    return Noise(model=model, idle=memories or {}, perfect=frozenset(perfect))


def from_backend(backend: BackendV2) -> Noise:
    """Noise of a device as Aer reads it: gate errors by qubit, readout, relaxation of delays.

    The circuit must be drawn in the device's own gates: `qnet.noise.to_native` translates it.

    Args:
        backend: Any ``BackendV2``; qubit i of the circuit is qubit i of the backend. T1 and T2 come
            from the qubit properties of its target. A simulator of Aer has the noise that it plays.

    Returns:
        The noise; operations of the target that carry no error anywhere (``rz`` on most devices)
        are named perfect.

    Examples:
        >>> from qiskit.providers.fake_provider import GenericBackendV2
        >>> noise = from_backend(GenericBackendV2(2, seed=1))
        >>> "cx" in noise.model.noise_instructions, "rz" in noise.perfect
        (True, True)
    """
    from qiskit_aer.noise import NoiseModel

    model = _model_of_aer(backend) or NoiseModel.from_backend(backend)
    noisy = set(model.noise_instructions) | {"delay"}
    perfect = frozenset(set(backend.operation_names) - noisy)
    return Noise(model=model, perfect=perfect, target=backend.target)


def _model_of_aer(backend: BackendV2) -> NoiseModel | None:
    """The noise model that a simulator of Aer plays, of which its target may say nothing."""
    from qiskit_aer.backends.aerbackend import AerBackend
    from qiskit_aer.noise import NoiseModel

    if not isinstance(backend, AerBackend):
        return None
    model: NoiseModel | None = backend.options.noise_model
    return NoiseModel() if model is None else model


def as_noise(noise: Noise | NoiseModel | BackendV2 | None) -> Noise:
    """Whatever describes noise, as `Noise`.

    Args:
        noise: ``None`` (noiseless), a `Noise`, an Aer ``NoiseModel``, or a ``BackendV2``.

    Raises:
        ParameterError: If it is none of these.

    Examples:
        >>> as_noise(None)
        Noise(model=None, idle={}, perfect=frozenset())
    """
    if noise is None:
        return Noise()
    if isinstance(noise, Noise):
        return noise
    # Local imports: both are loaded only for a caller who already holds such an object.
    from qiskit.providers import BackendV2
    from qiskit_aer.noise import NoiseModel

    if isinstance(noise, NoiseModel):
        return Noise(model=noise)
    if isinstance(noise, BackendV2):
        return from_backend(noise)
    given: Any = noise
    hint = "give None, a qnet Noise, an Aer NoiseModel or a BackendV2"
    raise ParameterError("noise", "describe noise", given, hint)


def _names(names: Iterable[str] | str) -> frozenset[str]:
    """A set of names; one name alone is not taken letter by letter."""
    return frozenset({names} if isinstance(names, str) else names)
