"""Rounds of a protocol on a real device: its circuits transpiled, its counts for the key.

A device in the laboratory plays what the circuits say: single photons that arrive, as qubits. Loss,
light and detectors of a line are no part of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from protocols.qkd.outcome_table import RegisteredRounds, sample_settings
from protocols.qkd.protocol import QkdProtocol
from protocols.qkd.result import QkdResult
from qnet.errors import ParameterError, check_integer

if TYPE_CHECKING:
    from qiskit.primitives import BaseSamplerV2
    from qiskit.providers import BackendV2
    from qiskit.transpiler import Target

__all__ = ["play_on_device", "run_on_device"]


def run_on_device(
    protocol: QkdProtocol,
    device: BackendV2 | BaseSamplerV2,
    rounds: int,
    *,
    seed: int,
    qubits: Sequence[int] | str | None = "least-error",
    target: Target | BackendV2 | None = None,
    optimization_level: int = 1,
) -> QkdResult:
    """Play rounds of a protocol on a device, and estimate.

    Args:
        protocol: BB84 and its like on one qubit, BBM92 or E91 on two, teleported BB84 on three; Eve
            may act on the qubit.
        device: A ``BackendV2``, or any object with the interface of ``BaseSamplerV2``.
        rounds: How many.
        seed: Decides the settings; also seed of the transpiler, and of a backend that simulates.
        qubits: Which qubit of the device each qubit of the circuits is; those with the least errors
            unless given (``None``: the transpiler chooses).
        target: What a sampler's circuits are translated for, unless it knows its backend.
        optimization_level: Of Qiskit's pass manager, 0 to 3.

    Returns:
        QBER and the rest, with intervals; the notes say how many circuits ran on which qubits.

    Raises:
        ParameterError: If the protocol has light, loss, detectors, a pair or noise of its own, or
            the device cannot play its circuits.

    Examples:
        >>> from qiskit.providers.fake_provider import GenericBackendV2
        >>> from protocols.qkd import BB84
        >>> result = run_on_device(BB84(), GenericBackendV2(5, seed=1), 4000, seed=1)
        >>> 0.0 < result.qber.best < 0.05, result.sifted_bits.best > 1900
        (True, True)
    """
    played, note = _played(protocol, device, rounds, seed, qubits, target, optimization_level)
    result = protocol.estimate(played.counts(), seed=seed)
    return replace(result, notes=(*result.notes, note))


def play_on_device(
    protocol: QkdProtocol,
    device: BackendV2 | BaseSamplerV2,
    rounds: int,
    *,
    seed: int,
    qubits: Sequence[int] | str | None = "least-error",
    target: Target | BackendV2 | None = None,
    optimization_level: int = 1,
) -> RegisteredRounds:
    """Play rounds of a protocol on a device, and keep each round, for post-processing.

    Args:
        protocol: As of `run_on_device`, and so are the other arguments.
        device: The device.
        rounds: How many.
        seed: The seed.
        qubits: Its qubits.
        target: What a sampler's circuits are translated for.
        optimization_level: Of Qiskit's pass manager, 0 to 3.

    Raises:
        ParameterError: As of `run_on_device`.

    Examples:
        >>> from qiskit.providers.fake_provider import GenericBackendV2
        >>> from protocols.qkd import BBM92
        >>> played = play_on_device(BBM92(), GenericBackendV2(5, seed=1), 1000, seed=1)
        >>> len(played), sorted(played.columns)[:2]
        (1000, ['basis_alice', 'basis_bob'])
    """
    return _played(protocol, device, rounds, seed, qubits, target, optimization_level)[0]


def _played(
    protocol: QkdProtocol,
    device: BackendV2 | BaseSamplerV2,
    rounds: int,
    seed: int,
    qubits: Sequence[int] | str | None,
    target: Target | BackendV2 | None,
    optimization_level: int,
) -> tuple[RegisteredRounds, str]:
    from qnet.backends import DeviceSampler

    check_integer("rounds", rounds)
    for field, value, hint in _beyond_a_device(protocol):
        raise ParameterError(field, "be left out of rounds on a device", value, hint)
    sampler = DeviceSampler(
        device, target=target, qubits=qubits, optimization_level=optimization_level, seed=seed
    )
    settings = protocol.settings()
    rng = np.random.default_rng(check_integer("seed", seed, 0))
    played = sample_settings(settings, rounds, sampler, rng)
    used = sorted({sampler.translated(each.circuit).qubits for each in settings})
    shown = " or ".join(", ".join(map(str, each)) for each in used)
    return played, f"{len(settings)} circuits ran on qubits {shown} of the device"


def _beyond_a_device(protocol: QkdProtocol) -> Iterator[tuple[str, object, str]]:
    """What a protocol has beside its circuits."""
    if protocol.noise is not None:
        yield "noise", protocol.noise, "the device has its own"
    for line in (protocol.line, getattr(protocol, "line_alice", protocol.line)):
        if not line.is_lossless:
            yield "line", line, "the device plays photons that arrive, at perfect detectors"
    for name in ("source", "pair"):
        value = getattr(protocol, name, None)
        if value is not None:
            yield name, value, "the circuits prepare single photons, and pairs, of their own"
    if any(action.steers_detectors for action in protocol.eve.actions()):
        yield "eve", type(protocol.eve).__name__, "take one who acts on the qubit"
