"""Quantum channel of a link, emulated: a server that plays rounds, and ends that take a record.

The server makes no rounds before both ends have asked for those of the same run, each over its own
connection; gives each end its own record; and keeps neither.
"""

from __future__ import annotations

import contextlib
import json
import math
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from protocols.key_management.link.plan import LinkPlan
from protocols.key_management.link.rounds import RoundSource, record_bytes, record_of
from protocols.key_management.link.wire import Listener, SecureChannel, dial
from protocols.postprocessing.messages import Message, decode, encode
from protocols.postprocessing.raw_key import RawKey
from protocols.postprocessing.result import AbortReason, ProtocolAborted
from qnet.errors import ParameterError, QnetError

__all__ = ["ChannelServer", "QuantumEnd", "SpyWatch"]

#: Most rounds of a run that the server plays.
_MOST_ROUNDS = 1 << 50

#: Longest wait in s for an end to take its record, and of an end for one that is not connected.
_TAKE_S, _ALONE_S = 20.0, 1.0

#: Time in s between two looks whether the other end is still connected.
_LOOK_S = 0.2


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


class _Request:
    """What an end has asked for, and its answer once there is one."""

    def __init__(self, run: str, rounds: int) -> None:
        self.run, self.rounds = run, rounds
        self._answered = threading.Event()
        self._answer = b""

    def settle(self, answer: bytes) -> None:
        """Answer it; the first answer counts."""
        if not self._answered.is_set():
            self._answer = answer
            self._answered.set()

    def refuse(self, sentence: str) -> None:
        """Answer that there will be no record."""
        self.settle(encode(Message("refused", {"run": self.run, "sentence": sentence})))

    def wait(self, timeout_s: float) -> bytes | None:
        """The answer, None if there is none in time."""
        return self._answer if self._answered.wait(timeout_s) else None


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
        self._lock = threading.Lock()
        self._present = [0, 0]
        self._asked: dict[int, _Request] = {}

    def serve(self) -> None:
        """Let both ends in, again and again, until `stop`."""
        with contextlib.suppress(OSError):
            while True:
                found = self._listener.accept(1.0)
                if found is not None:
                    end = self._names.index(found[1])
                    threading.Thread(target=self._serve, args=(end, found[0]), daemon=True).start()

    def stop(self) -> None:
        """Let nobody in any more."""
        self._listener.close()

    def _serve(self, end: int, channel: SecureChannel) -> None:
        """Answer an end until it closes."""
        self._count(end, 1)
        try:
            while True:
                asked = json.loads(channel.receive(math.inf))
                run, rounds = str(asked["run"]), int(asked["rounds"])
                if not 0 < rounds <= _MOST_ROUNDS:
                    break
                channel.send(self._answer(end, _Request(run, rounds)), _TAKE_S)
        except (ProtocolAborted, ValueError, KeyError, TypeError):
            pass
        finally:
            self._count(end, -1)
            channel.close()

    def _answer(self, end: int, asked: _Request) -> bytes:
        """The record of an end, once the other end has asked for its own; or why there is none."""
        with self._lock:
            before, other = self._asked.pop(end, None), self._asked.pop(1 - end, None)
            if before is not None:
                before.refuse("this end has asked anew")
            if other is None:
                self._asked[end] = asked
            elif (other.run, other.rounds) == (asked.run, asked.rounds):
                self._play([asked, other] if end == 0 else [other, asked])
            else:
                other.refuse("the other end is in another run")
                self._asked[end] = asked
        alone = time.monotonic()
        while (answer := asked.wait(_LOOK_S)) is None:
            with self._lock:
                if self._present[1 - end]:
                    alone = time.monotonic()
                if time.monotonic() - alone > _ALONE_S and self._asked.get(end) is asked:
                    del self._asked[end]
                    asked.refuse("the other end is not connected to the channel")
        return answer

    def _play(self, asked: list[_Request]) -> None:
        """Play the rounds of a run; each end's record is kept until it is sent."""
        try:
            records = self._source.draw(asked[0].rounds, self._spy.fraction())
        except QnetError as error:
            for each in asked:
                each.refuse(str(error))
            return
        for each, record in zip(asked, records, strict=True):
            each.settle(record_bytes(each.run, record))

    def _count(self, end: int, by: int) -> None:
        """Count the connections of an end."""
        with self._lock:
            self._present[end] += by


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

    def interrupt(self) -> None:
        """End what a thread waits for on it."""
        self._channel.interrupt()

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()


def _kind(frame: bytes) -> tuple[str, Any]:
    message = decode(frame)
    return message.kind, message.fields["run"]
