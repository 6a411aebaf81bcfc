"""Key streams of ETSI GS QKD 004 over HTTPS, as a face of a key management server.

The standard describes calls of a program and no wire. The paths and JSON here are this project's;
statuses become HTTP codes as in the REST form of the Austrian Institute of Technology: 0 and 1 are
200, what a caller can mend (3, 5, 8) is 400, and what it cannot (2, 4, 6, 7) is 500.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from protocols.key_management.refusals import KeyRefusedError
from protocols.key_management.server.face import Face, identified, json_answer, json_of
from protocols.key_management.streams import KeyStreams, StreamQuality, StreamStatus
from qnet.errors import ParameterError

__all__ = ["etsi004_face"]

PREFIX = "/qkd004/v1"

_MENDABLE = (
    StreamStatus.PEER_NOT_YET_CONNECTED,
    StreamStatus.IN_USE,
    StreamStatus.METADATA_TOO_LARGE,
)


def etsi004_face(streams: KeyStreams) -> Face:
    """The key streams of a node for its SAEs."""
    handlers = _Etsi004(streams)
    return Face(
        prefix=PREFIX,
        roles=frozenset({"sae"}),
        routes=[
            web.post(PREFIX + "/open_connect", handlers.open_connect),
            web.post(PREFIX + "/get_key", handlers.get_key),
            web.post(PREFIX + "/close", handlers.close),
        ],
    )


class _Etsi004:
    """The three calls."""

    def __init__(self, streams: KeyStreams) -> None:
        self._streams = streams

    async def open_connect(self, request: web.Request) -> web.Response:
        """OPEN_CONNECT."""
        given = await _object(request, ("source", "destination", "QoS", "Key_stream_ID"))
        try:
            opened = await self._streams.open_connect(
                identified(request).name,
                str(given.get("source", "")),
                str(given.get("destination", "")),
                StreamQuality.from_json(given.get("QoS")),
                given.get("Key_stream_ID"),
            )
        except ParameterError as error:
            raise KeyRefusedError(str(error)) from None
        found = {"QoS": opened.quality.as_json(), "Key_stream_ID": opened.stream_id}
        return _answer(opened.status, found)

    async def get_key(self, request: web.Request) -> web.Response:
        """GET_KEY; the bytes in base64."""
        given = await _object(request, ("Key_stream_ID", "index", "Metadata"))
        metadata = _named(given.get("Metadata") or {}, ("Metadata_size", "Metadata_buffer"))
        try:
            key = await self._streams.get_key(
                identified(request).name,
                str(given.get("Key_stream_ID", "")),
                index=given.get("index"),
                metadata_size=metadata.get("Metadata_size", 0),
            )
        except ParameterError as error:
            raise KeyRefusedError(str(error)) from None
        shown = {"Metadata_size": key.metadata_size, "Metadata_buffer": key.metadata}
        found: dict[str, Any] = {"index": key.index, "Metadata": shown}
        if key.key_buffer is not None:
            found["Key_buffer"] = base64.b64encode(key.key_buffer).decode()
        return _answer(key.status, found)

    async def close(self, request: web.Request) -> web.Response:
        """CLOSE."""
        given = await _object(request, ("Key_stream_ID",))
        stream = str(given.get("Key_stream_ID", ""))
        return _answer(await self._streams.close(identified(request).name, stream), {})


def _answer(status: StreamStatus, found: Mapping[str, Any]) -> web.Response:
    """What a call came to, with the HTTP code of its status."""
    code = 400 if status in _MENDABLE else 500
    if status in (StreamStatus.DONE, StreamStatus.PEER_NOT_CONNECTED):
        code = 200
    return json_answer({**found, "status": int(status)}, code)


async def _object(request: web.Request, names: tuple[str, ...]) -> dict[str, Any]:
    """The JSON object of a body: none but these names, in upper or lower case."""
    given = json_of(await request.read())
    if not isinstance(given, dict):
        message = "the body shall be a JSON object"
        raise KeyRefusedError(message)
    return _named(given, names)


def _named(given: Any, names: tuple[str, ...]) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    """An object's fields by the standard's names."""
    known = {name.lower(): name for name in names}
    if not isinstance(given, dict) or any(name.lower() not in known for name in given):
        message = f"the fields shall be {', '.join(names)}"
        raise KeyRefusedError(message)
    return {known[name.lower()]: value for name, value in given.items()}
