"""Client of the other KMEs: HTTPS over connections that are kept alive, each end known for sure."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp

from protocols.key_management.certificates import client_context, common_name
from protocols.key_management.peering.calls import PeerLostError
from protocols.key_management.refusals import KeyRefusedError, KeyShortageError

__all__ = ["PeerClient", "context_for"]

#: Connections to each node, and longest time in s to make one.
CONNECTIONS, CONNECT_S = 8, 3.0


def context_for(folder: Path, file: str, name: str) -> ssl.SSLContext:
    """TLS of a client that talks to the owner of one certificate alone.

    An address says little among KMEs of one machine: their common names tell them apart. It is
    checked before anything is sent.

    Args:
        folder: Where the certificates are.
        file: The client's own, without ``.crt``.
        name: Common name of the server's certificate.

    Raises:
        ParameterError: If a file cannot be used.
    """

    class NamedServer(ssl.SSLObject):
        """The client's end, which refuses a server of another name."""

        def do_handshake(self) -> None:
            super().do_handshake()
            found = common_name(self.getpeercert())
            if found != name:
                message = f"the certificate is of {found or 'nobody'}, not of {name}"
                raise ssl.SSLCertVerificationError(message)

    context = client_context(folder, file)
    context.sslobject_class = NamedServer
    return context


class PeerClient:
    """Calls of one node to the others, over mutual TLS.

    Args:
        node: Whose calls they are.
        urls: Address of each other node, as ``https://host:port``.
        certificates: Where the certificates are.
    """

    def __init__(self, node: str, urls: Mapping[str, str], certificates: Path) -> None:
        self.urls = dict(urls)
        self._contexts = {
            other: context_for(certificates, f"kme-{node}", f"kme-{other}") for other in urls
        }
        self._sessions: dict[str, aiohttp.ClientSession] = {}

    async def call(
        self, node: str, what: str, body: Mapping[str, Any], *, timeout_s: float = 10.0
    ) -> dict[str, Any]:
        """The answer of a node to a call; see `PeerCalls.call`."""
        if node not in self.urls:
            message = f"there is no node {node}"
            raise KeyRefusedError(message)
        limit = aiohttp.ClientTimeout(total=timeout_s, sock_connect=CONNECT_S)
        url = f"{self.urls[node]}/peer/v1/{what}"
        data = json.dumps(body, separators=(",", ":")).encode()
        head = {"Content-Type": "application/json"}
        try:
            async with self._session(node).post(
                url, data=data, headers=head, timeout=limit, allow_redirects=False
            ) as response:
                status, text = response.status, await response.read()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            message = f"the KME of {node} does not answer: {_cause(error)}"
            raise PeerLostError(message) from None
        return _answer(node, what, status, text)

    async def close(self) -> None:
        """Close all connections."""
        await asyncio.gather(*(session.close() for session in self._sessions.values()))
        self._sessions.clear()

    def _session(self, node: str) -> aiohttp.ClientSession:
        found = self._sessions.get(node)
        if found is None:
            connector = aiohttp.TCPConnector(ssl=self._contexts[node], limit=CONNECTIONS)
            found = self._sessions[node] = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar()
            )
        return found


def _cause(error: BaseException) -> str:
    """Why there is no answer, in a few words."""
    if isinstance(error, TimeoutError):
        return "it takes too long"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return str(error.certificate_error).partition(" (")[0]
    if isinstance(error, ssl.SSLError | aiohttp.ClientConnectorSSLError):
        return "no TLS connection is made"
    found = getattr(error, "strerror", None)
    return str(found or type(error).__name__).lower()


def _answer(node: str, what: str, status: int, text: bytes) -> dict[str, Any]:
    """What a node answered, or its refusal as the error that it is."""
    try:
        value = json.loads(text) if text else {}
    except ValueError:
        value = None
    if not isinstance(value, dict):
        message = f"the KME of {node} answered {what} with something that cannot be read"
        raise KeyRefusedError(message)
    if status == 200:
        return value
    said = str(value.get("message", "")) or f"{node} refused it ({status})"
    if status == 503:
        raise KeyShortageError(said)
    if status >= 500:
        raise PeerLostError(said)
    raise KeyRefusedError(said)
