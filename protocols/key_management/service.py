"""Key service of a node: what every interface of a key management entity calls.

An SAE (secure application entity: whoever uses keys) asks the KME of its own node. As master it
asks for keys that it shares with slaves, at the same or at other nodes; a slave then collects them
by their identities, once (ETSI GS QKD 014 V1.1.1, sections 4 and 5).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from protocols.key_management.assigning import Assigner
from protocols.key_management.choosing import KeyChooser
from protocols.key_management.keys import Assignment, ManagedKey
from protocols.key_management.own_node import WithOwnNode
from protocols.key_management.refusals import (
    KeyRefusedError,
    KeyShortageError,
    KeyUnknownError,
    NotEntitledError,
)
from protocols.key_management.store import KeyStore
from protocols.key_networks import KmeTable, SaeTable

__all__ = ["Agreements", "KeyService", "ServiceStatus"]

#: How often a request looks for other keys when some that it chose are gone at the other end.
TRIES = 3

#: Identities of keys handed out to masters that are remembered.
REMEMBERED = 10_000


class Agreements(Protocol):
    """What a key service needs of the rest of its node: keys agreed with other nodes."""

    async def assign(self, node: str, assignments: Sequence[Assignment]) -> list[str]:
        """Tell a node whose its keys are; durable there when this returns.

        Returns:
            Identities that it does not hold.

        Raises:
            KeyRefusedError: If the node cannot be told now.
        """

    async def make(self, node: str, *, number: int, size_bits: int) -> list[str]:
        """Relay new keys to a node: then ready here, and held there.

        Raises:
            KeyShortageError: If there is too little key on the way.
            KeyRefusedError: If there is no way.
        """

    async def spread(self, first: str, ids: Sequence[str], nodes: Sequence[str]) -> None:
        """Relay keys that are ready here for a first node to further nodes.

        Raises:
            KeyUnknownError: If one is gone.
            KeyRefusedError: If they cannot get there now.
        """

    def reason(self, node: str) -> str:
        """Why no key can get to a node now; empty if one can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatus:
    """What a KME can deliver to an SAE for another: the fields of the standard's status.

    Args:
        source: Node of the KME that was asked.
        target: Node of the other SAE's KME.
        master: SAE that asked.
        slave: The other SAE.
        key_bits: Length of a key when a request gives none.
        stored: Keys of that length that are ready.
        most_stored: Most that are kept ready.
        most_per_request: Most keys of a request.
        most_key_bits: Longest key.
        least_key_bits: Shortest key.
        most_saes: Most further SAEs of a request; 0 without multicast.
        reason: Why no key can get to the other node now; empty if one can.
    """

    source: str
    target: str
    master: str
    slave: str
    key_bits: int
    stored: int
    most_stored: int
    most_per_request: int
    most_key_bits: int
    least_key_bits: int
    most_saes: int
    reason: str = ""


class KeyService:
    """The keys of one node's SAEs.

    Args:
        node: Name of the node.
        store: Its durable store.
        agreements: How its keys are agreed with other nodes.
        saes: Every SAE of the network, and the node that each asks.
        rules: Lengths and numbers that are served.

    Examples:
        `joined_services` makes services that share keys in one program; its example asks one.
    """

    def __init__(
        self,
        node: str,
        *,
        store: KeyStore,
        agreements: Agreements,
        saes: Iterable[SaeTable] = (),
        rules: KmeTable | None = None,
    ) -> None:
        self.node = node
        self.rules = KmeTable() if rules is None else rules
        self.node_of = {sae.name: sae.node for sae in saes}
        self._store = store
        self._agreements = WithOwnNode(node, store, agreements)
        self._assigner = Assigner(self._agreements.assign)
        self._chooser = KeyChooser(store, self._agreements.make)
        self._handed_out: OrderedDict[str, None] = OrderedDict()

    async def status(self, caller: str, peer: str) -> ServiceStatus:
        """What this KME can deliver to an SAE for another.

        Raises:
            NotEntitledError: If the caller is no SAE of this node.
            KeyRefusedError: If nobody knows the other.
        """
        self.check_caller(caller)
        target = self._other_node(caller, peer)
        rules = self.rules
        stored = self._store.ready(target, rules.default_key_bits)
        if target == self.node:
            stored = rules.ready_keys  # they are drawn when they are asked for
        return ServiceStatus(
            source=self.node,
            target=target,
            master=caller,
            slave=peer,
            key_bits=rules.default_key_bits,
            stored=stored,
            most_stored=max(stored, rules.ready_keys),
            most_per_request=rules.max_keys_per_request,
            most_key_bits=rules.max_key_bits,
            least_key_bits=rules.min_key_bits,
            most_saes=rules.max_saes,
            reason=self._agreements.reason(target),
        )

    async def request_keys(
        self,
        master: str,
        slaves: Sequence[str],
        *,
        number: int = 1,
        size_bits: int | None = None,
    ) -> list[ManagedKey]:
        """New keys that a master shares with slaves: every slave gets all of them.

        The slaves' KMEs hold the keys, and know whose they are, before this returns; here the keys
        are gone from the store then.

        Args:
            master: Who asks, by its certificate.
            slaves: With whom, each once; the first names the way that the keys are relayed.
            number: How many keys.
            size_bits: Length of each in bits, a multiple of 8.

        Raises:
            NotEntitledError: If the master is no SAE of this node.
            KeyRefusedError: If the request breaks a rule, or nothing gets to a slave's node.
            KeyShortageError: If there is too little key now.
        """
        self.check_caller(master)
        size = self.rules.default_key_bits if size_bits is None else size_bits
        self.check_request(number=number, size_bits=size, slaves=slaves)
        found = dict.fromkeys(self._other_node(master, slave) for slave in slaves)
        nodes = sorted(found, key=lambda node: node == self.node)  # a key may come from elsewhere
        for _ in range(TRIES):
            ids = await self._chooser.choose(nodes[0], number, size)
            keys = await self._deliver(ids, nodes, master, slaves)
            if keys:
                if self.node not in nodes:
                    self._remember(ids)
                return keys
        message = f"keys of {self.node} and {nodes[0]} were lost on the way; ask again"
        raise KeyShortageError(message)

    async def collect_keys(
        self, slave: str, master: str, key_ids: Sequence[str]
    ) -> list[ManagedKey]:
        """Keys that a master asked for, for one of the slaves it named: all of them, or none.

        Args:
            slave: Who asks, by its certificate.
            master: SAE that asked for the keys.
            key_ids: Which ones.

        Raises:
            NotEntitledError: If the caller is no SAE of this node, or was not named for each key.
            KeyUnknownError: If one is not here: never made, collected, expired or voided.
            KeyRefusedError: If there are none, too many, or one is asked for twice.
        """
        self.check_caller(slave)
        self.check_identities(key_ids)
        if not self._handed_out.keys().isdisjoint(key_ids):
            message = f"{slave} was not named for a key of SAEs of other nodes"
            raise NotEntitledError(message)
        return await self._store.run(self._store.collect, slave, master, list(key_ids))

    def check_caller(self, caller: str) -> None:
        """Refuse whoever is no SAE of this node.

        Raises:
            NotEntitledError: If so.
        """
        if self.node_of.get(caller) != self.node:
            message = f"{caller} is no SAE of {self.node}"
            raise NotEntitledError(message)

    def check_request(self, *, number: int, size_bits: int, slaves: Sequence[str]) -> None:
        """Refuse a request that breaks a rule of `KmeTable`; sentences as the standard has them.

        Raises:
            KeyRefusedError: If it does.
        """
        rules = self.rules
        if not 1 <= number <= rules.max_keys_per_request:
            message = f"number shall be 1 to {rules.max_keys_per_request}"
        elif size_bits % 8:
            message = "size shall be a multiple of 8"
        elif not rules.min_key_bits <= size_bits <= rules.max_key_bits:
            message = f"size shall be {rules.min_key_bits} to {rules.max_key_bits}"
        elif len(slaves) > 1 + rules.max_saes:
            message = (
                f"additional_slave_SAE_IDs shall be at most {rules.max_saes}"
                if rules.max_saes
                else "additional_slave_SAE_IDs are not supported: this KME has no key multicast"
            )
        elif len(set(slaves)) < len(slaves):
            message = "every slave SAE shall be named once"
        else:
            return
        raise KeyRefusedError(message)

    def check_identities(self, key_ids: Sequence[str]) -> None:
        """Refuse a list of identities that is empty, too long, or has one twice.

        Raises:
            KeyRefusedError: If it is.
        """
        most = self.rules.max_keys_per_request
        if not 1 <= len(key_ids) <= most:
            message = f"key_IDs shall be 1 to {most}"
        elif len(set(key_ids)) < len(key_ids):
            message = "every key_ID shall be given once"
        else:
            return
        raise KeyRefusedError(message)

    def _other_node(self, caller: str, peer: str) -> str:
        """The node of the SAE that a caller names."""
        if peer == caller:
            message = "an SAE shares no key with itself"
        elif peer not in self.node_of:
            message = "the SAE that is named is unknown in this network"
        else:
            return self.node_of[peer]
        raise KeyRefusedError(message)

    async def _deliver(
        self, ids: Sequence[str], nodes: Sequence[str], master: str, slaves: Sequence[str]
    ) -> list[ManagedKey]:
        """Relay keys to the further nodes, tell every node whose they are, and take them out.

        Whatever goes wrong, a key that one further node has may never serve another request: its
        slaves there would share it. A key of one node may: it is assigned anew there.

        Returns:
            The keys; none if some were lost on the way, and others may be tried.
        """
        lost: set[str] = set(ids) if len(nodes) > 1 else set()
        try:
            if lost:
                await self._agreements.spread(nodes[0], ids, nodes[1:])
            gone = await self._assign(master, slaves, nodes, ids)
            lost |= gone
            if not gone:
                keys = await self._store.run(
                    self._store.hand_out, nodes[0], ids, master=master, slaves=tuple(slaves)
                )
                lost.clear()
                return keys
        except KeyUnknownError:
            pass
        finally:
            if lost:
                await self._store.run(self._store.void_keys, nodes[0], sorted(lost), "out")
                await self._store.run(self._store.void_keys, self.node, sorted(lost), "in")
            self._store.release(ids)
        return []

    def _remember(self, ids: Iterable[str]) -> None:
        """Remember keys that only slaves of other nodes may have, to tell such a key from none."""
        self._handed_out.update(dict.fromkeys(ids))
        while len(self._handed_out) > REMEMBERED:
            self._handed_out.popitem(last=False)

    async def _assign(
        self, master: str, slaves: Sequence[str], nodes: Sequence[str], ids: Sequence[str]
    ) -> set[str]:
        """Tell each node which of its SAEs may have the keys; the identities that one lacks."""
        gone: set[str] = set()
        for node in nodes:
            here = tuple(slave for slave in slaves if self.node_of[slave] == node)
            assignments = [Assignment(key_id=i, master=master, slaves=here) for i in ids]
            gone |= await self._assigner.assign(node, assignments)
        return gone
