"""Predictors of SP 800-90B, a bit at a time as the standard has them: oracles of the fast ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Guesses = tuple[int, int, int]


def _played(guesses: Sequence[Sequence[int | None]], bits: Sequence[int]) -> Guesses:
    """Right guesses of the leader, their longest run, and their number."""
    points = [0] * len(guesses[0])
    leader = right = streak = longest = 0
    for guess, bit in zip(guesses, bits, strict=True):
        streak = streak + 1 if guess[leader] == bit else 0
        right += guess[leader] == bit
        longest = max(longest, streak)
        for number, each in enumerate(guess):
            if each == bit:
                points[number] += 1
                if points[number] >= points[leader]:
                    leader = number
    return right, longest, len(bits)


def multi_mcw(bits: list[int]) -> Guesses:
    def guess(place: int, window: int) -> int | None:
        if place < window:
            return None
        ones = sum(bits[place - window : place])
        return int(2 * ones > window)

    rows = [[guess(i, window) for window in (63, 255, 1023, 4095)] for i in range(63, len(bits))]
    return _played(rows, bits[63:])


def lag(bits: list[int]) -> Guesses:
    rows = [
        [bits[i - back] if back <= i else None for back in range(1, 129)]
        for i in range(1, len(bits))
    ]
    return _played(rows, bits[1:])


def _likelier(counts: dict[int, int]) -> int:
    return max(counts, key=lambda bit: (counts[bit], bit))


def multi_mmc(bits: list[int], most: int = 100_000) -> Guesses:
    tables: list[dict[tuple[int, ...], dict[int, int]]] = [{} for _ in range(16)]
    entries = [0] * 16
    rows = []
    for i in range(2, len(bits)):
        for d in range(1, min(16, i - 1) + 1):
            context, bit = tuple(bits[i - d - 1 : i - 1]), bits[i - 1]
            counts = tables[d - 1].get(context, {})
            if bit not in counts and entries[d - 1] >= most:
                continue
            entries[d - 1] += bit not in counts
            counts[bit] = counts.get(bit, 0) + 1
            tables[d - 1][context] = counts
        row: list[int | None] = [None] * 16
        for d in range(1, min(16, i) + 1):
            counts = tables[d - 1].get(tuple(bits[i - d : i]), {})
            row[d - 1] = _likelier(counts) if counts else None
        rows.append(row)
    return _played(rows, bits[2:])


def lz78y(bits: list[int], most: int = 65_536) -> Guesses:
    table: dict[tuple[int, ...], dict[int, int]] = {}
    rows: list[list[int | None]] = []
    for i in range(17, len(bits)):
        for d in range(16, 0, -1):
            context, bit = tuple(bits[i - d - 1 : i - 1]), bits[i - 1]
            if context not in table and len(table) < most:
                table[context] = {}
            if context in table:
                table[context][bit] = table[context].get(bit, 0) + 1
        best, guess = 0, None
        for d in range(16, 0, -1):
            counts = table.get(tuple(bits[i - d : i]), {})
            if counts and max(counts.values()) > best:
                best, guess = max(counts.values()), _likelier(counts)
        rows.append([guess])
    return _played(rows, bits[17:])


GUESSERS: dict[str, Callable[[list[int]], Guesses]] = {
    "multi_mcw": multi_mcw,
    "lag": lag,
    "multi_mmc": multi_mmc,
    "lz78y": lz78y,
}
