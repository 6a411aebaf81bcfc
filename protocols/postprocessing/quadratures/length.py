r"""Length of the key of a GG02 link, from the channel that was estimated and what was disclosed.

Bob's ``n`` bits of ``N`` symbols are uniform, and what Eve holds of a symbol tells at most ``S``
bits of it, the Holevo bound of the worst channel of the region (`protocols.key_rates.
gg02_emulation`); so the key has, against collective attacks,

    ``l = n - leak - N [S + (2 d + 3) sqrt(log2(2/e^2)/N)] - 2 log2(1/e) - authentication``,

in the manner of A. Leverrier, F. Grosshans, P. Grangier, Phys. Rev. A 81, 062343 (2010),
arXiv:1005.0339, with what the reconciliation really disclosed in place of its efficiency: ``leak``
holds the syndromes of the frames that are kept, and the hash of the verification.

**Frames that fail** are dropped, and which these are depends on the data. For any fixed set of kept
frames, the state of these frames together with the event that just they were kept is at most the
state that collective attacks leave them in. So the key is ``2 e`` from secret, for each set, where
the smoothing, with ``e^2`` as the event does not commute with it (gentle measurement, A. Winter,
IEEE Trans. Inf. Theory 45, 2481 (1999)), and the privacy amplification fail with ``e`` each; and
the sum over all sets is at most ``2 e'`` if ``e = e'/((k + 1) binomial(k, j))``, for ``j`` failed
frames of ``k``.

**Epsilon** is shared out: ``epsilon_correctness`` to the verification, what the tags need to
forgeries, a quarter of the whole to the region of the channel, and the rest to ``2 e'``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from protocols.key_rates.claims import cv_finite
from protocols.key_rates.gg02 import assumptions
from protocols.key_rates.gg02_emulation import ChannelRegion, quadratures_of, smoothing_price
from qnet.metrics.security import SecurityClaim

__all__ = ["REGION_SHARE", "Reconciled", "composable_gg02"]

#: Share of epsilon that the region of the channel may fail with.
REGION_SHARE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What the rule may look at: the same at both ends.

    Args:
        region: Channels that the disclosed symbols allow.
        frames: Frames that were sent.
        failed: How many of them did not decode, and were dropped.
        frame_bits: Bits, and values, of a frame.
        leaked_bits: Disclosed by reconciliation of the kept frames, and by verification.
        authentication_bits: Pre-shared bits used, the messages still to come included.
        epsilon: Failure probability of the key, secrecy and correctness together.
        epsilon_correctness: Part of it: that different keys pass the verification.
        epsilon_authentication: Part of it: that a forged message passes.

    Examples:
        >>> from protocols.key_rates import GG02
        >>> link = GG02(modulation_variance=3.0, transmission=1.0)
        >>> region = ChannelRegion(link=link, transmission=(0.9, 1.0), added_noise=0.0)
        >>> found = Reconciled(
        ...     region=region, frames=10, failed=1, frame_bits=60_000, leaked_bits=280_000,
        ... )
        >>> found.kept_bits, composable_gg02(found)
        (540000, 113224)
    """

    region: ChannelRegion
    frames: int
    failed: int
    frame_bits: int
    leaked_bits: int
    authentication_bits: int = 0
    epsilon: float = 1e-10
    epsilon_correctness: float = 1e-12
    epsilon_authentication: float = 0.0

    @property
    def kept_bits(self) -> int:
        """Bits of the frames that decoded."""
        return (self.frames - self.failed) * self.frame_bits

    @property
    def kept_symbols(self) -> float:
        """Symbols that these bits come from."""
        return self.kept_bits / quadratures_of(self.region.link)

    @property
    def epsilon_of_a_set(self) -> float:
        """``e``: of smoothing, and of privacy amplification, for one set of kept frames."""
        rest = (1.0 - REGION_SHARE) * self.epsilon
        rest -= self.epsilon_correctness + self.epsilon_authentication
        sets = (self.frames + 1) * math.comb(self.frames, self.failed)
        return max(0.0, rest / 2.0) / sets

    @property
    def claim(self) -> SecurityClaim:
        """What a key of this length claims."""
        return cv_finite(self.epsilon, assumptions(self.region.link))


def composable_gg02(found: Reconciled) -> int:
    """Bits of the secret key; zero where none is left.

    Args:
        found: What was estimated and disclosed.
    """
    epsilon = found.epsilon_of_a_set
    if epsilon <= 0.0 or found.kept_bits == 0:
        return 0
    symbols, region = found.kept_symbols, found.region
    per_symbol = region.holevo(region.worst_transmission)
    per_symbol += smoothing_price(region.link, symbols, epsilon**2)
    length = found.kept_bits - found.leaked_bits - found.authentication_bits
    return max(0, math.floor(length - symbols * per_symbol + 2.0 * math.log2(epsilon)))
