"""Limits of encryption devices: how much one key may protect, and how long that lasts on a line.

NIST SP 800-38D, doi:10.6028/NIST.SP.800-38D: section 5.2.1.1 (longest plaintext of one message),
section 8.2 (nonces: deterministic, a fixed field and a counter; or random), section 8.3 (2^32
messages under one key with random nonces, or with any that are not of 96 bits and deterministic,
so that nonces repeat with probability 2^-32 at most). MACsec: IEEE Std 802.1AE, with packet numbers
of 32 bits, and of 64 with the extended ones (XPN).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from qnet.errors import ParameterError, check_integer, check_one_of, check_positive

__all__ = ["AesGcm", "KeyLifetime", "MacSec", "RekeyedTunnels"]

#: Most messages of one key with random nonces: SP 800-38D, section 8.3.
_RANDOM_NONCES = 1 << 32

#: Blocks of one message: the counter of 32 bits starts at 2 and must not come back to 1, which
#: encrypts the tag. SP 800-38D, section 5.2.1.1: 2^39 - 256 bits.
_COUNTER_BITS, _BLOCK_BITS = 32, 128


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLifetime:
    """How long one key lasts on a busy line.

    Args:
        seconds: Until the limit is reached.
        messages: Messages until then.
        data_bytes: Data in these messages, in bytes.
    """

    seconds: float
    messages: int
    data_bytes: int


def _check_line(rate: float, field: str, size: int) -> None:
    check_positive("line_rate_bit_per_s", rate)
    check_integer(field, size)


@dataclass(frozen=True, slots=True, kw_only=True)
class AesGcm:
    """A device that seals each packet of a line as one message of AES-GCM.

    Args:
        line_rate_bit_per_s: Speed of the line, all of it packets, in bit/s.
        packet_bytes: Size of a packet, in bytes.
        nonces: ``random``, or ``deterministic``: a fixed field, then a counter.
        nonce_bits: Length of a nonce; a random one is all random.
        counter_bits: Length of the counter in a deterministic nonce.

    Raises:
        ParameterError: If a value is out of range.

    Examples:
        >>> device = AesGcm(line_rate_bit_per_s=1e11, packet_bytes=1500)
        >>> round(device.lifetime().seconds, 3)
        515.396
        >>> AesGcm(nonces="deterministic").most_messages
        18446744073709551616
    """

    line_rate_bit_per_s: float = 1e9
    packet_bytes: int = 1500
    nonces: str = "random"
    nonce_bits: int = 96
    counter_bits: int = 64

    def __post_init__(self) -> None:
        _check_line(self.line_rate_bit_per_s, "packet_bytes", self.packet_bytes)
        check_one_of("nonces", self.nonces, ("random", "deterministic"))
        check_integer("nonce_bits", self.nonce_bits)
        if not 1 <= check_integer("counter_bits", self.counter_bits) <= self.nonce_bits:
            rule = f"be at most {self.nonce_bits}, the bits of the nonce"
            raise ParameterError("counter_bits", rule, self.counter_bits, "64 is usual")
        if self.packet_bytes > self.longest_message_bytes:
            rule = f"be at most {self.longest_message_bytes}"
            hint = "cut it into several messages"
            raise ParameterError("packet_bytes", rule, self.packet_bytes, hint)

    @property
    def longest_message_bytes(self) -> int:
        """Longest plaintext of one message, in bytes: SP 800-38D, section 5.2.1.1.

        Examples:
            >>> AesGcm().longest_message_bytes == 2**36 - 32
            True
        """
        return ((1 << _COUNTER_BITS) - 2) * _BLOCK_BITS // 8

    @property
    def most_messages(self) -> int:
        """Most messages under one key: of random nonces SP 800-38D's, else one per counter."""
        if self.nonces == "random":
            return min(_RANDOM_NONCES, self.most_messages_for(2.0**-32))
        return 1 << (self.counter_bits if self.nonce_bits == 96 else min(self.counter_bits, 32))

    def collision_probability(self, messages: int) -> float:
        """Bound on the probability that two nonces of so many messages under one key are equal.

        Every pair of n random nonces of b bits is equal with probability 2^-b, hence at most
        n (n - 1) / 2^(b + 1). Deterministic nonces are never equal as long as the counter lasts.

        Raises:
            ParameterError: If the number is none.

        Examples:
            >>> import math
            >>> math.log2(AesGcm().collision_probability(2**32))  # doctest: +ELLIPSIS
            -33.00...
        """
        count = check_integer("messages", messages, 0)
        if self.nonces == "deterministic":
            return float(count > 1 << self.counter_bits)
        return min(1.0, float(Fraction(count * (count - 1), 1 << (self.nonce_bits + 1))))

    def most_messages_for(self, probability: float) -> int:
        """Most messages for which `collision_probability` is at most so large.

        Raises:
            ParameterError: If the probability is not above zero.

        Examples:
            >>> import math
            >>> round(math.log2(AesGcm().most_messages_for(2.0**-40)), 6)
            28.5
        """
        wanted = Fraction(min(check_positive("probability", probability), 1.0))
        if self.nonces == "deterministic":
            return 1 << self.counter_bits
        # n (n - 1) <= s  has the whole solution n = floor((1 + sqrt(1 + 4 s)) / 2).
        pairs = math.floor(wanted * (1 << (self.nonce_bits + 1)))
        return (1 + math.isqrt(1 + 4 * pairs)) // 2

    def lifetime(self) -> KeyLifetime:
        """How long one key lasts when the line is full: until `most_messages`."""
        count = self.most_messages
        seconds = count * self.packet_bytes * 8 / self.line_rate_bit_per_s
        return KeyLifetime(seconds=seconds, messages=count, data_bytes=count * self.packet_bytes)


@dataclass(frozen=True, slots=True, kw_only=True)
class MacSec:
    """A port with MACsec on a full line: each frame takes one packet number of the key.

    Args:
        line_rate_bit_per_s: Speed of the line, in bit/s.
        frame_bytes: A frame with its check sequence, in bytes; 64 is Ethernet's shortest.
        gap_bytes: Preamble, start of frame and least gap between frames, in bytes (IEEE 802.3).
        packet_number_bits: 32, or 64 with extended packet numbers (XPN).

    Raises:
        ParameterError: If a value is out of range.

    Examples:
        >>> round(MacSec(line_rate_bit_per_s=1e11).lifetime().seconds, 3)
        28.862
    """

    line_rate_bit_per_s: float
    frame_bytes: int = 64
    gap_bytes: int = 20
    packet_number_bits: int = 32

    def __post_init__(self) -> None:
        _check_line(self.line_rate_bit_per_s, "frame_bytes", self.frame_bytes)
        check_integer("gap_bytes", self.gap_bytes, 0)
        if self.packet_number_bits not in (32, 64):
            hint = "64 are those of XPN"
            raise ParameterError("packet_number_bits", "be 32 or 64", self.packet_number_bits, hint)

    def lifetime(self) -> KeyLifetime:
        """How long one key lasts: until its packet numbers are used up."""
        count = 1 << self.packet_number_bits
        on_the_wire = (self.frame_bytes + self.gap_bytes) * 8
        return KeyLifetime(
            seconds=count * on_the_wire / self.line_rate_bit_per_s,
            messages=count,
            data_bytes=count * self.frame_bytes,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RekeyedTunnels:
    """Tunnels that each take new keys at intervals, one for each direction.

    Args:
        key_bits: Bits of one key.
        directions: Keys of one tunnel.
        rekey_s: Interval, in s.

    Raises:
        ParameterError: If a value is out of range.

    Examples:
        >>> RekeyedTunnels(rekey_s=60.0).tunnels_for(2000.0)
        234
    """

    key_bits: int = 256
    directions: int = 2
    rekey_s: float = 60.0

    def __post_init__(self) -> None:
        check_integer("key_bits", self.key_bits)
        check_integer("directions", self.directions)
        check_positive("rekey_s", self.rekey_s)

    @property
    def key_rate_hz(self) -> float:
        """Key that one tunnel uses, in bit/s."""
        return self.key_bits * self.directions / self.rekey_s

    def tunnels_for(self, key_rate_hz: float) -> int:
        """Most tunnels that so much key, in bit/s, keeps rekeyed.

        Raises:
            ParameterError: If the rate is not above zero.
        """
        interval = Fraction(check_positive("key_rate_hz", key_rate_hz)) * Fraction(self.rekey_s)
        return math.floor(interval / (self.key_bits * self.directions))
