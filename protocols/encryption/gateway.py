"""Gateway: clear TCP on one side, records under delivered keys on the other.

A pair of them carries any TCP traffic. The plain side listens in clear and speaks sealed to the
sealed side, which listens sealed and speaks clear to the service behind it. Each connection has
keys of its own, one for each direction at a time.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from protocols.encryption.addresses import listener_at, listening_address
from protocols.encryption.client import KmeClient
from protocols.encryption.connection import SealedConnection, reset
from protocols.encryption.exchange import has_ml_kem
from protocols.encryption.handshake import Meeting, NeverBegunError, answer, greet, refuse
from protocols.encryption.identity import Identity
from protocols.encryption.records import BrokenConnection
from protocols.encryption.rekeying import RekeyPolicy
from protocols.encryption.supply import (
    AES_256_GCM,
    MODES,
    ONE_TIME_PAD,
    SHORTAGE,
    KeySupply,
)
from qnet.errors import ParameterError, check_integer, check_one_of, check_positive

__all__ = ["SIDES", "Gateway", "GatewaySettings"]

SIDES = ("plain", "sealed")

#: What every connection counts.
_AMOUNTS = ("sent_bytes", "received_bytes", "keys_used")


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewaySettings:
    """What a gateway is to do.

    Args:
        kme: URL of its KME.
        certs: Folder with ``ca.crt``, ``sae-NAME.crt`` and ``sae-NAME.key``.
        sae: Its own SAE.
        peer: The SAE of the other gateway.
        side: ``plain`` or ``sealed``.
        listen: Host and port where it listens; port 0 picks a free one.
        to: Host and port that it connects to.
        mode: ``aes-256-gcm`` or ``one-time-pad``.
        policy: When a direction takes its next key (of AES; a pad is used up).
        hybrid: Whether a key exchange is combined with the quantum keys.
        on_shortage: ``block``, or ``hybrid-only``.
        timeout_s: Longest wait for the other gateway in the middle of something, in s.
        max_connections: Most at a time.

    Raises:
        ParameterError: If something is out of range or does not go together.
    """

    kme: str
    certs: str | Path
    sae: str
    peer: str
    side: str
    listen: tuple[str, int]
    to: tuple[str, int]
    mode: str = AES_256_GCM
    policy: RekeyPolicy = field(default_factory=RekeyPolicy)
    hybrid: bool = False
    on_shortage: str = "block"
    timeout_s: float = 30.0
    max_connections: int = 512

    def __post_init__(self) -> None:
        check_one_of("--side", self.side, SIDES)
        check_one_of("--mode", self.mode, MODES)
        check_one_of("--on-shortage", self.on_shortage, SHORTAGE)
        check_positive("--timeout-s", self.timeout_s)
        check_integer("--max-connections", self.max_connections)
        if self.sae == self.peer:
            raise ParameterError("--peer", "be another SAE", self.peer, "name the other gateway's")
        if self.hybrid and self.mode == ONE_TIME_PAD:
            rule = "be left out with one-time pads"
            hint = "a pad is secret whatever can be computed; an exchange would only weaken that"
            raise ParameterError("--hybrid", rule, True, hint)
        if self.on_shortage == "hybrid-only" and not self.hybrid:
            hint = "add --hybrid, or leave it at block"
            raise ParameterError("--on-shortage", "be block without --hybrid", "hybrid-only", hint)


class Gateway:
    """A running gateway.

    Args:
        settings: What it is to do.
        say: Where sentences for people go; nothing in them is secret.

    Raises:
        ParameterError: If something is wrong with the settings, the files or the addresses.
    """

    def __init__(
        self, settings: GatewaySettings, say: Callable[[str], object] = lambda sentence: None
    ) -> None:
        self.settings, self._say = settings, say
        self._kme = KmeClient(settings.kme, settings.certs, settings.sae)
        self._identity = Identity(settings.certs, settings.sae)
        self._supply = KeySupply(
            self._kme,
            settings.peer,
            mode=settings.mode,
            on_shortage=settings.on_shortage,
            say=say,
            timeout_s=settings.timeout_s,
        )
        if settings.hybrid and not has_ml_kem():
            say("the installed cryptography has no ML-KEM: the key exchange is X25519 alone")
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._open: dict[int, tuple[threading.Thread, threading.Event]] = {}
        self._running: dict[int, SealedConnection] = {}
        self._number = 0
        self._counters = dict.fromkeys(("connections", "broken", "refused", *_AMOUNTS), 0)
        self._listener = listener_at(settings.listen, backlog=512)
        self._thread = threading.Thread(target=self._accept, daemon=True)

    def __enter__(self) -> Gateway:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port where it listens."""
        return listening_address(self._listener)

    def state(self) -> dict[str, object]:
        """What it does and has done: counters, whether there is key; nothing secret.

        ``keys`` is ``ok``, ``blocked`` or ``hybrid-only``.
        """
        with self._lock:
            found = {**self._counters, "open": len(self._open)}
            for each in self._running.values():
                for name in _AMOUNTS:
                    found[name] += getattr(each, name)
        supply = self._supply.counters
        return {
            **found,
            "keys": self._supply.state,
            "delivered_keys": supply["keys"],
            "hybrid_only_keys": supply["hybrid_only_keys"],
            "shortages": supply["shortages"],
            "mode": self.settings.mode,
            "side": self.settings.side,
            "exchange": self._exchange,
        }

    @property
    def _exchange(self) -> str:
        if not self.settings.hybrid:
            return "none"
        return "x25519+ml-kem-768" if has_ml_kem() else "x25519"

    def stop(self, patience_s: float = 3.0) -> None:
        """End: no new connections; those that run are broken off, with that reason."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            running, threads = list(self._running.values()), list(self._open.values())
        for each in running:
            each.fail("the gateway was stopped")
        for _, over in threads:
            over.set()
        until = time.monotonic() + patience_s
        for thread, _ in threads:
            thread.join(max(0.0, until - time.monotonic()))
        for each in running:
            each.abandon()
        for thread, _ in threads:
            thread.join(patience_s)
        if self._thread.is_alive():
            self._thread.join(patience_s)
        self._kme.close()
        self._supply.close()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                came, address = self._listener.accept()
            except OSError:
                if self._stopping.is_set():
                    return
                time.sleep(0.05)  # out of file descriptors, or a connection that was gone again
                continue
            with self._lock:
                full = len(self._open) >= self.settings.max_connections
                self._counters["refused"] += full
                self._number += 1
                number, over = self._number, threading.Event()
                if not full:
                    thread = threading.Thread(
                        target=self._carry, args=(number, came, over), daemon=True
                    )
                    self._open[number] = (thread, over)
            if full:
                came.close()
                most = self.settings.max_connections
                self._say(f"connection {number} from {address[0]} refused: {most} are open")
                continue
            thread.start()

    def _carry(self, number: int, came: socket.socket, over: threading.Event) -> None:
        """One connection from its beginning to its end."""
        reason = ""
        try:
            reason = self._carried(number, came, over)
        except NeverBegunError:
            pass  # somebody looked whether the port is open
        except BrokenConnection as stop:
            reason = str(stop)
        except TimeoutError:
            reason = f"the other end did not answer within {self.settings.timeout_s:g} s"
        except OSError as error:
            reason = f"no connection: {error.strerror or type(error).__name__}"
        except Exception as error:
            reason = f"an internal error: {type(error).__name__}"
        finally:
            if reason and self.settings.side == "plain":
                reset(came)
            came.close()
            with self._lock:
                self._open.pop(number, None)
                done = self._running.pop(number, None)
                self._counters["connections"] += 1
                self._counters["broken"] += bool(reason)
                for name in _AMOUNTS:
                    self._counters[name] += 0 if done is None else getattr(done, name)
            if reason:
                self._say(f"connection {number} ended: {reason}")

    def _carried(self, number: int, came: socket.socket, over: threading.Event) -> str:
        came.settimeout(self.settings.timeout_s)
        with contextlib.ExitStack() as opened:
            if self.settings.side == "plain":
                other, meeting = self._greeted(over)
                opened.callback(other.close)
                clear, sealed = came, other
            else:
                clear, meeting = self._answered(came, over)
                opened.callback(clear.close)
                sealed = came
            connection = SealedConnection(
                clear,
                sealed,
                meeting,
                self._supply,
                side=self.settings.side,
                mode=self.settings.mode,
                policy=self.settings.policy,
                timeout_s=self.settings.timeout_s,
                over=over,
            )
            with self._lock:
                self._running[number] = connection
            if self._stopping.is_set():
                connection.fail("the gateway was stopped")
            return connection.run()

    def _connected(self) -> socket.socket:
        return socket.create_connection(self.settings.to, timeout=self.settings.timeout_s)

    def _greeted(self, over: threading.Event) -> tuple[socket.socket, Meeting]:
        """A connection to the sealed side, and what was agreed on it."""
        settings = self.settings
        keys = self._supply.first(over)
        try:
            sealed = self._connected()
        except OSError:
            self._supply.put_back(keys)
            raise
        try:
            meeting = greet(
                sealed,
                keys,
                mode=settings.mode,
                identity=self._identity,
                peer=settings.peer,
                hybrid=settings.hybrid,
            )
        except BaseException:
            sealed.close()
            raise
        return sealed, meeting

    def _answered(
        self, came: socket.socket, over: threading.Event
    ) -> tuple[socket.socket, Meeting]:
        """A connection to the service, and what was agreed with the plain side."""
        settings = self.settings
        reached: list[socket.socket] = []
        try:
            meeting = answer(
                came,
                self._supply,
                over,
                mode=settings.mode,
                identity=self._identity,
                peer=settings.peer,
                hybrid=settings.hybrid,
                ready=lambda: reached.append(self._served()),
            )
        except BaseException as stop:
            for each in reached:
                each.close()
            if isinstance(stop, BrokenConnection) and not isinstance(stop, NeverBegunError):
                with contextlib.suppress(OSError):
                    refuse(came, str(stop))
            raise
        return reached[0], meeting

    def _served(self) -> socket.socket:
        try:
            return self._connected()
        except OSError as error:
            why = error.strerror or type(error).__name__
            sentence = f"the service behind the sealed side cannot be reached: {why}"
            raise BrokenConnection(sentence) from None
