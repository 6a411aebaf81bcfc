"""State of a network that runs, as a table or as JSON."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.cli.failing import say
from experiments.cli.kme_network import check_extra
from experiments.cli.printer import columns

if TYPE_CHECKING:
    from protocols.key_management.store import StoreLevel

__all__ = ["print_levels", "print_state", "state_lines"]

State = Mapping[str, Any]


def print_state(path: Path, *, as_json: bool) -> int:
    """Print the state of all nodes of a network; 1 if one does not answer."""
    check_extra()
    from protocols.key_management.nodes.layout import RunFolder
    from protocols.key_management.nodes.manager import NetworkManager

    folder = RunFolder(path)
    noted = folder.up()

    async def ask() -> dict[str, dict[str, Any] | None]:
        async with NetworkManager(noted["kmes"], folder.certificates) as manager:
            return await manager.states()

    states = asyncio.run(ask())
    if as_json:
        print(json.dumps({"nodes": states}, indent=2))
    else:
        print(*state_lines(states), sep="\n")
    return 0 if all(states.values()) else 1


def print_levels(path: Path) -> int:
    """Print what the stores of a network held over time, whether it runs or not.

    Returns:
        1 if a node does not answer and its store is not here.
    """
    check_extra()
    from protocols.key_management.nodes.layout import RunFolder
    from protocols.key_management.nodes.manager import NetworkManager
    from protocols.key_management.store import KeyStore, levels_csv

    folder = RunFolder(path)
    noted = folder.up()

    async def ask() -> list[list[StoreLevel] | None]:
        async with NetworkManager(noted["kmes"], folder.certificates) as manager:
            return await asyncio.gather(*map(manager.levels, manager.urls))

    found = dict(zip(noted["kmes"], asyncio.run(ask()), strict=True))
    for node, rows in found.items():
        if rows is None and folder.store(node).is_file():  # nobody else has it open
            with KeyStore(folder.store(node)) as store:
                found[node] = store.level_history()
    print(levels_csv({node: rows for node, rows in found.items() if rows is not None}), end="")
    missing = [node for node, rows in found.items() if rows is None]
    for node in missing:
        say(f"node {node} does not answer, and its store is not in {path}")
    return 1 if missing else 0


def state_lines(states: Mapping[str, State | None]) -> Iterator[str]:
    """The state of nodes as text: nodes, edges, pairs, users, alarms."""
    answering = [state for state in states.values() if state]
    for node, state in states.items():
        said = "does not answer" if not state else "is ready" if state["ready"] else "is not ready"
        yield f"node {node} {said}"
    edges = {edge["name"]: edge for state in answering for edge in state["edges"]}
    rows = [_edge_row(edge) for edge in edges.values()]
    if rows:
        yield from ("", *columns([("edge", "level_bits", "used_bits", "qber", "state"), *rows]))
    pairs = [(state["node"], pair) for state in answering for pair in state["pairs"]]
    if pairs:
        head = ("from", "to", "ready_keys", "routes")
        yield from ("", *columns([head, *(_pair_row(*each) for each in pairs)]))
    users = [user for state in answering for user in state["users"]]
    if users:
        rows = [(user["sae"], str(user["keys"]), str(user["bits"])) for user in users]
        yield from ("", *columns([("sae", "keys", "bits"), *rows]))
    stopped = {name: why for state in answering for name, why in state["stopped"].items()}
    for why in stopped.values():
        yield f"\n{why}"


def _edge_row(edge: State) -> tuple[str, ...]:
    qber = edge["link"]["qber"]
    return (
        edge["name"],
        str(edge["level_bits"]),
        str(edge["used_bits"]),
        "" if qber is None else f"{qber['best']:.4f}",
        "stopped" if edge["stopped"] else edge["link"]["state"],
    )


def _pair_row(node: str, pair: State) -> tuple[str, ...]:
    routes = ", ".join("-".join(route) for route in pair["routes"])
    return (node, pair["to"], str(pair["ready_keys"]), routes or pair["reason"])
