"""Key that encryptors need, by time and by data, and stores for days without any.

A device takes a fresh key after a time, after an amount of data, or whichever comes first. What
that asks of a key network is a `KeyDemand`.
"""

from __future__ import annotations

from dataclasses import dataclass

from protocols.key_networks.demand import KeyDemand
from qnet.errors import ParameterError, check_integer, check_non_negative, check_positive

__all__ = ["EncryptorKeys", "mesh_store_bits"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EncryptorKeys:
    """When the encryptors of a connection take a fresh key.

    Args:
        encryptors: Pairs of encryptors.
        key_bits: Bits of a key.
        keys: Keys of a pair at a time: 1 for both directions together, 2 for one each.
        every_s: Most time in s under one key.
        every_bytes: Most data in bytes under one key.
        data_rate_bit_per_s: Data of each pair in bit/s and key; needed with ``every_bytes``.

    Raises:
        ParameterError: If there is no rule, or a number is out of its range.

    Examples:
        >>> round(EncryptorKeys(encryptors=200, every_s=60.0).key_rate_hz, 6)
        853.333333
        >>> policy = EncryptorKeys(encryptors=200, every_bytes=2**30, data_rate_bit_per_s=10e9)
        >>> round(policy.key_rate_hz, 4)
        59604.6448
    """

    encryptors: int = 1
    key_bits: int = 256
    keys: int = 1
    every_s: float | None = None
    every_bytes: float | None = None
    data_rate_bit_per_s: float | None = None

    def __post_init__(self) -> None:
        check_integer("encryptors", self.encryptors)
        check_integer("key_bits", self.key_bits)
        check_integer("keys", self.keys)
        for name in ("every_s", "every_bytes", "data_rate_bit_per_s"):
            if getattr(self, name) is not None:
                check_positive(name, getattr(self, name))
        if self.every_s is None and self.every_bytes is None:
            hint = "give every_s = 60.0, or every_bytes with data_rate_bit_per_s"
            raise ParameterError("every_s", "be given, or every_bytes", None, hint)
        if (self.every_bytes is None) != (self.data_rate_bit_per_s is None):
            rule = "come together with data_rate_bit_per_s"
            hint = "how soon so much data has passed depends on its rate"
            raise ParameterError("every_bytes", rule, self.every_bytes, hint)

    @property
    def request_rate_hz(self) -> float:
        """Fresh keys per second: of both rules the one that comes first."""
        by_time = 0.0 if self.every_s is None else 1.0 / self.every_s
        by_data = (self.data_rate_bit_per_s or 0.0) / (8.0 * (self.every_bytes or 1.0))
        return self.encryptors * self.keys * max(by_time, by_data)

    @property
    def key_rate_hz(self) -> float:
        """Bits of key per second."""
        return self.request_rate_hz * self.key_bits

    def demand(self, one: str, two: str) -> KeyDemand:
        """What the policy asks of a key network, between two of its nodes.

        Args:
            one: Name of a node.
            two: Name of another.

        Examples:
            >>> EncryptorKeys(encryptors=2, every_s=64.0).demand("A", "B").key_rate_hz
            8.0
        """
        return KeyDemand(
            ends=(one, two),
            arrivals="regular",
            rate_hz=self.request_rate_hz,
            key_bits=self.key_bits,
        )


def mesh_store_bits(sites: int, time_s: float, policy: EncryptorKeys) -> float:
    """Bits that each site of a mesh without a hub must store to last for a time without new key.

    Args:
        sites: Number of sites, each pair of which shares keys.
        time_s: How long no key comes, in s.
        policy: When a pair of sites takes a fresh key.

    Examples:
        >>> mesh_store_bits(27, 72 * 3600.0, EncryptorKeys(every_s=60.0)) / 1e6
        28.75392
    """
    check_integer("sites", sites, 2)
    check_non_negative("time_s", time_s)
    return (sites - 1) * time_s * policy.key_rate_hz
