"""View of a node for an SDN controller: the data of ETSI GS QKD 015 V2.1.1, from a node's state.

The object is an instance of ETSI's YANG module ``etsi-qkd-sdn-node`` in JSON (RFC 7951): decimals
and 64-bit numbers are strings, identities have the name of their module before them. What is not
known of an emulated node is left out. Identities of nodes, links and applications come from the
names in the scenario, so that all nodes of a network, and a node that starts anew, use the same.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from protocols.key_management.nodes.layout import edges_of, identity_of
from protocols.key_networks.build import edge_tables
from qnet import __version__
from qnet.hardware import Fibre

if TYPE_CHECKING:
    from protocols.key_networks import KeyNetworkScenario

__all__ = ["sdn_node"]

_NODE, _TYPES = "etsi-qkd-sdn-node", "etsi-qkd-node-types"

#: Largest number of a uint32 leaf.
_LARGEST = 2**32 - 1

#: State of a link's end -> status of its QKD interface; ENABLED for all others.
_INTERFACES = {"alarm": "FAILED", "stopped": "DISABLED"}


def sdn_node(scenario: KeyNetworkScenario, node: str, state: Mapping[str, Any]) -> dict[str, Any]:
    """The node as ``etsi-qkd-sdn-node:qkd_node``.

    Args:
        scenario: The network.
        node: Which node.
        state: Its state, as `protocols.key_management.nodes.manage.state_of` gives it.
    """
    view = _View(scenario, node, state)
    return {
        f"{_NODE}:qkd_node": {
            "qkdn_id": view.node_id(node),
            "qkdn_status": _identity("OPERATING" if state["ready"] else "NEW"),
            "qkdn_version": f"qnet {__version__}",
            "qkdn_location_id": node,
            "qkdn_capabilities": {
                "link_stats_support": True,
                "application_stats_support": True,
                "key_relay_mode_enable": view.is_trusted,
            },
            "qkd_applications": {"qkd_app": view.applications()},
            "qkd_interfaces": {"qkd_interface": view.interfaces()},
            "qkd_links": {"qkd_link": [*view.physical_links(), *view.virtual_links()]},
        }
    }


class _View:
    """Parts of the view of one node.

    Args:
        scenario: The network.
        node: Which node.
        state: Its state.
    """

    def __init__(self, scenario: KeyNetworkScenario, node: str, state: Mapping[str, Any]) -> None:
        self.scenario, self.node, self.state = scenario, node, state
        self.edges = edges_of(scenario)
        self.own = {name: ends for name, ends in self.edges.items() if node in ends}
        self._space = uuid.uuid5(uuid.NAMESPACE_URL, f"qnet:{identity_of(scenario)}")
        trust = {table.name: table.trusted for table in scenario.nodes}
        self.is_trusted = trust.get(node, True)
        self.pairs = {pair["to"]: pair for pair in state["pairs"]}
        self.told = {edge["name"]: edge for edge in state["edges"]}

    def node_id(self, node: str) -> str:
        """Identity of a node."""
        return str(uuid.uuid5(self._space, f"node/{node}"))

    def link_id(self, kind: str, ends: Iterable[str]) -> str:
        """Identity of a link, the same at both ends."""
        return str(uuid.uuid5(self._space, f"{kind}/" + "/".join(sorted(ends))))

    def application_id(self, sae: str) -> str:
        """Identity of the application of an SAE."""
        return str(uuid.uuid5(self._space, f"application/{sae}"))

    def interface_id(self, edge: str, node: str) -> int:
        """Number of a node's interface to an edge: its edges in order, from 1."""
        return 1 + [name for name, ends in self.edges.items() if node in ends].index(edge)

    def applications(self) -> list[dict[str, Any]]:
        """One for each SAE of the node, with those at other nodes that it can share keys with."""
        used = {user["sae"]: user["bits"] for user in self.state["users"]}
        others = [sae for sae in self.scenario.sae if sae.node != self.node]
        nodes = sorted({sae.node for sae in others})
        is_on = any(not pair["reason"] for pair in self.pairs.values())
        found = []
        for sae in self.scenario.sae:
            if sae.node != self.node:
                continue
            app: dict[str, Any] = {
                "app_id": self.application_id(sae.name),
                "app_status": _identity("ON" if is_on else "DISCONNECTED"),
                "app_type": _identity("CLIENT"),
                "server_app_id": _uri(sae.node, sae.name),
                "client_app_id": [_uri(other.node, other.name) for other in others],
                "creation_time": _time(self.state["begun_s"]),
                "app_statistics": {
                    "statistics": [
                        {
                            "end_time": _time(self.state["time_s"]),
                            "consumed_bits": _count(used.get(sae.name, 0)),
                        }
                    ]
                },
                "backing_qkdl_id": self._backing(),
                "local_qkdn_id": self.node_id(self.node),
            }
            if len(nodes) == 1:
                app["remote_qkdn_id"] = self.node_id(nodes[0])
            found.append(app)
        return found

    def interfaces(self) -> list[dict[str, Any]]:
        """One for each edge of the node: its end of the emulated quantum channel."""
        found = []
        for edge in self.own:
            status = _INTERFACES.get(self.told[edge]["link"]["state"], "ENABLED")
            found.append(
                {
                    "qkdi_id": self.interface_id(edge, self.node),
                    "qkdi_model": "qnet emulated link",
                    "qkdi_type": _identity("DV-QKD"),
                    "qkdi_status": _identity(status),
                }
            )
        return found

    def physical_links(self) -> list[dict[str, Any]]:
        """One for each edge of the node."""
        lengths = {
            ends: (length, fibre) for _, ends, length, _, fibre, _ in edge_tables(self.scenario)
        }
        return [self._physical(edge, *lengths[self.own[edge]]) for edge in self.own]

    def _physical(
        self, edge: str, length_km: float | None, fibre: Mapping[str, Any]
    ) -> dict[str, Any]:
        told, ends = self.told[edge], self.own[edge]
        link, other = told["link"], ends[1] if ends[0] == self.node else ends[0]
        performance: dict[str, Any] = {"skr": _count(round(link["bits_per_s"]))}
        if link["qber"] is not None:
            rate = {"perf_type": _identity("QBER"), "value": _decimal(link["qber"]["best"])}
            performance["phys_perf"] = [rate]
        found: dict[str, Any] = {
            "qkdl_id": self.link_id("edge", ends),
            "qkdl_status": _identity(_status(told)),
            "qkdl_enable": link["state"] != "stopped",
            "qkdl_local": self._end(edge, self.node),
            "qkdl_remote": self._end(edge, other),
            "qkdl_type": _identity("PHYS"),
            "qkdl_applications": self._users_of(edge),
            "qkdl_performance": performance,
        }
        if length_km is not None:
            per_km = Fibre(**dict(fibre)).loss_db_per_km
            found["phys_channel_att"] = _decimal(length_km * per_km)
        return found

    def _end(self, edge: str, node: str) -> dict[str, Any]:
        return {"qkdn_id": self.node_id(node), "qkdi_id": self.interface_id(edge, node)}

    def virtual_links(self) -> list[dict[str, Any]]:
        """One for each node with which keys are kept ready, and to which no edge leads."""
        neighbours = {end for ends in self.own.values() for end in ends}
        return [
            self._virtual(target, pair)
            for target, pair in self.pairs.items()
            if target not in neighbours
        ]

    def _virtual(self, target: str, pair: Mapping[str, Any]) -> dict[str, Any]:
        status = "ACTIVE" if pair["routes"] else "PASSIVE" if pair["ready_keys"] else "OFF"
        hops = list(dict.fromkeys(route[1] for route in pair["routes"]))
        return {
            "qkdl_id": self.link_id("pair", (self.node, target)),
            "qkdl_status": _identity(status),
            "qkdl_enable": True,
            "qkdl_local": {"qkdn_id": self.node_id(self.node)},
            "qkdl_remote": {"qkdn_id": self.node_id(target)},
            "qkdl_type": _identity("VIRT"),
            "qkdl_applications": [
                self.application_id(sae.name) for sae in self.scenario.sae if sae.node == self.node
            ],
            "virt_next_hop": [self.node_id(hop) for hop in hops],
        }

    def _users_of(self, edge: str) -> list[str]:
        """Applications of the node whose keys begin their way on an edge."""
        first = {frozenset(route[:2]) for pair in self.pairs.values() for route in pair["routes"]}
        if frozenset(self.own[edge]) not in first:
            return []
        return [self.application_id(sae.name) for sae in self.scenario.sae if sae.node == self.node]

    def _backing(self) -> list[str]:
        """Links that the keys of the node's applications come over."""
        neighbours = {end for ends in self.own.values() for end in ends}
        return [
            self.link_id("edge" if target in neighbours else "pair", (self.node, target))
            for target in self.pairs
        ]


def _status(told: Mapping[str, Any]) -> str:
    """Status of a physical link: whether it makes key, and whether some is left."""
    if told["stopped"]:
        return "OFF"
    if told["link"]["state"] == "running":
        return "ACTIVE"
    return "PASSIVE" if told["level_bits"] else "PENDING"


def _identity(name: str) -> str:
    return f"{_TYPES}:{name}"


def _uri(node: str, sae: str) -> str:
    """An SAE as a URI: those of ETSI GS QKD 004 look so.

    Examples:
        >>> _uri("New York", "alice")
        'qkd://alice@New%20York'
    """
    return f"qkd://{quote(sae, safe='')}@{quote(node, safe='')}"


def _time(seconds: float) -> str:
    """A time as RFC 3339 has it.

    Examples:
        >>> _time(0.0)
        '1970-01-01T00:00:00Z'
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _decimal(value: float) -> str:
    """A decimal64 of three digits.

    Examples:
        >>> _decimal(0.01829)
        '0.018'
    """
    return f"{value:.3f}"


def _count(value: float) -> int:
    """A uint32: the largest one stands for all above."""
    return max(0, min(int(value), _LARGEST))
