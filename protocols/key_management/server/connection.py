"""Connections of a key management server: one client each, known by its certificate, on a clock."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Any

from aiohttp import web

from protocols.key_management.server.face import json_answer
from protocols.key_management.server.identity import Caller, caller_of
from protocols.key_management.server.limits import ServerLimits

__all__ = ["ClientConnection", "OpenConnections"]

logger = logging.getLogger("qnet.key_management.server")


class OpenConnections:
    """Connections that are open: how many, and how many of each client.

    Args:
        limits: Most of them.
    """

    def __init__(self, limits: ServerLimits) -> None:
        self.limits = limits
        self.open: set[ClientConnection] = set()
        self.of_client: Counter[str] = Counter()

    def admit(self, connection: ClientConnection) -> bool:
        """Take a connection in, unless it is not known whose it is, or there are too many."""
        caller = connection.caller
        if caller is None:
            logger.warning("a client's certificate has no plain common name")
            return False
        if self.of_client[caller.name] >= self.limits.connections_of_client:
            logger.warning("too many connections of %s", caller.name)
            return False
        self.open.add(connection)
        self.of_client[caller.name] += 1
        return True

    def leave(self, connection: ClientConnection) -> None:
        """Count a connection out."""
        if connection in self.open and connection.caller is not None:
            self.open.discard(connection)
            self.of_client[connection.caller.name] -= 1
            if not self.of_client[connection.caller.name]:
                del self.of_client[connection.caller.name]

    def sweep(self, now: float) -> None:
        """End the connections that take longer than they may."""
        for connection in list(self.open):
            if connection.overdue(now):
                logger.info("a connection of %s took too long", connection.caller)
                connection.abort()


class ClientConnection(web.RequestHandler):
    """A connection whose client is known by its certificate; it keeps the time.

    Args:
        server: The server of the application.
        connections: Where it is counted.
        how: Limits of the parser, as `aiohttp.web.RequestHandler` takes them.
    """

    def __init__(
        self,
        server: web.Server,
        connections: OpenConnections,
        **how: Any,  # noqa: ANN401 - what aiohttp takes
    ) -> None:
        loop = asyncio.get_running_loop()
        super().__init__(server, loop=loop, **how)
        self.caller: Caller | None = None
        self._clock = loop.time
        self._connections = connections
        self._wire: asyncio.Transport | None = None
        self._requests = 0
        self.busy = False
        self._begun: float | None = None
        self._quiet = loop.time()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the client's name from its certificate; close if there is no place for it."""
        assert isinstance(transport, asyncio.Transport)
        super().connection_made(transport)
        self._wire = transport
        self.caller = caller_of(transport.get_extra_info("peercert"))
        if not self._connections.admit(self):
            self.force_close()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Give the place back."""
        self._connections.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Note when a request begins."""
        if self._begun is None and not self.busy:
            self._begun = self._clock()
        super().data_received(data)

    def begin(self) -> bool:
        """A request's headers have come; whether the connection may be kept after it."""
        self.busy, self._begun = True, None
        self._requests += 1
        return self._requests < self._connections.limits.requests_of_connection

    def answered(self) -> None:
        """The answer to a request is ready to be sent."""
        self.busy, self._quiet = False, self._clock()

    def overdue(self, now: float) -> bool:
        """Whether the client takes longer than it may for headers, its answer, or the next one."""
        if self.busy:
            return False
        limits = self._connections.limits
        if self._begun is not None and now > self._begun + limits.headers_s:
            return True
        return now > self._quiet + limits.idle_s

    def abort(self) -> None:
        """End the connection at once, whatever still waits to be sent."""
        if self._wire is not None:
            self._wire.abort()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what is no request at all; nothing of it is repeated or logged."""
        kind = type(exc).__name__
        logger.info("a request of %s failed with %s: %s", self.caller, status, kind)
        if request.writer.output_size > 0:
            broken = "an answer broke off"
            raise ConnectionError(broken)
        text = "this is no HTTP request that is served here" if status < 500 else "internal error"
        answer = json_answer({"message": text}, status)
        answer.headers["Server"] = "qnet"
        answer.force_close()
        return answer
