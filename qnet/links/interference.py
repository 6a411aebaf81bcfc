"""Single-click and double-click links, from the pieces of their circuits.

The arms are independent until their light meets, so each circuit is compiled in pieces: the arms
(memory -> memory and photon), the station (two photons -> clicks) and the wait for the herald. They
compose to what the whole circuit compiles to, and the station, the largest piece, is the same for
all lengths.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit, QuantumRegister

from qnet.circuits import idle
from qnet.circuits.photonic import double_herald, herald, midpoint_station, photon_arm
from qnet.hardware import Fibre, Memory
from qnet.instrument import compile as compile_instrument, density_matrix
from qnet.links.attempt import Hardware, HeraldedAttempt, Setup, click_noise, parts_of
from qnet.links.herald import Herald, as_link, corrected
from qnet.noise import Noise
from qnet.noise.photonic import interference_noise
from qnet.plans import Link
from qnet.states.pauli import Array

__all__ = ["double_click_heralds", "double_click_link", "single_click_heralds", "single_click_link"]

# A qubit here is (population of 0, X, Y, population of 1): where a herald is rare, sums of
# populations lose no digits, and sums of the Pauli components (I, X, Y, Z) do.
_OPERATORS = np.array([[[1, 0], [0, 0]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[0, 0], [0, 1]]])
_TO_PAULIS: Array = np.array([[1.0, 0, 0, 1], [0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, -1]])

#: Entries of a compiled station below this are rounding errors of the compilation.
_ROUNDING = 1e-15

_SIGNS = {"X": "plus", "Y": "minus"}


def single_click_link(
    hardware: Hardware,
    length_km: float | None = None,
    *,
    fibre: Fibre | None = None,
    memory: Memory | None = None,
    modes: int | None = None,
    bright_state_population: float | tuple[float, float] | None = None,
) -> Link:
    """A link that is heralded by one click at a station half way (Cabrillo et al. 1999).

    From nodes: each arm has half of the fibre; an attempt takes the preparation time and ``L / c``
    (photon to the station, herald back), during which the memories wait. Local rotations are
    perfect: their errors are part of a measured visibility.

    Args:
        hardware: A preset, a node, or the numbers of an attempt. With numbers there is no wait for
            the herald unless a length is given.
        length_km: Length of the fibre from end to end; needed with a preset or a node.
        fibre: Fibre to use instead of the preset's (of standard fibre, with a node).
        memory: Memory of both ends, instead of the node's (of a perfect one, with numbers).
        modes: Modes tried per attempt; those of the memory unless given.
        bright_state_population: Instead of the hardware's.

    Returns:
        The link; its state is the average over both detectors, corrected to Phi+.

    Raises:
        ParameterError: If a number breaks its rule, or the length is missing.

    Examples:
        >>> attempt = HeraldedAttempt(transmission=0.01, attempt_time_s=1e-5)
        >>> link = single_click_link(attempt, bright_state_population=0.1)
        >>> round(link.success_probability, 9)
        0.001999
    """
    setup = _setup(hardware, length_km, fibre, memory, modes, bright_state_population)
    return _link("single-click", setup, _single)


def double_click_link(
    hardware: Hardware,
    length_km: float | None = None,
    *,
    fibre: Fibre | None = None,
    memory: Memory | None = None,
    modes: int | None = None,
) -> Link:
    """A link that is heralded by a click in each of two rounds (Barrett and Kok 2005).

    Times and arguments are those of `single_click_link`. The second round follows the first at
    once, without waiting for its herald, so both see the same phase between the arms: one that
    drifts from attempt to attempt cancels, one that jitters within the photons does not. Each round
    has dark counts of its own.

    Args:
        hardware: A preset, a node, or the numbers of an attempt.
        length_km: Length of the fibre from end to end; needed with a preset or a node.
        fibre: Fibre to use instead.
        memory: Memory to use instead.
        modes: Modes tried per attempt; those of the memory unless given.

    Returns:
        The link; its state is the average over the four patterns, corrected to Phi+.

    Raises:
        ParameterError: If a number breaks its rule, or the length is missing.

    Examples:
        >>> from qnet.hardware import preset
        >>> link = double_click_link(preset("trapped-ion"), 50.0)
        >>> round(link.success_probability / link.attempt_time_s, 6)
        0.029017
    """
    setup = _setup(hardware, length_km, fibre, memory, modes, None)
    return _link("double-click", setup, _double)


def single_click_heralds(
    hardware: Hardware,
    length_km: float | None = None,
    *,
    fibre: Fibre | None = None,
    memory: Memory | None = None,
    modes: int | None = None,
    bright_state_population: float | tuple[float, float] | None = None,
) -> tuple[Herald, ...]:
    """The heralds behind `single_click_link`, one per detector; same arguments.

    Examples:
        >>> attempt = HeraldedAttempt(transmission=0.1, attempt_time_s=1e-5)
        >>> [round(herald.probability, 6) for herald in single_click_heralds(attempt)]
        [0.00995, 0.00995]
    """
    setup = _setup(hardware, length_km, fibre, memory, modes, bright_state_population)
    return _single(setup.attempt, setup.memory, setup.latency_s)


def double_click_heralds(
    hardware: Hardware,
    length_km: float | None = None,
    *,
    fibre: Fibre | None = None,
    memory: Memory | None = None,
    modes: int | None = None,
) -> tuple[Herald, ...]:
    """The heralds behind `double_click_link`, one per pattern of clicks; same arguments.

    Examples:
        >>> attempt = HeraldedAttempt(transmission=0.1, attempt_time_s=1e-5)
        >>> [herald.clicks for herald in double_click_heralds(attempt)][:2]
        ['plus, plus', 'plus, minus']
    """
    setup = _setup(hardware, length_km, fibre, memory, modes, None)
    return _double(setup.attempt, setup.memory, setup.latency_s)


def _setup(
    hardware: Hardware,
    length_km: float | None,
    fibre: Fibre | None,
    memory: Memory | None,
    modes: int | None,
    bright_state_population: float | tuple[float, float] | None,
) -> Setup:
    if isinstance(hardware, HeraldedAttempt):
        setup = Setup.given(hardware, length_km, fibre, memory or Memory())
    else:
        node, fibre, memory, length = parts_of(hardware, length_km, fibre, memory)
        emitter = node.emitter
        attempt = HeraldedAttempt(
            transmission=node.arm_efficiency * fibre.transmission(length / 2.0),
            attempt_time_s=emitter.preparation_time_s + fibre.delay_s(length),
            bright_state_population=emitter.bright_state_population,
            visibility=emitter.visibility,
            dark_count_probability=click_noise(node, arms_per_detector=1.0),
            phase_noise_deg=emitter.phase_noise_deg,
            phase_noise_kind=emitter.phase_noise_kind,
            double_excitation_probability=emitter.double_excitation_probability,
            number_resolving=node.detector.number_resolving,
            window_acceptance=emitter.window_acceptance,
        )
        setup = Setup(
            attempt=attempt,
            memory=memory,
            modes=memory.modes,
            length_km=length,
            speed_km_per_s=fibre.speed_km_per_s,
        )
    if bright_state_population is not None:
        changed = replace(setup.attempt, bright_state_population=bright_state_population)
        setup = replace(setup, attempt=changed)
    return setup.with_modes(modes)


def _link(name: str, setup: Setup, play: Callable[..., tuple[Herald, ...]]) -> Link:
    dark, ends = setup.without_dark_counts, (setup.memory, setup.latency_s)
    light = None if dark is None else play(dark, *ends)
    return as_link(name, setup, play(setup.attempt, *ends), without_dark_counts=light)


@lru_cache(maxsize=4096)
def _single(attempt: HeraldedAttempt, memory: Memory, latency_s: float) -> tuple[Herald, ...]:
    """One round, then the wait."""
    heralds = []
    populations = attempt.bright_state_populations
    for correction, pair in _first_round(attempt, populations, attempt.drift_deg).items():
        pair = _after_wait(pair, memory, latency_s)
        clicks = _SIGNS[correction]
        heralds.append(corrected(clicks, correction, pair, attempt.window_acceptance))
    return tuple(heralds)


@lru_cache(maxsize=4096)
def _double(attempt: HeraldedAttempt, memory: Memory, latency_s: float) -> tuple[Herald, ...]:
    """Two rounds, then the wait."""
    # Both rounds see the same drift: it cancels.
    left, right = _arms(attempt, (None, None), drift_deg=0.0)
    heralds = []
    for first, pair in _first_round(attempt, (0.5, 0.5), drift_deg=0.0).items():
        for second, effect in _effects(attempt).items():
            correction = double_herald(first, second)
            if correction is None:
                continue
            # Photons p, q of memories i, j, which become k, l.
            again = np.einsum("pq,kpi,lqj,ij->kl", effect, left, right, pair, optimize=True)
            again = _after_wait(again, memory, latency_s)
            clicks = f"{_SIGNS[first]}, {_SIGNS[second]}"
            heralds.append(corrected(clicks, correction, again, attempt.window_acceptance))
    return tuple(heralds)


def _first_round(
    attempt: HeraldedAttempt, populations: tuple[float, float], drift_deg: float
) -> dict[str, Array]:
    """Unnormalised pairs by correction, in populations."""
    left, right = _arms(attempt, populations, drift_deg)
    return {correction: left @ effect @ right.T for correction, effect in _effects(attempt).items()}


def _after_wait(pair: Array, memory: Memory, latency_s: float) -> Array:
    """Fano matrix (4, 4) of a pair, given in populations, after both memories have waited."""
    fano = _TO_PAULIS @ pair @ _TO_PAULIS.T
    if latency_s == 0.0 or memory.is_perfect:
        return fano
    wait = _wait(memory, latency_s)
    return wait @ fano @ wait.T


def _arms(
    attempt: HeraldedAttempt, populations: tuple[float | None, float | None], drift_deg: float
) -> tuple[Array, Array]:
    (left, right), (first, second) = attempt.transmissions, populations
    double = attempt.double_excitation_probability
    return (
        _arm("left", first, left, 0.0, double),
        _arm("right", second, right, drift_deg, double),
    )


def _effects(attempt: HeraldedAttempt) -> dict[str, Array]:
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

    return {correction: effect(correction) for correction in _SIGNS}


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
