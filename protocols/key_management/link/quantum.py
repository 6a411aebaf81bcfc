"""Quantum channel of a link, emulated: a server that plays rounds, and ends that take a record.

The server makes no rounds before both ends have asked for those of the same run, each over its own
connection; gives each end its own record; and keeps neither.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, Queue
from typing import Any, NamedTuple

from protocols.key_management.link.plan import LinkPlan
from protocols.key_management.link.rounds import RoundSource, record_bytes, record_of
from protocols.key_management.link.wire import Listener, dial
from protocols.postprocessing.channel import TcpChannel
from protocols.postprocessing.messages import Message, decode, encode
from protocols.postprocessing.raw_key import RawKey
from protocols.postprocessing.result import AbortReason, ProtocolAborted
from qnet.errors import ParameterError, QnetError

__all__ = ["ChannelServer", "QuantumEnd", "SpyWatch"]

#: Most rounds of a run that the server plays.
_MOST_ROUNDS = 1 << 50

#: Longest wait in s for an end to take its record, and of an end for one that is not connected.
_TAKE_S, _ALONE_S = 20.0, 1.0


class SpyWatch:
    """Who is on the fibre now: the spies of the scenario, and the one of a file that may change.

    Args:
        plan: Of the link.
        file: ``{"intercept": 0.3}``; nobody where it is not there.
        clock: Seconds.

    Examples:
        >>> from protocols.key_management.link.plan import SpySpell
        >>> plan = LinkPlan(ends=("A", "B"), attacks=(SpySpell(intercept=0.3, from_s=5.0),))
        >>> times = iter([0.0, 1.0, 6.0])
        >>> watch = SpyWatch(plan, None, lambda: next(times))
        >>> watch.fraction(), watch.fraction()
        (0.0, 0.3)
    """

    def __init__(
        self, plan: LinkPlan, file: Path | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._plan, self._file, self._clock = plan, file, clock
        self._start, self._last = clock(), 0.0

    def fraction(self) -> float:
        """Fraction of the pulses that is intercepted now; of several spies the boldest one's."""
        now = self._clock() - self._start
        found = [
            each.intercept
            for each in self._plan.attacks
            if each.from_s <= now < (float("inf") if each.to_s is None else each.to_s)
        ]
        return max([*found, self._of_file()])

    def _of_file(self) -> float:
        """What the file says; what it said before where it is half written."""
        if self._file is None:
            return 0.0
        try:
            value = float(json.loads(self._file.read_text(encoding="utf-8"))["intercept"])
        except FileNotFoundError:
            value = 0.0
        except (OSError, ValueError, KeyError, TypeError):
            return self._last
        self._last = value if 0.0 <= value <= 1.0 else self._last
        return self._last


class _Request(NamedTuple):
    """What an end has asked for."""

    end: int
    channel: TcpChannel
    run: str
    rounds: int
    since: float


class ChannelServer:
    """The server of an edge's quantum channel.

    Args:
        plan: Of the link.
        certificates: Folder of the certificates; its own is ``link-EDGE``.
        spy: Who is on the fibre.
        host: Address to listen at.

    Attributes:
        port: Where it listens.
    """

    def __init__(
        self, plan: LinkPlan, certificates: Path, spy: SpyWatch, host: str = "127.0.0.1"
    ) -> None:
        self._source, self._spy = RoundSource(plan), spy
        self._names = [f"kme-{end}" for end in plan.ends]
        self._listener = Listener(certificates, f"link-{plan.edge}", host, tuple(self._names))
        self.port = self._listener.port
        self._asked: Queue[_Request] = Queue()
        self._present, self._lock = [0, 0], threading.Lock()
        self._stopped = threading.Event()

    def serve(self) -> None:
        """Serve both ends until `stop`."""
        threading.Thread(target=self._let_in, daemon=True).start()
        waiting: dict[int, _Request] = {}
        while not self._stopped.is_set():
            try:
                asked = self._asked.get(timeout=0.2)
            except Empty:
                self._refuse_late(waiting)
                continue
            waiting[asked.end] = asked
            if len(waiting) < 2:
                continue
            if waiting[0].run == waiting[1].run and waiting[0].rounds == waiting[1].rounds:
                self._play(waiting[0], waiting[1])
                waiting.clear()
            else:
                self._refuse(waiting.pop(1 - asked.end), "the other end is in another run")

    def stop(self) -> None:
        """Let nobody in any more."""
        self._stopped.set()
        self._listener.close()

    def _play(self, first: _Request, second: _Request) -> None:
        """Play the rounds of a run, give each end its record, forget."""
        try:
            records = self._source.draw(first.rounds, self._spy.fraction())
        except QnetError as error:
            for each in (first, second):
                self._refuse(each, str(error))
            return
        for each, record in zip((first, second), records, strict=True):
            _give(each.channel, record_bytes(each.run, record))

    def _refuse_late(self, waiting: dict[int, _Request]) -> None:
        """Refuse an end which waits for one that is not connected."""
        for end, each in list(waiting.items()):
            if not self._present[1 - end] and time.monotonic() - each.since > _ALONE_S:
                self._refuse(waiting.pop(end), "the other end is not connected to it")

    def _refuse(self, asked: _Request, sentence: str) -> None:
        _give(asked.channel, encode(Message("refused", {"run": asked.run, "sentence": sentence})))

    def _let_in(self) -> None:
        while not self._stopped.is_set():
            try:
                found = self._listener.accept(1.0)
            except OSError:
                return
            if found is not None:
                end = self._names.index(found[1])
                threading.Thread(target=self._hear, args=(end, found[0]), daemon=True).start()

    def _hear(self, end: int, channel: TcpChannel) -> None:
        """Take requests of an end until it closes."""
        self._count(end, 1)
        try:
            while not self._stopped.is_set():
                asked = json.loads(channel.receive(float("inf")))
                run, rounds = str(asked["run"]), int(asked["rounds"])
                if not 0 < rounds <= _MOST_ROUNDS:
                    break
                self._asked.put(_Request(end, channel, run, rounds, time.monotonic()))
        except (ProtocolAborted, ValueError, KeyError, TypeError):
            pass
        finally:
            self._count(end, -1)
            channel.close()

    def _count(self, end: int, by: int) -> None:
        """Count the connections of an end."""
        with self._lock:
            self._present[end] += by


def _give(channel: TcpChannel, frame: bytes) -> None:
    """Send a frame to an end, or let go of it."""
    try:
        channel.send(frame, _TAKE_S)
    except ProtocolAborted:
        channel.close()


class QuantumEnd:
    """An end's connection to the channel process.

    Args:
        plan: Of the link.
        certificates: Folder of the certificates.
        node: Name of the node.
        address: Where the channel process listens.

    Raises:
        OSError: If it cannot be reached, or is none.
    """

    def __init__(
        self, plan: LinkPlan, certificates: Path, node: str, address: tuple[str, int]
    ) -> None:
        self._plan = plan
        self._channel = dial(certificates, f"kme-{node}", address, f"link-{plan.edge}")

    def take(self, run: str, rounds: int, timeout_s: float) -> RawKey:
        """What this end wrote down of the rounds of a run.

        Args:
            run: Its identity, which the other end names, too.
            rounds: How many are played.
            timeout_s: Longest wait, in s.

        Raises:
            ProtocolAborted: If none comes in time, or the channel refuses.
        """
        self._channel.send(json.dumps({"run": run, "rounds": rounds}).encode(), timeout_s)
        deadline = time.monotonic() + timeout_s
        while True:
            frame = self._channel.receive(max(deadline - time.monotonic(), 0.0))
            try:
                kind, of = _kind(frame)
                if of != run:
                    continue
                if kind == "record":
                    return record_of(frame, self._plan)[1]
                sentence = f"the channel refused: {decode(frame).fields['sentence']}"
            except (ParameterError, LookupError, TypeError) as error:
                sentence = "what came from the channel is no record"
                raise ProtocolAborted(AbortReason.UNEXPECTED_MESSAGE, sentence) from error
            raise ProtocolAborted(AbortReason.UNEXPECTED_MESSAGE, sentence)

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()


def _kind(frame: bytes) -> tuple[str, Any]:
    message = decode(frame)
    return message.kind, message.fields["run"]
