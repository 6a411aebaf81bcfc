"""Raw keys of a run: what each end wrote down of its rounds, for post-processing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from protocols.key_rates.finite_size import DecoySettings
from protocols.postprocessing.raw_key import RawKey
from protocols.qkd.outcome_table import RegisteredRounds
from protocols.qkd.protocol import PrepareAndMeasure, QkdProtocol, detected
from protocols.qkd.secrecy import apparatus_of
from qnet.errors import ParameterError
from qnet.hardware import WeakPulses
from qnet.metrics.security import Apparatus

__all__ = ["devices_of", "intensities_of", "raw_keys"]


def raw_keys(protocol: QkdProtocol, rounds: RegisteredRounds | None) -> tuple[RawKey, RawKey]:
    """Bits and bases that Alice and Bob wrote down, before any public discussion.

    Args:
        protocol: Of which the rounds are; one that keeps the rounds with equal bases.
        rounds: What ``protocol.play`` gives, or a run over a repeater; that of one
            without any pair is None and refused.

    Returns:
        Alice's raw key, of all registered rounds, and Bob's, of those with a detection at each end
        that measures. Both carry the apparatus of the protocol, from which
        `protocols.postprocessing` works out what of them may be secret; where pulses of several
        intensities were sent, Alice's carries that of each pulse.

    Raises:
        ParameterError: If there are no rounds, if they are of another protocol or source, or if the
            protocol keeps other rounds than those with equal bases, to which no proof here applies.

    Examples:
        >>> from protocols.postprocessing import Randomness, distil
        >>> from protocols.qkd import BB84
        >>> alice, bob = raw_keys(BB84(), BB84().play(60_000, seed=1))
        >>> near, far = distil(alice, bob, randomness=Randomness.reproducible(1))
        >>> bool(np.array_equal(near.key, far.key)), near.secret_bits > 18_000, near.security.notion
        (True, True, 'composable')
    """
    if rounds is None:
        hint = "take a longer time, or other links: no pair came"
        raise ParameterError("rounds", "be there", None, hint)
    _check(protocol, rounds)
    columns = rounds.columns
    sifted = protocol.sift(columns)
    clicked = detected(columns)
    bases = [columns.get(f"basis_{end}") for end in ("alice", "bob")]
    hers, his = bases
    if hers is None or his is None or not np.array_equal(sifted.kept, clicked & (hers == his)):
        hint = "take bb84, decoy-bb84, six-state, bbm92 or teleported-bb84"
        raise ParameterError("protocol", "keep the rounds with equal bases", protocol.name, hint)
    numbers = np.arange(len(rounds)) if rounds.number is None else rounds.number
    intensities, decoys = columns.get("intensity"), intensities_of(protocol)
    apparatus = devices_of(protocol, rounds.total, len(rounds))
    alice = RawKey(
        bits=sifted.alice,
        bases=hers,
        rounds=numbers,
        detectors=columns["bit_alice"],
        intensities=None if decoys is None else intensities,
        apparatus=apparatus,
        decoys=decoys,
    )
    bob = RawKey(
        bits=sifted.bob[clicked],
        bases=his[clicked],
        rounds=numbers[clicked],
        detectors=columns["bit_bob"][clicked],
        apparatus=apparatus,
        decoys=decoys,
    )
    return alice, bob


def _check(protocol: QkdProtocol, rounds: RegisteredRounds) -> None:
    """Refuse rounds that another protocol or another source must have played."""
    for name, value, kind in (
        ("protocol", protocol, QkdProtocol),
        ("rounds", rounds, RegisteredRounds),
    ):
        given: Any = value
        if not isinstance(given, kind):
            hint = "give a protocol of protocols.qkd, and what its play gives"
            raise ParameterError(name, f"be {kind.__name__}", type(given).__name__, hint)
    columns = rounds.table.columns
    hint = "give the protocol that played these rounds"
    try:
        protocol.sift(columns)
    except KeyError as error:
        raise ParameterError("rounds", f"be of {protocol.name}", f"no {error}", hint) from None
    # Registered or not: classes of the rounds, most of which never come.
    several = int(np.max(columns.get("photons", np.zeros(1)), initial=0)) > 1
    if several and not (protocol.apparatus(rounds.total).multi_photon > 0.0):
        rule = "come from the source of the protocol"
        raise ParameterError("rounds", rule, "pulses of several photons", hint)
    if intensities_of(protocol) is None and np.any(columns.get("intensity", np.zeros(1)) > 0):
        rule = "come from the source of the protocol"
        raise ParameterError("rounds", rule, "several intensities", hint)


def devices_of(protocol: QkdProtocol, total: int, registered: int) -> Apparatus:
    """The devices; the rounds are counted where photons are sent, or Eve may know some of them.

    Thinning does not suit afterpulses, whose bits are random already: where detectors are unequal,
    as many rounds as they may be count as known to Eve.

    Args:
        protocol: With its source, lines and detectors.
        total: Rounds that were played.
        registered: Of these, how many were registered.
    """
    found = apparatus_of(protocol, total)
    after = protocol.line.detectors.afterpulse_probability
    if after > 0.0 and not found.has_equal_detectors:
        share = after / (1.0 + after) * registered / max(total, 1)
        found = replace(found, multi_photon=min(1.0, found.multi_photon + share))
        if found.decoys:  # the intensities say nothing of afterpulses
            found = replace(found, broken=(*found.broken, "equal-detectors"))
    if found.multi_photon == 0.0 and not isinstance(protocol, PrepareAndMeasure):
        return replace(found, pulses=None)
    return found


def intensities_of(protocol: QkdProtocol) -> DecoySettings | None:
    """The intensities and how often each is sent, if the source has several."""
    source = getattr(protocol, "source", None)
    if not isinstance(source, WeakPulses) or len(source.intensities) == 1:
        return None
    return DecoySettings(intensities=source.intensities, probabilities=source.probabilities)
