"""View of ETSI GS QKD 015 as a face of a key management server, to the manager's certificate.

``GET /manage/v1/etsi015`` answers with ``etsi-qkd-sdn-node:qkd_node`` as RESTCONF would
(RFC 8040, ``application/yang-data+json``). It is a view: nothing is set through it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from protocols.key_management.server.face import Face, json_answer

__all__ = ["etsi015_face"]

PATH = "/manage/v1/etsi015"


def etsi015_face(view: Callable[[], Awaitable[dict[str, Any]]]) -> Face:
    """The face of a node to SDN controllers.

    Args:
        view: The node's data, as `protocols.key_management.nodes.sdn_view.sdn_node` gives them.
    """

    async def show(_: web.Request) -> web.Response:
        return json_answer(await view(), kind="application/yang-data+json")

    return Face(prefix=PATH, roles=frozenset({"manager"}), routes=[web.get(PATH, show)])
