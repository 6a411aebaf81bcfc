"""Gains of a store that is filled in units or blocks: when how many bits come, as arrays."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from protocols.key_networks.case import Fill
from protocols.key_networks.sampled.conditions import AWAY, FAILED, SHUT, WORKS, Spell

__all__ = ["Gains", "gains_of"]

Array = npt.NDArray[np.float64]

#: Units that are drawn at a time.
_DRAWN = 4096

#: Parts of a block that are rounding.
_ROUNDING = 1e-9


def gains_of(
    fill: Fill, spells: Sequence[Spell], rng: np.random.Generator
) -> Iterator[tuple[Array, Array]]:
    """Times in s and bits of what comes to a store, in arrays of the same length, in order.

    Units that come by chance are thinned where the key rate is less; a block of compared and
    distilled bits takes its time whatever it yields, pauses while the edge fails or another edge
    has its device, and is lost when the edge is stopped. What a schedule brings while the edge
    fails or is stopped is lost: a pass comes once.

    Args:
        fill: How key comes; of a continuous fill there are none.
        spells: What befalls the edge.
        rng: Draws what comes by chance.

    Examples:
        >>> spells = [Spell(0.0, 10.0, 0, 1.0)]
        >>> fill = Fill(kind="blocks", rate_hz=2.0, amount_bits=8)
        >>> [(t.tolist(), b.tolist()) for t, b in gains_of(fill, spells, np.random.default_rng(1))]
        [([4.0, 8.0], [8.0, 8.0])]
    """
    if fill.kind == "continuous" or fill.rate_hz == 0.0:
        return iter(())
    if fill.kind == "schedule":
        return _scheduled(fill, spells, rng)
    return _units(fill, spells, rng) if fill.kind == "poisson" else _blocks(fill, spells)


def _scheduled(
    fill: Fill, spells: Sequence[Spell], rng: np.random.Generator
) -> Iterator[tuple[Array, Array]]:
    times, bits, chances = np.array(fill.schedule, dtype=float).reshape(-1, 3).T
    came = rng.random(len(times)) < chances
    begins = np.array([each.begin for each in spells])
    shares = np.array([each.share if each.state == WORKS else 0.0 for each in spells])
    inside = (times >= begins[0]) & (times <= spells[-1].end)
    place = np.maximum(np.searchsorted(begins, times, side="right") - 1, 0)
    bits = bits * shares[place]
    kept = came & inside & (bits > 0.0)
    yield times[kept], bits[kept]


def _units(
    fill: Fill, spells: Sequence[Spell], rng: np.random.Generator
) -> Iterator[tuple[Array, Array]]:
    begins, shares = [each.begin for each in spells], np.array([each.share for each in spells])
    time, end = begins[0], spells[-1].end
    while time < end:
        times = time + np.cumsum(rng.standard_exponential(_DRAWN)) * fill.period_s
        time = float(times[-1])
        kept = times[times <= end]
        if len(spells) > 1 or shares[0] < 1.0:
            chances = shares[np.searchsorted(begins, kept, side="right") - 1]
            kept = kept[rng.random(len(kept)) < chances]
        yield kept, np.full(len(kept), float(fill.amount_bits))


def _blocks(fill: Fill, spells: Sequence[Spell]) -> Iterator[tuple[Array, Array]]:
    times: list[float] = []
    bits: list[float] = []
    for time, share in _block_ends(fill, spells):
        whole = 1.0 if abs(share - 1.0) < _ROUNDING else share
        if whole > _ROUNDING:
            times.append(time)
            bits.append(whole * fill.amount_bits)
        if len(times) == _DRAWN:
            yield np.array(times), np.array(bits)
            times, bits = [], []
    yield np.array(times), np.array(bits)


def _block_ends(fill: Fill, spells: Sequence[Spell]) -> Iterator[tuple[float, float]]:
    """Ends of blocks, and the part of its bits that each yields."""
    period, origin = fill.period_s, 0.0
    number = math.floor(spells[0].begin / period + _ROUNDING) + 1
    got = spells[0].begin / period - (number - 1)
    for spell in spells:
        if spell.state == SHUT:
            origin, number, got = spell.end, 1, 0.0
        elif spell.state in (FAILED, AWAY):
            origin += spell.end - spell.begin
        else:
            last = spell.begin
            while (end := origin + number * fill.amount_bits / fill.working_hz) <= spell.end:
                yield end, got + (end - last) / period * spell.share
                last, got, number = end, 0.0, number + 1
            got += (spell.end - last) / period * spell.share


class Gains:
    """What comes to a store, one after the other or up to a time.

    Args:
        chunks: Times in s and bits, as of ``gains_of``.

    Examples:
        >>> gains = Gains(iter([(np.array([1.0, 2.0]), np.array([8.0, 8.0]))]))
        >>> gains.next_at, gains.until(1.5), gains.next_at
        (1.0, (array([1.]), array([8.])), 2.0)
    """

    __slots__ = (
        "_bits",
        "_chunks",
        "_moments",
        "_place",
        "_sums",
        "_times",
        "next_at",
        "next_bits",
    )

    def __init__(self, chunks: Iterator[tuple[Array, Array]]) -> None:
        self._chunks = chunks
        self._times: list[float] = []
        self._bits: list[float] = []
        #: Sums of bits, and of bits times their time, before each.
        self._sums: list[float] = []
        self._moments: list[float] = []
        self._place = -1
        self.step()

    def step(self) -> None:
        """Go on to the next."""
        self._place += 1
        while self._place >= len(self._times):
            chunk = next(self._chunks, None)
            if chunk is None:
                self.next_at, self.next_bits = math.inf, 0.0
                return
            self._times, self._bits, self._place = chunk[0].tolist(), chunk[1].tolist(), 0
            self._sums = [0.0, *np.cumsum(chunk[1]).tolist()]
            self._moments = [0.0, *np.cumsum(chunk[0] * chunk[1]).tolist()]
        self.next_at, self.next_bits = self._times[self._place], self._bits[self._place]

    def ahead(self, time: float) -> tuple[int, float, float, float]:
        """What comes up to a time in s, as far as it is drawn: at least the next.

        Args:
            time: Not before the next comes.

        Returns:
            Where to `skip` to, when the last of it comes, its bits, and the sum of bits times time.
        """
        stop = bisect_right(self._times, time, self._place)
        bits = self._sums[stop] - self._sums[self._place]
        return stop, self._times[stop - 1], bits, self._moments[stop] - self._moments[self._place]

    def skip(self, stop: int) -> None:
        """Go on behind what was looked ahead to."""
        self._place = stop - 1
        self.step()

    def until(self, time: float) -> tuple[Array, Array]:
        """All that comes up to a time in s; the next is then later."""
        times: list[float] = []
        bits: list[float] = []
        while self.next_at <= time:
            stop = bisect_right(self._times, time, self._place)
            times += self._times[self._place : stop]
            bits += self._bits[self._place : stop]
            self._place = stop - 1
            self.step()
        return np.array(times), np.array(bits)
