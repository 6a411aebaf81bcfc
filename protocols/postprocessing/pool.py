"""Pool of pre-shared secret bits for authentication, each of which is used once.

A pool cannot be copied or pickled, for a copy would use the same bits again, and a process
remembers how far a secret was used: the same bits given to a second pool are refused. What a
process cannot know is what another one used: there, keep `KeyPool.position` and give it back.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from typing import Any, Literal, NamedTuple, NoReturn

from numpy.typing import ArrayLike

from protocols.postprocessing.bits import Bits, as_bits, pack, text_from_bits
from protocols.postprocessing.hashing import KEY_BITS, PRIME, HashKey
from protocols.postprocessing.result import AbortReason, ProtocolAborted
from qnet.errors import ParameterError, check_integer

__all__ = ["KeyPool", "Position", "Role"]

Role = Literal["alice", "bob"]
_ROLES: tuple[Role, Role] = ("alice", "bob")


class Position(NamedTuple):
    """How far a pool was used: bits for, and number of, the messages of each end.

    Attributes:
        alice: Bits used for messages of Alice.
        bob: Bits used for messages of Bob.
        alice_messages: Messages of Alice.
        bob_messages: Messages of Bob.
    """

    alice: int = 0
    bob: int = 0
    alice_messages: int = 0
    bob_messages: int = 0


_START = Position()

#: Farthest position, which messages can name.
_FARTHEST = 1 << 62

#: Fewest bits of a refill that are remembered: fewer may be the same by chance.
_LEAST_NAMED = 64


class _Used:
    """How far this process has used its secrets, by digest and by the end that held them.

    Bits belong to the pool that used them first, and begin with a hash key that no other has: the
    same bits cut elsewhere, or filled into another pool, were used before.
    """

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(16)
        self._lock = threading.Lock()
        self._found: dict[tuple[bytes, Role], tuple[int, int]] = {}
        self._owner: dict[bytes, bytes] = {}

    def digest(self, bits: Bits) -> bytes:
        """Names a secret without telling it."""
        size = int(bits.size).to_bytes(8, "big")
        return hashlib.blake2b(size + pack(bits), key=self._salt, digest_size=16).digest()

    def belongs(self, beginning: bytes, owner: bytes) -> None:
        """Note that bits with this beginning are used by a pool."""
        with self._lock:
            self._owner.setdefault(beginning, owner)

    def is_of_another(self, beginning: bytes, owner: bytes) -> bool:
        """Whether bits with this beginning were used by another pool."""
        with self._lock:
            return self._owner.get(beginning, owner) != owner

    def beyond(self, digest: bytes, role: Role, at: Position) -> bool:
        """Whether this end has used more of the secret than the position says."""
        with self._lock:
            alice, bob = self._found.get((digest, role), (0, 0))
        return alice > at.alice or bob > at.bob

    def note(self, digest: bytes, role: Role, at: Position) -> None:
        """This end has used the secret up to here."""
        with self._lock:
            alice, bob = self._found.get((digest, role), (0, 0))
            self._found[digest, role] = max(alice, at.alice), max(bob, at.bob)


_USED = _Used()


class KeyPool:
    """Pre-shared secret bits for authentication; both ends hold the same, and use each bit once.

    The first 254 bits choose the hash. The rest are two halves, one for the messages of each end,
    so that the ends stay in step whoever speaks first. Positions only grow: after lost messages
    the end that is behind skips forward (`protocols.postprocessing.authentication`).

    Args:
        secret: Shape (n,): secret bits, n at least 256.
        start: Where an earlier pool of this secret stopped, its `position`. Refills are given again
            in the same order.

    Raises:
        ParameterError: If there are too few bits, ``start`` is no position, both ends in this
            process have used more of the secret than it says, or a pool of another length, or a
            refill, has used bits that begin alike.

    Examples:
        >>> from protocols.postprocessing.randomness import Randomness
        >>> secret = Randomness().bits(1254)
        >>> pool = KeyPool(secret)
        >>> pool.remaining("alice")
        500
        >>> pad = pool.pad("alice", 0, 48)
        >>> pool.remaining("alice"), pool.used
        (452, 302)
        >>> KeyPool(secret, start=pool.position).remaining("alice")
        452
    """

    def __init__(self, secret: ArrayLike, *, start: Position | tuple[int, ...] = _START) -> None:
        bits = as_bits("secret", secret)
        if bits.size < KEY_BITS + 2:
            hint = f"{KEY_BITS} bits choose the hash, and each message takes one tag"
            raise ParameterError("secret", f"hold at least {KEY_BITS + 2} bits", bits.size, hint)
        given: Any = start
        if not isinstance(given, tuple | list) or len(given) != len(Position._fields):
            hint = "give the position of an earlier pool"
            raise ParameterError("start", "be four whole numbers", start, hint)
        self._at = Position(*(check_integer("start", value, 0) for value in given))
        if max(self._at) > _FARTHEST:
            raise ParameterError("start", "lie below 2^62", max(self._at), "give pool.position")
        self._digest: bytes | None = _USED.digest(bits)
        self._beginning = _USED.digest(bits[:KEY_BITS])
        if _USED.is_of_another(self._beginning, self._digest) or all(
            _USED.beyond(self._digest, role, self._at) for role in _ROLES
        ):
            raise _used_before()
        text = text_from_bits(bits)
        half = KEY_BITS // 2
        point, factor = int(text[:half], 2), int(text[half:KEY_BITS], 2)
        # 2^127 - 1 itself is 0 modulo the prime.
        self.hash_key = HashKey(point=point % PRIME, factor=factor % PRIME)
        middle = (KEY_BITS + len(text)) // 2
        self._halves = {"alice": text[KEY_BITS:middle], "bob": text[middle:]}
        self._filled = {self._beginning}
        self._holder: Role | None = None
        self.in_use = False

    @classmethod
    def for_one_run(cls, secret: Bits) -> KeyPool:
        """A pool of bits that were drawn for one run alone, of which no account is kept."""
        pool = cls(secret)
        pool._digest = None
        return pool

    def __repr__(self) -> str:
        left = ", ".join(f"{self.remaining(role)} bits left for {role}" for role in _ROLES)
        return f"<KeyPool: {left}>"

    def _refuse(self, *_: Any) -> NoReturn:  # noqa: ANN401
        message = (
            "a pool of one-time keys cannot be copied or pickled, its bits would be used twice; "
            "keep the secret and pool.position, and start a new pool there"
        )
        raise TypeError(message)

    __copy__ = __deepcopy__ = __reduce_ex__ = __reduce__ = __getstate__ = _refuse

    @property
    def position(self) -> Position:
        """How far the pool was used."""
        return self._at

    @property
    def sizes(self) -> tuple[int, int]:
        """Bits that there were for the messages of Alice and of Bob, used ones included."""
        return len(self._halves["alice"]), len(self._halves["bob"])

    @property
    def used(self) -> int:
        """Bits used or skipped so far, those of the hash included."""
        return KEY_BITS + self._at.alice + self._at.bob

    def remaining(self, sender: Role) -> int:
        """Bits left for the messages of one end."""
        return max(0, len(self._halves[sender]) - self.place(sender))

    def place(self, sender: Role) -> int:
        """Position of the next pad for a message of one end."""
        return int(getattr(self._at, sender))

    def number(self, sender: Role) -> int:
        """Number of the next message of one end."""
        return int(getattr(self._at, f"{sender}_messages"))

    def open(self, role: Role) -> None:
        """Begin to use the pool at one end.

        Raises:
            ParameterError: If another link uses it, or this end has used its bits before.
        """
        if self.in_use:
            hint = "one pool serves one link at a time; close the other link first"
            raise ParameterError("pool", "not be in use", role, hint)
        if self._digest is not None:
            if _USED.is_of_another(self._beginning, self._digest) or _USED.beyond(
                self._digest, role, self._at
            ):
                raise _used_before()
            _USED.belongs(self._beginning, self._digest)
        self._holder, self.in_use = role, True

    def close(self) -> None:
        """Let go of the pool."""
        self.in_use = False

    def pad(self, sender: Role, number: int, bits: int) -> int:
        """The one-time pad of a message, as a whole number; it cannot be had a second time.

        Raises:
            ParameterError: If the pad of this message was used already, or is not yet due.
            ProtocolAborted: If the pool is exhausted.
        """
        if number != self.number(sender):
            hint = "a pad is used once, in the order of the messages"
            raise ParameterError("number", f"be {self.number(sender)}", number, hint)
        if self.remaining(sender) < bits:
            sentence = (
                f"{bits} bits of authentication key were needed, {self.remaining(sender)} left"
            )
            raise ProtocolAborted(AbortReason.AUTHENTICATION_KEY_EXHAUSTED, sentence)
        place = self.place(sender)
        pad = self.peek(sender, place, bits)
        self.skip(sender, place + bits, number + 1)
        return pad

    def peek(self, sender: Role, place: int, bits: int) -> int:
        """The pad at a position not used before, to check a tag with; it is not yet used.

        Raises:
            ProtocolAborted: If the position is before that of the next pad, or beyond the end.
        """
        if place < self.place(sender):
            sentence = f"a message of {sender} came again: its one-time key was used before"
            raise ProtocolAborted(AbortReason.MESSAGE_REPLAYED, sentence)
        if place + bits > len(self._halves[sender]):
            left = self.remaining(sender)
            sentence = f"{bits} bits of authentication key were needed at {place}, {left} are left"
            raise ProtocolAborted(AbortReason.AUTHENTICATION_KEY_EXHAUSTED, sentence)
        return int(self._halves[sender][place : place + bits], 2)

    def skip(self, sender: Role, place: int, number: int) -> None:
        """Go forward to a position, never back."""
        place, number = max(place, self.place(sender)), max(number, self.number(sender))
        self._at = self._at._replace(**{sender: place, f"{sender}_messages": number})
        if self._digest is not None and self._holder is not None:
            _USED.note(self._digest, self._holder, self._at)

    def refill(self, secret: ArrayLike) -> None:
        """Add secret bits, the same at both ends: half for the messages of each.

        Raises:
            ParameterError: If they were filled into this pool before, or into another one.
        """
        bits = as_bits("secret", secret)
        if self._digest is not None and bits.size >= _LEAST_NAMED:
            beginning = _USED.digest(bits[:KEY_BITS])
            if beginning in self._filled or _USED.is_of_another(beginning, self._digest):
                raise _used_before()
            self._filled.add(beginning)
            _USED.belongs(beginning, self._digest)
        text = text_from_bits(bits)
        middle = len(text) // 2
        self._halves["alice"] += text[:middle]
        self._halves["bob"] += text[middle:]

    def shorten(self, sizes: tuple[int, int]) -> None:
        """Give up unused bits that the other end does not hold: a refill that it never got."""
        for role, size in zip(_ROLES, sizes, strict=True):
            self._halves[role] = self._halves[role][: max(size, self.place(role))]


def _used_before() -> ParameterError:
    hint = "give fresh bits, or the position up to which they were used: KeyPool(bits, start=...)"
    rule = "not have been used before: one-time keys give no protection a second time"
    return ParameterError("secret", rule, "bits used in this process", hint)
