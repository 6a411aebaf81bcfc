"""Secret bytes in memory: overwritten when they have been used, as far as Python can.

How far: what is held here is overwritten when it is spent and when a connection ends. Not reached
are the immutable copies that Python made on the way (the text of a KME's answer, base64, arguments
of library calls), which are freed, not overwritten; key schedules inside OpenSSL, which are cleared
when their objects are freed; and pages that the operating system swapped out or dumped.
"""

from __future__ import annotations

__all__ = ["wipe"]


def wipe(secret: bytearray) -> None:
    """Overwrite with zeros.

    Examples:
        >>> key = bytearray(b"secret")
        >>> wipe(key)
        >>> key == bytes(6)
        True
    """
    secret[:] = bytes(len(secret))
