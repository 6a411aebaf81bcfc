"""First and second end of a link: who listens and leads, and who connects and follows."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from protocols.key_management.link.child import ChannelProcess
from protocols.key_management.link.end import LinkEnd
from protocols.key_management.link.pace import RunPace
from protocols.key_management.link.plan import LinkPlan
from protocols.key_management.link.session import (
    FirstLinkSession,
    LinkSession,
    LinkStore,
    RunOutcome,
    SecondLinkSession,
)
from protocols.key_management.link.wire import Listener, dial
from protocols.postprocessing.result import AbortReason, ProtocolAborted

__all__ = ["FirstEnd", "LinkPorts", "SecondEnd"]

#: Ports of a link as the first end's node tells them.
LinkPorts = dict[str, int]

#: Longest time in s without a message while there is nothing to do, and of a look at what is due.
_IDLE_S, _LOOK_S = 5.0, 0.1

#: Time in s after which an edge with enough key has a run, so that a spy is noticed.
_WATCH_S = 2.0


class FirstEnd(LinkEnd):
    """The end of the edge's first node: it has the channel process, listens and leads.

    Args:
        plan: Of the link.
        store: Of the node.
        certificates: Folder of the certificates.
        folder: Of the node.
        host: Address to listen at.
        spy: File of a spy, which the channel process alone reads.
        more: As for `LinkEnd`.
    """

    place = 0

    def __init__(
        self,
        plan: LinkPlan,
        store: LinkStore,
        certificates: Path,
        folder: Path,
        *,
        host: str = "127.0.0.1",
        spy: Path | None = None,
        **more: Any,  # noqa: ANN401 - arguments of LinkEnd
    ) -> None:
        super().__init__(plan, store, certificates, folder, **more)
        self._host, self._spy = host, spy
        self._listener: Listener | None = None
        self._child: ChannelProcess | None = None
        self._pace = RunPace(plan, time.monotonic())
        self._looked = time.monotonic()

    @property
    def ports(self) -> LinkPorts | None:
        """Where the other end connects: ``classical_port`` and ``quantum_port``; None as yet."""
        listener, child = self._listener, self._child
        if listener is None or child is None or not child.is_alive:
            return None
        return {"classical_port": listener.port, "quantum_port": child.port}

    def _connect(self) -> LinkSession:
        """See `LinkEnd._connect`."""
        if self._listener is None:
            names = (f"kme-{self.peer}",)
            self._listener = Listener(self._certificates, f"kme-{self.node}", self._host, names)
        if self._child is None or not self._child.is_alive:
            if self._child is not None:
                self._child.close()
            self._child = ChannelProcess(self.plan, self._certificates, self._spy, self._host)
        while not self._stopping.is_set():
            self._let_time_clear()
            found = self._listener.accept(0.2)
            if found is not None:
                self._keep_open(found[0])
                quantum = self._quantum((self._host, self._child.port))
                return FirstLinkSession(
                    self.edge, self._store, self._talk(found[0]), quantum, self._settings
                )
            if not self._child.is_alive:
                raise ChildProcessError("the channel process ended")
        raise ProtocolAborted(AbortReason.CHANNEL_CLOSED, "the link is shut down")

    def _step(self, session: LinkSession) -> RunOutcome | None:
        """See `LinkEnd._step`."""
        assert isinstance(session, FirstLinkSession)
        until = time.monotonic() + _IDLE_S
        while self._pace.pause(time.monotonic()) > 0.0 or self._has_enough():
            if time.monotonic() > until or self._stopping.is_set():
                session.wait()
                return None
            self._stopping.wait(min(_LOOK_S, self._pace.pause(time.monotonic()) or _LOOK_S))
        self._pace.begin(time.monotonic())
        bits = self._pace.bits(8 * self._store.level(self.edge))
        key_bits, aborted = 0, None
        try:
            outcome = session.run(self.plan.rounds_of(bits))
            key_bits, aborted = outcome.result.secret_bits, outcome.result.aborted
            return outcome
        finally:
            left = self._store.secrets_left(self.edge)
            self._pace.done(key_bits, aborted, time.monotonic(), secrets_left=left)

    def _kept(self, dropped_bits: int) -> None:
        """See `LinkEnd._kept`."""
        self._pace.dropped(dropped_bits)

    def _has_enough(self) -> bool:
        """Whether no run is wanted now; the edge is watched now and then all the same."""
        if self._wants_key is not None:
            return not self._wants_key()
        now, level = time.monotonic(), 8 * self._store.level(self.edge)
        if level < self.plan.enough_bits or now - self._looked > _WATCH_S:
            self._looked = now
            return False
        return True

    def _shut(self) -> None:
        """See `LinkEnd._shut`."""
        for each in (self._listener, self._child):
            if each is not None:
                each.close()


class SecondEnd(LinkEnd):
    """The end of the edge's second node: it asks where the first one listens, connects, follows.

    Args:
        plan: Of the link.
        store: Of the node.
        certificates: Folder of the certificates.
        folder: Of the node.
        ports: Asks the first end's node for its ports; None where it does not know them yet.
        host: Address of the first end.
        more: As for `LinkEnd`.
    """

    place = 1

    def __init__(
        self,
        plan: LinkPlan,
        store: LinkStore,
        certificates: Path,
        folder: Path,
        *,
        ports: Callable[[], LinkPorts | None],
        host: str = "127.0.0.1",
        **more: Any,  # noqa: ANN401 - arguments of LinkEnd
    ) -> None:
        super().__init__(plan, store, certificates, folder, **more)
        self._host, self._ports = host, ports

    def _connect(self) -> LinkSession:
        """See `LinkEnd._connect`."""
        found = self._ports()
        if found is None:
            raise ConnectionRefusedError("the other end is not ready yet")
        address = self._host, int(found["classical_port"])
        channel = dial(self._certificates, f"kme-{self.node}", address, f"kme-{self.peer}")
        self._keep_open(channel)
        quantum = self._quantum((self._host, int(found["quantum_port"])))
        return SecondLinkSession(
            self.edge, self._store, self._talk(channel), quantum, self._settings
        )

    def _step(self, session: LinkSession) -> RunOutcome | None:
        """See `LinkEnd._step`."""
        assert isinstance(session, SecondLinkSession)
        return session.follow()

    def _kept(self, dropped_bits: int) -> None:
        """Nothing: the end that leads looks at it, see `LinkEnd._kept`."""

    def _shut(self) -> None:
        """Nothing: see `LinkEnd._shut`."""
