"""Face of a node to the other KMEs: calls that a certificate of a KME may make, and no other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web

from protocols.key_management.refusals import KeyRefusedError
from protocols.key_management.server.face import Face, identified, json_answer, json_of

__all__ = ["Answer", "ids_of", "peer_face"]

PREFIX = "/peer/v1"

#: Answers a call: from the node that makes it, and what it says.
Answer = Callable[[str, dict[str, Any]], Awaitable[dict[str, Any] | None]]


def peer_face(nodes: frozenset[str], answers: Mapping[str, Answer]) -> Face:
    """The calls of other nodes: ``POST /peer/v1/CALL`` with an object in JSON.

    Args:
        nodes: Names of the other nodes.
        answers: What answers each call.
    """

    async def handle(request: web.Request) -> web.Response:
        node = identified(request).node
        if node not in nodes:
            message = f"{node} is no node of this network"
            raise KeyRefusedError(message)
        answer = answers.get(request.match_info["call"])
        if answer is None:
            raise web.HTTPNotFound
        body = json_of(await request.read() or b"{}")
        if not isinstance(body, dict):
            message = "the body of a call is an object in JSON"
            raise KeyRefusedError(message)
        return json_answer(await answer(node, body) or {})

    routes = [web.post(PREFIX + "/{call}", handle)]
    return Face(prefix=PREFIX, roles=frozenset({"kme"}), routes=routes)


def ids_of(body: Mapping[str, Any]) -> list[str]:
    """Identities of keys that a call names.

    Raises:
        KeyRefusedError: If there are none that can be read.

    Examples:
        >>> ids_of({"ids": ["k"]})
        ['k']
    """
    ids = body.get("ids")
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        message = "the identities of keys cannot be read"
        raise KeyRefusedError(message)
    return ids
