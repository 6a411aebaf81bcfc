"""Key management of a network as a scenario describes it: [[sae]] and [kme]."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qnet.errors import ParameterError
from qnet.schema import Description, Whole, check_fields, key

__all__ = ["KmeTable", "SaeTable"]

#: Beginnings of names that certificates of other parts of a network have.
RESERVED = ("kme-", "link-", "manager")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_PORT = Whole(minimum=1, maximum=65_535)
_KEY_BITS = Whole(minimum=8, maximum=1 << 20)


def _sae_name(field: str, value: Any) -> str:  # noqa: ANN401
    """A name that fits in a URL, a file name and a certificate."""
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        rule = "be 1 to 64 letters, digits, dots, dashes and underscores"
        raise ParameterError(field, rule, value, 'write name = "alice"')
    if value.startswith(RESERVED):
        hint = "certificates of KMEs, links and the manager are named so"
        raise ParameterError(field, f"not begin with {', '.join(RESERVED)}", value, hint)
    return value


def _hosts(field: str, value: Any) -> tuple[tuple[str, str], ...]:  # noqa: ANN401
    """Host of each node by its name."""
    hint = 'write hosts = {A = "10.0.0.1", B = "10.0.0.2"}'
    if isinstance(value, tuple):
        value = dict(value)
    if not isinstance(value, Mapping) or not all(
        isinstance(host, str) and host for host in value.values()
    ):
        raise ParameterError(field, "be a table of host names", value, hint)
    return tuple(value.items())


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SaeTable(Description):
    """A secure application entity, which asks the KME of its node for keys: [[sae]].

    Args:
        name: The common name of its certificate.
        node: The node whose KME it asks.

    Raises:
        ParameterError: If the name is none that a certificate and a URL can carry.

    Examples:
        >>> SaeTable(name="alice", node="A").node
        'A'
    """

    name: str = key(read=_sae_name, example="alice")
    node: str = key(example="A")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class KmeTable(Description):
    """Key management entities, one for each node: [kme].

    Args:
        host: Address that they listen on.
        port: Port of the first node; one more for each further node.
        hosts: Address of each node, where they are on several machines.
        default_key_bits: Length of a key when a request gives none.
        min_key_bits: Shortest key that a request may ask for.
        max_key_bits: Longest key that a request may ask for.
        max_keys_per_request: Most keys of a request.
        max_saes: Most further SAEs of a request; 0 refuses multicast.
        ready_keys: Keys of the default length that are kept ready for each pair of nodes.

    Raises:
        ParameterError: If a number is out of range, or the lengths do not go together.

    Examples:
        >>> KmeTable().port
        8440
    """

    host: str = "127.0.0.1"
    port: int = key(8440, check=_PORT)
    hosts: Any = key((), read=_hosts, example={"A": "10.0.0.1"})
    default_key_bits: int = key(256, check=_KEY_BITS)
    min_key_bits: int = key(64, check=_KEY_BITS)
    max_key_bits: int = key(4096, check=_KEY_BITS)
    max_keys_per_request: int = key(128, check=Whole(minimum=1, maximum=10_000))
    max_saes: int = key(0, check=Whole(maximum=255))
    ready_keys: int = key(64, check=Whole(minimum=1, maximum=1_000_000))

    def __post_init__(self) -> None:
        check_fields(self)
        for name in ("min_key_bits", "default_key_bits", "max_key_bits"):
            if getattr(self, name) % 8:
                hint = "keys are delivered in whole bytes"
                raise ParameterError(name, "be a multiple of 8", getattr(self, name), hint)
        if not self.min_key_bits <= self.default_key_bits <= self.max_key_bits:
            rule = (
                f"lie in min_key_bits to max_key_bits, {self.min_key_bits} to {self.max_key_bits}"
            )
            raise ParameterError("default_key_bits", rule, self.default_key_bits, "256 is usual")

    def host_of(self, node: str) -> str:
        """Address of the KME of a node."""
        return dict(self.hosts).get(node, self.host)
