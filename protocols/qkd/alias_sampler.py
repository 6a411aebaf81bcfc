"""Walker's alias method: many draws from one discrete distribution, a fixed cost each."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qnet.errors import ParameterError

__all__ = ["Alias"]

#: Draws at a time: the intermediate arrays stay in the processor's cache.
_BLOCK = 1 << 15


class Alias:
    """Draws from a discrete distribution.

    M. D. Vose, IEEE Trans. Software Eng. 17, 972 (1991), doi:10.1109/32.92917.

    Args:
        probabilities: Shape (n,): weights, zero or more; they are scaled to sum to one.

    Raises:
        ParameterError: If there is no positive weight, or one is negative or not finite.

    Examples:
        >>> draws = Alias([0.2, 0.0, 0.8]).draw(10_000, np.random.default_rng(1))
        >>> np.bincount(draws)[1], abs(np.mean(draws == 2) - 0.8) < 0.02
        (np.int64(0), np.True_)
    """

    def __init__(self, probabilities: ArrayLike) -> None:
        weights = np.asarray(probabilities, dtype=np.float64)
        total = weights.sum() if weights.ndim == 1 else 0.0
        if not np.isfinite(total) or total <= 0.0 or weights.min() < 0.0:
            hint = "give weights of zero or more that do not all vanish"
            raise ParameterError("probabilities", "be a distribution", weights.tolist(), hint)
        self.size = len(weights)
        scaled = (weights * (self.size / total)).tolist()
        self.threshold = np.ones(self.size)
        self.alias = np.arange(self.size)
        small = [k for k, share in enumerate(scaled) if share < 1.0]
        large = [k for k, share in enumerate(scaled) if share >= 1.0]
        while small and large:
            low, high = small.pop(), large[-1]
            self.threshold[low], self.alias[low] = scaled[low], high
            scaled[high] -= 1.0 - scaled[low]
            if scaled[high] < 1.0:
                small.append(large.pop())
        # What is left is one up to rounding; a weight of zero must not come back that way.
        for column in small:
            if weights[column] == 0.0:
                self.threshold[column], self.alias[column] = 0.0, int(weights.argmax())

    def draw(self, count: int, rng: np.random.Generator) -> NDArray[np.unsignedinteger]:
        """Indices of ``count`` independent draws, in the smallest unsigned integer that holds them.

        Args:
            count: How many.
            rng: Source of randomness.
        """
        drawn = np.empty(count, dtype=np.min_scalar_type(max(self.size - 1, 0)))
        for start in range(0, count, _BLOCK):
            x = rng.random(min(_BLOCK, count - start))
            x *= self.size
            column = x.astype(np.intp)
            x -= column
            keep = x < self.threshold[column]
            drawn[start : start + _BLOCK] = np.where(keep, column, self.alias[column])
        return drawn
