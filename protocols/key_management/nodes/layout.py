"""Layout of a served network: its addresses, and the folder that its nodes keep their keys in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from protocols.key_management.certificates import edge_name
from protocols.key_management.private_files import write_whole
from protocols.key_management.relaying.tags import TAG_KEY_BYTES
from protocols.key_networks.build import edge_tables, spans_of
from qnet.errors import ParameterError, check_probability

if TYPE_CHECKING:
    from protocols.key_networks import KeyNetworkScenario, StoreTable

__all__ = [
    "RunFolder",
    "check_served",
    "edge_between",
    "edges_of",
    "identity_of",
    "store_rules",
    "urls_of",
]

#: Most key in bytes that is kept of an edge whose store has no capacity of its own.
MOST_BYTES = 1 << 23


def edges_of(scenario: KeyNetworkScenario) -> dict[str, tuple[str, str]]:
    """The edges of a network by their names, each with its first and its second node."""
    return {edge_name(span.ends): (span.ends[0], span.ends[1]) for span in scenario.sites.spans}


def urls_of(scenario: KeyNetworkScenario) -> dict[str, str]:
    """Address of the KME of each node: one port more for each further node.

    Examples:
        >>> from protocols.key_networks import KeyLink, KeyNetworkScenario
        >>> from protocols.networks import TopologyTable
        >>> scenario = KeyNetworkScenario(
        ...     topology=TopologyTable(edges=[["A", "B"]]), link=KeyLink(key_rate_hz=1000.0)
        ... )
        >>> urls_of(scenario)
        {'A': 'https://127.0.0.1:8440', 'B': 'https://127.0.0.1:8441'}
    """
    names, kme = scenario.sites.names, scenario.kme
    found = {}
    for k, name in enumerate(names):
        host = kme.host_of(name)
        found[name] = f"https://{f'[{host}]' if ':' in host else host}:{kme.port + k}"
    return found


def check_served(scenario: KeyNetworkScenario) -> None:
    """Refuse a network whose edges hold too little for a key and its tags, or without routes' cost.

    Raises:
        ParameterError: If a store is too small, or the metric of the routes takes a rate or a
            length that is not given.
    """
    spans_of(scenario)
    key_bits = scenario.kme.default_key_bits
    for name, store in store_rules(scenario).items():
        least = key_bits + 8 * 2 * TAG_KEY_BYTES + store.reserve_bits
        if store.capacity_bits is not None and store.capacity_bits < least:
            rule = f"be at least {least} on edge {name}, for a key of {key_bits} bits and its tags"
            hint = "leave it out, or make kme.default_key_bits smaller"
            raise ParameterError("store.capacity_bits", rule, store.capacity_bits, hint)


def store_rules(scenario: KeyNetworkScenario) -> dict[str, StoreTable]:
    """The rules of the store of each edge, by its name; none is without end."""
    most = 8 * MOST_BYTES
    return {
        edge_name(ends): store
        if store.capacity_bits is not None
        else replace(store, capacity_bits=max(most, store.reserve_bits, store.initial_bits))
        for _, ends, _, _, _, store in edge_tables(scenario)
    }


def identity_of(scenario: KeyNetworkScenario) -> str:
    """What two scenarios have in common if one may go on with the keys of the other.

    Nodes, edges, and the way that keys are relayed; rates and ports may change, SAEs may be added.
    """
    relay = scenario.relay
    facts = [
        list(scenario.sites.names),
        sorted(edges_of(scenario)),
        [relay.scheme, relay.routes, relay.shares_needed],
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The folder of a served network.

    Args:
        path: Where it is.

    Examples:
        >>> RunFolder(Path("run")).preshared("A", "A--B").as_posix()
        'run/nodes/A/preshared/A--B.bin'
    """

    path: Path

    @property
    def certificates(self) -> Path:
        """Where the certificates are."""
        return self.path / "certs"

    def node(self, name: str) -> Path:
        """Where a node keeps what is its own."""
        return self.path / "nodes" / name

    def make_node(self, name: str) -> Path:
        """Make the folder that a node keeps what is its own in, if there is none."""
        found = self.node(name)
        for folder in (found.parent, found):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return found

    def store(self, name: str) -> Path:
        """File of the key store of a node."""
        return self.node(name) / "keys.sqlite"

    def preshared(self, node: str, edge: str) -> Path:
        """File of the secrets that a node shares with its neighbour beforehand."""
        return self.node(node) / "preshared" / f"{edge}.bin"

    def spy(self, edge: str) -> Path:
        """File that says which spy is on an edge."""
        return self.path / "spies" / f"{edge}.json"

    def make(self, scenario: KeyNetworkScenario) -> None:
        """Make the folder, or take one of the same network, which may have got further SAEs.

        Raises:
            ParameterError: If it is of another network, or none that was made here.
        """
        hint = "give another --dir, or the file that it was made with"
        mark = self.path / "network.json"
        found = _read(mark)
        if found is None and self.path.is_dir() and any(self.path.glob("*.json")):
            raise ParameterError("--dir", "be the folder of a key network", str(self.path), hint)
        identity = identity_of(scenario)
        saes = {sae.name: sae.node for sae in scenario.sae}
        if found is not None and found.get("identity") != identity:
            raise ParameterError("--dir", "be of the same network", str(self.path), hint)
        for name, node in dict(found.get("saes", {}) if found else {}).items():
            if saes.get(name) != node:
                hint = f"{name} was an SAE of {node} there: SAEs may come new, but not go or move"
                raise ParameterError("--dir", "be of the same network", str(self.path), hint)
        if self.path.is_dir() and self.path.stat().st_mode & 0o022:
            rule = "be a folder in which nobody else writes"
            raise ParameterError("--dir", rule, str(self.path), "chmod 700, or give another --dir")
        try:
            for folder in (self.path, self.path / "spies", self.path / "nodes"):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            rule = f"be a folder that can be made ({(error.strerror or 'error').lower()})"
            raise ParameterError("--dir", rule, str(self.path), "give another --dir") from None
        noted = {"identity": identity, "saes": saes}
        if found != noted:
            write_whole(mark, json.dumps(noted).encode())

    def set_spy(self, edge: str, intercept: float) -> None:
        """Put a spy on an edge, who measures a fraction of the pulses; 0 takes it away.

        Raises:
            ParameterError: If the fraction is none.
        """
        check_probability("--intercept", intercept)
        if intercept:
            write_whole(self.spy(edge), json.dumps({"intercept": intercept}).encode())
        else:
            self.spy(edge).unlink(missing_ok=True)

    def up(self) -> dict[str, Any]:
        """What was noted when the network was started.

        Raises:
            ParameterError: If it never was.
        """
        found = _read(self.path / "up.json")
        if found is None:
            hint = "start it: qnet kme up FILE --dir DIR"
            raise ParameterError("--dir", "be of a network that was started", str(self.path), hint)
        return found

    def note_up(self, urls: Mapping[str, str], edges: Mapping[str, tuple[str, str]]) -> None:
        """Note where the nodes of the network are."""
        noted = {"kmes": dict(urls), "edges": dict(edges)}
        write_whole(self.path / "up.json", json.dumps(noted).encode())


def edge_between(edges: Mapping[str, Sequence[str]], one: str, two: str) -> str:
    """The name of the edge that joins two nodes.

    Args:
        edges: Edges by their names, each with its two nodes.
        one: A node.
        two: Another one.

    Raises:
        ParameterError: If there is none.

    Examples:
        >>> edge_between({"A--B": ("A", "B")}, "B", "A")
        'A--B'
    """
    for name, ends in edges.items():
        if {one, two} == set(ends):
            return name
    hint = "edges are " + ", ".join(sorted(edges)[:10])
    raise ParameterError("--edge", "name two nodes that an edge joins", f"{one} {two}", hint)


def _read(path: Path) -> dict[str, Any] | None:
    """An object of a JSON file; None if there is none."""
    try:
        value = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None
