"""Recorded counts of a real system: a table of events, read strictly, and the shares of checks.

Each line is a class of rounds and how many there were. Columns:

- ``basis_alice``, ``basis_bob``: ``Z``, ``X`` or ``Y``;
- ``bit_alice``: 0 or 1; ``bit_bob``: 0 or 1, empty where nothing clicked;
- ``count``: how many such rounds there were;
- ``intensity`` (optional): 0 for signals, 1 for decoys, 2 for nearly empty pulses;
- ``double`` (optional): 1 for a double click;
- ``late`` (optional): 1 for a click outside the central time bin;
- ``close`` (optional): 1 for a click within the longest dead time of another one.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from protocols.certification.described import DescribedDevice, EventShare, described
from protocols.certification.device import DeviceUnderTest
from protocols.certification.observables import Observable, ShareOfRounds
from protocols.qkd.bb84 import BB84
from protocols.qkd.outcome_table import OutcomeCounts, OutcomeTable
from protocols.qkd.six_state import SixState
from qnet.errors import ParameterError
from qnet.hardware import WeakPulses

__all__ = ["COLUMNS", "RecordedCounts", "read_counts"]

#: Most bytes of a file of counts, and the largest count.
_MOST_BYTES, _MOST_COUNT = 1 << 24, 10**15

#: Values of each column; ``count`` is any whole number.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "basis_alice": ("Z", "X", "Y"),
    "bit_alice": ("0", "1"),
    "basis_bob": ("Z", "X", "Y"),
    "bit_bob": ("0", "1", ""),
    "count": (),
    "intensity": ("0", "1", "2"),
    "double": ("0", "1"),
    "late": ("0", "1"),
    "close": ("0", "1"),
}

_REQUIRED = ("basis_alice", "bit_alice", "basis_bob", "bit_bob", "count")

#: Checks whose events are a column of their own.
_OWN = {"double-clicks": "double", "late-clicks": "late", "close-clicks": "close"}

#: Checks of runs or detectors that such a file does not hold.
_ELSEWHERE = ("attenuated-clicks", "watchdog", "power-monitor", "chsh-wins")


@dataclass(frozen=True, kw_only=True)
class RecordedCounts:
    """Counts of a real system.

    Args:
        counts: The rounds by class.
        columns: Names of the columns that were given.
        name: Of the file.
    """

    counts: OutcomeCounts
    columns: tuple[str, ...]
    name: str = "counts"

    @property
    def pulses(self) -> int:
        """All rounds."""
        return self.counts.total

    def device(self) -> DescribedDevice:
        """A device that sifts as these counts are sifted, where none is described."""
        if int(self.counts.table.columns["basis_alice"].max()) == 2:
            return described(SixState())
        number = int(self.counts.table.columns["intensity"].max()) + 1
        means = tuple(0.5 / 4**k for k in range(number))
        light = WeakPulses(intensities=means, probabilities=(1.0 / number,) * number)
        return described(BB84(source=light))

    def _check(self, device: DeviceUnderTest) -> None:
        """Refuse rounds that such a device never has, which no check would look at.

        Raises:
            ParameterError: If a basis or an intensity is not of the device, or it has no sender.
        """
        right = device.protocol.table().columns
        if "click_alice" in right or "bsm" in right:
            hint = "such a file says what Alice sent: give a device that sends, or no counts"
            raise ParameterError("device", "be one that prepares and measures", None, hint)
        if "intensity" not in self.columns and np.any(right.get("intensity", 0)):
            hint = "the device has several: say which pulses were signals and which decoys"
            raise ParameterError("counts", "have a column intensity", self.name, hint)
        happened = self.counts.counts > 0
        for name in ("basis_alice", "basis_bob", "intensity"):
            seen = self.counts.table.columns[name][happened]
            strange = np.setdiff1d(seen, right.get(name, 0))
            if len(strange):
                rule = "hold settings of the device only"
                said = f"{name} {COLUMNS[name][int(strange[0])]}"
                raise ParameterError("counts", rule, said, "describe the device that was used")

    def shares(
        self, observables: Mapping[str, Observable], device: DeviceUnderTest | None = None
    ) -> dict[str, EventShare]:
        """Events and trials of each check that these counts hold.

        Args:
            observables: Checks by name.
            device: As its users describe it.

        Raises:
            ParameterError: If the device has no such rounds.
        """
        if device is not None:
            self._check(device)
        seen = self.device() if device is None else device
        table, found = self.counts.table, {}
        for name, observable in observables.items():
            own = _OWN.get(name)
            if name in _ELSEWHERE or not isinstance(observable, ShareOfRounds):
                continue
            if own is not None and own not in self.columns:
                continue
            try:
                trials, events = observable.weights(seen, table)
            except ParameterError:
                continue
            chosen = trials > 0.0
            event = chosen & ((table.columns[own] if own else events) > 0.0)
            found[name] = EventShare(
                events=self.counts.among(event), trials=self.counts.among(chosen)
            )
        return found


def read_counts(path: str | Path) -> RecordedCounts:
    """Counts of a file.

    Args:
        path: A file of comma-separated values, its first line the names of the columns.

    Raises:
        ParameterError: If it cannot be read; the message names line, column, rule and value.
    """
    rows = _rows(Path(path))
    names = tuple(rows[0])
    values = {name: np.zeros(len(rows), np.uint8) for name in COLUMNS if name != "count"}
    numbers = np.zeros(len(rows), np.int64)
    for place, row in enumerate(rows):
        for name, text in row.items():
            if name == "count":
                numbers[place] = _count(text, place + 2)
            else:
                values[name][place] = _value(name, text, place + 2)
    clicks = np.array([row["bit_bob"].strip() != "" for row in rows])
    for name in _OWN.values():
        wrong = np.flatnonzero((values[name] == 1) & ~clicks)
        if len(wrong):
            rule = "be 0 where nothing clicked"
            raise _error(int(wrong[0]) + 2, name, rule, "1", "give bit_bob, or 0")
    total = sum(map(int, numbers))
    if total == 0:
        raise ParameterError("counts", "hold a round", str(path), "every count is zero")
    if total > _MOST_COUNT:
        hint = "certify it in parts"
        raise ParameterError("counts", f"hold at most {_MOST_COUNT:g} rounds", total, hint)
    columns = {**values, "click_bob": clicks.astype(np.uint8), "double_bob": values["double"]}
    columns["bit_bob"] = np.where(clicks, values["bit_bob"], 0).astype(np.uint8)
    columns["eve"] = np.zeros(len(rows), np.uint8)
    table = OutcomeTable(columns=columns, probabilities=numbers / total, undetected=~clicks)
    counts = OutcomeCounts(table=table, counts=numbers, total=total)
    return RecordedCounts(counts=counts, columns=names, name=Path(path).name)


def _rows(path: Path) -> list[dict[str, str]]:
    """The lines of a file by column, of as many fields as there are columns."""
    field = "counts"
    try:
        data = path.read_bytes() if path.stat().st_size <= _MOST_BYTES else None
        lines = [] if data is None else data.decode("utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        hint = f"{reason.lower()}: check the path; it is looked for beside the scenario"
        raise ParameterError(field, "be readable", str(path), hint) from None
    if data is None:
        hint = "give classes of rounds and their counts, not the rounds"
        raise ParameterError(field, f"have at most {_MOST_BYTES} bytes", str(path), hint)
    try:
        read = list(csv.reader(lines, strict=False))
    except csv.Error as error:
        raise ParameterError(field, "be separated by commas", str(path), str(error)) from None
    while read and not any(map(str.strip, read[-1])):
        read.pop()
    if len(read) < 2:
        hint = f"its first line is {','.join(_REQUIRED)}"
        raise ParameterError(field, "hold a line of names and lines of counts", str(path), hint)
    names = [name.strip() for name in read[0]]
    for name in names:
        if name not in COLUMNS:
            raise _error(1, name, "be a known column", name, f"choose from {', '.join(COLUMNS)}")
        if names.count(name) > 1:
            raise _error(1, name, "stand once", name, "remove one of them")
    for name in _REQUIRED:
        if name not in names:
            raise _error(1, name, "be there", ",".join(names), "add the column")
    found = []
    for place, row in enumerate(read[1:], start=2):
        if len(row) != len(names):
            hint = f"the columns are {', '.join(names)}"
            raise _error(place, "fields", f"be {len(names)}", str(len(row)), hint)
        found.append(dict(zip(names, row, strict=True)))
    return found


def _value(name: str, text: str, line: int) -> int:
    """The number of a value of a column."""
    known = COLUMNS[name]
    if text.strip() not in known:
        shown = ", ".join(each or "empty" for each in known)
        raise _error(line, name, f"be one of {shown}", text, "write it as in the list")
    return known.index(text.strip()) % 2 if name == "bit_bob" else known.index(text.strip())


def _count(text: str, line: int) -> int:
    """A whole number of rounds."""
    digits = text.strip()
    if (
        not (digits.isascii() and digits.isdigit())
        or int(digits.lstrip("0")[:20] or 0) > _MOST_COUNT
    ):
        rule = f"be a whole number from 0 to {_MOST_COUNT:g}"
        raise _error(line, "count", rule, text, "write it in digits")
    return int(digits.lstrip("0") or 0)


def _error(line: int, column: str, rule: str, value: str, hint: str) -> ParameterError:
    return ParameterError(f"counts, line {line}, column {column}", rule, value, hint)
