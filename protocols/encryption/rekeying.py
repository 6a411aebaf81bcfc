"""Policy of rekeying: by time, bytes or messages, whichever comes first, within the limits."""

from __future__ import annotations

from dataclasses import dataclass

from protocols.encryption.limits import AesGcm
from qnet.errors import ParameterError, check_integer, check_positive

__all__ = ["RekeyPolicy"]

#: The gateways' own device: records with deterministic nonces.
_DEVICE = AesGcm(nonces="deterministic")

#: Most records under one key. Deterministic nonces of 96 bits would allow 2^64; this is what SP
#: 800-38D, section 8.3, allows whatever the nonces are.
_MOST_MESSAGES = 1 << 32


@dataclass(frozen=True, slots=True, kw_only=True)
class RekeyPolicy:
    """When a direction of a connection takes its next key.

    A key that is at a limit seals no more data. Records without data (credit, offers of keys,
    alerts, the end) may follow under it, so that a shortage of key does not break the connection;
    they are few, and SP 800-38D's own limit is never passed.

    Args:
        seconds: Longest use of a key, in s, from its first record on.
        data_bytes: Most data under one key, in bytes.
        messages: Most records with data under one key, up to 2^32.

    Raises:
        ParameterError: If a limit is out of range.

    Examples:
        >>> policy = RekeyPolicy(seconds=60.0, data_bytes=1000, messages=10)
        >>> policy.room(messages=3, data_bytes=400, age_s=1.0), policy.is_half_used(3, 400, 1.0)
        (600, False)
        >>> policy.room(messages=10, data_bytes=400, age_s=1.0)
        0
    """

    seconds: float = 60.0
    data_bytes: int = 1 << 36
    messages: int = 1 << 24

    def __post_init__(self) -> None:
        check_positive("rekey_s", self.seconds)
        check_integer("rekey_bytes", self.data_bytes)
        if check_integer("rekey_messages", self.messages) > _MOST_MESSAGES:
            hint = "no more messages under one key: NIST SP 800-38D, section 8.3"
            raise ParameterError("rekey_messages", "be at most 2^32", self.messages, hint)
        if self.data_bytes > _DEVICE.longest_message_bytes * _MOST_MESSAGES:
            rule = "be at most 2^68 - 2^37"
            raise ParameterError("rekey_bytes", rule, self.data_bytes, "2^36 is usual")

    def room(self, messages: int, data_bytes: int, age_s: float) -> int:
        """Bytes of data that the next record may hold under a key used so far; 0 if none."""
        if messages >= self.messages or age_s >= self.seconds:
            return 0
        return max(0, self.data_bytes - data_bytes)

    def is_half_used(self, messages: int, data_bytes: int, age_s: float) -> bool:
        """Whether it is time to ask for the next key."""
        return (
            2 * messages >= self.messages
            or 2 * data_bytes >= self.data_bytes
            or 2 * age_s >= self.seconds
        )
