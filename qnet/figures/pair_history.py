"""History of one delivered pair as figures show it: who waits, who measures, who is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, chain, combinations, pairwise
from typing import NamedTuple

from qnet.engines.timeline import PairRecord
from qnet.errors import ParameterError
from qnet.plans import Plan

__all__ = ["Half", "History", "Measurement", "Signal", "Span"]

_DISTILLATIONS = ("distill", "pump")
_SWAPS = ("swap", "swap-asap")


class Half(NamedTuple):
    """One qubit of an elementary pair."""

    pair: str
    side: str


class Measurement(NamedTuple):
    """A measurement of two qubits at a node, or at both ends of two pairs, for a pair.

    ``kind`` is ``swap`` (a Bell measurement at one node) or ``distillation`` (at both ends, of the
    kept and the spent qubit); ``halves`` are the two qubits at each of the ``nodes``.
    """

    kind: str
    pair: str
    nodes: tuple[int, ...]
    time_s: float
    halves: tuple[tuple[Half, Half], ...]


class Signal(NamedTuple):
    """Outcomes on their way from node to node, and the pair that waits for them."""

    pair: str
    origin: int
    target: int
    sent_s: float
    arrives_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Two far qubits that are entangled from one time to another.

    Args:
        name: Identity of the pair; those of the parts joined by ``+`` for what stations have merged
            while others still wait.
        left: The elementary qubit at its left end.
        right: The one at its right end.
        nodes: Its left and its right node.
        from_s: When it came to be.
        until_s: When it was measured, merged or handed over.
        known: Whether the ends know what they hold, or wait for outcomes.
        herald_s: When the oldest elementary pair in it was heralded.
    """

    name: str
    left: Half
    right: Half
    nodes: tuple[int, int]
    from_s: float
    until_s: float
    known: bool
    herald_s: float


class History:
    """What happened to every pair of one delivery.

    Args:
        records: The timeline of the delivery (``qnet.timeline``).
        plan: What was played; None leaves the messages out.
        names: What the nodes are called, left to right; Alice, stations and Bob unless given.

    Raises:
        ParameterError: If there are no records, or not all and only those of one delivery.

    Examples:
        >>> from qnet import Link, Swap, timeline
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.3, attempt_time_s=1e-3, state=werner(0.98))
        >>> history = History(timeline(Swap(left=link, right=link), seed=1))
        >>> [history.name(node) for node in history.nodes]
        ['Alice', 'station 1', 'Bob']
    """

    def __init__(
        self,
        records: Iterable[PairRecord],
        plan: Plan | None = None,
        names: Sequence[str] = (),
    ) -> None:
        self.names = tuple(names)
        self.records = {record.pair: record for record in records}
        if not self.records:
            raise ParameterError("records", "hold at least one pair", 0, "give qnet.timeline(...)")
        used = {name for record in self.records.values() for name in record.made_of}
        delivered = sorted(self.records.keys() - used)
        if len(delivered) != 1 or not used <= self.records.keys():
            hint = "give all records of qnet.timeline(...)"
            raise ParameterError("records", "be those of one delivery", delivered, hint)
        self.plan = plan
        self.root = delivered[0]
        self.last = self.records[self.root]
        self.links = [record for record in self.records.values() if record.step == "link"]
        self.begun_s = min(record.begun_s for record in self.links)
        self.ready_s = self.last.ready_s
        self.nodes = range(self.last.left_node, self.last.right_node + 1)

    def name(self, node: int) -> str:
        """What a node is called."""
        if self.names:
            return self.names[node - self.nodes[0]]
        if node in (self.nodes[0], self.nodes[-1]):
            return "Alice" if node == self.nodes[0] else "Bob"
        return f"station {node}"

    @cached_property
    def copies(self) -> dict[Half, int]:
        """Number of every elementary qubit among those of its node that face the same way."""
        seen: dict[tuple[int, str], int] = defaultdict(int)
        result = {}
        for record in self.links:
            for node, side in ((record.left_node, "left"), (record.right_node, "right")):
                result[Half(record.pair, side)] = seen[node, side]
                seen[node, side] += 1
        return result

    def half(self, record: PairRecord, side: str) -> Half:
        """The elementary qubit that is this end of a pair: of its outermost, or its kept, part."""
        while record.made_of:
            kept = record.step in (*_DISTILLATIONS, "multiplex") or side == "left"
            record = self.records[record.made_of[0 if kept else -1]]
        return Half(record.pair, side)

    def used_s(self, half: Half) -> float:
        """When an elementary qubit is measured, or handed over as an end of the delivered pair."""
        record = self.records[half.pair]
        while record.pair != self.root:
            longer = self.records[record.pair.rpartition(".")[0]]
            if self.half(longer, half.side) != half:
                break
            record = longer
        return float(getattr(record, f"{half.side}_until_s"))

    @cached_property
    def measurements(self) -> tuple[Measurement, ...]:
        """Every swap, those of one pair from left to right, then every distillation."""
        records = self.records.values()
        return tuple(chain(*map(self._swaps, records), *map(self._distillations, records)))

    def measurements_for(self, record: PairRecord) -> list[Measurement]:
        """The measurements that a pair came of, in their order."""
        return [measured for measured in self.measurements if measured.pair == record.pair]

    def _swaps(self, record: PairRecord) -> Iterator[Measurement]:
        """The Bell measurements that joined the parts of a pair."""
        if record.step in _SWAPS:
            for left, right in pairwise(self.parts(record)):
                halves = self.half(left, "right"), self.half(right, "left")
                nodes = (left.right_node,)
                yield Measurement("swap", record.pair, nodes, left.right_until_s, (halves,))

    def _distillations(self, record: PairRecord) -> Iterator[Measurement]:
        """The distillations of the first part of a pair, each with another part."""
        if record.step in _DISTILLATIONS:
            kept, *spent = self.parts(record)
            nodes = record.left_node, record.right_node
            for pair in spent:
                halves = tuple(
                    (self.half(kept, side), self.half(pair, side)) for side in ("left", "right")
                )
                yield Measurement("distillation", record.pair, nodes, pair.left_until_s, halves)

    @cached_property
    def messages(self) -> tuple[Signal, ...]:
        """Every classical message, where the plan is known and lets them take time."""
        return tuple(chain(*map(self._messages, self.records.values())))

    def spans(self) -> Iterator[Span]:
        """What is entangled, from when to when; nothing that lasts no time, but the delivered."""
        for record in self.records.values():
            yield from (span for span in self._unfinished(record) if span.from_s < span.until_s)
            until = min(record.left_until_s, record.right_until_s)
            if record is self.last or record.ready_s < until:
                yield self._span(record.pair, [record], record.ready_s, until, known=True)

    def parts(self, record: PairRecord) -> list[PairRecord]:
        """The pairs that a pair was made of."""
        return [self.records[name] for name in record.made_of]

    def _messages(self, record: PairRecord) -> Iterator[Signal]:
        step = self._step(record.pair)
        if step is None or not step.classical_latency:
            return
        ends = record.left_node, record.right_node
        if record.step in _DISTILLATIONS:
            for measured in self.measurements_for(record):
                known = measured.time_s + step.overhead_s
                times = known - step.signal_time_s, known
                yield Signal(record.pair, *ends, *times)
                yield Signal(record.pair, *ends[::-1], *times)
            return
        light = [0.0, *accumulate(part.signal_time_s for part in step.children)]
        swaps = self.measurements_for(record)
        for station, place, swap in zip(step.stations, light[1:-1], swaps, strict=True):
            sent = swap.time_s + station.duration_s
            for end, travel in zip(ends, (place, light[-1] - place), strict=True):
                yield Signal(record.pair, swap.nodes[0], end, sent, sent + travel)

    def _step(self, pair: str) -> Plan | None:
        """The node of the plan that made a pair, from the pair's way down the tree."""
        step = self.plan
        if step is not None:
            for digit in pair.removeprefix(self.root).split(".")[1:]:
                if not step.children:
                    return None  # a pair that was purified while it was stored
                step = step.children[int(digit) if len(step.children) > 1 else 0]
        return step

    def _unfinished(self, record: PairRecord) -> Iterator[Span]:
        """What is there of a pair before it is ready."""
        if record.step in _DISTILLATIONS:
            yield from self._distilling(record)
        elif record.step in _SWAPS:
            yield from self._swapping(record)

    def _distilling(self, record: PairRecord) -> Iterator[Span]:
        """The kept pair: it waits for a verdict, and, where it is pumped, for the next pair."""
        kept, *spent = self.parts(record)
        delay = record.ready_s - spent[-1].left_until_s
        times = sorted({pair.left_until_s for pair in spent})
        for time, following in pairwise([*times, record.ready_s]):
            told = min(time + delay, following)
            yield self._span(record.pair, [kept], time, told, known=False)
            yield self._span(record.pair, [kept], told, following, known=True)

    def _swapping(self, record: PairRecord) -> Iterator[Span]:
        """Stretches that stations have merged, until the next one merges them further."""
        parts = self.parts(record)
        swaps = self.measurements_for(record)
        times = [swap.time_s for swap in swaps]
        ends = [record.ready_s, *times, record.ready_s]
        for i, j in combinations(range(len(parts)), 2):
            whole = j - i == len(times)
            name = record.pair if whole else "+".join(record.made_of[i : j + 1])
            begun, until = max(times[i:j]), min(ends[i], ends[j + 1])
            told = until if whole else self._told_s(record, {s.nodes[0] for s in swaps[i:j]}, begun)
            told = min(told, until)
            stretch = parts[i : j + 1]
            yield self._span(name, stretch, begun, told, known=False)
            yield self._span(name, stretch, told, until, known=True)

    def _told_s(self, record: PairRecord, stations: set[int], begun_s: float) -> float:
        """When both ends of a pair know what these stations have measured."""
        told = (each for each in self.messages if each.pair == record.pair)
        return max((m.arrives_s for m in told if m.origin in stations), default=begun_s)

    def _span(
        self, name: str, parts: list[PairRecord], from_s: float, until_s: float, *, known: bool
    ) -> Span:
        below = tuple(f"{part.pair}." for part in parts)
        return Span(
            name=name,
            left=self.half(parts[0], "left"),
            right=self.half(parts[-1], "right"),
            nodes=(parts[0].left_node, parts[-1].right_node),
            from_s=from_s,
            until_s=until_s,
            known=known,
            herald_s=min(e.ready_s for e in self.links if f"{e.pair}.".startswith(below)),
        )
