"""Key store of one node: link keys, authentication secrets, pair keys, counters, levels."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import ParamSpec, Self, TypeVar

from protocols.key_management.store.base import transaction
from protocols.key_management.store.database import open_database
from protocols.key_management.store.levels import StoreLevels
from protocols.key_management.store.link_keys import LinkKeys
from protocols.key_management.store.link_secrets import LinkSecrets
from protocols.key_management.store.marks import StoreMarks
from protocols.key_management.store.pair_keys import Direction, PairKeys
from protocols.key_management.store.vault import Vault
from protocols.key_management.store.writer import GroupWriter
from protocols.key_networks import StoreTable

__all__ = ["KeyStore"]

P = ParamSpec("P")
T = TypeVar("T")


class KeyStore(LinkKeys, LinkSecrets, PairKeys, StoreLevels, StoreMarks):
    """Keys of a node in one SQLite file that this process alone has open.

    Every call is a transaction: all or nothing, on the disk when it returns, and safe from any
    thread. Calls at the same time share a transaction. Key material leaves the file in the
    transaction that returns it; within about half a second it is erased from SQLite's log as well.

    Args:
        path: The file; made with mode 0600 if there is none, in a folder that exists.
        rules: Capacity, reserve and time to live of every edge; the time to live also of pair keys.
        edge_rules: Rules of single edges, where they differ.
        clock: Seconds since the epoch, by which keys age.

    Raises:
        KeyStoreError: If the file is damaged, no store, of another version, open in another
            process, readable by others, or cannot be written.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder, KeyStore(f"{folder}/keys.sqlite") as store:
        ...     store.add_block("A--B", "block-1", bytes(range(64)))
        ...     store.confirm_blocks("A--B", ["block-1"])
        ...     store.allocate("A--B", 2)[0]
        ...     store.level("A--B")
        64
        [KeyPart(block='block-1', start=0, length=2)]
        62
    """

    def __init__(
        self,
        path: str | Path,
        *,
        rules: StoreTable | None = None,
        edge_rules: Mapping[str, StoreTable] = MappingProxyType({}),
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._rules = StoreTable() if rules is None else rules
        self._edge_rules = dict(edge_rules)
        place = Path(path)
        self._writer = GroupWriter(open_database(place), place, clock)
        self._vault = Vault(self._writer.transactions)
        self._writer.call(self._load)

    def _load(self) -> None:
        """Fill the memory: what is ready, what is gone, which rows of material are free."""
        self._load_ready()
        used = " UNION ".join(
            f"SELECT slot FROM {table}" for table in ("runs", "secrets", "out_keys", "in_keys")
        )
        self._vault.load(slot for (slot,) in self._sql(used))

    def close(self) -> None:
        """Finish what waits and close the file; twice is once."""
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Play a method of this store while other tasks go on.

        Args:
            call: One of its methods, as ``store.collect``.
            *args: Its arguments.
            **kwargs: Its named arguments.
        """
        played = getattr(call, "played", None)
        if played is None:  # in memory alone: nothing to wait for
            return call(*args, **kwargs)
        return await self._writer.await_call(partial(played, self, *args, **kwargs))

    @transaction
    def distrust(self, peer: str, edges: Iterable[str], known: int) -> int | None:
        """Throw away all that is shared with a peer that knows a higher mark of this store.

        This is an older copy then, and keys may be here that were delivered since.

        Args:
            peer: Who knows it.
            edges: Edges to it.
            known: The mark that it knows.

        Returns:
            Pair keys that were thrown away; None if this store is no older copy.
        """
        edges = list(edges)
        lacking = known - self._mark(peer, edges)
        if lacking <= 0:
            return None
        for edge in edges:
            self.void_edge(edge)
        self._tally("restored", peer, lacking)
        both: tuple[Direction, ...] = ("out", "in")
        return sum(len(self._drop(each, "peer = ?", (peer,), "voided")) for each in both)

    @transaction
    def expire(self, now: float | None = None) -> int:
        """Throw away link keys and pair keys that are older than their time to live.

        Args:
            now: The time; the clock's when None.

        Returns:
            Bytes of link key and number of pair keys that were thrown away, together.
        """
        at = self._now() if now is None else now
        edges = self._sql("SELECT DISTINCT edge FROM blocks WHERE left > 0")
        expired = sum(self._expire_blocks(edge, at) for (edge,) in edges)
        if self._rules.time_to_live_s is not None:
            for direction in ("out", "in"):
                oldest = at - self._rules.time_to_live_s
                expired += len(self._drop(direction, "born <= ?", (oldest,), "expired"))
        return expired
