"""Interfaces of a node that need its peers or state: key streams, other systems, controllers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from protocols.key_management.external_keys import ExternalKeys
from protocols.key_management.keys import Assignment, ManagedKey
from protocols.key_management.nodes.manage import state_of
from protocols.key_management.nodes.sdn_view import sdn_node
from protocols.key_management.peering.face import Answer, ids_of
from protocols.key_management.peering.site_calls import SiteCalls
from protocols.key_management.server.etsi004 import etsi004_face
from protocols.key_management.server.etsi015 import etsi015_face
from protocols.key_management.server.etsi020 import etsi020_face
from protocols.key_management.server.face import Face
from protocols.key_management.streams import KeyStreams

if TYPE_CHECKING:
    from protocols.key_management.nodes.key_node import KeyNode

__all__ = ["OutsideInterfaces"]


class OutsideInterfaces:
    """Key streams (ETSI GS QKD 004), keys of other systems (020), and the controller's view (015).

    Args:
        node: The node, all of which but its server is there.
    """

    def __init__(self, node: KeyNode) -> None:
        self._node = node
        calls = SiteCalls(node.folder.certificates, f"kme-{node.node}")
        self.streams = KeyStreams(node.service, self._ask)
        self.external = ExternalKeys(node.service, self, calls.acknowledge)

    @property
    def faces(self) -> list[Face]:
        """What the server of the node shows of them."""
        rules = self._node.scenario.kme
        return [
            etsi004_face(self.streams),
            etsi015_face(self._view),
            etsi020_face(self.external, rules),
        ]

    @property
    def answers(self) -> Mapping[str, Answer]:
        """What answers the calls of other nodes."""
        return {"streams": self.streams.answer, "withdraw": self._withdraw_here}

    async def close(self) -> None:
        """End what goes on in the background."""
        await self.external.close()

    async def bring(
        self, node: str, keys: Sequence[ManagedKey], assignments: Sequence[Assignment]
    ) -> list[str]:
        """Relay keys to a node, and say whose they are; see `ExternalWays.bring`."""
        own = self._node
        if node == own.node:
            run, store = own.store.run, own.store
            # A key of another one's, or of this site, may have the identity: it stays as it is.
            used = [key.key_id for key in keys if not await run(store.add_in, own.node, [key])]
            new = [each for each in assignments if each.key_id not in used]
            return used + await run(store.assign_in, own.node, new)
        ids = {key.key_id for key in keys}
        try:
            await own.agreements.bring(node, keys)
            # Until they are assigned, nothing else shows that they are no leftovers.
            own.relayer.on_the_way.update(ids)
            return await own.agreements.assign(node, assignments)
        finally:
            own.relayer.on_the_way.difference_update(ids)

    async def withdraw(self, node: str, key_ids: Sequence[str]) -> list[str]:
        """Void keys that were brought to a node; see `ExternalWays.withdraw`."""
        own = self._node
        if node == own.node:
            return await own.store.run(own.store.void_keys, own.node, key_ids, "in")
        found = await own.peers.call(node, "withdraw", {"ids": list(key_ids)})
        return [str(each) for each in found.get("ids", [])]

    async def _view(self) -> dict[str, Any]:
        """The node as an SDN controller sees it."""
        node = self._node
        return sdn_node(node.scenario, node.node, await state_of(node))

    async def _ask(self, node: str, message: Mapping[str, Any]) -> Mapping[str, Any]:
        return await self._node.peers.call(node, "streams", message)

    async def _withdraw_here(self, sender: str, body: dict[str, Any]) -> dict[str, Any]:
        store = self._node.store
        return {"ids": await store.run(store.void_keys, sender, ids_of(body), "in")}
