"""Cyclic redundancy checks: sums that find accidents on a line, and no attacker.

A check is the remainder of the message, as a polynomial over the bits, divided by a fixed one. The
sum of the checks of messages follows from the checks alone, so anyone can alter a message and mend
its check: where a key is at stake, a check never stands in for a tag
(`protocols.postprocessing.authentication`). Model of the parameters: R. N. Williams, A painless
guide to CRC error detection algorithms (1993).
"""

from __future__ import annotations

from dataclasses import dataclass

from qnet.errors import ParameterError, check_integer

__all__ = ["CRC_16_CCITT_FALSE", "CRC_32", "CRC_64_ECMA_182", "CyclicCheck"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CyclicCheck:
    """One cyclic redundancy check.

    Args:
        width: Bits of the check, 8 or more.
        polynomial: What is divided by, without its highest term.
        start: The register before the first byte.
        is_reflected: Whether the lowest bit of a byte goes first, and of the check.
        last: What is added to the register after the last byte.

    Raises:
        ParameterError: If a number does not fit the width.

    Examples:
        >>> hex(CRC_32.check(b"123456789"))
        '0xcbf43926'
    """

    width: int
    polynomial: int
    start: int = 0
    is_reflected: bool = False
    last: int = 0

    def __post_init__(self) -> None:
        check_integer("width", self.width, 8)
        for name in ("polynomial", "start", "last"):
            if not 0 <= check_integer(name, getattr(self, name), 0) < 1 << self.width:
                rule, hint = f"have {self.width} bits", "leave out the highest term"
                raise ParameterError(name, rule, getattr(self, name), hint)

    def check(self, message: bytes) -> int:
        """The check of a message, a whole number of ``width`` bits."""
        register, top, full = self.start, 1 << (self.width - 1), (1 << self.width) - 1
        for byte in message:
            register ^= (_reversed(byte, 8) if self.is_reflected else byte) << (self.width - 8)
            for _ in range(8):
                carry = self.polynomial if register & top else 0
                register = (register << 1 & full) ^ carry
        return (_reversed(register, self.width) if self.is_reflected else register) ^ self.last


def _reversed(value: int, width: int) -> int:
    """The bits of a number in the other order."""
    return int(f"{value:0{width}b}"[::-1], 2)


CRC_16_CCITT_FALSE = CyclicCheck(width=16, polynomial=0x1021, start=0xFFFF)
CRC_32 = CyclicCheck(
    width=32, polynomial=0x04C11DB7, start=0xFFFFFFFF, is_reflected=True, last=0xFFFFFFFF
)
CRC_64_ECMA_182 = CyclicCheck(width=64, polynomial=0x42F0E1EBA9EA3693)
