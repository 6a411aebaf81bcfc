"""Ages of the bits of a store, oldest first: poured in over a time, or all at once."""

from __future__ import annotations

import math
from collections import deque

__all__ = ["AgedBits"]

#: Bits of a parcel that are none: what rounding leaves.
_NOTHING = 1e-9


class AgedBits:
    """Bits by the time at which they were made, oldest first; the oldest are taken first.

    A parcel is [from, to, bits]: its bits were made evenly from one time to the other.

    Examples:
        >>> bits = AgedBits()
        >>> bits.pour(0.0, 10.0, 2.0)
        >>> bits.expire(4.0), bits.density_at(4.0)
        (8.0, 2.0)
        >>> bits.take(6.0)
        >>> bits.steady_s(4.0, 0.0), bits.steady_s(4.0, 1.0)
        (3.0, 6.0)
    """

    __slots__ = ("_parcels",)

    def __init__(self) -> None:
        self._parcels: deque[list[float]] = deque()

    def add(self, time: float, bits: float) -> None:
        """Bits that were made at once, at a time in s."""
        if bits > 0.0:
            self._parcels.append([time, time, bits])

    def pour(self, begin: float, end: float, rate: float) -> None:
        """Bits that were made evenly over a time, so many per second."""
        if rate <= 0.0 or end <= begin:
            return
        last = self._parcels[-1] if self._parcels else None
        if last is not None and last[1] == begin and last[1] > last[0]:
            density = last[2] / (last[1] - last[0])
            if abs(density - rate) <= 1e-9 * rate:
                last[1], last[2] = end, last[2] + rate * (end - begin)
                return
        self._parcels.append([begin, end, rate * (end - begin)])

    def take(self, bits: float) -> None:
        """Take the oldest bits."""
        parcels = self._parcels
        while bits > 0.0 and parcels:
            head = parcels[0]
            if head[2] <= bits + _NOTHING:
                bits -= head[2]
                parcels.popleft()
            else:
                head[0] += (head[1] - head[0]) * bits / head[2]
                head[2] -= bits
                return

    def expire(self, born: float) -> float:
        """Throw away what was made up to a time in s, and tell how many bits it was."""
        parcels, gone = self._parcels, 0.0
        while parcels and parcels[0][1] <= born:
            gone += parcels.popleft()[2]
        if parcels and parcels[0][0] < born:
            head = parcels[0]
            part = head[2] * (born - head[0]) / (head[1] - head[0])
            head[0], head[2] = born, head[2] - part
            gone += part
        return gone

    def density_at(self, born: float) -> float:
        """Bits per second of birth of the oldest bits, if they were made at a time in s; else 0."""
        if not self._parcels:
            return 0.0
        begin, end, bits = self._parcels[0]
        if begin > born + 1e-12 * max(1.0, abs(born)) or end <= begin:
            return 0.0
        return bits / (end - begin)

    def steady_s(self, born: float, drain: float) -> float:
        """Seconds for which the oldest bits surely age as they do, whatever is taken.

        Until then none grows too old that does not now, and those that do come as densely.

        Args:
            born: Time in s at which bits were made that are just too old now.
            drain: Bits per second that are taken.
        """
        if not self._parcels:
            return math.inf
        begin, end, bits = self._parcels[0]
        if end > begin and self.density_at(born) == 0.0:
            # The oldest bits get younger as they are taken: they are too old later, if ever.
            speed = 1.0 - drain * (end - begin) / bits
            meet = (begin - born) / speed if speed > 0.0 else math.inf
            return meet if meet * drain <= bits else end - born
        return end - born
