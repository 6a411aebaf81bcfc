"""Spectral test: does the discrete Fourier transform of the string show periods?

SP 800-22 revision 1a, section 2.6.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import erfc

from protocols.postprocessing.bits import Bits
from protocols.randomness.statistic import Statistic, needs

__all__ = ["dft"]


def dft(bits: Bits) -> Statistic:
    """Share of Fourier peaks below the 95 % threshold ``sqrt(n ln 20)``, in standard deviations.

    The variance ``n (0.95) (0.05) / 4`` is that of the standard; peaks of one string are not quite
    independent, so that the p-value is an approximation at any length.

    Args:
        bits: Shape (n,).

    Raises:
        NotApplicableError: If there are fewer than 2 bits.

    Examples:
        >>> from protocols.postprocessing.bits import bits_from_text
        >>> round(dft(bits_from_text("1001010011")).value, 6)  # all five peaks are below
        0.725476
    """
    n = needs(bits, 2)
    peaks = np.abs(np.fft.rfft(2.0 * bits - 1.0))[: n // 2]
    below = int(np.count_nonzero(peaks < math.sqrt(n * math.log(20))))
    distance = (below - 0.95 * n / 2) / math.sqrt(n * 0.95 * 0.05 / 4)
    return Statistic(distance, {"dft": float(erfc(abs(distance) / math.sqrt(2)))})
