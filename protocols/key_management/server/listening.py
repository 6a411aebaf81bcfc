"""Listening of a key management server: connections over mutual TLS, up to its limits."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import ssl
from typing import Any

from aiohttp import web

from protocols.key_management.server.connection import ClientConnection, OpenConnections
from protocols.key_management.server.limits import ServerLimits

__all__ = ["KmeServer"]

logger = logging.getLogger("qnet.key_management.server")

#: How often in s connections are looked through for those that take too long.
SWEEP_S = 0.5


class KmeServer:
    """Serves an application over mutual TLS; also an asynchronous context manager.

    Args:
        application: What answers: `application_of` faces.
        context: TLS that asks clients for a certificate: `server_context` of the certificates.
            Sessions are not resumed from it: each connection shows its certificate.
        host: Address to listen on.
        port: Port; 0 takes a free one, and `port` says which.
        limits: Connections and times; those of the application's.
    """

    def __init__(
        self,
        application: web.Application,
        context: ssl.SSLContext,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        limits: ServerLimits | None = None,
    ) -> None:
        self.limits = ServerLimits() if limits is None else limits
        self.host, self.port = host, port
        self.connections = OpenConnections(self.limits)
        context.num_tickets = 0
        context.options |= ssl.OP_NO_TICKET
        self._context = context
        self._runner = web.AppRunner(
            application,
            handle_signals=False,
            access_log=None,
            shutdown_timeout=self.limits.shutdown_s,
        )
        self._tasks: list[asyncio.Task[None]] = []
        self._handshakes: set[asyncio.Task[None]] = set()
        self._listener: socket.socket | None = None

    async def __aenter__(self) -> KmeServer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen.

        Raises:
            OSError: If the address is taken, or not of this machine.
        """
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        family, _, _, _, address = found[0]
        self._listener = socket.create_server(address[:2], family=family, backlog=256)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        await self._runner.setup()
        self._tasks = [
            asyncio.create_task(self._accept(self._listener)),
            asyncio.create_task(self._sweep()),
        ]

    async def stop(self) -> None:
        """Take no more connections, let requests in progress end, and close."""
        ending = [*self._tasks, *self._handshakes]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        if self._listener is not None:
            self._listener.close()
        await self._runner.cleanup()
        await self._end_connections()

    async def _end_connections(self) -> None:
        """Wait for clients to take their last answers, for a while."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self.limits.shutdown_s
        while self.connections.open:
            if loop.time() > end:
                for connection in list(self.connections.open):
                    connection.abort()
            await asyncio.sleep(0.01)

    async def _accept(self, listener: socket.socket) -> None:
        """Take connections in; those above the limits are closed at once."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                wire, _ = await loop.sock_accept(listener)
            except OSError as error:
                logger.warning("a connection could not be taken: %s", error.strerror)
                await asyncio.sleep(SWEEP_S)
                continue
            limits = self.limits
            if (
                len(self._handshakes) >= limits.handshakes
                or len(self.connections.open) + len(self._handshakes) >= limits.connections
            ):
                logger.warning("too many connections")
                wire.close()
                continue
            task = asyncio.create_task(self._greet(wire))
            self._handshakes.add(task)
            task.add_done_callback(self._handshakes.discard)

    async def _greet(self, wire: socket.socket) -> None:
        """Do the TLS handshake: in time, and with a certificate of the authority."""
        loop = asyncio.get_running_loop()
        try:
            wire.setblocking(False)
            await loop.connect_accepted_socket(
                self._connection,
                wire,
                ssl=self._context,
                ssl_handshake_timeout=self.limits.handshake_s,
                ssl_shutdown_timeout=2.0,
            )
        except (OSError, TimeoutError) as error:
            logger.info("no TLS with a client: %s", getattr(error, "reason", type(error).__name__))
            wire.close()

    def _connection(self) -> ClientConnection:
        """The protocol of a new connection."""
        server = self._runner.server
        assert server is not None
        limits = self.limits
        how: dict[str, Any] = {
            "access_log": None,
            "logger": logger,
            "keepalive_timeout": limits.idle_s,
            "max_line_size": limits.line_bytes,
            "max_field_size": limits.field_bytes,
            "max_headers": limits.headers,
            "lingering_time": 1.0,
            "auto_decompress": False,
        }
        return ClientConnection(server, self.connections, **how)

    async def _sweep(self) -> None:
        """End connections that take too long."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(SWEEP_S)
            with contextlib.suppress(OSError):
                self.connections.sweep(loop.time())
