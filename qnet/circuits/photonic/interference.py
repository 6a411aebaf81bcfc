"""Two memories that emit, and a station half way where their photons interfere.

References: C. Cabrillo et al., Phys. Rev. A 59, 1025 (1999), doi:10.1103/PhysRevA.59.1025 (one
click); S. D. Barrett and P. Kok, Phys. Rev. A 71, 060310 (2005), doi:10.1103/PhysRevA.71.060310
(two clicks).
"""

from __future__ import annotations

from math import asin, sqrt

from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit.library import CCXGate, CXGate

from qnet.circuits._classical import wait
from qnet.circuits.photonic.elements import beam_splitter, mode_overlap, passage
from qnet.errors import check_one_of, check_probability

__all__ = [
    "double_click",
    "emission_to_memory",
    "midpoint_station",
    "photon_arm",
    "single_click",
]

_SIDES = ("left", "right")


def emission_to_memory(bright_state_population: float = 0.5) -> QuantumCircuit:
    """Emit a photon that is entangled with a memory.

    The memory is prepared in ``sqrt(1 - alpha)|0> + sqrt(alpha)|1>``; its bright state 1 emits one
    photon: ``sqrt(1 - alpha)|0>|no photon> + sqrt(alpha)|1>|photon>``.

    Args:
        bright_state_population: alpha.

    Returns:
        A circuit on ``memory`` and ``photon`` (the number of photons), one qubit each. The CNOT
        carries the label ``"emission"``.

    Raises:
        ParameterError: If alpha lies outside [0, 1].

    Examples:
        >>> print(emission_to_memory(0.5).draw("text"))  # doctest: +NORMALIZE_WHITESPACE
                ┌─────────┐ emission
        memory: ┤ Ry(π/2) ├────■─────
                └─────────┘  ┌─┴─┐
        photon: ─────────────┤ X ├───
                             └───┘
    """
    memory, photon = QuantumRegister(1, "memory"), QuantumRegister(1, "photon")
    circuit = QuantumCircuit(memory, photon, name="emission_to_memory")
    population = check_probability("bright_state_population", bright_state_population)
    circuit.ry(2.0 * asin(sqrt(population)), memory)
    circuit.append(CXGate(label="emission"), [memory[0], photon[0]])
    return circuit


def photon_arm(side: str, bright_state_population: float | None = None) -> QuantumCircuit:
    """One arm: the memory emits, and what is emitted travels to the midpoint.

    Args:
        side: ``"left"`` or ``"right"``. The phase between the two arms is counted on the right one
            (label ``"phase"``).
        bright_state_population: Bright-state population in which the memory is prepared;
            ``None``: the memory has emitted before, is flipped (X) and emits again.

    Returns:
        A circuit on ``memory_<side>`` and ``photon_<side>``, one qubit each; labels ``"emission"``
        and ``"fibre_<side>"``.

    Raises:
        ParameterError: If the population lies outside [0, 1].
        UnknownNameError: If the side is neither.

    Examples:
        >>> [gate.operation.label for gate in photon_arm("right", 0.1).data[1:]]
        ['emission', 'fibre_right', 'phase']
    """
    check_one_of("side", side, _SIDES)
    memory, photon = QuantumRegister(1, f"memory_{side}"), QuantumRegister(1, f"photon_{side}")
    circuit = QuantumCircuit(memory, photon, name=f"photon_arm {side}")
    if bright_state_population is None:
        circuit.x(memory)
        circuit.append(CXGate(label="emission"), [memory[0], photon[0]])
    else:
        circuit.compose(emission_to_memory(bright_state_population), inplace=True)
    circuit.append(passage(f"fibre_{side}"), photon)
    if side == "right":
        circuit.append(passage("phase"), photon)
    return circuit


def midpoint_station(visibility: float = 1.0, suffix: str = "") -> QuantumCircuit:
    """The station half way: a beam splitter and two detectors that count photons.

    The part of the right photon that does not match the left one goes to a second mode (another
    colour, say), passes the same beam splitter and reaches the same detectors, which add up both
    modes.

    Args:
        visibility: Hong-Ou-Mandel visibility of the two photons.
        suffix: Added to the names of the classical registers.

    Returns:
        A circuit on ``photon_left`` and ``photon_right`` (two qubits each, photon number in binary;
        at most one photon at the input), ``other_left`` and ``other_right`` (the modes that do not
        match). Classical registers: ``clicks_plus`` and ``clicks_minus``, the counts behind the
        left and the right output. Labels: ``"mode_overlap"``, ``"beam_splitter"``, ``"count"``,
        ``"detector"``.

    Raises:
        ParameterError: If ``visibility`` lies outside [0, 1].

    Examples:
        >>> [register.name for register in midpoint_station().cregs]
        ['clicks_plus', 'clicks_minus']
    """
    photons = [QuantumRegister(2, f"photon_{side}") for side in _SIDES]
    others = [QuantumRegister(1, f"other_{side}") for side in _SIDES]
    clicks = [ClassicalRegister(2, f"clicks_{sign}{suffix}") for sign in ("plus", "minus")]
    circuit = QuantumCircuit(*photons, *others, *clicks, name="midpoint_station")
    circuit.append(mode_overlap(visibility), [photons[1][0], others[1][0]])
    circuit.append(beam_splitter(2), [others[0][0], others[1][0]])
    circuit.append(beam_splitter(4), [*photons[0], *photons[1]])
    for photon, other, count in zip(photons, others, clicks, strict=True):
        # The detector adds the photon of the other mode to those of the first.
        circuit.append(CCXGate(label="count"), [other[0], photon[0], photon[1]])
        circuit.append(CXGate(label="count"), [other[0], photon[0]])
        circuit.append(passage("detector", 2), photon)
        circuit.measure(photon, count)
    return circuit


def single_click(
    bright_state_population: float | tuple[float, float] = 0.1,
    visibility: float = 1.0,
    latency_s: float = 0.0,
) -> QuantumCircuit:
    """Herald a pair by one click: one photon came, and nobody knows from which side.

    The plus detector heralds Psi+, the minus detector Psi-, both mixed with ``|11>`` (both memories
    emitted and one photon was lost or shared the detector): see :func:`herald`.

    Args:
        bright_state_population: Bright-state population of the memories, or one each (left, right).
        visibility: Hong-Ou-Mandel visibility of the two photons.
        latency_s: Time in s from emission until the herald is known at the memories, which wait
            for it.

    Returns:
        A circuit on ``memory_left`` and ``memory_right`` and the registers of
        :func:`midpoint_station`.

    Raises:
        ParameterError: If a probability lies outside [0, 1] or the latency is negative.

    Examples:
        >>> circuit = single_click(0.1)
        >>> circuit.num_qubits, circuit.num_clbits
        (8, 4)
    """
    populations = bright_state_population
    if not isinstance(populations, tuple):
        populations = (populations, populations)
    circuit = _empty("single_click", ("",))
    _round(circuit, populations, visibility, "")
    wait(circuit, latency_s, *circuit.qubits[:2])
    return circuit


def double_click(visibility: float = 1.0, latency_s: float = 0.0) -> QuantumCircuit:
    """Herald a pair by two clicks in two rounds, with the memories flipped in between.

    Both memories start in ``(|0> + |1>)/sqrt2``. ``|11>`` may pass the first round, after the flip
    it is ``|00>`` and cannot give a photon in the second: what is left is Psi+ or Psi- (see
    :func:`double_herald`).

    Args:
        visibility: Hong-Ou-Mandel visibility of the two photons.
        latency_s: Time in s from emission until the herald is known at the memories. The second
            round follows the first at once.

    Returns:
        A circuit on the registers of :func:`single_click`; the light of the second round uses the
        registers of the first after a reset. Classical registers: ``clicks_plus_1``,
        ``clicks_minus_1``, ``clicks_plus_2``, ``clicks_minus_2``.

    Raises:
        ParameterError: If ``visibility`` lies outside [0, 1] or the latency is negative.

    Examples:
        >>> circuit = double_click()
        >>> circuit.num_qubits, circuit.num_clbits
        (8, 8)
    """
    circuit = _empty("double_click", ("_1", "_2"))
    memories, light = circuit.qubits[:2], circuit.qubits[2:]
    _round(circuit, (0.5, 0.5), visibility, "_1")
    circuit.reset(light)
    _round(circuit, (None, None), visibility, "_2")
    wait(circuit, latency_s, *memories)
    return circuit


def _empty(name: str, suffixes: tuple[str, ...]) -> QuantumCircuit:
    """No gates yet: the memories, the light, and a pair of counters per round."""
    memories = [QuantumRegister(1, f"memory_{side}") for side in _SIDES]
    stations = [midpoint_station(suffix=suffix) for suffix in suffixes]
    clicks = [register for station in stations for register in station.cregs]
    return QuantumCircuit(*memories, *stations[0].qregs, *clicks, name=name)


def _round(
    circuit: QuantumCircuit,
    populations: tuple[float | None, float | None],
    visibility: float,
    suffix: str,
) -> None:
    """Append one round: both memories emit, the station measures."""
    registers = {register.name: register for register in (*circuit.qregs, *circuit.cregs)}
    for side, population in zip(_SIDES, populations, strict=True):
        mode = [registers[f"memory_{side}"][0], registers[f"photon_{side}"][0]]
        circuit.compose(photon_arm(side, population), mode, inplace=True)
    station = midpoint_station(visibility, suffix)
    clicks = [bit for register in station.cregs for bit in registers[register.name]]
    circuit.compose(station, circuit.qubits[2:], clicks, inplace=True)
