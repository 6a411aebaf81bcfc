"""Cisco's Secure Key Integration Protocol (SKIP) as a face of a key management server.

The face follows draft-cisco-skip-02: GET alone, answers in JSON, keys and identities in hex. What
the draft calls a system, a key provider with its encryptor, is here an SAE: ``localSystemID`` is
whoever asks, by its certificate, and ``remoteSystemID`` the SAEs of other nodes. A key is gone from
its node once it is delivered there, so that each end gets it once. The draft wants TLS 1.3 with
certificates or pre-shared keys; this server takes certificates alone, of both sides.
"""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Mapping

from aiohttp import web

from protocols.key_management.keys import ManagedKey
from protocols.key_management.refusals import KeyRefusedError, NotEntitledError
from protocols.key_management.server.face import Face, json_answer, sae_of
from protocols.key_management.service import KeyService

__all__ = ["skip_face"]

#: How the keys are made, in the words of the capabilities.
ALGORITHM = "QKD"

#: Bits of a random string when a request gives none, and most of them.
ENTROPY_BITS, MOST_ENTROPY_BITS = 256, 1 << 16

_KEY_ID = re.compile(r"[0-9A-Fa-f]{32}")
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)


def skip_face(service: KeyService) -> Face:
    """The interface of a key service for encryptors that speak SKIP."""
    handlers = _Skip(service)
    return Face(
        prefix=("/capabilities", "/key", "/entropy"),
        roles=frozenset({"sae"}),
        routes=[
            web.get("/capabilities", handlers.capabilities),
            web.get("/key", handlers.new_key),
            web.get("/key/{key_id}", handlers.known_key),
            web.get("/entropy", handlers.entropy),
        ],
    )


class _Skip:
    """The methods of table 2 of the draft."""

    def __init__(self, service: KeyService) -> None:
        self._service = service

    async def capabilities(self, request: web.Request) -> web.Response:
        """What the key provider does, and with whom: section 4.1."""
        caller = sae_of(request, self._service)
        _query(request, ())
        nodes, own = self._service.node_of, self._service.node
        return json_answer(
            {
                "entropy": True,
                "key": True,
                "algorithm": ALGORITHM,
                "localSystemID": caller,
                "remoteSystemID": sorted(sae for sae, node in nodes.items() if node != own),
            }
        )

    async def new_key(self, request: web.Request) -> web.Response:
        """A new key, shared with the remote system: section 4.2."""
        caller = sae_of(request, self._service)
        query = _query(request, ("remoteSystemID", "size"))
        size = _bits(query, "size")
        remote = _remote(query)
        if self._service.node_of.get(remote) == self._service.node:
            message = "remoteSystemID shall be one of those that /capabilities lists"
            raise KeyRefusedError(message)
        keys = await self._service.request_keys(caller, [remote], size_bits=size)
        return _key(keys[0])

    async def known_key(self, request: web.Request) -> web.Response:
        """The key of an identity that the remote system was given: section 4.2."""
        caller = sae_of(request, self._service)
        remote, key_id = _remote(_query(request, ("remoteSystemID",))), request.match_info["key_id"]
        if not _KEY_ID.fullmatch(key_id):
            message = "keyId shall be 32 hexadecimal digits"
            raise KeyRefusedError(message)
        try:
            keys = await self._service.collect_keys(caller, remote, [str(uuid.UUID(key_id))])
        except NotEntitledError:
            message = "there is no such key for this system"
            raise KeyRefusedError(message) from None
        return _key(keys[0])

    async def entropy(self, request: web.Request) -> web.Response:
        """Random bytes of the operating system, kept by nobody here: section 4.3."""
        sae_of(request, self._service)
        bits = _bits(_query(request, ("minentropy",)), "minentropy")
        bits = ENTROPY_BITS if bits is None else bits
        if not 1 <= bits <= MOST_ENTROPY_BITS:
            message = f"minentropy shall be 1 to {MOST_ENTROPY_BITS}"
            raise KeyRefusedError(message)
        try:
            found = secrets.token_bytes(-(-bits // 8))
        except (OSError, NotImplementedError):
            return json_answer({"message": "no random number generator is available"}, 503)
        return json_answer({"randomStr": found.hex(), "minentropy": 8 * len(found)})


def _query(request: web.Request, known: tuple[str, ...]) -> Mapping[str, str]:
    """Fields of a query: none but these, each once."""
    if set(request.query) - set(known) or len(set(request.query)) < len(request.query):
        message = f"the query shall have {', '.join(known) or 'no field'}, each once"
        raise KeyRefusedError(message)
    return request.query


def _remote(query: Mapping[str, str]) -> str:
    """The remote system of a query."""
    if not query.get("remoteSystemID"):
        message = "remoteSystemID shall be given"
        raise KeyRefusedError(message)
    return query["remoteSystemID"]


def _bits(query: Mapping[str, str], name: str) -> int | None:
    """A number of bits of a query, if it has one."""
    given = query.get(name)
    if given is None:
        return None
    if not _NUMBER.fullmatch(given):
        message = f"{name} shall be a whole number of bits"
        raise KeyRefusedError(message)
    return int(given)


def _key(key: ManagedKey) -> web.Response:
    return json_answer({"keyId": uuid.UUID(key.key_id).hex, "key": key.material.hex()})
