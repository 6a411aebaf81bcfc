"""Links whose photons are absorbed: from a source half way, or straight from the other end."""

from __future__ import annotations

from functools import lru_cache

from qnet.circuits.photonic import direct_transmission, midpoint_source
from qnet.errors import ParameterError
from qnet.hardware import Fibre, Memory
from qnet.instrument import compile as compile_instrument
from qnet.links.attempt import Hardware, HeraldedAttempt, Setup, click_noise, parts_of
from qnet.links.herald import Herald, as_link, corrected
from qnet.noise.photonic import absorption_noise
from qnet.plans import Link

__all__ = ["direct_heralds", "direct_link", "midpoint_source_heralds", "midpoint_source_link"]


def midpoint_source_link(
    hardware: Hardware,
    length_km: float | None = None,
    *,
    fibre: Fibre | None = None,
    memory: Memory | None = None,
    modes: int | None = None,
) -> Link:
    """A link from a pair source half way to two memories that absorb and herald locally.

    No attempt waits for the one before: the source fires at its own rate, a round of M modes takes
    ``M / rate``. Only a pair that both sides hold must wait, for the message from the other side,
    which takes ``L / c``; the state includes that storage, the attempt time does not.

    From nodes: a photon is stored and heralded with the node's arm efficiency times the memory's
    efficiency times the transmission of half of the fibre. A herald without a photon (dark count)
    comes from a memory in the state I/2.

    Args:
        hardware: A preset or node with a ``source``, or the numbers of an attempt.
        length_km: Length of the fibre from end to end; needed with a preset or a node.
        fibre: Fibre to use instead of the preset's (of standard fibre, with a node).
        memory: Memory of both ends, instead of the node's (of a perfect one, with numbers).
        modes: Modes tried per attempt; those of the memory unless given.

    Returns:
        The link.

    Raises:
        ParameterError: If a number breaks its rule, the length is missing, or the node has no
            source.

    Examples:
        >>> attempt = HeraldedAttempt(transmission=0.5, attempt_time_s=1e-6, pair_probability=0.1)
        >>> round(midpoint_source_link(attempt).success_probability, 9)
        0.025
    """
    setup = _source_setup(hardware, length_km, fibre, memory, modes)
    heralds = _source(setup.attempt, setup.memory, setup.latency_s)
    dark = setup.without_dark_counts
    light = None if dark is None else _source(dark, setup.memory, setup.latency_s)
    return as_link("midpoint-source", setup, heralds, without_dark_counts=light)


def direct_link(
    hardware: Hardware,
    length_km: float | None = None,
    *,
    fibre: Fibre | None = None,
    memory: Memory | None = None,
    receiver: Memory | None = None,
    modes: int | None = None,
) -> Link:
    """A link without a station: the photon of one memory goes all the way to the other end.

    An attempt takes the preparation time and ``2 L / c``, the way of the photon and of the herald.
    The sender's memory waits for both, the receiver's for the herald. A receiver that measures at
    once has a perfect memory (``receiver=Memory()``).

    The polarisation is told by two detectors; when both click, or a dark count stands in for a lost
    photon, it is random: D. Luong et al., Appl. Phys. B 122, 96 (2016), arXiv:1508.02811.

    Args:
        hardware: A preset, a node, or the numbers of an attempt (one transmission, end to end).
        length_km: Length of the fibre from end to end; needed with a preset or a node.
        fibre: Fibre to use instead of the preset's (of standard fibre, with a node).
        memory: Memory of both ends, instead of the node's (of a perfect one, with numbers).
        receiver: Memory of the right end, if it is another one.
        modes: Modes tried per attempt; those of the memory unless given.

    Returns:
        The link.

    Raises:
        ParameterError: If a number breaks its rule, the length is missing, or there are two
            transmissions.

    Examples:
        >>> attempt = HeraldedAttempt(transmission=0.01, attempt_time_s=1e-3)
        >>> round(direct_link(attempt).success_probability, 9)
        0.01
    """
    setup = _direct_setup(hardware, length_km, fibre, memory, receiver, modes)
    right = receiver or setup.memory
    heralds = _direct(setup.attempt, setup.memory, right, setup.latency_s)
    dark = setup.without_dark_counts
    light = None if dark is None else _direct(dark, setup.memory, right, setup.latency_s)
    return as_link("direct", setup, heralds, right, without_dark_counts=light)


def midpoint_source_heralds(
    hardware: Hardware,
    length_km: float | None = None,
    *,
    fibre: Fibre | None = None,
    memory: Memory | None = None,
    modes: int | None = None,
) -> tuple[Herald, ...]:
    """The one herald behind `midpoint_source_link`; same arguments.

    Examples:
        >>> attempt = HeraldedAttempt(transmission=0.1, attempt_time_s=1e-5)
        >>> [herald.clicks for herald in midpoint_source_heralds(attempt)]
        ['left, right']
    """
    setup = _source_setup(hardware, length_km, fibre, memory, modes)
    return _source(setup.attempt, setup.memory, setup.latency_s)


def direct_heralds(
    hardware: Hardware,
    length_km: float | None = None,
    *,
    fibre: Fibre | None = None,
    memory: Memory | None = None,
    receiver: Memory | None = None,
    modes: int | None = None,
) -> tuple[Herald, ...]:
    """The one herald behind `direct_link`; same arguments.

    Examples:
        >>> attempt = HeraldedAttempt(transmission=0.1, attempt_time_s=1e-5)
        >>> [herald.clicks for herald in direct_heralds(attempt)]
        ['receiver']
    """
    setup = _direct_setup(hardware, length_km, fibre, memory, receiver, modes)
    return _direct(setup.attempt, setup.memory, receiver or setup.memory, setup.latency_s)


def _source_setup(
    hardware: Hardware,
    length_km: float | None,
    fibre: Fibre | None,
    memory: Memory | None,
    modes: int | None,
) -> Setup:
    if isinstance(hardware, HeraldedAttempt):
        return Setup.given(hardware, length_km, fibre, memory or Memory()).with_modes(modes)
    node, fibre, memory, length = parts_of(hardware, length_km, fibre, memory)
    source = node.source
    if source is None:
        hint = "give the node a qnet.hardware PairSource, or use another scheme"
        raise ParameterError("node.source", "be given in a midpoint-source link", None, hint)
    tried = memory.modes if modes is None else modes
    stored = node.arm_efficiency * memory.efficiency * fibre.transmission(length / 2.0)
    attempt = HeraldedAttempt(
        transmission=stored,
        attempt_time_s=tried / source.rate_hz,
        dark_count_probability=click_noise(node, arms_per_detector=1.0),
        window_acceptance=node.emitter.window_acceptance,
        pair_probability=source.pair_probability,
        pair_fidelity=source.fidelity,
    )
    return Setup(
        attempt=attempt,
        memory=memory,
        modes=tried,
        length_km=length,
        speed_km_per_s=fibre.speed_km_per_s,
    )


def _direct_setup(
    hardware: Hardware,
    length_km: float | None,
    fibre: Fibre | None,
    memory: Memory | None,
    receiver: Memory | None,
    modes: int | None,
) -> Setup:
    if isinstance(hardware, HeraldedAttempt):
        if isinstance(hardware.transmission, tuple):
            hint = "give one number, from end to end"
            rule = "be one number in direct transmission"
            raise ParameterError("transmission", rule, hardware.transmission, hint)
        return Setup.given(hardware, length_km, fibre, memory or Memory()).with_modes(modes)
    node, fibre, memory, length = parts_of(hardware, length_km, fibre, memory)
    stored = node.arm_efficiency * (receiver or memory).efficiency * fibre.transmission(length)
    attempt = HeraldedAttempt(
        transmission=stored,
        attempt_time_s=node.emitter.preparation_time_s + 2.0 * fibre.delay_s(length),
        dark_count_probability=click_noise(node, arms_per_detector=0.5),
        double_excitation_probability=node.emitter.double_excitation_probability,
        window_acceptance=node.emitter.window_acceptance,
    )
    return Setup(
        attempt=attempt,
        memory=memory,
        modes=memory.modes,
        length_km=length,
        speed_km_per_s=fibre.speed_km_per_s,
    ).with_modes(modes)


@lru_cache(maxsize=4096)
def _source(attempt: HeraldedAttempt, memory: Memory, latency_s: float) -> tuple[Herald, ...]:
    circuit = midpoint_source(latency_s)
    noise = absorption_noise(
        transmission=attempt.transmissions,
        pair_probability=attempt.pair_probability,
        pair_fidelity=attempt.pair_fidelity,
        false_herald_probability=attempt.dark_count_probability,
        memories={"memory_left": memory, "memory_right": memory},
    )
    instrument = compile_instrument(circuit, noise, outputs=circuit.qubits[4:])
    pair = instrument.matrix({"herald_left": 1, "herald_right": 1}).reshape(4, 4)
    return (corrected("left, right", "I", pair, attempt.window_acceptance),)


@lru_cache(maxsize=4096)
def _direct(
    attempt: HeraldedAttempt, sender: Memory, receiver: Memory, latency_s: float
) -> tuple[Herald, ...]:
    circuit = direct_transmission(latency_s)
    dark = attempt.dark_count_probability
    noise = absorption_noise(
        transmission=attempt.transmissions[0],
        false_herald_probability=1.0 - (1.0 - dark) ** 2,  # either of the two detectors
        scrambling_probability=dark,  # the other of the two
        double_excitation_probability=attempt.double_excitation_probability,
        memories={"sender": sender, "receiver": receiver},
    )
    ends = [circuit.qubits[0], circuit.qubits[3]]
    instrument = compile_instrument(circuit, noise, outputs=ends)
    pair = instrument.matrix({"herald": 1}).reshape(4, 4)
    return (corrected("receiver", "I", pair, attempt.window_acceptance),)
