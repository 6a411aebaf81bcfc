"""Rules of a midpoint station: which pair a pattern of clicks heralds."""

from __future__ import annotations

__all__ = ["double_herald", "herald"]


def herald(plus: int, minus: int, *, number_resolving: bool = False) -> str | None:
    """Whether one round of clicks heralds a pair, and with which correction.

    Exactly one of the two detectors must click. A threshold detector clicks for one photon or more;
    one that resolves photon numbers must count exactly one.

    Args:
        plus: Count of the detector behind the left output (both arms in phase).
        minus: Count of the detector behind the right output.
        number_resolving: Whether the detectors tell one photon from two.

    Returns:
        The Pauli operator that turns the right memory's half into one of Phi+: ``"X"`` after the
        plus detector (Psi+), ``"Y"`` after the minus detector (Psi-); ``None`` if nothing is
        heralded.

    Examples:
        >>> herald(1, 0), herald(0, 2), herald(1, 1)
        ('X', 'Y', None)
        >>> herald(0, 2, number_resolving=True) is None
        True
    """
    if (plus > 0) == (minus > 0):
        return None
    if number_resolving and plus + minus != 1:
        return None
    return "X" if plus else "Y"


def double_herald(first: str | None, second: str | None) -> str | None:
    """Combine the two rounds of the double-click protocol.

    Args:
        first: What :func:`herald` says of the first round.
        second: What it says of the second.

    Returns:
        ``"X"`` (Psi+) when the same detector clicked twice, ``"Y"`` (Psi-) when both did once,
        ``None`` when a round heralded nothing.

    Examples:
        >>> double_herald("X", "X"), double_herald("X", "Y"), double_herald("X", None)
        ('X', 'Y', None)
    """
    if first is None or second is None:
        return None
    return "X" if first == second else "Y"
