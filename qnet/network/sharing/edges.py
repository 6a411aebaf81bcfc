"""Edges whose pairs are shared: their channels, and how often these make a pair."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import repeat
from typing import TYPE_CHECKING

import numpy as np

from qnet.network.sharing.pairs import MemoryChannel
from qnet.network.sharing.purification import Purifier
from qnet.network.sharing.rules import sharing_rule

if TYPE_CHECKING:
    from qnet.network.replica import Replica

__all__ = ["SharedEdge", "uniform"]

#: Random numbers that are drawn at a time.
_DRAWN = 2048

#: Numbers of attempts above this are cut there: more than a run of any length makes.
_MOST = 2.0**62


class SharedEdge:
    """An edge of a network whose pairs are made all the time.

    Args:
        replica: The replica.
        number: Number of the edge.
        flows: The flows whose routes use it.
    """

    __slots__ = (
        "_makers",
        "attempt_time_s",
        "attempts",
        "channels",
        "edge",
        "gaps",
        "idle",
        "limit",
        "loss_times",
        "makers",
        "memories",
        "number",
        "owner",
        "purifier",
        "travel_time_s",
        "trying",
    )

    def __init__(self, replica: Replica, number: int, flows: Sequence[int]) -> None:
        self.number = number
        self.edge = edge = replica.case.network.edges[number]
        self.memories = edge.memories
        self.attempt_time_s = edge.link.attempt_time_s
        rng = replica.stream("edge", *edge.ends)
        rule = sharing_rule(replica.case.controller.sharing)
        owner_rng = replica.stream("owners", *edge.ends)
        self.owner: Callable[[int], int] = rule(flows, edge.memories, owner_rng).owners()
        self.attempts = _geometric(edge.link.round_success_probability, rng)
        rate = edge.generation_rate_hz
        self.gaps = _exponential(1.0 / rate, rng) if rate is not None else None
        self.limit = edge.attempts_at_once or (edge.memories or 1)
        fibre = replica.case.controller.signalling == "fibre"
        self.travel_time_s = edge.travel_time_s if fibre else 0.0
        loss = edge.pair_loss_rate_hz
        # Either of its two memories loses its qubit at half of the rate.
        losing = replica.stream("loss", *edge.ends)
        self.loss_times = _exponential(2.0 / loss, losing) if loss > 0.0 else None
        self.trying = 0
        self.channels: list[MemoryChannel] = []
        #: Channels that are free and do not try.
        self.idle: deque[MemoryChannel] = deque()
        #: Channels that may try: those that are idle, or where attempts need no memory all others.
        self.makers = self.idle
        for _ in range(edge.memories or 0):
            self.add()
        #: Where fresh pairs may purify stored ones; then attempts need no free memory.
        self.purifier: Purifier | None = None
        self._makers: list[MemoryChannel] = []
        step = replica.case.network.purification
        if step.probability > 0.0:
            self._makers = [MemoryChannel(number, -1 - k) for k in range(self.limit)]
            self.makers = deque(self._makers)
            numbers = uniform(replica.stream("purify", *edge.ends))
            self.purifier = Purifier(step, edge.link, numbers)
        elif edge.memories is None and rate is None:
            self.supply()

    def add(self) -> MemoryChannel:
        """One more channel, which is idle."""
        channel = MemoryChannel(self.number, len(self.channels))
        self.channels.append(channel)
        self.idle.append(channel)
        return channel

    def free_channel(self) -> MemoryChannel | None:
        """A channel that is free; a new one where memories have no limit; None without one."""
        if not self.idle and self.memories is None:
            self.add()
        return self.idle.popleft() if self.idle else None

    def supply(self) -> None:
        """Where memories have no limit, there are always some that can try."""
        while self.trying + len(self.idle) < self.limit:
            self.add()

    def stop(self) -> None:
        """End all attempts without a pair; memories that are held come free in their own time."""
        self.trying = 0
        if self.purifier is not None:
            for maker in self._makers:
                maker.run += 1
            self.makers.clear()
            self.makers.extend(self._makers)
            return
        idle = set(self.idle)
        for channel in self.channels:
            channel.run += 1
            if not channel.held and channel not in idle:
                self.idle.append(channel)


def _geometric(chance: float, rng: np.random.Generator) -> Iterator[float]:
    """Numbers of attempts to a success."""
    if chance >= 1.0:
        yield from repeat(1.0)
    scale = -1.0 / np.log1p(-chance)
    while True:
        drawn = np.ceil(scale * rng.standard_exponential(_DRAWN))
        yield from np.clip(drawn, 1.0, _MOST).tolist()


def _exponential(mean: float, rng: np.random.Generator) -> Iterator[float]:
    while True:
        yield from (mean * rng.standard_exponential(_DRAWN)).tolist()


def uniform(rng: np.random.Generator) -> Iterator[float]:
    """Uniform numbers in [0, 1)."""
    while True:
        yield from rng.random(_DRAWN).tolist()
