"""Health monitor of a running source: both tests of SP 800-90B, chunk by chunk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from protocols.postprocessing.bits import Bits, as_bits
from protocols.randomness.health import (
    FALSE_ALARM,
    WINDOW,
    adaptive_proportion_cutoff,
    repetition_cutoff,
)

__all__ = ["HealthAlarm", "HealthMonitor"]


@dataclass(frozen=True)
class HealthAlarm:
    """An alarm of a health test.

    Attributes:
        test: ``repetition_count`` or ``adaptive_proportion``.
        place: Number of the bit that raised it, from 0.
    """

    test: str
    place: int


class HealthMonitor:
    """Repetition count and adaptive proportion of a stream that comes in chunks.

    The alarms do not depend on how the stream is cut. A test begins anew after its alarm; windows
    of 1,024 bits follow each other, and one that raised an alarm is watched to its end.

    Args:
        min_entropy: Bits per bit that the source is believed to have.
        false_alarm: Rate that the cut-offs are set for.

    Raises:
        ParameterError: If a number is out of range.

    Examples:
        >>> monitor = HealthMonitor(0.5)
        >>> monitor.feed([0, 1] * 20)
        ()
        >>> monitor.feed([1] * 45)
        (HealthAlarm(test='repetition_count', place=79),)
    """

    def __init__(self, min_entropy: float = 1.0, false_alarm: float = FALSE_ALARM) -> None:
        self.repetition_cutoff = repetition_cutoff(min_entropy, false_alarm)
        self.proportion_cutoff = adaptive_proportion_cutoff(min_entropy, false_alarm)
        self._place = 0
        self._last = np.zeros(0, np.uint8)
        self._run = 0
        self._window = np.zeros(0, np.uint8)

    @property
    def bits(self) -> int:
        """Bits seen so far."""
        return self._place

    def feed(self, bits: Bits | Sequence[int]) -> tuple[HealthAlarm, ...]:
        """The alarms that the next bits raise, in order of their places.

        Args:
            bits: Shape (n,), the next ones of the stream.

        Raises:
            ParameterError: If they are no string of bits.
        """
        found = as_bits("bits", bits)
        if not found.size:
            return ()
        alarms = [*self._repetitions(found), *self._proportions(found)]
        self._place += found.size
        return tuple(sorted(alarms, key=lambda alarm: (alarm.place, alarm.test)))

    def _repetitions(self, bits: Bits) -> list[HealthAlarm]:
        starts = np.flatnonzero(np.concatenate([[True], bits[1:] != bits[:-1]]))
        lengths = np.diff(np.append(starts, bits.size))
        carried = self._run if self._last.size and self._last[0] == bits[0] else 0
        alarms = []
        for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
            before = carried if start == 0 else 0
            first = self.repetition_cutoff - before % self.repetition_cutoff
            for offset in range(first - 1, length, self.repetition_cutoff):
                alarms.append(HealthAlarm("repetition_count", self._place + start + offset))
        self._run = int(lengths[-1]) + (carried if lengths.size == 1 else 0)
        self._last = bits[-1:].copy()
        return alarms

    def _proportions(self, bits: Bits) -> list[HealthAlarm]:
        begin = self._place - self._window.size
        held = np.concatenate([self._window, bits])
        alarms = []
        for start in range(0, held.size, WINDOW):
            window = held[start : start + WINDOW]
            counts = np.cumsum(window == window[0])
            place = int(np.searchsorted(counts, self.proportion_cutoff))
            if place < window.size and begin + start + place >= self._place:
                alarms.append(HealthAlarm("adaptive_proportion", begin + start + place))
        self._window = held[held.size // WINDOW * WINDOW :].copy()
        return alarms
