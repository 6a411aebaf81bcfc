"""From rounds to what each end wrote down: the input of post-processing."""

from __future__ import annotations

import numpy as np

from protocols.postprocessing.sifting import RawKey
from protocols.qkd.protocol import QkdProtocol
from protocols.qkd.rounds import Rounds
from qnet.errors import ParameterError

__all__ = ["raw_keys"]


def raw_keys(protocol: QkdProtocol, rounds: Rounds | None) -> tuple[RawKey, RawKey]:
    """Bits and bases that Alice and Bob wrote down, before any public discussion.

    Args:
        protocol: Of which the rounds are; one that keeps the rounds with equal bases.
        rounds: What ``protocol.play`` gives, or a run over a repeater; that of one
            without any pair is None and refused.

    Returns:
        Alice's raw key, of all registered rounds, and Bob's, of those with a detection at each end
        that measures.

    Raises:
        ParameterError: If there are no rounds, or if the protocol keeps other rounds than those
            with equal bases, or has decoy intensities, which `protocols.postprocessing` does not
            take apart.

    Examples:
        >>> from protocols.postprocessing import Randomness, distil
        >>> from protocols.qkd import BB84
        >>> alice, bob = raw_keys(BB84(), BB84().play(60_000, seed=1))
        >>> near, far = distil(alice, bob, randomness=Randomness.reproducible(1))
        >>> bool(np.array_equal(near.key, far.key)), near.secret_bits > 20_000
        (True, True)
    """
    if rounds is None:
        cure = "take a longer time, or other links: no pair came"
        raise ParameterError("rounds", "be there", None, cure)
    columns = rounds.columns
    sifted = protocol.sift(columns)
    detected = np.ones(len(rounds), dtype=bool)
    for name in ("click_alice", "click_bob"):
        if name in columns:
            detected &= columns[name] == 1
    bases = [columns.get(f"basis_{end}") for end in ("alice", "bob")]
    hers, his = bases
    if hers is None or his is None or not np.array_equal(sifted.kept, detected & (hers == his)):
        cure = "take bb84, six-state, bbm92 or teleported-bb84"
        raise ParameterError("protocol", "keep the rounds with equal bases", protocol.name, cure)
    if len(np.unique(columns.get("intensity", []))) > 1:
        cure = "take the figures of protocol.run, or one intensity"
        raise ParameterError("protocol", "have one intensity", protocol.name, cure)
    numbers = np.arange(len(rounds)) if rounds.number is None else rounds.number
    alice = RawKey(bits=sifted.alice, bases=hers, rounds=numbers)
    bob = RawKey(bits=sifted.bob[detected], bases=his[detected], rounds=numbers[detected])
    return alice, bob
