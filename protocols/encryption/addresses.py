"""Addresses of encryption devices: as people write them, and sockets that listen there."""

from __future__ import annotations

import socket

from qnet.errors import ParameterError

__all__ = ["address_of", "address_text", "listener_at", "listening_address"]


def address_of(field: str, text: str) -> tuple[str, int]:
    """Host and port of a text such as ``127.0.0.1:8443`` or ``[::1]:8443``.

    Raises:
        ParameterError: If it is none.

    Examples:
        >>> address_of("--listen", "127.0.0.1:8443")
        ('127.0.0.1', 8443)
    """
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        hint = "write it as in 127.0.0.1:8443"
        raise ParameterError(field, "be a host, a colon and a port", text, hint)
    return host, int(port)


def address_text(address: tuple[str, int]) -> str:
    """What `address_of` reads.

    Examples:
        >>> address_text(("127.0.0.1", 8443)), address_text(("::1", 8443))
        ('127.0.0.1:8443', '[::1]:8443')
    """
    host, port = address
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def listener_at(address: tuple[str, int], *, backlog: int | None = None) -> socket.socket:
    """A socket that listens at an address of IPv4 or IPv6.

    Args:
        address: Host and port; port 0 picks a free one.
        backlog: Most connections that wait to be accepted; as the system has it unless given.

    Raises:
        ParameterError: If it cannot listen there.
    """
    try:
        family = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server(address, family=family, backlog=backlog)
    except OSError as error:
        hint = f"it cannot be listened at ({error.strerror or 'no such host'}); take another"
        rule = "be a free address of this machine"
        raise ParameterError("--listen", rule, address_text(address), hint) from None


def listening_address(listener: socket.socket) -> tuple[str, int]:
    """Host and port where a socket listens."""
    host, port = listener.getsockname()[:2]
    return str(host), int(port)
