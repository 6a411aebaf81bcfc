"""Duties of a node that nobody asks for: news, settlement, stock of ready keys, ageing, alarms."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from protocols.key_management.refusals import KeyRefusedError, KeyShortageError
from protocols.key_management.store.errors import KeyStoreError

if TYPE_CHECKING:
    from protocols.key_management.nodes.key_node import KeyNode

__all__ = ["NodeDuties"]

logger = logging.getLogger("qnet.key_management.node")

#: How often in s: levels are looked at, the stock is filled, news are told, old key is thrown away,
#: levels are recorded.
LOOK_S, FILL_S, NEWS_S, AGE_S, RECORD_S = 0.2, 0.1, 1.0, 1.0, 10.0

#: Longest wait for an answer to news, and longest rest after keys could not be made, in s.
ANSWER_S, REST_S = 5.0, 5.0

#: Highest mark of a store that is believed.
MOST_MARK = 1 << 62

#: Share of the key on the way that one filling of the stock takes at most.
_SHARE = 2


class NodeDuties:
    """What a node does by itself.

    Args:
        node: Whose duties.
    """

    def __init__(self, node: KeyNode) -> None:
        self._node = node
        self._tasks: set[asyncio.Task[None]] = set()
        self._settling: dict[str, asyncio.Lock] = {}
        self._stopped: set[str] = set()
        self._said: dict[str, str] = {}
        self._resting: dict[str, tuple[float, float]] = {}

    def start(self) -> None:
        """Begin all of them."""
        for work, pause in (
            (self._look, LOOK_S),
            (self._fill, FILL_S),
            (self._tell, NEWS_S),
            (self._age, AGE_S),
            (self._record, RECORD_S),
        ):
            self._begin(self._again(work, pause))

    async def stop(self) -> None:
        """End all of them."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def alarm(self, edge: str, sentence: str) -> None:
        """Stop an edge at once, and tell everybody."""
        level, _ = self._node.seen[edge]
        self._node.seen[edge] = level, sentence
        self._begin(self._after_alarm())

    async def hear(self, sender: str, body: dict[str, Any]) -> dict[str, Any]:
        """Take in another node's news, and answer with this one's."""
        await self._compare(sender, body)
        self._take_in(sender, body)
        return await self._node.news(sender)

    async def tell(self) -> None:
        """Tell every other node the news, and hear theirs."""
        await asyncio.gather(*(self._tell_one(name) for name in self._node.book.entries))

    def _begin(self, work: Any) -> None:  # noqa: ANN401 - a coroutine
        task = asyncio.get_running_loop().create_task(self._done(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _again(self, work: Callable[[], Awaitable[None]], pause: float) -> None:
        """Do something over and over, whether or not it goes wrong."""
        while True:
            await self._done(work())
            await asyncio.sleep(pause)

    async def _done(self, work: Awaitable[None]) -> None:
        """Do something; what goes wrong is said."""
        try:
            await work
        except KeyRefusedError as error:
            logger.info("%s", error)
        except KeyStoreError as error:
            logger.warning("%s", error)
        except Exception as error:
            logger.exception("a duty failed: %s", type(error).__name__)

    async def _look(self) -> None:
        """Look at the own edges, and void what went over an edge that has stopped."""
        node = self._node
        for edge, link in node.links.items():
            report = link.report()
            alarm = report.alarm
            stopped = "" if alarm is None else alarm.sentence
            node.seen[edge] = node.seen[edge][0], stopped  # even where the store fails
            level = await node.store.run(node.store.level, edge)
            node.seen[edge] = level, node.seen[edge][1]
            if level or report.blocks or node.pads.used[edge]:
                node.filled.add(edge)
            if self._said.get(edge) != report.sentence:
                self._said[edge] = report.sentence
                logger.info("%s", report.sentence)
        await self._void_crossed()

    async def _void_crossed(self) -> None:
        """Void the ready keys that may have gone over an edge that has stopped."""
        node = self._node
        self._stopped = set(node.agreements.stopped())
        for target, crossed in list(node.agreements.crossed.items()):
            if over := crossed & self._stopped:
                lost = await node.settlement.void_ready(target)
                crossed -= over
                logger.warning("%d keys with %s were voided: an edge has stopped", lost, target)

    async def _after_alarm(self) -> None:
        await self._tell()
        await self._void_crossed()

    async def _tell(self) -> None:
        """Tell the news, and void what went over edges that the others say have stopped."""
        await self.tell()
        if not self._node.agreements.is_informed:
            await self._void_crossed()
            self._node.agreements.is_informed = True

    async def _tell_one(self, name: str) -> None:
        node = self._node
        try:
            news = await node.news(name)
            heard = await node.peers.call(name, "hello", news, timeout_s=ANSWER_S)
            await self._compare(name, heard)
            self._take_in(name, heard)
        except KeyRefusedError as error:
            if node.book.miss(name):
                logger.warning("%s", error)

    async def _compare(self, name: str, news: dict[str, Any]) -> None:
        """Void what is shared with a node that knows this store as an older copy of itself."""
        node, store = self._node, self._node.store
        mark, known = news.get("mark"), news.get("heard")
        if not (isinstance(mark, int) and isinstance(known, int)) or max(mark, known) > MOST_MARK:
            message = f"the news of {name} cannot be read"
            raise KeyRefusedError(message)
        edges = node.edges_to(name)
        if known > await store.run(store.mark, name, edges):
            for edge in edges:
                await node.peers.call(name, "void_edge", {"edge": edge})
            lost = await store.run(store.distrust, name, edges, known)
            logger.warning(
                "%s knows more of this store than stands in it, which is an older copy: "
                "all key of edges to it and %s keys with it were voided",
                *(name, lost or 0),
            )
        await store.run(store.hear, name, mark)

    def _take_in(self, name: str, news: dict[str, Any]) -> None:
        """Note news; where a node is new, settle with it what both hold."""
        node = self._node
        if node.book.hear(name, news):
            logger.info("node %s is there", name)
        node.relayer.incarnations[name] = node.book.entries[name].incarnation
        if set(node.agreements.stopped()) - self._stopped:
            self._begin(self._void_crossed())
        lock = self._settling.setdefault(name, asyncio.Lock())
        if not node.book.entries[name].is_settled and not lock.locked():
            self._begin(self._settle(name, lock))

    async def _settle(self, name: str, lock: asyncio.Lock) -> None:
        """Agree with a node on the keys that both hold."""
        node, entry = self._node, self._node.book.entries[name]
        async with lock:
            process = entry.incarnation
            try:
                others = [other for other in node.book.entries if other != name]
                lost = await node.settlement.settle(name, node.relayer.on_the_way, others)
                for edge, (first, second) in node.own.items():
                    if (first, second) == (node.node, name):
                        await node.settlement.settle_edge(name, edge)
            except KeyRefusedError as error:
                logger.info("%s", error)
                return
            entry.is_settled = entry.incarnation == process
            logger.info("settled with %s: %d keys voided", name, lost)

    async def _fill(self) -> None:
        """Make ready keys for the nodes with SAEs, as long as there is key."""
        node = self._node
        await asyncio.gather(*(self._fill_one(target) for target in node.targets))

    async def _fill_one(self, target: str) -> None:
        node, rules = self._node, self._node.scenario.kme
        agreements = node.agreements
        ready = node.store.ready(target, rules.default_key_bits)
        if ready:
            node.stocked.add(target)
        missing = rules.ready_keys - ready
        until, pause = self._resting.get(target, (0.0, FILL_S))
        now = time.monotonic()
        if missing <= 0 or now < until or agreements.reason(target):
            return
        try:
            room = agreements.room(target, rules.default_key_bits // 8)
            number = min(missing, -(-room // _SHARE))
            if number > 0:
                await agreements.make(target, number=number, size_bits=rules.default_key_bits)
            self._resting.pop(target, None)
        except KeyShortageError as error:
            # What a job used before it failed is lost: it is not tried again and again.
            logger.info("no keys were made for %s: %s", target, error)
            self._resting[target] = now + pause, min(2.0 * pause, REST_S)

    async def _age(self) -> None:
        """Throw away what is too old: key, shares of jobs, key set aside."""
        node = self._node
        await node.relayer.expire()
        await node.store.run(node.store.expire)

    async def _record(self) -> None:
        """Keep the levels of this time."""
        await self._node.store.run(self._node.store.record_levels, time.time())
