"""Table of the consumers: what each is called, and where it is described."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.errors import check_one_of
from qnet.lazy import loaded

if TYPE_CHECKING:
    from protocols.encryption.consumers.consumer import KeyConsumer

__all__ = ["CONSUMERS", "consumer_of"]

#: Name -> class, a file each.
CONSUMERS: dict[str, str | type[KeyConsumer]] = {
    "wireguard": "protocols.encryption.consumers.wireguard:WireGuard",
    "ipsec": "protocols.encryption.consumers.ipsec:StrongSwan",
    "openssl": "protocols.encryption.consumers.openssl:OpenSsl",
}


def consumer_of(name: str, /, **options: object) -> KeyConsumer:
    """A consumer by its name, with its own options.

    Raises:
        ParameterError: If there is none of that name, or an option is none of its own.

    Examples:
        >>> consumer_of("ipsec", name="office").key_bits
        256
    """
    made = loaded(CONSUMERS[check_one_of("consumer", name, CONSUMERS)])
    return made(**options)
