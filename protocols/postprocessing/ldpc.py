"""Reconciliation by a rate-adapted LDPC code: Alice sends one syndrome, Bob decodes.

The key is cut into frames, each of which becomes a word of the code: punctured bits, filled with
random bits that only Alice knows, and padding of zeros that both know, adapt the rate to the error
rate (D. Elkouss, J. Martinez-Mateo, V. Martin, Quantum Inf. Comput. 11, 226 (2011),
arXiv:1007.1616). A frame that does not decode is not lost: Bob asks for the bits he is least sure
of and tries again (symmetric blind reconciliation, E. O. Kiktenko et al., Phys. Rev. Applied 8,
044017 (2017), arXiv:1612.03673).

Leakage: a syndrome of m bits of a word with p uniform unknown bits, in columns of the matrix of
full rank, tells at most ``m - p`` bits of the key; every bit that is revealed tells one more. The
codes suit error rates of 2.5 to 11 % and keys of 10^5 bits or more; below, Cascade is more frugal.
Which bits Bob asks for depends on the errors alone, not on the key: beliefs of two words that
differ from their code words in the same places differ in signs only.

As with Cascade, none of these messages has a tag of its own: those of the verification cover them.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocols.postprocessing.authentication import AuthenticatedLink
from protocols.postprocessing.belief_propagation import decode
from protocols.postprocessing.bits import Bits
from protocols.postprocessing.codes import BASE_COLUMNS, LEAST_CHECKS, Code, build_code
from protocols.postprocessing.randomness import Randomness
from protocols.postprocessing.result import AbortReason, ProtocolAborted
from qnet.metrics.key_rate import binary_entropy

__all__ = ["Frames", "correct_as_alice", "correct_as_bob", "plan_frames"]

Places = NDArray[np.int64]
WORD_BITS = 1 << 15
EFFICIENCY = 1.21
SPARE = 0.02
REVEALED_PER_ROUND = 0.005
LEAST_REVEALED = 16
ROUNDS = 40
CERTAIN = np.float32(50.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frames:
    """How a key is laid out in words of a code.

    Args:
        count: Number of words.
        payload: Bits of key in each word.
        punctured: Random bits of Alice in each word, at most.
        base_checks: Blocks of checks of the code.
        lift: Length of a block of the code.

    Examples:
        >>> frames = plan_frames(65_536, 0.03)
        >>> frames.count, frames.code.bits, frames.leaked_bits
        (2, 33472, 15416)
    """

    count: int
    payload: int
    punctured: int
    base_checks: int
    lift: int

    @property
    def code(self) -> Code:
        """The code, built or taken from the cache."""
        return build_code(self.base_checks, self.lift)

    @property
    def leaked_bits(self) -> int:
        """What the syndromes tell about the key: m - p bits for each word."""
        return self.count * (self.base_checks * self.lift - self.places()[1].size)

    def places(self) -> tuple[Places, Places, Places]:
        """Places in the word of the key bits, the punctured bits and the padding."""
        order, most = _order(self.base_checks, self.lift)
        used = min(self.punctured, most)
        punctured, payload, padding = np.split(order, [used, used + self.payload])
        return np.sort(payload), punctured, padding


@functools.lru_cache(maxsize=32)
def _order(base_checks: int, lift: int) -> tuple[Places, int]:
    """The bits of a word in the order in which they are punctured, and how many can be.

    Each punctured bit takes part in a check that no earlier one takes part in: their columns of the
    matrix are triangular up to order, hence of full rank.
    """
    code = build_code(base_checks, lift)
    order = np.random.default_rng(lift).permutation(code.bits)
    checks = code.checks_of_bits()
    covered = np.zeros(code.checks, bool)
    first: list[int] = []
    for bit in order:
        if len(first) == lift:
            break
        if not covered[checks[bit]].all():
            covered[checks[bit]] = True
            first.append(int(bit))
    others = order[~np.isin(order, first)]
    return np.concatenate([np.array(first, np.int64), others]), len(first)


def plan_frames(key_bits: int, qber: float, efficiency: float = EFFICIENCY) -> Frames:
    """Choose code and puncturing so that about ``efficiency h(Q)`` bits per bit leak at first.

    Args:
        key_bits: Length of the key.
        qber: Expected error rate.
        efficiency: First attempt's leakage over the Shannon limit; failed frames leak more.

    Raises:
        ProtocolAborted: If no code corrects so high an error rate.

    Examples:
        >>> plan_frames(100_000, 0.05).leaked_bits / 100_000 < 1.22 * binary_entropy(0.05)
        True
    """
    count = max(1, round(key_bits / WORD_BITS))
    payload = math.ceil(key_bits / count)
    lift = max(1, math.ceil((1.0 + SPARE) * payload / BASE_COLUMNS))
    wanted = math.ceil(efficiency * binary_entropy(min(max(qber, 1e-4), 0.5)) * payload)
    base_checks = max(LEAST_CHECKS, math.ceil(wanted / lift))
    if base_checks >= BASE_COLUMNS:
        sentence = f"no code of positive rate corrects an error rate of {qber:.2%}"
        raise ProtocolAborted(AbortReason.CORRECTION_FAILED, sentence)
    punctured = min(base_checks * lift - wanted, BASE_COLUMNS * lift - payload, lift)
    return Frames(
        count=count, payload=payload, punctured=punctured, base_checks=base_checks, lift=lift
    )


def _words(frames: Frames, bits: Bits) -> Bits:
    """Shape (word, frames): the key in its places, zeros elsewhere."""
    padded = np.zeros(frames.count * frames.payload, np.uint8)
    padded[: bits.size] = bits
    words = np.zeros((BASE_COLUMNS * frames.lift, frames.count), np.uint8)
    words[frames.places()[0]] = padded.reshape(frames.count, frames.payload).T
    return words


def correct_as_alice(
    link: AuthenticatedLink, bits: Bits, qber: float, randomness: Randomness
) -> Bits:
    """Alice's side: send the syndromes, then the bits that Bob asks for.

    See `protocols.postprocessing.correction.Correction`.
    """
    frames = plan_frames(int(bits.size), qber)
    words = _words(frames, bits)
    punctured = frames.places()[1]
    words[punctured] = randomness.bits(punctured.size * frames.count).reshape(-1, frames.count)
    link.transcript.leaked(frames.leaked_bits)
    link.send_untagged("syndromes", syndromes=frames.code.syndrome(words).reshape(-1))
    for _ in range(ROUNDS + 1):
        asked = link.receive_untagged("reveal")
        each, of = asked.whole("each"), asked.array("frames")
        if of.size == 0:
            return bits
        if not 0 < each <= len(words):
            raise ProtocolAborted(asked.fault, "bits were asked for that there are not")
        at = asked.array("places", each * of.size)
        if min(at.min(), of.min()) < 0 or at.max() >= len(words) or of.max() >= frames.count:
            raise ProtocolAborted(asked.fault, "bits were asked for that there are not")
        revealed = words[at, np.repeat(of, each)]
        link.transcript.leaked(int(revealed.size))
        link.send_untagged("revealed", bits=revealed)
    raise ProtocolAborted(asked.fault, f"bits were asked for more than {ROUNDS} times")


def correct_as_bob(link: AuthenticatedLink, bits: Bits, qber: float) -> Bits:
    """Bob's side: decode; ask for bits where that fails.

    See `protocols.postprocessing.correction.Correction`.
    """
    frames = plan_frames(int(bits.size), qber)
    payload, punctured, padding = frames.places()
    words = _words(frames, bits)
    rate = min(max(qber, 1e-4), 0.49)
    beliefs = (1.0 - 2.0 * words.astype(np.float32)) * np.float32(math.log((1.0 - rate) / rate))
    beliefs[punctured] = 0.0
    beliefs[padding] = CERTAIN
    link.transcript.leaked(frames.leaked_bits)
    checks = frames.code.checks * frames.count
    syndromes = (
        link.receive_untagged("syndromes").bits("syndromes", checks).reshape(-1, frames.count)
    )
    failed = np.arange(frames.count)
    known = np.zeros(words.shape, bool)
    known[padding] = True
    for _ in range(ROUNDS):
        decoded, after, done = decode(frames.code, beliefs[:, failed], syndromes[:, failed])
        words[:, failed[done]] = decoded[:, done]
        failed, after = failed[~done], after[:, ~done]
        if failed.size == 0:
            link.send_untagged("reveal", places=failed, frames=failed, each=0)
            return words[payload].T.reshape(-1)[: bits.size]
        _reveal(link, frames, beliefs, known, failed, after)
    sentence = f"{failed.size} of {frames.count} frames do not decode after {ROUNDS} rounds"
    raise ProtocolAborted(AbortReason.CORRECTION_FAILED, sentence)


def _reveal(
    link: AuthenticatedLink,
    frames: Frames,
    beliefs: NDArray[np.float32],
    known: NDArray[np.bool_],
    failed: NDArray[np.int64],
    after: NDArray[np.float32],
) -> None:
    """Ask for the bits of the failed frames that are least certain, and note them as certain."""
    unknown = int((~known[:, failed]).sum(axis=0).min())
    each = min(max(LEAST_REVEALED, int(REVEALED_PER_ROUND * frames.payload)), unknown)
    doubt = np.where(known[:, failed], np.inf, np.abs(after))
    places = np.argpartition(doubt, each - 1, axis=0)[:each].T.reshape(-1)
    link.send_untagged("reveal", places=places, frames=failed, each=each)
    revealed = link.receive_untagged("revealed").bits("bits", int(places.size))
    link.transcript.leaked(int(revealed.size))
    of = np.repeat(failed, each)
    beliefs[places, of] = CERTAIN * (1.0 - 2.0 * revealed.astype(np.float32))
    known[places, of] = True
