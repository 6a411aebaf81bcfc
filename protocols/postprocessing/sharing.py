"""Secret sharing: any few of many shares give a key back, fewer tell nothing at all.

Each byte of the secret is the constant term of a polynomial of degree ``threshold - 1`` over the
field of 256 elements, its other coefficients uniform; share number x holds the values at x. Any
``threshold`` values determine the polynomial; fewer fit every secret equally well. A. Shamir,
Commun. ACM 22, 612 (1979), doi:10.1145/359168.359176.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from protocols.postprocessing.galois import byte_inverse, byte_product, evaluate
from protocols.postprocessing.randomness import Randomness
from qnet.errors import ParameterError, check_integer

__all__ = ["KeyShare", "recover", "share", "share_with"]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyShare:
    """One share of a secret; its bytes are not shown.

    Args:
        number: Where the polynomials were evaluated, 1 to 255.
        threshold: How many shares give the secret back.
        data: As many bytes as the secret has.

    Raises:
        ParameterError: If a number is out of range.

    Examples:
        >>> KeyShare(number=1, threshold=2, data=b"key")
        KeyShare(number=1, threshold=2)
    """

    number: int
    threshold: int
    data: bytes = field(repr=False)

    def __post_init__(self) -> None:
        for name in ("number", "threshold"):
            if not 1 <= check_integer(name, getattr(self, name)) <= 255:
                raise ParameterError(
                    name, "lie in 1 to 255", getattr(self, name), "a byte holds it"
                )


def share(
    secret: bytes, *, shares: int, threshold: int, randomness: Randomness | None = None
) -> list[KeyShare]:
    """Shares of a secret, numbered from 1.

    Args:
        secret: What is shared.
        shares: How many shares are made, at most 255.
        threshold: How many of them give the secret back, at most as many as there are.
        randomness: For the polynomials; the operating system's when None.

    Raises:
        ParameterError: If a number is out of range.

    Examples:
        >>> three = share(b"a key", shares=3, threshold=2)
        >>> recover(three[1:])
        b'a key'
    """
    if not 1 <= check_integer("threshold", threshold) <= check_integer("shares", shares) <= 255:
        rule = f"lie in 1 to {min(max(shares, 1), 255)}"
        raise ParameterError("threshold", rule, threshold, "255 shares are the most there are")
    source = randomness or Randomness()
    coefficients = [source.bytes(len(secret)) for _ in range(threshold - 1)]
    return share_with(secret, coefficients, range(1, shares + 1))


def share_with(
    secret: bytes, coefficients: Sequence[bytes], numbers: Iterable[int]
) -> list[KeyShare]:
    """Shares for given coefficients: what `share` does once it has drawn them.

    Args:
        secret: The constant terms.
        coefficients: Those of x, of x squared ..., each with a byte for each of the secret.
        numbers: Which shares.

    Raises:
        ParameterError: If a coefficient has another length, or a number is out of range.

    Examples:
        >>> share_with(b"t", [bytes([0xCD])], [1, 2])[1].data.hex()
        'f5'
    """
    if any(len(each) != len(secret) for each in coefficients):
        rule = f"hold {len(secret)} bytes each"
        raise ParameterError("coefficients", rule, "others", "one byte for each of the secret")
    columns = list(zip(*reversed(coefficients), secret, strict=True))
    return [
        KeyShare(
            number=number,
            threshold=len(coefficients) + 1,
            data=bytes(evaluate(column, number) for column in columns),
        )
        for number in numbers
    ]


def recover(shares: Sequence[KeyShare]) -> bytes:
    """The secret of these shares, by Lagrange's interpolation at 0.

    Raises:
        ParameterError: If there are too few, they are of different secrets, or one was altered and
            there are enough to see it.

    Examples:
        >>> two = share_with(b"t", [bytes([0xCD])], [1, 2])
        >>> recover(two)
        b't'
    """
    if not shares or len(shares) < shares[0].threshold:
        wanted = shares[0].threshold if shares else 1
        hint = "fewer shares tell nothing about the secret"
        raise ParameterError("shares", f"be {wanted} or more", len(shares), hint)
    forms = {(each.threshold, len(each.data)) for each in shares}
    if len(forms) > 1 or len({each.number for each in shares}) < len(shares):
        hint = "give different shares of one secret"
        raise ParameterError("shares", "belong together", [each.number for each in shares], hint)
    used = shares[: shares[0].threshold]
    for other in shares[len(used) :]:
        if _interpolated(used, other.number) != other.data:
            hint = "one of them was altered, or is of another secret"
            raise ParameterError("shares", "lie on one polynomial", other.number, hint)
    return _interpolated(used, 0)


def _interpolated(shares: Sequence[KeyShare], point: int) -> bytes:
    """The values at a point of the polynomials through the shares."""
    weights = []
    for one in shares:
        weight = 1
        for other in shares:
            if other.number != one.number:
                slope = byte_inverse(one.number ^ other.number)
                weight = byte_product(weight, byte_product(point ^ other.number, slope))
        weights.append(weight)
    total = bytearray(len(shares[0].data))
    for weight, one in zip(weights, shares, strict=True):
        for place, value in enumerate(one.data):
            total[place] ^= byte_product(weight, value)
    return bytes(total)
