"""Network configurations of SquidASM and netsquid-netbuilder: a chain, or a network of stacks.

The keys are those of github.com/QuTech-Delft/squidasm (``StackNetworkConfig``): ``stacks`` with
devices, quantum ``links``, classical ``clinks``; times are in nanoseconds, lengths in km.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from protocols.interchange.given_keys import GivenKeys, entries_of
from protocols.interchange.imported import ImportedScenario, asked_by_all, run_table
from protocols.interchange.stack_device import StackDevice, device_of
from protocols.interchange.stack_links import StackLink, link_of
from qnet.errors import ParameterError
from qnet.schema.write import values_of

__all__ = ["looks_like_stacks", "read_stacks"]

_NAME = "a network configuration of SquidASM or netsquid-netbuilder"

_NODES, _LINKS = ("stacks", "processing_nodes"), ("links", "qlinks")

_REFUSED = {
    name: "hubs and their chains are not taken: write their links out"
    for name in ("hubs", "metro_hubs", "repeater_chains")
}


def looks_like_stacks(values: object) -> bool:
    """Whether a table holds stacks and links."""
    return isinstance(values, Mapping) and any(name in values for name in _NODES)


def read_stacks(values: object) -> ImportedScenario:
    """The chain or the network that stacks and links describe.

    Stacks in a row are a chain, in which those between the ends swap as soon as they can. All
    others are a network, whose end nodes (or all nodes, where none has one link only) ask for pairs
    all the time, any two of them.

    Args:
        values: What the file holds.

    Raises:
        ParameterError: If a key is missing, wrong, or of something that is not taken.
    """
    keys = GivenKeys("", values)
    devices = {}
    for entry in entries_of(keys, *_NODES):
        name = entry.text("name")
        if name in devices:
            raise ParameterError(entry.path("name"), "be new", name, "rename one of them")
        devices[name] = device_of(entry)
        entry.ignore(("app", "node_id", "host_qnos_latency", "instr_latency", "receive_latency"))
        entry.refuse_rest()
    links = [link_of(entry) for entry in entries_of(keys, *_LINKS)]
    for link in links:
        for end in link.ends:
            if end not in devices:
                hint = f"the stacks are {', '.join(devices)}"
                raise ParameterError("links", "join two of the stacks", end, hint)
    if not links:
        raise ParameterError("links", "be given", links, "list the quantum links")
    remarks = []
    if keys.ignore(("clinks",)):
        remarks.append("clinks are ignored: messages between the stacks take no time")
    unknown = {name: each for name, each in keys.values.items() if _is_anchor(name, each)}
    keys.ignore(unknown)
    keys.refuse_rest(_REFUSED)
    order = _row(links)
    found, more = _chain(order, devices) if order else _network(links, devices)
    for device in devices.values():
        remarks += device.remarks
    for link in links:
        remarks += link.remarks
    return ImportedScenario(
        source=_NAME, values=found, remarks=tuple(dict.fromkeys(more + remarks))
    )


def _is_anchor(name: str, value: object) -> bool:
    """Whether a key at the top only holds a table that others repeat."""
    return isinstance(value, Mapping) and name not in (*_NODES, *_LINKS, *_REFUSED)


def _row(links: Sequence[StackLink]) -> list[tuple[StackLink, tuple[str, str]]]:
    """The links in the order of a chain with their ends from left to right; empty if it is none."""
    at: dict[str, list[StackLink]] = {}
    for link in links:
        for end in link.ends:
            at.setdefault(end, []).append(link)
    tips = [name for name, each in at.items() if len(each) == 1]
    if len(tips) != 2 or any(len(each) > 2 for each in at.values()):
        return []
    here, left, found = tips[0], list(links), []
    while left:
        joined = [each for each in left if here in each.ends]
        if not joined:
            return []
        link = joined[0]
        left.remove(link)
        there = link.ends[1] if link.ends[0] == here else link.ends[0]
        found.append((link, (here, there)))
        here = there
    return found


def _chain(
    order: Sequence[tuple[StackLink, tuple[str, str]]], devices: Mapping[str, StackDevice]
) -> tuple[dict[str, Any], list[str]]:
    """The tables of a chain."""
    names = [order[0][1][0], *(ends[1] for _, ends in order)]
    tables = [_turned(link, ends) for link, ends in order]
    found: dict[str, Any] = {
        "kind": "chain",
        "chain": {"segments": len(order), "strategy": "swap-asap"},
    }
    if all(table == tables[0] for table in tables):
        found["link"] = tables[0]
    else:
        found["links"] = tables
    found |= _parts([devices[name] for name in names], [devices[name] for name in names[1:-1]])
    remarks = [f"the chain is {' - '.join(names)}"]
    if len(order) > 1:
        remarks.append("the inner stacks swap as soon as they hold two pairs, without a cut-off")
    return found, remarks


def _turned(link: StackLink, ends: tuple[str, str]) -> dict[str, Any]:
    """The table of a link from left to right."""
    passed = link.table.get("transmission")
    if link.ends != ends and isinstance(passed, list):
        return {**link.table, "transmission": passed[::-1]}
    return link.table


def _network(
    links: Sequence[StackLink], devices: Mapping[str, StackDevice]
) -> tuple[dict[str, Any], list[str]]:
    """The tables of a network."""
    count = {name: sum(name in link.ends for link in links) for name in devices}
    used = [name for name in devices if count[name]]
    demands, told = asked_by_all({name: count[name] for name in used})
    edges = [[*link.ends] + ([link.length_km] if link.length_km else []) for link in links]
    found: dict[str, Any] = {
        "kind": "network",
        "run": run_table([link.table for link in links]),
        "topology": {"edges": edges},
        "link": links[0].table,
    }
    own = [link for link in links if link.table != links[0].table]
    if any(set(link.table) != set(links[0].table) for link in own):
        hint = "give all of them the same typ and the same keys"
        kinds = [link.table["scheme"] for link in links]
        raise ParameterError("links", "be of one kind in a network", kinds, hint)
    found |= _parts([devices[name] for name in used], [devices[name] for name in used])
    if own:
        found["edge"] = [{"ends": list(link.ends), "link": link.table} for link in own]
    found["controller"] = {"allocation": "share"}
    found["demand"] = demands
    idle = [name for name in devices if not count[name]]
    remarks = [told]
    if idle:
        remarks.append(f"without a link, and left out: {', '.join(idle)}")
    return found, remarks


def _parts(all_: Sequence[StackDevice], swapping: Sequence[StackDevice]) -> dict[str, Any]:
    """[memory] of all nodes and [swap] of those that swap, which must be equal.

    Raises:
        ParameterError: If they differ.
    """
    if any(each.memory != all_[0].memory for each in all_):
        hint = "a scenario has one [memory]: give them the same coherence times"
        told = [f"T1 {each.memory.t1_s:g} s, T2 {each.memory.t2_s:g} s" for each in all_]
        raise ParameterError("stacks", "have equal memories", told, hint)
    if any(each.gates != swapping[0].gates for each in swapping):
        hint = "a scenario has one [swap]: give the nodes that swap the same gates"
        differing = [
            item.name
            for item in fields(swapping[0].gates)
            if len({getattr(each.gates, item.name) for each in swapping}) > 1
        ]
        raise ParameterError("stacks", "have equal gates where they swap", differing, hint)
    found: dict[str, Any] = {}
    kept = values_of(all_[0].memory).items()
    memory = {name: value for name, value in kept if math.isfinite(value)}
    if memory:
        found["memory"] = memory
    if swapping and (gates := values_of(swapping[0].gates)):
        found["swap"] = {"gates": gates}
    return found
