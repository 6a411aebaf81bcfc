"""Circuits of a midpoint station, compiled in pieces: arms, station, wait for the herald.

The arms are independent until their light meets, so each circuit is compiled in pieces: the arms
(memory -> memory and photon), the station (two photons -> clicks) and the wait for the herald. They
compose to what the whole circuit compiles to, and the station, the largest piece, is the same for
all lengths.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit, QuantumRegister

from qnet.circuits import idle
from qnet.circuits.photonic import herald, midpoint_station, photon_arm
from qnet.hardware import Memory
from qnet.instrument import compile as compile_instrument, density_matrix
from qnet.links.attempt import HeraldedAttempt
from qnet.links.scheme import Ends
from qnet.noise import Noise
from qnet.noise.photonic import interference_noise
from qnet.states.pauli import Array

__all__ = ["SIGNS", "after_wait", "arms", "effects", "first_round"]

# A qubit here is (population of 0, X, Y, population of 1): where a herald is rare, sums of
# populations lose no digits, and sums of the Pauli components (I, X, Y, Z) do.
_OPERATORS = np.array([[[1, 0], [0, 0]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[0, 0], [0, 1]]])
_TO_PAULIS: Array = np.array([[1.0, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, -1]])

#: Entries of a compiled station below this are rounding errors of the compilation.
_ROUNDING = 1e-15

#: Which detector clicks, by the correction that the pair then needs.
SIGNS = {"X": "plus", "Y": "minus"}


def first_round(
    attempt: HeraldedAttempt, populations: tuple[float, float], drift_deg: float
) -> dict[str, Array]:
    """Unnormalised pairs by correction, in populations."""
    left, right = arms(attempt, populations, drift_deg)
    return {correction: left @ effect @ right.T for correction, effect in effects(attempt).items()}


def after_wait(pair: Array, ends: Ends, latency_s: float) -> Array:
    """Fano matrix (4, 4) of a pair, given in populations, after both memories have waited."""
    fano = _TO_PAULIS @ pair @ _TO_PAULIS.T
    if latency_s == 0.0 or all(memory.is_perfect for memory in ends):
        return fano
    left, right = (_wait(memory, latency_s) for memory in ends)
    return left @ fano @ right.T


def arms(
    attempt: HeraldedAttempt, populations: tuple[float | None, float | None], drift_deg: float
) -> tuple[Array, Array]:
    """Compiled arms: (4, 4) of memory and photon; (4, 4, 4) of the map where no population is."""
    (left, right), (first, second) = attempt.transmissions, populations
    double = attempt.double_excitation_probability
    return (
        _arm("left", first, left, 0.0, double),
        _arm("right", second, right, drift_deg, double),
    )


def effects(attempt: HeraldedAttempt) -> dict[str, Array]:
    """Effects (4, 4) of the station on the two photons, by correction, in populations."""
    return _station(attempt.overlap, attempt.dark_count_probability, attempt.number_resolving)


@lru_cache(maxsize=4096)
def _arm(
    side: str, population: float | None, transmission: float, drift_deg: float, double: float
) -> Array:
    """Compiled arm: shape (4, 4, 4) of memory, photon and memory before, or (4, 4)."""
    arm = photon_arm(side, population)
    noise = interference_noise(
        transmission=(transmission, transmission),
        phase_noise_deg=drift_deg,
        double_excitation_probability=double,
    )
    if population is not None:
        return _components(np.asarray(density_matrix(arm, noise).data))
    # The map of the arm is its state on one half of Phi+ (Choi), whose other half is transposed.
    choi = QuantumCircuit(*arm.qregs, QuantumRegister(1, "reference"))
    choi.h(2)
    choi.cx(2, 0)
    choi.compose(arm, arm.qubits, inplace=True)
    state = np.asarray(density_matrix(choi, noise, perfect={"cx"}).data)
    return _components(state) * np.array([2.0, 1.0, -1.0, 2.0])


@lru_cache(maxsize=512)
def _station(overlap: float, dark: float, number_resolving: bool) -> dict[str, Array]:
    """Compiled station: by correction, the effect (4, 4) on the two photons."""
    circuit = midpoint_station(overlap)
    left, right = circuit.qregs[:2]
    instrument = compile_instrument(
        circuit,
        interference_noise(dark_count_probability=dark),
        inputs=[left[0], right[0]],
        outputs=[],
    )

    def effect(correction: str) -> Array:
        def accept(clicks: dict[str, str]) -> bool:
            plus, minus = int(clicks["clicks_plus"], 2), int(clicks["clicks_minus"], 2)
            return herald(plus, minus, number_resolving=number_resolving) == correction

        row = instrument.select(accept).reshape(4, 4)
        entries = _TO_PAULIS.T @ row @ _TO_PAULIS
        return np.where(np.abs(entries) < _ROUNDING, 0.0, entries)

    return {correction: effect(correction) for correction in SIGNS}


@lru_cache(maxsize=1024)
def _wait(memory: Memory, latency_s: float) -> Array:
    """Compiled storage of one qubit, shape (4, 4)."""
    circuit = idle(latency_s)
    noise = Noise(idle={"memory": memory})
    return compile_instrument(circuit, noise, inputs=circuit.qubits).channel()


def _components(rho: NDArray[np.complex128]) -> Array:
    """Components of a state of n qubits, shape (4, ..., 4), first qubit first."""
    qubits = rho.shape[0].bit_length() - 1
    operators = np.ones((1, 1, 1))
    for size in 2 ** np.arange(1, qubits + 1):
        operators = np.einsum("jab,pcd->jpcadb", operators, _OPERATORS).reshape(-1, size, size)
    return np.einsum("jab,ba->j", operators, rho).real.reshape((4,) * qubits)
