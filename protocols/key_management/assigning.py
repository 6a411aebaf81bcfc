"""Assignments of keys to SAEs, told to the other nodes: concurrent ones go in one message."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from protocols.key_management.keys import Assignment

__all__ = ["Assigner"]

#: Most assignments of one message.
MOST = 1000


@dataclass(slots=True)
class _Waiting:
    """What waits to be told to one node, and whether somebody is telling it."""

    waiting: list[tuple[Sequence[Assignment], asyncio.Future[set[str]]]] = field(
        default_factory=list
    )
    task: asyncio.Task[None] | None = None

    def batch(self) -> list[tuple[Sequence[Assignment], asyncio.Future[set[str]]]]:
        """The next calls that go together; they leave the queue."""
        taken, count = 0, 0
        for assignments, _ in self.waiting:
            if taken and count + len(assignments) > MOST:
                break
            taken, count = taken + 1, count + len(assignments)
        calls, self.waiting = self.waiting[:taken], self.waiting[taken:]
        return calls


class Assigner:
    """Tells other nodes about assignments, one message at a time to each node.

    While a message is on its way, the assignments that come wait, and go together in the next:
    the more requests there are, the less each costs.

    Args:
        tell: Tells a node some assignments, and returns the identities that it does not hold.

    Examples:
        >>> async def tell(node, assignments):
        ...     return [each.key_id for each in assignments if each.key_id == "lost"]
        >>> each = [Assignment(key_id=i, master="a", slaves=("b",)) for i in ("lost", "kept")]
        >>> asyncio.run(Assigner(tell).assign("C", each))
        {'lost'}
    """

    def __init__(self, tell: Callable[[str, Sequence[Assignment]], Awaitable[list[str]]]) -> None:
        self._tell = tell
        self._queues: dict[str, _Waiting] = {}

    async def assign(self, node: str, assignments: Sequence[Assignment]) -> set[str]:
        """Tell a node these; the identities of them that it does not hold.

        Raises:
            KeyRefusedError: If the node cannot be told.
        """
        queue = self._queues.setdefault(node, _Waiting())
        told: asyncio.Future[set[str]] = asyncio.get_running_loop().create_future()
        queue.waiting.append((assignments, told))
        if queue.task is None:
            queue.task = asyncio.create_task(self._empty(node, queue))
        return await told

    async def _empty(self, node: str, queue: _Waiting) -> None:
        """Tell a node all that waits for it."""
        try:
            while queue.waiting:
                calls = queue.batch()
                try:
                    every = [each for assignments, _ in calls for each in assignments]
                    gone = set(await self._tell(node, every))
                except Exception as error:
                    for _, told in calls:
                        if not told.done():
                            told.set_exception(error)
                else:
                    for assignments, told in calls:
                        if not told.done():
                            told.set_result(gone & {each.key_id for each in assignments})
        finally:
            queue.task = None
            for _, told in queue.waiting:
                told.cancel()
