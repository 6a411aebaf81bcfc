"""Alarms of a link: compared bits of each run against the edge's own error rate.

An exact binomial test of each run's compared bits, at the level that makes an honest link alarm
within a day with the probability that the scenario states, however fast its runs follow each other
(`qnet.metrics.sequential_tests.WatchedLink`). An alarm outlives its process: it stands in a file.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from protocols.key_management.private_files import write_whole
from qnet.estimate import Estimate
from qnet.metrics.sequential_tests import WatchedLink

__all__ = ["LEAST_PERIOD_S", "AlarmFile", "EdgeWatch", "LinkAlarm"]

#: Shortest time in s between the beginnings of two runs: it bounds how many tests a day there are.
LEAST_PERIOD_S = 0.1

#: Probability to miss a spy within the time that an alarm states.
_NOTICED = 0.01

#: Cleared alarms that are remembered.
_REMEMBERED = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkAlarm:
    """Why an edge was stopped.

    Args:
        edge: Its name.
        run: The run whose bits showed it; names the alarm at both ends.
        errors: Compared bits that differed.
        compared: Compared bits.
        expected: Error rate of the undisturbed edge.
        missed: Probability that a run passes a spy who makes so many errors unnoticed.
        runs_to_notice: Runs within which she is noticed with 99 %; None for never.
        at: When, in s since the epoch.
    """

    edge: str
    run: str
    errors: int
    compared: int
    expected: float
    missed: float
    runs_to_notice: int | None
    at: float

    @property
    def sentence(self) -> str:
        """The alarm in words.

        Examples:
            >>> print(LinkAlarm(edge="A--B", run="", errors=90, compared=1000, expected=0.02,
            ...     missed=0.0, runs_to_notice=1, at=0.0).sentence)
            alarm on edge A--B: 90 of 1000 compared bits differ, 2.00% were expected; somebody \
measures its pulses or it is out of order; a run misses such errors with probability below 1e-15
        """
        missed = "below 1e-15" if self.missed < 1e-15 else f"{self.missed:.3g}"  # 1 - power
        return (
            f"alarm on edge {self.edge}: {self.errors} of {self.compared} compared bits differ, "
            f"{self.expected:.2%} were expected; somebody measures its pulses or it is out of "
            f"order; a run misses such errors with probability {missed}"
        )


class EdgeWatch:
    """The test of an edge's runs.

    Args:
        edge: Name of the edge.
        honest: Its error rate without a spy.
        false_alarm: Probability of an alarm without a spy, per day.

    Examples:
        >>> from qnet.metrics.statistics import proportion_estimate
        >>> watch = EdgeWatch("A--B", 0.02, 1e-6)
        >>> watch.look("1", proportion_estimate(110, 5000), 0.0) is None
        True
        >>> watch.look("2", proportion_estimate(440, 5000), 0.0).errors
        440
    """

    def __init__(self, edge: str, honest: float, false_alarm: float) -> None:
        self._edge, self._honest, self._false_alarm = edge, honest, false_alarm
        self.watched = lru_cache(maxsize=256)(self._watched)

    def _watched(self, compared: int) -> WatchedLink:
        """The test of runs that compare so many bits, at the highest rate of runs."""
        return WatchedLink(
            compared_rate_hz=compared / LEAST_PERIOD_S,
            block=compared,
            honest=self._honest,
            false_alarm=self._false_alarm,
        )

    def misses(self, compared: int, attacked: Mapping[float, float]) -> dict[float, float]:
        """Probability that a run passes a spy unnoticed.

        Args:
            compared: Bits that it compares.
            attacked: Fraction that a spy intercepts -> error rate.

        Examples:
            >>> watch = EdgeWatch("A--B", 0.02, 1e-6)
            >>> {f: round(p, 3) for f, p in watch.misses(2000, {0.1: 0.044, 1.0: 0.26}).items()}
            {0.1: 0.654, 1.0: 0.0}
        """
        test = self.watched(compared).test
        return {fraction: 1.0 - test.power(rate) for fraction, rate in attacked.items()}

    def look(self, run: str, qber: Estimate, now: float) -> LinkAlarm | None:
        """An alarm, if the error rate of a run is above the edge's own.

        Args:
            run: Identity of the run.
            qber: Error rate of its compared bits.
            now: Seconds since the epoch.
        """
        errors = round(qber.best * qber.n)
        if not qber.n or qber.best <= self._honest:
            return None
        watched = self.watched(qber.n)
        if not watched.test.alarms(errors):
            return None
        time_s = watched.time_to_notice(qber.best, _NOTICED)
        return LinkAlarm(
            edge=self._edge,
            run=run,
            errors=errors,
            compared=qber.n,
            expected=self._honest,
            missed=watched.miss(LEAST_PERIOD_S, qber.best),
            runs_to_notice=None if time_s == float("inf") else round(time_s / LEAST_PERIOD_S),
            at=now,
        )


class AlarmFile:
    """The alarm of an edge at one of its ends, kept on the disk.

    Args:
        path: The file; its folder is made.

    Attributes:
        alarm: The alarm that stops the edge, or None.
        cleared: Names of alarms that somebody has cleared, the newest last.

    Raises:
        OSError: If it cannot be read or written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._is_kept = True
        self.alarm: LinkAlarm | None = None
        self.cleared: list[str] = []
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            found = json.loads(path.read_text(encoding="utf-8"))
            self.alarm = None if found["alarm"] is None else LinkAlarm(**found["alarm"])
            self.cleared = [str(name) for name in found["cleared"]]

    def told(self) -> dict[str, Any]:
        """What the other end is told."""
        alarm = None if self.alarm is None else asdict(self.alarm)
        return {"alarm": alarm, "cleared": self.cleared}

    def raise_(self, alarm: LinkAlarm) -> bool:
        """Note an alarm, on the disk if that takes it (else `keep`); whether it is a new one."""
        if self.alarm is not None or alarm.run in self.cleared:
            return False
        self.alarm, self._is_kept = alarm, False
        with contextlib.suppress(OSError):
            self.keep()
        return True

    def keep(self) -> None:
        """Write an alarm that the disk did not take when it was raised.

        Raises:
            OSError: If it does not take it now.
        """
        if not self._is_kept:
            self._write()

    def clear(self) -> bool:
        """Let the edge try again; whether there was an alarm."""
        if self.alarm is None:
            return False
        self.cleared = [*self.cleared, self.alarm.run][-_REMEMBERED:]
        self.alarm = None
        self._write()
        return True

    def _write(self) -> None:
        write_whole(self._path, json.dumps(self.told()).encode())
        self._is_kept = True
