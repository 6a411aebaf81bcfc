"""Sampled oblivious transfers: both parties play, errors are corrected, secrets are hashed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from protocols.postprocessing.privacy import toeplitz_hash

__all__ = ["BLOCK", "Transfer", "play_transfer"]

Bits = NDArray[np.uint8]

#: Bits that one syndrome of three corrects an error in: the [7, 4] Hamming code.
BLOCK = 7
_CHECKS = np.array([[(k >> row) & 1 for k in range(1, BLOCK + 1)] for row in range(3)])


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """What one transfer gave.

    Args:
        secrets: Both secrets of the sender.
        received: What the receiver has of both: of the chosen one after correction, of the other
            what his readings in the wrong basis give.
        choice: The one that he chose.
        errors: Wrong readings among those in the basis of the chosen string.
        readings: Number of those readings.
    """

    secrets: tuple[Bits, Bits]
    received: tuple[Bits, Bits]
    choice: int
    errors: int
    readings: int

    @property
    def is_right(self) -> bool:
        """Whether the chosen secret came over."""
        return bool(np.array_equal(self.secrets[self.choice], self.received[self.choice]))

    @property
    def has_both(self) -> bool:
        """Whether the other one came over as well, by chance."""
        other = 1 - self.choice
        return bool(np.array_equal(self.secrets[other], self.received[other]))


def play_transfer(
    ones: Mapping[tuple[int, int, int], float],
    qubits: int,
    bits: int,
    draw: np.random.Generator,
) -> Transfer:
    """Play one transfer between honest parties.

    The sender writes random bits in random bases; the receiver reads all in the basis of his
    choice. Then the bases are told, the positions fall into two strings, the sender tells
    syndromes, and hashes each string to a secret.

    Args:
        ones: Probability to read 1, by basis of the bit, bit, and basis of the reading (0: Z).
        qubits: Number of qubits.
        bits: Length of each secret.
        draw: Where bits and readings are drawn from.
    """
    bases, sent = draw.integers(2, size=qubits), draw.integers(2, size=qubits)
    choice = int(draw.integers(2))
    table = np.array([[[ones[a, b, c] for c in (0, 1)] for b in (0, 1)] for a in (0, 1)])
    read = (draw.random(qubits) < table[bases, sent, choice]).astype(np.int64)
    secrets, received = [], []
    for string in (0, 1):
        places = np.flatnonzero(bases == string)
        places = places[: len(places) - len(places) % BLOCK]
        corrected = _corrected(read[places], sent[places])
        length = max(len(places) + bits - 1, 0)
        seed = draw.integers(2, size=length).astype(np.uint8)
        secrets.append(_hashed(sent[places], seed, bits))
        received.append(_hashed(corrected, seed, bits))
    mine = bases == choice
    return Transfer(
        secrets=(secrets[0], secrets[1]),
        received=(received[0], received[1]),
        choice=choice,
        errors=int(np.sum(read[mine] != sent[mine])),
        readings=int(mine.sum()),
    )


def _corrected(read: Any, sent: Any) -> Any:  # noqa: ANN401 - whole blocks of bits
    """The readings, one error of each block corrected by the sender's syndromes."""
    found, told = read.reshape(-1, BLOCK).copy(), sent.reshape(-1, BLOCK)
    syndromes = (found @ _CHECKS.T + told @ _CHECKS.T) % 2
    places = syndromes @ np.array([1, 2, 4]) - 1
    rows = np.flatnonzero(places >= 0)
    found[rows, places[rows]] ^= 1
    return found.reshape(-1)


def _hashed(string: Any, seed: Bits, bits: int) -> Bits:  # noqa: ANN401
    if not len(string):
        return np.zeros(bits, np.uint8)
    return toeplitz_hash(string.astype(np.uint8), seed, bits)
