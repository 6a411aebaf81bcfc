"""Faces of a key management server: an interface each, with its paths, callers and refusals."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from protocols.key_management.server.identity import Caller
from protocols.key_management.service import KeyService

__all__ = ["Face", "identified", "json_answer", "json_of", "sae_of", "unauthorised"]


def json_answer(
    value: Any,  # noqa: ANN401 - any JSON
    status: int = 200,
    *,
    kind: str = "application/json",
) -> web.Response:
    """An answer in JSON, not to be kept by anybody on the way.

    Args:
        value: What it says.
        status: Of HTTP.
        kind: Media type of the JSON.
    """
    return web.Response(
        body=json.dumps(value).encode(),
        status=status,
        headers={"Content-Type": kind, "Cache-Control": "no-store"},
    )


def json_of(body: bytes) -> Any:  # noqa: ANN401 - any JSON
    """What a body says in JSON; None if it is none.

    Examples:
        >>> json_of(b'{"number": 2}'), json_of(b"{"), json_of(b"[" * 100_000)
        ({'number': 2}, None, None)
    """
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def unauthorised() -> web.Response:
    """The answer to who may not ask: 401 and no body."""
    return web.Response(status=401)


def _message(status: int, message: str) -> web.Response:
    """A refusal as JSON with a message; 401 has no body."""
    return unauthorised() if status == 401 else json_answer({"message": message}, status)


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """An interface that a server shows: one file each.

    Args:
        prefix: Beginning of all its paths, or several of which each has one.
        roles: Whose certificates it serves; others get ``refuse(401, ...)``.
        routes: Its paths; each handler takes a request, whose `identified` caller is certain and
            whose whole body has come (``await request.read()`` waits for nothing).
        refuse: Its answer to a request that it does not serve: from an HTTP status and a message.

    Examples:
        >>> async def hello(request):
        ...     return json_answer({"hello": identified(request).name})
        >>> face = Face(prefix="/hello", roles={"sae"}, routes=[web.get("/hello", hello)])
        >>> face.refuse(401, "").status
        401
    """

    prefix: str | tuple[str, ...]
    roles: frozenset[str] | set[str]
    routes: Sequence[web.RouteDef]
    refuse: Callable[[int, str], web.Response] = _message


def identified(request: web.Request) -> Caller:
    """Who made a request, by its certificate."""
    caller = getattr(request.protocol, "caller", None)
    assert isinstance(caller, Caller)
    return caller


def sae_of(request: web.Request, service: KeyService) -> str:
    """The SAE that made a request, which is one of the service's node.

    Raises:
        NotEntitledError: If it is none.
    """
    caller = identified(request).name
    service.check_caller(caller)
    return caller
