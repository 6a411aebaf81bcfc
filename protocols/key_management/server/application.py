"""Application of a key management server: from faces to one that answers within limits."""

from __future__ import annotations

import asyncio
import logging
import time
import traceback
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from protocols.key_management.refusals import (
    KeyRefusedError,
    KeyShortageError,
    NotEntitledError,
)
from protocols.key_management.server.connection import ClientConnection
from protocols.key_management.server.face import Face
from protocols.key_management.server.identity import Caller
from protocols.key_management.server.limits import RateLimiter, ServerLimits

__all__ = ["application_of"]

logger = logging.getLogger("qnet.key_management.server")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

#: Who asks for a path that no face has.
_NOWHERE = Face(prefix="/", roles=frozenset({"sae", "kme", "link", "manager"}), routes=())


def application_of(
    faces: Sequence[Face],
    *,
    limits: ServerLimits | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> web.Application:
    """An application that shows faces; `KmeServer` serves it.

    Args:
        faces: What it shows: `faces_of` a key service, and a node's own.
        limits: What clients may ask of it.
        clock: Time in s, of the limit on the rate of requests.
    """
    limits = ServerLimits() if limits is None else limits
    guard = _Guard(faces, limits, RateLimiter(limits.rate_hz, limits.burst, clock=clock))

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        return await guard.answered(request, handler)

    application = web.Application(
        middlewares=[guarded], client_max_size=limits.body_bytes, logger=logger
    )
    for face in faces:
        for route in face.routes:
            application.router.add_route(
                route.method, route.path, route.handler, expect_handler=guard.expected
            )
    return application


class _Refused(Exception):
    """A request that is answered before any handler sees it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message)
        self.status, self.message = status, message


class _Guard:
    """Stands before the handlers: who asks, how often, how much, for how long."""

    def __init__(self, faces: Sequence[Face], limits: ServerLimits, rates: RateLimiter) -> None:
        self._faces = sorted(faces, key=lambda face: len(face.prefix), reverse=True)
        self._limits = limits
        self._rates = rates

    async def expected(self, request: web.Request) -> web.StreamResponse | None:
        """Answer to ``Expect``: go on, unless the body that is announced is too long."""
        length = request.content_length
        if length is not None and length > self._limits.body_bytes:
            return self._close(self._face(request).refuse(400, self._too_long))
        if request.headers.get("Expect", "").lower() != "100-continue":
            return self._close(self._face(request).refuse(400, "Expect shall be 100-continue"))
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
        return None

    async def answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """An answer to every request, whatever happens."""
        connection = request.protocol
        assert isinstance(connection, ClientConnection)
        keep = connection.begin()
        face = self._face(request)
        try:
            answer = await self._answer(request, handler, face, connection.caller)
        finally:
            connection.answered()
        answer.headers["Server"] = "qnet"
        if not keep:
            answer.force_close()
        if logger.isEnabledFor(logging.DEBUG):
            name = connection.caller and connection.caller.name
            logger.debug("%s %s %s: %d", name, request.method, face.prefix, answer.status)
        return answer

    async def _answer(
        self, request: web.Request, handler: Handler, face: Face, caller: Caller | None
    ) -> web.StreamResponse:
        try:
            self._check(request, face, caller)
            async with asyncio.timeout(self._limits.answer_s):
                if request.body_exists:
                    await self._read(request)
                return await handler(request)
        except _Refused as refused:
            answer = face.refuse(refused.status, refused.message)
            return answer if refused.status in (401, 503) else self._close(answer)
        except NotEntitledError as error:
            return face.refuse(401, str(error))
        except KeyShortageError as error:
            return face.refuse(503, str(error))
        except KeyRefusedError as error:
            return face.refuse(400, str(error))
        except web.HTTPException as error:
            return self._of_http(face, error)
        except TimeoutError:
            return self._close(face.refuse(503, "the request took too long"))
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            kind = type(error).__name__
            logger.error("%s: %s in %s, line %s", face.prefix, kind, where.filename, where.lineno)
            return self._close(face.refuse(500, "internal error"))

    def _check(self, request: web.Request, face: Face, caller: Caller | None) -> None:
        """Refuse who may not ask here, asks too often, or sends what is not read."""
        if caller is None or caller.role not in face.roles:
            raise _Refused(401, "")
        if not self._rates.allows(caller.name):
            message = f"too many requests: {self._limits.rate_hz:g} a second are served; ask later"
            raise _Refused(503, message)
        if request.headers.get("Content-Encoding", "identity") != "identity":
            raise _Refused(400, "Content-Encoding shall be identity")
        length = request.content_length
        if length is not None and length > self._limits.body_bytes:
            raise _Refused(400, self._too_long)

    async def _read(self, request: web.Request) -> None:
        """Wait for the whole body, for a while; aiohttp keeps it."""
        try:
            async with asyncio.timeout(self._limits.body_s):
                await request.read()
        except TimeoutError:
            raise _Refused(400, "the body of the request did not come in time") from None
        except web.HTTPRequestEntityTooLarge:
            raise _Refused(400, self._too_long) from None
        except (HttpProcessingError, web.RequestPayloadError):
            raise _Refused(400, "the body of the request is malformed") from None

    @property
    def _too_long(self) -> str:
        return f"the body of a request shall be at most {self._limits.body_bytes} bytes"

    def _face(self, request: web.Request) -> Face:
        """The face that a path belongs to: that of its longest prefix."""
        path = request.path
        return next((face for face in self._faces if path.startswith(face.prefix)), _NOWHERE)

    def _of_http(self, face: Face, error: web.HTTPException) -> web.StreamResponse:
        """What a face says of a path or method that it does not have."""
        message = {404: "there is no such path", 405: "the path has no such method"}
        answer = face.refuse(error.status, message.get(error.status, error.reason))
        if isinstance(error, web.HTTPMethodNotAllowed):
            answer.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
        return answer

    @staticmethod
    def _close(answer: web.Response) -> web.Response:
        """The same answer; the connection is closed after it."""
        answer.force_close()
        return answer
