"""State of a node for who manages the network: levels, alarms, users, counters; nothing secret."""

from __future__ import annotations

import time
from dataclasses import astuple
from typing import TYPE_CHECKING, Any

from aiohttp import web

from protocols.key_management.refusals import KeyRefusedError
from protocols.key_management.server.face import Face, json_answer

if TYPE_CHECKING:
    from protocols.key_management.nodes.key_node import KeyNode

__all__ = ["manage_face", "state_of"]

PREFIX = "/manage/v1"

#: Levels of an answer, about.
LEVELS = 2000


def manage_face(node: KeyNode) -> Face:
    """The face of a node to the certificate of the manager.

    ``GET /manage/v1/state`` is the state; ``GET /manage/v1/levels?after_s=TIME`` what the store
    held over time, some of it at a time; ``POST /manage/v1/edges/EDGE/restart`` lets an edge that
    an alarm has stopped try again.
    """

    async def state(_: web.Request) -> web.Response:
        return json_answer(await state_of(node))

    async def levels(request: web.Request) -> web.Response:
        try:
            after_s = float(request.query.get("after_s", "-inf"))
        except ValueError:
            message = "after_s is a time in seconds"
            raise KeyRefusedError(message) from None
        rows = await node.store.run(node.store.level_history, after_s, LEVELS)
        return json_answer({"levels": [astuple(row) for row in rows]})

    async def restart(request: web.Request) -> web.Response:
        link = node.links.get(request.match_info["edge"])
        if link is None:
            message = "the node has no such edge"
            raise KeyRefusedError(message)
        return json_answer({"restarted": link.restart()})

    routes = [
        web.get(PREFIX + "/state", state),
        web.get(PREFIX + "/levels", levels),
        web.post(PREFIX + "/edges/{edge}/restart", restart),
    ]
    return Face(prefix=PREFIX, roles=frozenset({"manager"}), routes=routes)


async def state_of(node: KeyNode) -> dict[str, Any]:
    """The state of a node, as JSON types.

    Args:
        node: Which node.

    Returns:
        ``node``; ``ready``: each edge has held key since the beginning, and each pair has had keys,
        if they are not stopped; ``begun_s``, ``time_s``; ``edges``: name, ends, level_bits, stopped
        (why; empty if it delivers key), used_bits, link (`LinkReport.as_dict`); ``pairs``: to,
        ready_keys, wanted_keys, routes, reason (why no key gets there); ``peers``: whether they
        are up and settled, and the marks that the stores told each other; ``users``: keys and bits
        of each SAE; ``stopped``: edges of the whole network and why; ``counters`` of the store and
        ``relays`` of this process.
    """
    store = node.store
    edges = [await _edge(node, name) for name in node.own]
    pairs = [await _pair(node, target) for target in node.targets]
    peers = {
        name: {
            "up": entry.is_up,
            "settled": entry.is_settled,
            "mark": await store.run(store.mark, name, node.edges_to(name)),
            "heard": await store.run(store.heard, name),
        }
        for name, entry in node.book.entries.items()
    }
    stopped = node.agreements.stopped()
    return {
        "node": node.node,
        "ready": all(edge["name"] in node.filled or edge["stopped"] for edge in edges)
        and all(pair["to"] in node.stocked or (pair["reason"] and stopped) for pair in pairs)
        and all(peer["up"] and peer["settled"] for peer in peers.values()),
        "begun_s": node.begun,
        "time_s": time.time(),
        "edges": edges,
        "pairs": pairs,
        "peers": peers,
        "users": [
            await _user(node, sae.name) for sae in node.scenario.sae if sae.node == node.node
        ],
        "stopped": stopped,
        "counters": await store.run(store.counters),
        "relays": {
            **node.relayer.counters,
            "voided_bytes": sum(node.pads.voided.values()),
        },
    }


async def _edge(node: KeyNode, name: str) -> dict[str, Any]:
    level, stopped = node.seen[name]
    return {
        "name": name,
        "ends": list(node.own[name]),
        "level_bits": 8 * level,
        "stopped": stopped,
        "used_bits": 8 * node.pads.used[name],
        "link": node.links[name].report().as_dict(),
    }


async def _pair(node: KeyNode, target: str) -> dict[str, Any]:
    agreements, rules = node.agreements, node.scenario.kme
    reason = agreements.reason(target)
    try:
        routes = [list(route) for route in agreements.open_routes(target)]
    except KeyRefusedError:
        routes = []
    return {
        "to": target,
        "ready_keys": node.store.ready(target, rules.default_key_bits),
        "wanted_keys": rules.ready_keys,
        "key_bits": rules.default_key_bits,
        "routes": routes,
        "reason": reason,
    }


async def _user(node: KeyNode, sae: str) -> dict[str, Any]:
    found = await node.store.run(node.store.counters, sae)
    return {
        "sae": sae,
        "keys": found.get("sae_keys", 0),
        "bits": 8 * found.get("sae_bytes", 0),
    }
