"""Pair keys of a store: end-to-end keys with another node, assigned, handed out, collected.

The node of the master holds ``out`` keys, that of the slaves ``in`` keys. A key is deleted in the
transaction that hands it out, or in that in which the last of its slaves collects it; its identity
is remembered, so that it cannot come in again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Literal

from protocols.key_management.keys import Assignment, ManagedKey
from protocols.key_management.refusals import KeyRefusedError, KeyUnknownError, NotEntitledError
from protocols.key_management.store.base import StorePart, transaction
from protocols.key_management.store.database import LISTED, listed
from protocols.key_management.store.ready_keys import ReadyKeys
from qnet.errors import check_integer, check_one_of

__all__ = ["Direction", "PairKeys"]

Direction = Literal["out", "in"]

#: Delivered keys of each direction whose identities are remembered.
_REMEMBERED = 100_000

#: Deliveries between two times at which older identities are forgotten.
_FORGET_EACH = 1_000


class PairKeys(StorePart):
    """Layer 2: keys with other nodes, each delivered once or never."""

    _ready: ReadyKeys

    def _load_ready(self) -> None:
        """Fill the memory of what is ready and of what is gone from the database."""
        self._ready = ReadyKeys()
        for key_id, peer, size in self._sql(
            "SELECT key_id, peer, 8 * size FROM out_keys ORDER BY number"
        ):
            self._ready.add(peer, size, [key_id])
        self._gone = set(self._sql("SELECT direction, key_id FROM gone"))
        self._until_forgetting = _FORGET_EACH

    @transaction
    def add_out(self, peer: str, keys: Sequence[ManagedKey]) -> int:
        """Take in keys that requests of this node's masters get; return how many are new.

        Args:
            peer: The node that has them too.
            keys: Those; one that is or was here is ignored.
        """
        return self._add("out", peer, keys)

    @transaction
    def add_in(self, peer: str, keys: Sequence[ManagedKey]) -> int:
        """Take in keys that a peer's masters will get, to hold them for slaves here.

        Args:
            peer: The node that assigns them.
            keys: Those; one that is or was here is ignored.

        Returns:
            How many are new.
        """
        return self._add("in", peer, keys)

    @transaction
    def add_own(self, node: str, keys: Sequence[ManagedKey]) -> None:
        """Take in keys that SAEs of this very node share: ready for masters, held for slaves."""
        self._add("in", node, keys)
        self._add("out", node, keys)

    def ready(self, peer: str, size_bits: int) -> int:
        """How many keys of a length with a peer are ready and not set aside."""
        return self._ready.count(peer, size_bits)

    @transaction
    def out_ids(self, peer: str) -> list[str]:
        """Identities of the keys for this node's masters with a peer, oldest first."""
        return self._ids("out", peer)

    @transaction
    def in_ids(self, peer: str) -> list[str]:
        """Identities of the keys that are held for a peer's masters, oldest first."""
        return self._ids("in", peer)

    def reserve(self, peer: str, size_bits: int, number: int = 1) -> list[str]:
        """Set ready keys aside, in memory, so that no other request gets them.

        Raises:
            KeyShortageError: If there are too few; none is set aside then.
        """
        return self._ready.reserve(peer, size_bits, check_integer("number", number))

    def release(self, ids: Iterable[str]) -> None:
        """Give back keys that were set aside and not handed out."""
        self._ready.release(ids)

    @transaction
    def read_out(self, peer: str, ids: Sequence[str]) -> list[ManagedKey]:
        """Keys that stay here, to be relayed to further nodes.

        Raises:
            KeyUnknownError: If one is not here.
        """
        rows = self._sql(
            f"SELECT key_id, slot, size FROM out_keys WHERE peer = ? AND key_id IN {LISTED}",
            *(peer, listed(ids)),
        )
        found = {key_id: self._vault.read(slot, size) for key_id, slot, size in rows}
        if missing := [key_id for key_id in ids if key_id not in found]:
            raise _unknown(missing)
        return [ManagedKey(key_id=key_id, material=found[key_id]) for key_id in ids]

    @transaction
    def assign_in(self, peer: str, assignments: Sequence[Assignment]) -> list[str]:
        """Note who may collect keys; return the identities that cannot be assigned.

        A key can be assigned anew as long as nobody has collected it: its initiator decides.

        Args:
            peer: The node that assigns them, and held them out.
            assignments: One for each key.
        """
        refused = []
        for each in assignments:
            changed = each.slaves and self._sql(
                "UPDATE in_keys SET master = ?, slaves = ?"
                " WHERE key_id = ? AND peer = ? AND served = '[]' RETURNING 1",
                *(each.master, json.dumps(each.slaves), each.key_id, peer),
            )
            if not changed:
                refused.append(each.key_id)
        return refused

    @transaction
    def hand_out(
        self, peer: str, ids: Sequence[str], *, master: str, slaves: Sequence[str]
    ) -> list[ManagedKey]:
        """Take out keys for a master, all or none; they are gone from here.

        Args:
            peer: The node that has them too.
            ids: Which, in the order in which they are returned.
            master: SAE that gets them.
            slaves: SAEs that may collect them.

        Raises:
            KeyUnknownError: If one is not here; nothing is handed out then.
        """
        rows = self._sql(
            f"DELETE FROM out_keys WHERE peer = ? AND key_id IN {LISTED}"
            " RETURNING key_id, slot, size",
            *(peer, listed(ids)),
        )
        found = {key_id: self._vault.read(slot, size) for key_id, slot, size in rows}
        if len(found) != len(ids):
            raise _unknown([key_id for key_id in ids if key_id not in found] or ids)
        self._vault.clear([slot for _, slot, _ in rows])
        self._leave("out", ids)
        self._tally("delivered", peer, len(ids))
        size = sum(map(len, found.values()))
        self._tally("delivered_bytes", peer, size)
        self._tally("sae_keys", master, len(ids))
        self._tally("sae_bytes", master, size)
        return [ManagedKey(key_id=key_id, material=found[key_id]) for key_id in ids]

    @transaction
    def collect(self, slave: str, master: str, ids: Sequence[str]) -> list[ManagedKey]:
        """Take out keys for one of their slaves, all or none; each slave gets a key once.

        Args:
            slave: SAE that asks.
            master: SAE that it says they are of.
            ids: Which, in the order in which they are returned.

        Raises:
            KeyUnknownError: If one is not here for anybody, or this slave has it already.
            NotEntitledError: If one is of another master, or for other slaves.
            KeyRefusedError: If one is named twice.
        """
        if len(set(ids)) != len(ids):
            message = "a key is named twice"
            raise KeyRefusedError(message)
        rows = self._sql(
            "SELECT key_id, peer, master, slaves, served, born, slot, size FROM in_keys"
            f" WHERE key_id IN {LISTED} AND master IS NOT NULL",
            listed(ids),
        )
        found = {row[0]: row for row in rows if not self._is_old(row[5])}
        missing = [key_id for key_id in ids if key_id not in found]
        if missing:
            raise _unknown(missing)
        for key_id, _, owner, slaves, served, *_ in found.values():
            if owner != master or slave not in json.loads(slaves):
                message = f"key {key_id} is not for {slave} from {master}"
                raise NotEntitledError(message)
            if slave in json.loads(served):
                raise _unknown([key_id])
        keys = [
            ManagedKey(key_id=key_id, material=self._vault.read(*found[key_id][6:]))
            for key_id in ids
        ]
        for key_id, peer, _, slaves, served, _, _, size in found.values():
            self._serve_slave(slave, key_id, json.loads(slaves), json.loads(served))
            self._tally("collected", peer, 1)
            self._tally("collected_bytes", peer, size)
            self._tally("sae_keys", slave, 1)
            self._tally("sae_bytes", slave, size)
        return keys

    @transaction
    def void_keys(self, peer: str, ids: Iterable[str], direction: Direction) -> list[str]:
        """Throw away keys that only one of two nodes has; return those that were here."""
        check_one_of("direction", direction, ("out", "in"))
        condition = f"peer = ? AND key_id IN {LISTED}"
        return self._drop(direction, condition, (peer, listed(ids)), "voided")

    @transaction
    def assigned_ids(self, peer: str) -> list[str]:
        """Those of the keys held for a peer's masters that slaves may collect, oldest first."""
        return self._ids("in", peer, " AND master IS NOT NULL")

    @transaction
    def void_unassigned(self, peer: str, ids: Iterable[str]) -> list[str]:
        """Throw away those of these keys, held for a peer, that it has assigned to nobody."""
        condition = f"peer = ? AND master IS NULL AND key_id IN {LISTED}"
        return self._drop("in", condition, (peer, listed(ids)), "voided")

    @transaction
    def void_unfinished(self, node: str) -> list[str]:
        """Throw away what requests that a dead process did not end held for this very node's SAEs.

        Such a key is assigned to nobody and not ready for a master here; or it is assigned, and
        still ready with another node: it was on its way to a master, who has not got it.

        Args:
            node: Name of the node whose store this is.

        Returns:
            Their identities.
        """
        condition = (
            "peer = ?1 AND CASE WHEN master IS NULL"
            " THEN key_id NOT IN (SELECT key_id FROM out_keys WHERE peer = ?1)"
            " ELSE key_id IN (SELECT key_id FROM out_keys WHERE peer <> ?1) END"
        )
        return self._drop("in", condition, (node,), "voided")

    def _add(self, direction: Direction, peer: str, keys: Sequence[ManagedKey]) -> int:
        here = self._sql(
            f"SELECT key_id FROM {direction}_keys WHERE key_id IN {LISTED}",
            listed(each.key_id for each in keys),
        )
        known = {key_id for (key_id,) in here}
        new = {
            each.key_id: each.material
            for each in keys
            if each.key_id not in known and (direction, each.key_id) not in self._gone
        }
        slots = self._vault.put(list(new.values()))
        now = self._now()
        self._writer.transactions.database.executemany(
            f"INSERT INTO {direction}_keys(key_id, peer, born, slot, size) VALUES(?, ?, ?, ?, ?)",
            [
                (key_id, peer, now, slot, len(material))
                for (key_id, material), slot in zip(new.items(), slots, strict=True)
            ],
        )
        added: dict[int, list[str]] = {}
        for key_id, material in new.items():
            added.setdefault(len(material), []).append(key_id)
        for size, ids in added.items():
            self._tally(f"{direction}_keys", peer, len(ids))
            self._tally(f"{direction}_bytes", peer, size * len(ids))
        if direction == "out":
            for size, ids in added.items():
                self._after(partial(self._ready.add, peer, 8 * size, ids))
        return len(new)

    def _ids(self, direction: Direction, peer: str, condition: str = "") -> list[str]:
        rows = self._sql(
            f"SELECT key_id FROM {direction}_keys WHERE peer = ?{condition} ORDER BY number", peer
        )
        return [key_id for (key_id,) in rows]

    def _serve_slave(
        self, slave: str, key_id: str, slaves: Sequence[str], served: Sequence[str]
    ) -> None:
        """Delete a key with its last slave, else note that this one has it."""
        if len(served) + 1 < len(slaves):
            self._sql(
                "UPDATE in_keys SET served = ? WHERE key_id = ?",
                *(json.dumps([*served, slave]), key_id),
            )
            return
        ((peer, slot, size),) = self._sql(
            "DELETE FROM in_keys WHERE key_id = ? RETURNING peer, slot, size", key_id
        )
        self._vault.clear([slot])
        self._leave("in", [key_id])
        self._tally("finished_keys", peer, 1)
        self._tally("finished_bytes", peer, size)

    def _drop(
        self, direction: Direction, condition: str, values: Sequence[object], counter: str
    ) -> list[str]:
        """Delete keys and count them as voided or expired; return which."""
        rows = self._sql(
            f"DELETE FROM {direction}_keys WHERE {condition} RETURNING key_id, peer, size, slot",
            *values,
        )
        self._vault.clear([slot for *_, slot in rows])
        ids = [key_id for key_id, *_ in rows]
        self._leave(direction, ids)
        for (peer, size), number in Counter((peer, size) for _, peer, size, _ in rows).items():
            self._tally(f"{counter}_keys", peer, number)
            self._tally(f"{counter}_key_bytes", peer, number * size)
        return ids

    def _leave(self, direction: Direction, ids: Iterable[str]) -> None:
        """Remember that keys were here, and that they are not ready any more."""
        names = [(direction, key_id) for key_id in ids]
        self._writer.transactions.database.executemany(
            "INSERT INTO gone(direction, key_id) VALUES(?, ?)", names
        )
        self._until_forgetting -= len(names)
        if self._until_forgetting < 0:
            self._until_forgetting = _FORGET_EACH
            forgotten = self._sql(
                "DELETE FROM gone WHERE number <= (SELECT max(number) FROM gone) - ?"
                " RETURNING direction, key_id",
                2 * _REMEMBERED,
            )
            self._after(lambda: self._gone.difference_update(forgotten))
        self._gone.update(names)  # at once: a later call of this transaction must see it
        if direction == "out":
            self._after(lambda: self._ready.remove([key_id for _, key_id in names]))

    def _is_old(self, born: float) -> bool:
        life = self._rules.time_to_live_s
        return life is not None and born <= self._now() - life


def _unknown(ids: Sequence[str]) -> KeyUnknownError:
    more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
    return KeyUnknownError(f"key {ids[0]}{more} is not here: never made, delivered, or voided")
