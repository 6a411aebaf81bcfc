"""Supply of keys to a gateway: asked of its KME, with a policy for shortage."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from protocols.encryption.client import KmeClient, KmeStatus
from protocols.encryption.erasure import wipe
from protocols.encryption.records import BrokenConnection, key_bytes
from protocols.key_management.refusals import KeyRefusedError, KeyShortageError
from qnet.errors import ParameterError

__all__ = ["AES_256_GCM", "MODES", "ONE_TIME_PAD", "SHORTAGE", "DeliveredKey", "KeySupply"]

AES_256_GCM, ONE_TIME_PAD = "aes-256-gcm", "one-time-pad"
MODES = (AES_256_GCM, ONE_TIME_PAD)

#: What to do when there is too little key: wait, or go on with the key exchange alone.
SHORTAGE = ("block", "hybrid-only")

#: Bits of a key of AES, pad of a direction to begin with, in bytes, and most keys of one offer.
_AES_BITS, _FIRST_PAD, _MOST_OFFERED = 256, 512, 512

#: How long keys are kept that were fetched for a connection that was not made, in s.
_SPARE_S = 30.0

#: First and longest wait before a KME is asked again, in s.
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.05, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveredKey:
    """A key as a gateway holds it.

    Args:
        key: Its UUID, 16 bytes.
        material: Its bytes, overwritten when used; none without a quantum key.
        quantum: Whether it is a quantum key, or stands for the key exchange alone.
    """

    key: bytes
    material: bytearray = field(repr=False)
    quantum: bool = True


def _unwanted() -> BrokenConnection:
    return BrokenConnection("the connection ended while it waited for key")


def _wiped(keys: tuple[list[DeliveredKey], list[DeliveredKey]]) -> None:
    for each in (*keys[0], *keys[1]):
        wipe(each.material)


class KeySupply:
    """Keys of a KME for the connections of a gateway.

    Args:
        kme: The client.
        peer: The SAE at the other gateway.
        mode: ``aes-256-gcm`` or ``one-time-pad``.
        on_shortage: ``block`` or ``hybrid-only``.
        say: Where sentences for people go.
        timeout_s: How long the collecting end waits for its KME, in s.
    """

    def __init__(
        self,
        kme: KmeClient,
        peer: str,
        *,
        mode: str = AES_256_GCM,
        on_shortage: str = "block",
        say: Callable[[str], object] = lambda sentence: None,
        timeout_s: float = 30.0,
    ) -> None:
        self._kme, self._peer, self._mode = kme, peer, mode
        self._on_shortage, self._say, self._timeout_s = on_shortage, say, timeout_s
        self._lock = threading.Lock()
        self._status: KmeStatus | None = None
        self._short = False
        self._spare: list[tuple[float, tuple[list[DeliveredKey], list[DeliveredKey]]]] = []
        self.counters = {"keys": 0, "hybrid_only_keys": 0, "shortages": 0}

    @property
    def state(self) -> str:
        """``ok``, ``blocked`` (connections wait for key) or ``hybrid-only``."""
        with self._lock:
            if not self._short:
                return "ok"
            return "hybrid-only" if self._on_shortage == "hybrid-only" else "blocked"

    def first(self, over: threading.Event) -> tuple[list[DeliveredKey], list[DeliveredKey]]:
        """Keys with which both directions of a connection begin.

        Raises:
            BrokenConnection: As of `more`.
        """
        with self._lock:
            while self._spare:
                since, keys = self._spare.pop()
                if time.monotonic() - since < _SPARE_S:
                    return keys
                _wiped(keys)
        if self._mode == AES_256_GCM:
            found = self.more(2, over)
            if len(found) < 2:
                found += self.more(1, over)
            return found[:1], found[1:]
        return self._first_pad(over), self._first_pad(over)

    def put_back(self, keys: tuple[list[DeliveredKey], list[DeliveredKey]]) -> None:
        """Take keys of `first` back that were shown to nobody, for the next connection."""
        with self._lock:
            self._spare.append((time.monotonic(), keys))

    def close(self) -> None:
        """Overwrite the keys that nobody took."""
        with self._lock:
            for _, keys in self._spare:
                _wiped(keys)
            self._spare.clear()

    def _first_pad(self, over: threading.Event) -> list[DeliveredKey]:
        found: list[DeliveredKey] = []
        while sum(len(each.material) for each in found) < _FIRST_PAD // 2:
            size = self._known(over).key_size // 8
            found += self.more(-(-_FIRST_PAD // size), over)
        return found

    def more(self, number: int, over: threading.Event) -> list[DeliveredKey]:
        """One or more further keys, as soon as there are any.

        Args:
            number: How many are wanted; fewer come when there are fewer.
            over: Set when nobody wants them any more.

        Raises:
            BrokenConnection: If the KME refuses, or nobody wants them any more.
        """
        wait = _FIRST_WAIT_S
        while True:
            try:
                return self._asked(number, over)
            except KeyShortageError as error:
                if over.is_set():
                    raise _unwanted() from None
                if number > 1:
                    number //= 2
                    continue
                self._note_shortage(str(error))
            except (KeyRefusedError, ParameterError) as error:
                raise BrokenConnection(str(error)) from None
            if self._on_shortage == "hybrid-only":
                with self._lock:
                    self.counters["hybrid_only_keys"] += 1
                key = uuid.uuid4().bytes
                return [DeliveredKey(key=key, material=bytearray(), quantum=False)]
            if over.wait(wait):
                raise _unwanted()
            wait = min(2 * wait, _LONGEST_WAIT_S)

    def _asked(self, number: int, over: threading.Event) -> list[DeliveredKey]:
        size = _AES_BITS
        if self._mode == ONE_TIME_PAD:
            known = self._known(over)
            size = known.key_size
            number = max(1, min(number, known.max_key_per_request, _MOST_OFFERED))
        keys = self._kme.enc_keys(self._peer, number, size)
        found = [
            DeliveredKey(key=key_bytes(key.key_id), material=bytearray(key.material))
            for key in keys
        ]
        self._note_plenty(len(found))
        return found

    def _known(self, over: threading.Event) -> KmeStatus:
        """The KME's limits, asked once."""
        while self._status is None:
            try:
                self._status = self._kme.status(self._peer)
            except KeyShortageError as error:
                self._note_shortage(str(error))
                if over.wait(_LONGEST_WAIT_S):
                    raise _unwanted() from None
            except KeyRefusedError as error:
                raise BrokenConnection(str(error)) from None
        return self._status

    def collected(
        self, offered: Sequence[tuple[bytes, bool]], over: threading.Event
    ) -> list[DeliveredKey]:
        """The keys that the other gateway offered.

        Raises:
            BrokenConnection: If the KME refuses, or is not reached for a long time; or if a key
                without quantum key is offered against the policy.
        """
        plain = [key for key, quantum in offered if not quantum]
        if plain and self._on_shortage != "hybrid-only":
            sentence = "the other gateway has no quantum key, and this one does not go on without"
            raise BrokenConnection(sentence)
        if plain:
            self._note_shortage("the other gateway has no quantum key")
            with self._lock:
                self.counters["hybrid_only_keys"] += len(plain)
        wanted = [str(uuid.UUID(bytes=key)) for key, quantum in offered if quantum]
        material = self._collect(wanted, over) if wanted else {}
        if wanted and not plain:
            self._note_plenty(len(wanted))
        return [
            DeliveredKey(
                key=key,
                material=bytearray(material[key]) if quantum else bytearray(),
                quantum=quantum,
            )
            for key, quantum in offered
        ]

    def _collect(self, wanted: list[str], over: threading.Event) -> dict[bytes, bytes]:
        left, wait = self._timeout_s, _FIRST_WAIT_S
        most = self._known(over).max_key_per_request if len(wanted) > 2 else 2
        found: dict[bytes, bytes] = {}
        while True:
            try:
                while wanted:
                    keys = self._kme.dec_keys(self._peer, wanted[:most])
                    found |= {key_bytes(key.key_id): key.material for key in keys}
                    wanted = wanted[most:]
                return found
            except KeyShortageError as error:
                if left <= 0.0 or over.wait(wait):
                    raise BrokenConnection(str(error)) from None
                left, wait = left - wait, min(2 * wait, _LONGEST_WAIT_S)
            except (KeyRefusedError, ParameterError) as error:
                raise BrokenConnection(str(error)) from None

    def _note_shortage(self, why: str) -> None:
        with self._lock:
            if self._short:
                return
            self._short = True
            self.counters["shortages"] += 1
        if self._on_shortage == "hybrid-only":
            self._say(
                f"WARNING: no quantum key ({why}); new keys come from the key exchange ALONE until "
                "there is some again"
            )
        else:
            self._say(f"blocked: no key ({why}); data waits when what is left of it is used up")

    def _note_plenty(self, count: int) -> None:
        with self._lock:
            self.counters["keys"] += count
            was, self._short = self._short, False
        if was:
            self._say("there is key again: data goes on under quantum keys")
