"""Arithmetic of a relay: pads from node to node or announced sums, and shares over several routes.

A key K goes over the nodes 0, 1, ..., n, neighbours of which share the link keys k_1, ..., k_n.

* ``hop-by-hop``: node i sends K xor k_(i+1) to the next one, a one-time pad for each hop.
* ``announced-xor``: each node between announces k_i xor k_(i+1). The last node, which has k_n, sums
  up all that was announced, and has k_1, which is the key; or the first node announces K xor k_1
  besides.

Both use up the length of the key on every hop, every relay learns the key, and nobody else does: of
what is sent, each sum holds a link key that is in no other.

Over n routes go n shares of the key. If all are needed, they are random but for their sum, which is
the key; if k are enough, they are Shamir's (`protocols.postprocessing.sharing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from protocols.postprocessing.randomness import Randomness
from protocols.postprocessing.sharing import KeyShare, recover, share
from qnet.errors import ParameterError, check_one_of

__all__ = ["SCHEMES", "begin", "forward", "join", "receive", "split", "xor"]

#: How a key is passed over relays.
SCHEMES = ("hop-by-hop", "announced-xor")


def xor(*strings: bytes) -> bytes:
    r"""The sum modulo 2, bit by bit, of one or more strings of the same length.

    Raises:
        ParameterError: If they have different lengths.

    Examples:
        >>> xor(b"\x0f", b"\xff").hex()
        'f0'
    """
    lengths = {len(each) for each in strings}
    if len(lengths) != 1:
        hint = "a pad is as long as what it hides"
        raise ParameterError("strings", "have one length", sorted(lengths), hint)
    total = 0
    for each in strings:
        total ^= int.from_bytes(each, "big")
    return total.to_bytes(lengths.pop(), "big")


def begin(scheme: str, share: bytes | None, pad: bytes) -> tuple[bytes, ...]:
    """What the first node sends.

    Args:
        scheme: ``hop-by-hop`` or ``announced-xor``.
        share: What is relayed; None with ``announced-xor`` where the first link key is the key.
        pad: Link key of the first hop.

    Examples:
        >>> begin("hop-by-hop", bytes.fromhex("3c5a"), bytes.fromhex("91f0"))[0].hex()
        'adaa'
    """
    check_one_of("scheme", scheme, SCHEMES)
    if share is not None:
        return (xor(share, pad),)
    if scheme != "announced-xor":
        raise ParameterError("share", "be given hop by hop", None, "a pad hides something")
    return ()


def forward(scheme: str, sent: Sequence[bytes], before: bytes, after: bytes) -> tuple[bytes, ...]:
    """What a relay sends on.

    Args:
        scheme: ``hop-by-hop`` or ``announced-xor``.
        sent: What came to it.
        before: Link key of the hop to it.
        after: Link key of the hop from it.

    Examples:
        >>> before, after = bytes.fromhex("91f0"), bytes.fromhex("0b7e")
        >>> forward("hop-by-hop", [bytes.fromhex("adaa")], before, after)[0].hex()
        '3724'
        >>> forward("announced-xor", [], before, after)[0].hex()
        '9a8e'
    """
    if scheme == "announced-xor":
        return (*sent, xor(before, after))
    (sealed,) = sent
    return (xor(sealed, before, after),)


def receive(sent: Sequence[bytes], pad: bytes) -> bytes:
    """What the last node has, in both schemes: the sum of all that came and its link key.

    Args:
        sent: What came to it.
        pad: Link key of the last hop.

    Examples:
        >>> receive([bytes.fromhex("9a8e"), bytes.fromhex("e96b")], bytes.fromhex("e215")).hex()
        '91f0'
    """
    return xor(*sent, pad)


def split(
    secret: bytes, shares: int, threshold: int, randomness: Randomness | None = None
) -> list[bytes]:
    """Shares of a secret, one for each route: random ones that sum up to it, or Shamir's.

    Args:
        secret: What is shared.
        shares: Number of routes.
        threshold: How many shares give the secret back.
        randomness: The operating system's when None.

    Examples:
        >>> one, two = split(b"a key", 2, 2)
        >>> xor(one, two)
        b'a key'
    """
    if threshold < shares:
        made = share(secret, shares=shares, threshold=threshold, randomness=randomness)
        return [each.data for each in made]
    source = randomness or Randomness()
    drawn = [source.bytes(len(secret)) for _ in range(shares - 1)]
    return [*drawn, xor(secret, *drawn)]


def join(shares: Iterable[tuple[int, bytes]], *, made: int, threshold: int) -> bytes:
    """The secret of the shares that came.

    Args:
        shares: Number, from 1, and data of each.
        made: How many there were.
        threshold: How many are needed.

    Raises:
        ParameterError: If there are too few, or one was altered and there are enough to see it.

    Examples:
        >>> three = split(b"a key", 3, 2)
        >>> join([(1, three[0]), (3, three[2])], made=3, threshold=2)
        b'a key'
    """
    found = sorted(shares)
    if threshold < made:
        return recover(
            [KeyShare(number=number, threshold=threshold, data=data) for number, data in found]
        )
    if [number for number, _ in found] != list(range(1, made + 1)):
        hint = "all are needed"
        raise ParameterError("shares", f"be {made}", len(found), hint)
    return xor(*(data for _, data in found))
