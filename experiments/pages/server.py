"""Server of a page and its numbers over HTTP, to the browser of this machine."""

from __future__ import annotations

import json
import select
import socket
import socketserver
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from ipaddress import ip_address
from threading import Lock, Thread
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs, urlsplit

from qnet.errors import ParameterError, QnetError

__all__ = ["PageServer", "Query", "is_loopback"]

Query = Mapping[str, list[str]]

#: Kind of a file by the end of its name.
_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}


class PageServer(ThreadingHTTPServer):
    """A page on one address; each page is a class with its files and answers.

    Numbers are worked out one at a time. A request whose browser has hung up while it waited for
    its turn, because the page has moved on, is skipped. While the address is a loopback one,
    requests that name another host are refused: a foreign page whose name points here gets nothing.

    Args:
        host: Address to listen on.
        port: Port; 0 picks a free one.

    Attributes:
        package: Package that holds the page's files.
        files: Path of an address -> file of the package, or ``package/file`` of another one.
        answers: Path of an address -> what works its numbers out, from the server and a query.
        policy: What the browser may load: nothing from elsewhere.

    Raises:
        ParameterError: If the address cannot be had.

    Examples:
        >>> with PageServer(port=0) as server:
        ...     server.url.startswith("http://127.0.0.1:")
        True
    """

    daemon_threads = True
    package = "experiments.pages"
    files: ClassVar[Mapping[str, str]] = {}
    answers: ClassVar[Mapping[str, Callable[[Any, Query], Any]]] = {}
    policy = "default-src 'self'; img-src data:"

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.turn = Lock()
        if ":" in host:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((host, port), PageHandler)
        except (OSError, OverflowError, TypeError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            hint = f"{reason.lower()}: give another --port (0 picks a free one) or --host"
            raise ParameterError("address", "be free", f"{host}:{port}", hint) from None

    def server_bind(self) -> None:
        """Bind without asking a name server what this machine is called."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    @property
    def url(self) -> str:
        """Where the page is."""
        host = f"[{self.server_name}]" if ":" in self.server_name else self.server_name
        return f"http://{host}:{self.server_port}/"

    @property
    def is_local(self) -> bool:
        """Whether only this machine can reach it."""
        return is_loopback(self.server_name)

    @contextmanager
    def in_thread(self, poll_s: float = 0.1) -> Iterator[Self]:
        """The server while a thread of its own answers, until the block ends.

        Args:
            poll_s: How long it may take to end, in s.

        Examples:
            >>> from contextlib import closing
            >>> from http.client import HTTPConnection
            >>> with PageServer(port=0) as server, server.in_thread():
            ...     with closing(HTTPConnection("127.0.0.1", server.server_port)) as browser:
            ...         browser.request("GET", "/")
            ...         browser.getresponse().status
            404
        """
        thread = Thread(target=self.serve_forever, kwargs={"poll_interval": poll_s})
        thread.start()
        try:
            yield self
        finally:
            self.shutdown()
            thread.join()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401
        """One line where something unforeseen happens; none for a browser that hangs up."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            print(f"qnet: error: {type(error).__name__}: {error}", file=sys.stderr)


class PageHandler(BaseHTTPRequestHandler):
    """Answers one browser."""

    server: PageServer
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "qnet", ""
    timeout = 120.0
    # Head and body in one piece: in two, the second waits for a delayed acknowledgement.
    wbufsize = -1

    def do_GET(self) -> None:
        """A file of the page, or numbers."""
        if self.server.is_local and not _is_local(self.headers.get("Host")):
            message = "open the page by its own address: this one answers to local names only"
            self.answer({"error": message}, HTTPStatus.FORBIDDEN)
            return
        try:
            url = urlsplit(self.path)
        except ValueError:
            self.answer({"error": "the address is malformed"}, HTTPStatus.BAD_REQUEST)
            return
        if url.path in self.server.files:
            name = self.server.files[url.path]
            package, _, file = name.rpartition("/")
            kind = _KINDS[name[name.rindex(".") :]]
            self.reply(files(package or self.server.package).joinpath(file).read_bytes(), kind)
        elif url.path in self.server.answers:
            self.numbers(self.server.answers[url.path], url.query)
        else:
            self.answer({"error": f"there is no {url.path[:80]} here"}, HTTPStatus.NOT_FOUND)

    def numbers(self, work: Callable[[Any, Query], Any], query: str) -> None:
        """What a function of the query gives, or why it gives nothing."""
        try:
            given = parse_qs(query, keep_blank_values=True, max_num_fields=32)
        except ValueError:
            self.answer({"error": "the query has too many fields"}, HTTPStatus.BAD_REQUEST)
            return
        with self.server.turn:
            if self.has_gone():
                self.close_connection = True
                return
            try:
                found, status = work(self.server, given), HTTPStatus.OK
            except QnetError as error:
                found = {"error": " ".join(str(error).split())}
                status = HTTPStatus.BAD_REQUEST
            except Exception as error:  # the page stays alive, and says it
                found = {"error": f"{type(error).__name__}: {error}"}
                status = HTTPStatus.INTERNAL_SERVER_ERROR
        self.answer(found, status)

    def has_gone(self) -> bool:
        """Whether the browser has hung up meanwhile."""
        if not select.select([self.connection], [], [], 0.0)[0]:
            return False
        try:
            return not self.connection.recv(1, socket.MSG_PEEK)
        except OSError:
            return True

    def answer(self, found: Any, status: HTTPStatus = HTTPStatus.OK) -> None:  # noqa: ANN401
        """Send JSON."""
        try:
            text = json.dumps(found, allow_nan=False)
        except ValueError:  # the page stays alive, and says it
            text = json.dumps({"error": "a number of the answer is not finite"})
            status = HTTPStatus.INTERNAL_SERVER_ERROR
        self.reply(text.encode(), "application/json", status)

    def reply(self, body: bytes, kind: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        """Send a body."""
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", self.server.policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What the base class refuses (other methods, bad requests), as JSON; then hang up."""
        status = HTTPStatus(code)
        if status is HTTPStatus.NOT_IMPLEMENTED:
            status, message = HTTPStatus.METHOD_NOT_ALLOWED, "this page only answers GET"
        self.close_connection = True
        self.answer({"error": message or status.phrase}, status)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: ANN401
        """Keep the console quiet."""


def is_loopback(host: str) -> bool:
    """Whether a name or an address is this machine's for itself.

    Examples:
        >>> [is_loopback(host) for host in ("localhost", "127.0.0.2", "::1")]
        [True, True, True]
        >>> [is_loopback(host) for host in ("0.0.0.0", "example.org")]
        [False, False]
    """
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _is_local(host: str | None) -> bool:
    """Whether a Host header names this machine."""
    try:
        return is_loopback(urlsplit(f"//{host or ''}").hostname or "")
    except ValueError:
        return False
