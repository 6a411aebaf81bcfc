"""Noise of the photonic circuits: what happens in the fibres, in the sources and in the detectors.

The circuits of :mod:`qnet.circuits.photonic` carry labels; the functions here give each label its
channel. Labels without an error are named perfect.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import comb, exp, radians, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qnet.errors import check_probability
from qnet.hardware.source import check_phase_noise
from qnet.noise.model import Noise

if TYPE_CHECKING:
    from qnet.hardware.memory import Memory

__all__ = ["absorption_noise", "interference_noise"]

_COMMON = frozenset({"h", "x", "ry", "reset", "measure", "emission", "encode"})
_INTERFERENCE = frozenset({"mode_overlap", "beam_splitter", "count", "detector", "phase"})
_ABSORPTION = frozenset({"pair", "source", "absorb", "herald"})
_FIBRES = frozenset({"fibre", "fibre_left", "fibre_right"})

_PAULIS = np.array([[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]])


def interference_noise(
    *,
    transmission: tuple[float, float] = (1.0, 1.0),
    detector_efficiency: float = 1.0,
    dark_count_probability: float = 0.0,
    phase_noise_deg: float = 0.0,
    double_excitation_probability: float = 0.0,
    memories: Mapping[str, Memory] | None = None,
) -> Noise:
    """Noise of single-click and double-click heralding.

    - ``"emission"``: two photons instead of one with ``double_excitation_probability``. The second
      one is lost and tells the environment that the memory was bright: Z with half of that.
    - ``"fibre_left"``, ``"fibre_right"``: loss, an amplitude damping of ``1 - transmission``.
    - ``"phase"``: a Gaussian phase of standard deviation sigma between the arms that drifts from
      attempt to attempt: Z with probability ``(1 - exp(-sigma**2 / 2)) / 2``. (A phase that jitters
      within the photon is a mismatch of modes instead: give the circuit the visibility
      ``V exp(-sigma**2)``.)
    - ``"detector"``: each photon is lost with ``1 - detector_efficiency``, then a dark count raises
      the count by one with ``dark_count_probability``.

    Args:
        transmission: Probability that an emitted photon reaches the beam splitter, left and right.
        detector_efficiency: Probability that a photon at a detector is counted.
        dark_count_probability: Probability of a dark count per detector and round.
        phase_noise_deg: sigma of the drift, in degrees.
        double_excitation_probability: Probability of two photons per emission.
        memories: Memory by register name (``memory_left``, ``memory_right``).

    Returns:
        The noise, for the circuits of :mod:`qnet.circuits.photonic` with a midpoint station.

    Raises:
        ParameterError: If a probability lies outside [0, 1] or the phase noise is negative.

    Examples:
        >>> noise = interference_noise(transmission=(0.1, 0.2), dark_count_probability=1e-6)
        >>> noise.model.noise_instructions
        ['detector', 'fibre_left', 'fibre_right']
    """
    from qiskit_aer.noise import pauli_error

    efficiency = check_probability("detector_efficiency", detector_efficiency)
    dark = check_probability("dark_count_probability", dark_count_probability)
    sigma = radians(check_phase_noise("phase_noise_deg", phase_noise_deg))
    slipped = (1.0 - exp(-(sigma**2) / 2.0)) / 2.0
    errors = _losses(fibre_left=transmission[0], fibre_right=transmission[1])
    errors |= _double_excitation(double_excitation_probability)
    if slipped > 0.0:
        errors["phase"] = pauli_error([("Z", slipped), ("I", 1.0 - slipped)])
    if efficiency < 1.0 or dark > 0.0:
        errors["detector"] = _kraus(_detector(efficiency, dark))
    return _noise(errors, _COMMON | _INTERFERENCE, memories)


def absorption_noise(
    *,
    transmission: tuple[float, float] | float = 1.0,
    pair_probability: float = 1.0,
    pair_fidelity: float = 1.0,
    false_herald_probability: float = 0.0,
    scrambling_probability: float = 0.0,
    double_excitation_probability: float = 0.0,
    memories: Mapping[str, Memory] | None = None,
) -> Noise:
    """Noise of photons that are sent to memories which absorb them.

    - ``"pair"``: the source's pairs are Werner states of fidelity ``pair_fidelity``.
    - ``"source"``: with ``1 - pair_probability`` there is no pair.
    - ``"fibre..."``: loss in both modes of a photon, an amplitude damping of ``1 - transmission``.
    - ``"herald"``: without a photon the memory's state is unknown, I/2; with one it becomes I/2
      with ``scrambling_probability``.
    - readout: an absent photon is heralded with ``false_herald_probability``.
    - ``"emission"``: as in `interference_noise`.

    Args:
        transmission: Probability that a photon is absorbed and heralded, left and right; one number
            for the one fibre of direct transmission.
        pair_probability: Probability of a pair per attempt.
        pair_fidelity: Fidelity of a pair with Phi+.
        false_herald_probability: Probability of a herald without a photon.
        scrambling_probability: Probability that a dark count hides the polarisation of a photon
            that did arrive.
        double_excitation_probability: Probability of two photons per emission.
        memories: Memory by register name.

    Returns:
        The noise, for `midpoint_source` and `direct_transmission`.

    Raises:
        ParameterError: If a probability lies outside [0, 1].

    Examples:
        >>> noise = absorption_noise(transmission=0.1, false_herald_probability=1e-6)
        >>> noise.model.noise_instructions
        ['fibre', 'herald', 'measure']
    """
    from qiskit_aer.noise import ReadoutError, depolarizing_error

    fidelity = check_probability("pair_fidelity", pair_fidelity)
    emitted = check_probability("pair_probability", pair_probability)
    false = check_probability("false_herald_probability", false_herald_probability)
    scrambled = check_probability("scrambling_probability", scrambling_probability)
    if isinstance(transmission, tuple):
        errors = _losses(fibre_left=transmission[0], fibre_right=transmission[1])
    else:
        errors = _losses(fibre=transmission)
    errors |= _double_excitation(double_excitation_probability)
    if fidelity < 1.0:
        errors["pair"] = depolarizing_error(4.0 / 3.0 * (1.0 - fidelity), 2)
    if emitted < 1.0:
        errors["source"] = _vacuum(1.0 - emitted, 4)
    errors["herald"] = _kraus(_unknown_without_photon(scrambled))
    noise = _noise(errors, _COMMON | _ABSORPTION, memories)
    if false > 0.0 and noise.model is not None:
        noise.model.add_all_qubit_readout_error(ReadoutError([[1.0 - false, false], [0.0, 1.0]]))
    return noise


def _noise(
    errors: Mapping[str, Any], labels: frozenset[str], memories: Mapping[str, Memory] | None
) -> Noise:
    from qiskit_aer.noise import NoiseModel

    model = NoiseModel()
    for label, error in errors.items():
        model.add_all_qubit_quantum_error(error, label)
    return Noise(model=model, idle=memories or {}, perfect=labels | _FIBRES)


def _losses(**transmissions: float) -> dict[str, Any]:
    """Amplitude damping of every fibre that loses light."""
    errors = {}
    for label, transmission in transmissions.items():
        eta = check_probability(f"transmission of {label}", transmission)
        if eta < 1.0:
            kept = np.diag([1.0, sqrt(eta)])
            errors[label] = _kraus([kept, np.array([[0.0, sqrt(1.0 - eta)], [0.0, 0.0]])])
    return errors


def _double_excitation(probability: float) -> dict[str, Any]:
    from qiskit_aer.noise import pauli_error

    half = check_probability("double_excitation_probability", probability) / 2.0
    # The memory is the control of the emission, the first qubit: the rightmost letter.
    return {"emission": pauli_error([("IZ", half), ("II", 1.0 - half)])} if half > 0.0 else {}


def _detector(efficiency: float, dark: float) -> list[NDArray[Any]]:
    """Kraus operators of a detector on the photon numbers 0 to 3: loss, then a dark count."""
    n = range(4)
    count_up = np.roll(np.eye(4), 1, axis=0)  # at most two photons come, so 3 -> 0 never happens
    operators = []
    for lost in n:
        loss = np.zeros((4, 4))
        for photons in range(lost, 4):
            kept = photons - lost
            share = comb(photons, lost) * efficiency**kept * (1.0 - efficiency) ** lost
            loss[kept, photons] = sqrt(share)
        operators += [sqrt(1.0 - dark) * loss, sqrt(dark) * count_up @ loss]
    return [operator for operator in operators if operator.any()]


def _unknown_without_photon(scrambled: float) -> list[NDArray[Any]]:
    """Kraus operators on (memory, photon present): I/2 in the memory unless a photon came."""
    absent, present = np.diag([1.0, 0.0]), np.diag([0.0, 1.0])
    weights = [1.0 - 0.75 * scrambled, *[scrambled / 4.0] * 3]
    operators = [np.kron(absent, pauli / 2.0) for pauli in _PAULIS]
    operators += [
        np.kron(present, sqrt(weight) * pauli)
        for weight, pauli in zip(weights, _PAULIS, strict=True)
        if weight > 0.0
    ]
    return operators


def _vacuum(probability: float, num_qubits: int) -> Any:  # noqa: ANN401 - Qiskit's types are Any
    """With some probability, all modes are empty."""
    from qiskit import QuantumCircuit
    from qiskit_aer.noise import QuantumError

    empty = QuantumCircuit(num_qubits)
    empty.reset(range(num_qubits))
    return QuantumError([(empty, probability), (QuantumCircuit(num_qubits), 1.0 - probability)])


def _kraus(operators: list[NDArray[Any]]) -> Any:  # noqa: ANN401 - Qiskit's types are Any
    from qiskit_aer.noise import kraus_error

    # The canonical form would drop operators of small weight, such as a faint transmission.
    return kraus_error(operators, canonical_kraus=False)
