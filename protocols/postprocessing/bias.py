r"""Bias of key bits that devices as presumed cannot give: a test of the proof's assumptions.

The length of a key (`protocols.postprocessing.key_length`) rests on what is assumed of the devices;
errors between the ends do not show whether that holds. Detectors of unequal efficiency that nobody
told of, a source that prefers zero, or a file of zeros agree in every bit. But they show in the
shares of ones, so both ends look at the key bits that they hold in common once these are verified:

1. **Too few strings.** Of n bits with w ones there are ``C(n, w)`` strings. By the proof the key
   bits have a smooth min-entropy of H. Let S be the strings of which ``sum over bases of log2 C(n,
   w) < H - t``: they are fewer than ``product of (n + 1) times 2^(H - t)``, so bits as presumed are
   among them with probability ``epsilon`` at most, beside what the proof itself allows, for ``t =
   log2(1/epsilon) + sum of log2(n + 1)``.
2. **Bias without disturbance.** Alice's observable in a basis anticommutes with the product of the
   two ends' in another, so that for every state, whatever Bob's system is, ``(1 - 2 b)^2 + (1 - 2
   e)^2 <= 1``, with b the share of ones in the one, e the error rate in the other: the disc of the
   Bloch sphere, which is convex, so that means over rounds lie in it, too. The run ends if it does
   not hold for any point of the intervals of b and e, Clopper and Pearson's, which all hold
   together with ``1 - epsilon`` where rounds are alike.

Either way the run ends as `not-secret`. Honest keys pay nothing: no bit is disclosed, for both ends
hold what they count; and the proof stands as it is, for a run that ends makes no key and what a
restriction to some outcomes leaves has no less min-entropy than all of them (M. Tomamichel, A.
Leverrier, Quantum 1, 14 (2017), arXiv:1506.08458). A key that passes is no longer than ``sum of
log2 C(n, w) + t`` less what was disclosed, whatever made it: as long as bits that are alike in each
basis can bear, if nobody knows more of them. More cannot be seen in counts: bits that repeat, or
that Eve chose, may be half ones.

Bits of pulses of several photons are Eve's in any case, and may be biased: with them only the first
of the two is asked.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from protocols.postprocessing.bits import Bits
from protocols.postprocessing.estimation import BASES, Bases, BasisTest
from protocols.postprocessing.sampling import log_choose
from qnet.metrics.statistics import proportion_estimate

__all__ = ["MOST_CONFIDENCE", "SELDOM", "Ones", "ones_of", "why_biased"]

#: Largest probability to refuse bits as presumed, whatever the epsilon of the key.
SELDOM = 1e-6

#: Largest confidence of an interval that is computed.
MOST_CONFIDENCE = 1.0 - 1e-12


class Ones(NamedTuple):
    """How many ones there are among the key bits of a basis; these are not public.

    Attributes:
        bits: Key bits.
        ones: Of these, ones.
    """

    bits: int
    ones: int

    def __repr__(self) -> str:
        return f"Ones({self.bits} bits)"

    @property
    def log_strings(self) -> float:
        """Binary logarithm of the number of strings with as many ones.

        Examples:
            >>> round(Ones(4, 2).log_strings, 9) == round(math.log2(6), 9)
            True
        """
        return log_choose(self.bits, self.ones) / math.log(2.0)


def ones_of(bits: Bits, classes: Bases) -> list[Ones]:
    """Bits and ones in Z, X and Y.

    Args:
        bits: Shape (n,).
        classes: Shape (n,): basis, and intensity times three, of each.

    Examples:
        >>> ones_of(np.array([1, 1, 0], np.uint8), np.array([0, 0, 4], np.uint8))[0] == (2, 2)
        True
    """
    bases = classes % len(BASES)
    sizes = np.bincount(bases, minlength=len(BASES))
    found = np.bincount(bases[bits == 1], minlength=len(BASES))
    return [Ones(int(size), int(ones)) for size, ones in zip(sizes, found, strict=True)]


def why_biased(
    ones: Sequence[Ones],
    by_basis: Sequence[BasisTest],
    *,
    entropy: float,
    epsilon: float,
    several_photons: bool = False,
) -> str:
    """Why the bits cannot come from devices as presumed, a sentence; empty where they can.

    Args:
        ones: Key bits and ones in each basis.
        by_basis: What the test found in each.
        entropy: What the key bits are taken to be worth before anything is disclosed, in bits.
        epsilon: Probability at most that bits as presumed are refused, for each of the two tests.
        several_photons: Whether some bits come from pulses of several photons.

    Examples:
        >>> seen = [BasisTest(9000, 1000, 0)] * 2
        >>> why_biased([Ones(9000, 4440)] * 2, seen, entropy=15_000.0, epsilon=1e-10)
        ''
        >>> why_biased([Ones(9000, 900)] * 2, seen, entropy=15_000.0, epsilon=1e-10)[:44]
        'of the bits in Z 10.0% are ones, those in X '
    """
    if not several_photons:
        confidence = min(1.0 - epsilon / 6.0, MOST_CONFIDENCE)
        for k, own in enumerate(ones):
            for j, other in enumerate(by_basis):
                if j != k and own.bits and other.tested and _disturbs_less(own, other, confidence):
                    return (
                        f"of the bits in {BASES[k]} {own.ones / own.bits:.1%} are ones, those in "
                        f"{BASES[j]} differ in {other.errors / other.tested:.1%}: no qubits do so, "
                        f"{_CURE}"
                    )
    strings = sum(each.log_strings for each in ones)
    spread = math.log2(1.0 / epsilon) + sum(math.log2(each.bits + 1) for each in ones)
    if entropy > strings + spread:
        shares = ", ".join(
            f"{each.ones / each.bits:.1%} of {each.bits} in {name}"
            for name, each in zip(BASES, ones, strict=False)
            if each.bits
        )
        return f"too few of the bits are ones, or too many ({shares}): {_CURE}"
    return ""


_CURE = "so the devices are not as presumed; state the efficiencies of unequal detectors"


def _disturbs_less(own: Ones, other: BasisTest, confidence: float) -> bool:
    """Whether a bias goes with fewer errors in another basis than any state has."""
    share = proportion_estimate(own.ones, own.bits, confidence=confidence)
    bias = max(0.0, 2.0 * share.low - 1.0, 1.0 - 2.0 * share.high)
    if bias == 0.0:
        return False
    error = proportion_estimate(other.errors, other.tested, confidence=confidence)
    return bias**2 + max(0.0, 1.0 - 2.0 * error.high) ** 2 > 1.0
