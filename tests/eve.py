"""Eve's record of every round, and the length of a key held against it.

For every s > 0 an ``epsilon``-secret key of n bits x, hashed by a public function, obeys

    ``P[accepted and sum of -log2 P(x_i | e_i) < length - s] <= epsilon + 2^-s``:

for given e fewer than ``2^(length - s)`` strings have a larger probability than that, so their keys
are as few, which a uniform key hits with probability below ``2^-s``. Any q(x | e) that is
normalised for each e and fixed beforehand may stand for P, at the price of another s'. With
s = s' = 30 the alarm is false with probability below ``epsilon + 2^-29`` in each run, whatever the
protocol, the block length and the attack.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocols.postprocessing import ClassicalChannel, Eavesdropper, channel_pair
from protocols.postprocessing.messages import decode
from protocols.qkd import (
    BeamSplitting,
    Combined,
    Eve,
    OutcomeTable,
    PhotonNumberSplitting,
    QkdProtocol,
)
from tests.oracles import binary_entropy

__all__ = [
    "TOLERANCE_BITS",
    "TRAINING_ROUNDS",
    "Held",
    "PublicChannel",
    "Record",
    "binary_entropy",
    "key_surprisal",
]

Floats = NDArray[np.float64]

#: Bits by which a key may exceed the surprisal before the alarm is raised.
TOLERANCE_BITS = 60.0

#: Rounds of the separate simulation that q(x | e) is fitted on.
TRAINING_ROUNDS = 10**6

#: What is announced, or held by Eve, wherever a table has it. The rest is Alice's and Bob's.
ANNOUNCED = ("basis_alice", "basis_bob", "bsm", "intensity", "click_alice", "click_bob")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A key that was held against what Eve knows.

    Args:
        setting: In words.
        bits: Bits that were hashed.
        length: Of the key.
        leak: Bits that error correction and verification disclosed.
        surprisal: ``sum of -log2 q(x_i | e_i)`` over the hashed bits.
        collective: ``sum of H(X | E)`` for the Eve who keeps all that leaves the same trace, and
            measures it together in the end; None where this is not worked out.
    """

    setting: str
    bits: int
    length: float
    leak: float
    surprisal: float
    collective: float | None = None

    @property
    def alarm(self) -> bool:
        """Whether the key is longer than anything that is secret from this Eve."""
        return self.length > self.surprisal + TOLERANCE_BITS

    @property
    def collective_alarm(self) -> bool:
        """Whether key and leak are more than the entropy that collective attacks leave.

        Composable lengths keep a distance that grows as the root of the block, with epsilon of
        1e-10 and below: a length above the mean, leak included, has no room for that.
        """
        if self.collective is None or self.length <= 0.0:
            return False
        return self.length + self.leak > self.collective + TOLERANCE_BITS

    @property
    def margin(self) -> float:
        """What is left when the messages are taken for hashes of x, too: due, but not alarming."""
        return self.surprisal - self.length - self.leak

    @property
    def share(self) -> float:
        """Length over what there is to take."""
        return self.length / max(self.surprisal - self.leak, 1.0)

    def __str__(self) -> str:
        return (
            f"length {self.length:.1f} + leak {self.leak:.1f} of surprisal {self.surprisal:.1f} "
            f"({self.bits} bits hashed): {self.setting}"
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Record:
    """What Eve holds of every class of rounds, once everything is announced.

    Args:
        kept: Which classes give a sifted bit, shape (classes,).
        basis: Of each class.
        bits: The bit of the reference side, Alice.
        wrong: Which of the kept ones err.
        cells: Number of what Eve holds: equal where she cannot tell classes apart.
        chances: Probability of each class.
    """

    kept: NDArray[np.bool_]
    basis: NDArray[np.uint8]
    bits: NDArray[np.uint8]
    wrong: NDArray[np.bool_]
    cells: NDArray[np.intp]
    chances: Floats

    @classmethod
    def of(
        cls,
        protocol: QkdProtocol,
        table: OutcomeTable | None = None,
        *,
        errors_public: bool = True,
        bits_public: bool = False,
        reference: str = "alice",
    ) -> Record:
        """Eve's record of a protocol.

        Args:
            protocol: With its source, line and Eve.
            table: Its classes, if they were worked out already.
            errors_public: Whether the correction shows which bits were wrong, as Cascade does.
            bits_public: Whether the bits themselves were announced, as those of the test are.
            reference: Whose bits are hashed.
        """
        table = protocol.table() if table is None else table
        sifted = protocol.sift(table.columns)
        held = eve_columns(protocol.eve, table.columns)
        if errors_public:
            held["wrong"] = sifted.wrong
        bits = np.asarray(sifted.alice if reference == "alice" else sifted.bob, np.uint8)
        if bits_public:
            held["announced"] = bits
        kept = np.broadcast_to(sifted.kept, table.probabilities.shape)
        basis = np.broadcast_to(sifted.basis, kept.shape)
        keys = np.stack([basis, *(np.asarray(column) for column in held.values())], axis=1)
        _, cells = np.unique(keys, axis=0, return_inverse=True)
        return cls(
            kept=kept,
            basis=basis,
            bits=bits,
            wrong=np.asarray(sifted.wrong),
            cells=cells.reshape(-1),
            chances=table.probabilities,
        )

    def fitted(self, rng: np.random.Generator, rounds: int = TRAINING_ROUNDS) -> Floats:
        """``-log2 q(x | e)`` per class, fitted on a simulation that no key is taken from.

        ``q = (n(x, e) + 1/2)/(n(e) + 1)`` from ``rounds`` sifted rounds.

        Args:
            rng: Of this simulation alone.
            rounds: How many.
        """
        counts = np.zeros(len(self.chances))
        chances = self.chances[self.kept]
        counts[self.kept] = rng.multinomial(rounds, chances / chances.sum())
        return self.counted(counts)

    def counted(self, counts: NDArray) -> Floats:
        """``-log2 q(x | e)`` per class, fitted on counts of classes that no key is taken from."""
        return self._surprisals(np.where(self.kept, counts, 0.0), 0.5)

    def exact(self) -> Floats:
        """``-log2 P(x | e)`` per class, from the circuits."""
        return self._surprisals(np.where(self.kept, self.chances, 0.0), 0.0)

    def _surprisals(self, weights: Floats, prior: float) -> Floats:
        joint = np.full((int(self.cells.max()) + 1, 2), prior)
        np.add.at(joint, (self.cells, self.bits), weights)
        with np.errstate(divide="ignore", invalid="ignore"):
            surprisals = -np.log2(joint / joint.sum(axis=1, keepdims=True))
        return np.asarray(surprisals[self.cells, self.bits])

    def entropy(self, basis: int | None = None) -> float:
        """``H(X | E)`` per sifted bit, of one basis or of all, from the circuits."""
        here = self.kept & (self.chances > 0.0)
        if basis is not None:
            here = here & (self.basis == basis)
        chances = self.chances[here]
        return float(chances @ self.exact()[here] / chances.sum())

    def chance(self, basis: int) -> float:
        """Probability that a round gives a sifted bit of one basis."""
        return float(self.chances[self.kept & (self.basis == basis)].sum())

    def guess(self) -> float:
        """Probability that her best guess of a sifted bit is right."""
        joint = np.zeros((int(self.cells.max()) + 1, 2))
        np.add.at(joint, (self.cells, self.bits), np.where(self.kept, self.chances, 0.0))
        return float(joint.max(axis=1).sum() / joint.sum())

    def error_rate(self, basis: int | None = None) -> float:
        """Share of the sifted bits that err."""
        here = self.kept if basis is None else self.kept & (self.basis == basis)
        return float(self.chances[here & self.wrong].sum() / self.chances[here].sum())


def eve_columns(eve: Eve, columns: Mapping[str, NDArray[np.uint8]]) -> dict[str, NDArray]:
    """Everything that Eve knows of a round when all is announced, by name.

    Bases, Bell outcomes, intensities and detections are announced. She knows what she did
    (``eve``), what she found (``bit_eve``, ...) and how many photons the pulse held. A photon that
    she kept is measured now, in Alice's basis: it shows Alice's bit, unless another attack stood
    before the splitting.
    """
    held = {
        name: column
        for name, column in columns.items()
        if name in ANNOUNCED or name == "photons" or name.startswith(("eve", "bit_eve"))
    }
    if "eve_photon" in columns and splits_first(eve):
        known = columns["eve_photon"] == 1
        held["kept_photon"] = np.where(known, columns["bit_alice"], 2).astype(np.uint8)
    return held


def splits_first(eve: Eve) -> bool:
    """Whether the photons that Eve keeps are Alice's as they were sent."""
    first = eve.attacks[0] if isinstance(eve, Combined) else eve
    return isinstance(first, BeamSplitting | PhotonNumberSplitting)


class PublicChannel:
    """What anyone hears of a run of post-processing: every frame, in the order of each end."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def ends(self) -> tuple[ClassicalChannel, ClassicalChannel]:
        """Both ends of a channel that is listened to."""
        near, far = channel_pair()
        return Eavesdropper(near, self._hear), Eavesdropper(far, self._hear)

    def _hear(self, number: int, frame: bytes) -> list[bytes]:
        self.frames.append(frame)
        return [frame]

    def message(self, kind: str) -> Mapping[str, object]:
        """Content of the message of this kind."""
        head = f'["{kind}",'.encode()
        frame = next(each for each in self.frames if head in each[:200])
        # A message begins with the length of its header, four bytes, after number and tag.
        return decode(frame[frame.index(head) - 4 :]).fields

    def hashed_rounds(self) -> NDArray[np.int64]:
        """Numbers of the rounds whose bits were hashed: announced, kept, and not tested."""
        announced = np.cumsum(self.message("bases")["steps"].astype(np.int64)) - 1
        kept = announced[self.message("kept")["kept"].astype(bool)]
        return kept[~self.message("test")["sample"].astype(bool)]

    def matrix(self) -> tuple[int, NDArray[np.uint8]]:
        """Length of the key, and the seed of the matrix that made it."""
        fields = self.message("matrix")
        return int(fields["length"]), fields["seed"]


def key_surprisal(key: NDArray[np.uint8], others: NDArray[np.uint8]) -> float:
    """``sum of -log2 q`` over the bits of a key, q from bits of other keys."""
    ones = (float(others.sum()) + 0.5) / (others.size + 1.0)
    found = float(key.sum())
    return -(found * math.log2(ones) + (key.size - found) * math.log2(1.0 - ones))
