"""Narration of a history of one delivered pair: events in sentences, and the moments between."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from qnet.engines.timeline import PairRecord
from qnet.figures.pair_history import History

__all__ = ["Event", "events", "moments"]

#: Times nearer than this part of the whole history are one moment: what adding them up leaves.
_SAME = 1e-9

#: Ranks of what happens to one pair: a generation begins, it is heralded, two are measured, a pair
#: is held, the delivered pair is held.
_BEGINS, _HERALD, _MEASURED, _HELD, _DELIVERED = range(5)


class Event(NamedTuple):
    """A sentence about one moment of a history, in s; the pair it is about, and its rank there."""

    time_s: float
    sentence: str
    pair: str = ""
    rank: int = _BEGINS


def events(history: History) -> tuple[Event, ...]:
    """What happens, a sentence each, in the order of time.

    Args:
        history: What happened.

    Returns:
        The events; the last one is the delivery.

    Examples:
        >>> from qnet import Link, timeline
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.3, attempt_time_s=1e-3, state=werner(0.98))
        >>> for event in events(History(timeline(link, seed=17))):
        ...     print(event.sentence)
        segment 1 tries to make a pair
        segment 1 has a pair after 3 attempts
        Alice and Bob hold their pair
    """
    told = [*_generations(history), *_measurements(history), *_ready(history)]

    def order(event: Event) -> tuple[int, bool, int, int]:
        # At one time what goes into a pair comes before the pair, a swap before its outcome, and
        # what begins last.
        depth = event.pair.count(".")
        return _moment(history, event.time_s), event.rank == _BEGINS, -depth, event.rank

    ordered = sorted(told, key=order)
    if history.begun_s > 0.0:
        ordered.insert(0, Event(history.begun_s, "earlier rounds failed and are not shown"))
    return tuple(ordered)


def moments(history: History) -> list[float]:
    """When anything begins or ends, in s, in order: what cuts a history into phases.

    Args:
        history: What happened.

    Returns:
        Two times or more; the first is when the first generation began, the last the delivery.
    """
    times = [history.begun_s, *(event.time_s for event in events(history))]
    times += [record.ready_s for record in history.records.values()]
    for message in history.messages:
        times += [message.sent_s, message.arrives_s]
    different = {_moment(history, time): time for time in sorted(times, reverse=True)}
    return sorted(different.values())


def _moment(history: History, time_s: float) -> int:
    """Number of a moment; times that differ by rounding alone have the same."""
    return round((time_s - history.begun_s) / (_SAME * (history.ready_s - history.begun_s)))


def _generations(history: History) -> Iterator[Event]:
    begun: dict[int, list[PairRecord]] = defaultdict(list)
    for link in history.links:
        begun[_moment(history, link.begun_s)].append(link)
    for links in begun.values():
        segments = sorted({link.right_node for link in links})
        who = "all segments" if 1 < len(segments) == len(history.nodes) - 1 else _segments(segments)
        tries = "tries" if len(segments) == 1 else "try"
        what = "a pair" if len(links) == 1 else "pairs"
        sentence = f"{who} {tries} to make {what}"
        yield Event(links[0].begun_s, sentence, links[0].pair, _BEGINS)
    for link in history.links:
        count = link.attempts or 1
        after = f"after {count:,} attempt{'s' if count > 1 else ''}"
        sentence = f"{_segments([link.right_node])} has a pair {after}"
        yield Event(link.ready_s, sentence, link.pair, _HERALD)


def _measurements(history: History) -> Iterator[Event]:
    # Several pairs may be distilled away at once: that is said once.
    for kind, pair, nodes, time_s in dict.fromkeys(each[:4] for each in history.measurements):
        own = [message for message in history.messages if message.pair == pair]
        told = [message for message in own if message.arrives_s > message.sent_s]
        if kind == "distillation":
            sentence = f"{_ends(history, *nodes)} distil"
            sentence += "; they tell each other what they measured" if told else ""
        else:
            targets = [history.name(each.target) for each in told if each.origin == nodes[0]]
            sentence = f"{history.name(nodes[0])} swaps"
            sentence += f"; its outcome travels to {_and(targets)}" if targets else ""
        yield Event(time_s, sentence, pair, _MEASURED)


def _ready(history: History) -> Iterator[Event]:
    """Pairs that were joined or improved, and the one that is delivered."""
    for record in history.records.values():
        ends = _ends(history, record.left_node, record.right_node)
        if record is history.last:
            yield Event(record.ready_s, f"{ends} hold their pair", record.pair, _DELIVERED)
        elif record.step not in ("link", "multiplex"):
            what = "a pair" if record.step in ("swap", "swap-asap") else "a distilled pair"
            yield Event(record.ready_s, f"{ends} hold {what}", record.pair, _HELD)


def _segments(numbers: Sequence[int]) -> str:
    return f"segment{'s' if len(numbers) > 1 else ''} {_and([str(k) for k in numbers])}"


def _ends(history: History, left: int, right: int) -> str:
    return _and([history.name(left), history.name(right)])


def _and(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
