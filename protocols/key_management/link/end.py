"""Ends of an emulated link: threads that turn a detector's records into blocks of key.

The first end starts the channel process and listens; the second one connects. They compare alarms
and plans, settle which blocks both have, and distil run after run. Whatever dies, the connection or
a process, the thread begins again after a pause, and nothing waits without a limit.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from protocols.key_management.link.alarms import AlarmFile, EdgeWatch, LinkAlarm
from protocols.key_management.link.plan import LinkPlan
from protocols.key_management.link.preshared import generation
from protocols.key_management.link.quantum import QuantumEnd
from protocols.key_management.link.report import LinkReport
from protocols.key_management.link.session import LinkSession, LinkStore, RunOutcome
from protocols.key_management.link.wire import SecureChannel, Talk
from protocols.postprocessing.result import AbortReason, ProtocolAborted
from protocols.postprocessing.settings import DistillationSettings
from qnet.circuits.threads import load_qiskit
from qnet.errors import ParameterError, QnetError
from qnet.estimate import Estimate
from qnet.metrics.security import SecurityClaim

__all__ = ["LinkEnd"]

AlarmCall = Callable[[str, str, float], None]

#: First and longest pause in s after a session that failed; pause of an edge that stands still.
_PAUSE_S, _LONGEST_PAUSE_S, _STILL_S = 0.1, 5.0, 0.5

#: Fractions of the pulses that the spies intercept of whom a report says if they are missed.
_SPIES = (0.03, 0.1, 0.3, 1.0)

#: Runs over which the rate is averaged.
_AVERAGED = 16


class LinkEnd(ABC):
    """An end of a link; `FirstEnd` and `SecondEnd` are what nodes start.

    Args:
        plan: Of the link, the same at both ends.
        store: Of the node.
        certificates: Folder of the certificates; this end's is ``kme-NODE``.
        folder: Of the node: alarms outlive the process there.
        on_alarm: Called with the edge, a sentence and the probability that a run misses it.
        wants_key: Whether the node wants a run now: the first end asks again and again. Unless
            given, while there is less than ``plan.enough_bits``, and now and then.
        settings: Of the post-processing.
    """

    #: Place of the node in the edge.
    place: ClassVar[int]

    def __init__(
        self,
        plan: LinkPlan,
        store: LinkStore,
        certificates: Path,
        folder: Path,
        *,
        on_alarm: AlarmCall | None = None,
        wants_key: Callable[[], bool] | None = None,
        settings: DistillationSettings | None = None,
    ) -> None:
        self.plan, self.edge, self.node = plan, plan.edge, plan.ends[self.place]
        self.peer = plan.ends[1 - self.place]
        self._store, self._certificates = store, certificates
        self._on_alarm, self._wants_key = on_alarm, wants_key
        self._settings = settings or plan.settings
        self._watch = EdgeWatch(plan.edge, plan.honest, plan.false_alarm)
        self._alarms = AlarmFile(folder / "alarms" / f"{plan.edge}.json")
        self._attacked: dict[float, float] | None = None
        self._stopping, self._lock = threading.Event(), threading.RLock()
        self._thread = threading.Thread(target=self._go, name=f"link {self.edge}", daemon=True)
        self._open: list[SecureChannel | QuantumEnd] = []
        self._recent: deque[tuple[float, int]] = deque(maxlen=_AVERAGED)
        self._aborted: Counter[str] = Counter()
        self._runs = self._blocks = self._bits = 0
        self._qber: Estimate | None = None
        self._claim = SecurityClaim.none("no key has been made yet")
        self._state, self._sentence = "starting", f"edge {self.edge} begins"

    def start(self) -> None:
        """Begin, in a thread of its own; call it from one that lives as long."""
        load_qiskit()
        self._thread.start()

    def stop(self, timeout_s: float = 10.0) -> None:
        """End: a run that is going on is given up."""
        self._stopping.set()
        with self._lock:
            for connection in self._open:
                connection.interrupt()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        self._say("stopped", f"edge {self.edge} is shut down")

    def restart(self) -> bool:
        """Let an edge that an alarm has stopped try again; the other end follows.

        Returns:
            Whether there was an alarm.
        """
        with self._lock:
            return self._alarms.clear()

    def report(self) -> LinkReport:
        """How it is now."""
        with self._lock:
            alarm = self._alarms.alarm
            state, sentence = self._state, self._sentence
            if alarm is not None:
                state, sentence = "alarm", alarm.sentence
            return LinkReport(
                edge=self.edge,
                state=state,
                sentence=sentence,
                expected_qber=self.plan.honest,
                qber=self._qber,
                runs=self._runs,
                blocks=self._blocks,
                key_bits=self._bits,
                bits_per_s=self._rate(),
                aborted=dict(self._aborted),
                secrets_left=self._store.secrets_left(self.edge),
                missed=self._missed(),
                alarm=alarm,
                security=self._claim,
            )

    @abstractmethod
    def _connect(self) -> LinkSession:
        """Connections to the other end and to the channel process.

        Raises:
            OSError: If one of them is not there.
        """

    @abstractmethod
    def _step(self, session: LinkSession) -> RunOutcome | None:
        """The next run, or None where there was none to be done."""

    def _go(self) -> None:
        """LinkSession after session, until the end is stopped."""
        pause = _PAUSE_S
        while not self._stopping.is_set():
            begun = self._blocks
            try:
                self._session()
            except ProtocolAborted as stopped:
                self._say("waiting", f"edge {self.edge}: {stopped.sentence}")
            except (OSError, QnetError) as error:
                self._say("waiting", f"edge {self.edge}: {error}")
            except Exception as error:  # a fault here must not end the link
                self._say("waiting", f"edge {self.edge}: a fault, {type(error).__name__}")
            finally:
                self._hang_up()
            pause = _PAUSE_S if self._blocks > begun else min(2.0 * pause, _LONGEST_PAUSE_S)
            self._stopping.wait(_STILL_S if self._alarms.alarm is not None else pause)
        self._shut()

    @abstractmethod
    def _shut(self) -> None:
        """Close what outlives sessions."""

    def _session(self) -> None:
        """One session, until something ends it."""
        self._let_time_clear()
        if self._alarms.alarm is not None:  # who raised it may have died, or found a full disk
            self._alarms.keep()
            self._store.void_edge(self.edge)
        session = self._connect()
        heard = session.greet({"plan": self.plan.digest, **self._alarms.told()})
        self._compare(heard)
        if self._alarms.alarm is not None:
            return
        session.reconcile()
        self._say("running", f"edge {self.edge} makes key")
        while not self._stopping.is_set() and self._alarms.alarm is None:
            outcome = self._step(session)
            if outcome is not None:
                self._take(session, outcome)

    def _compare(self, heard: dict[str, Any]) -> None:
        """Plans and alarms of the two ends: an alarm at one holds for both, and so does its end.

        Raises:
            ProtocolAborted: If the ends have different plans, or the other one stands still.
        """
        if heard["plan"] != self.plan.digest:
            sentence = "the ends do not play the same protocol with the same alarm"
            raise ProtocolAborted(AbortReason.NOT_AGREED, sentence)
        with self._lock:
            own = self._alarms.alarm
            if own is not None and own.run in heard["cleared"]:
                self._alarms.clear()
            if heard["alarm"] is None:
                return
            theirs = LinkAlarm(**heard["alarm"])
            cleared = theirs.run in self._alarms.cleared
        if cleared:
            raise ProtocolAborted(AbortReason.NOT_AGREED, "the other end has yet to begin again")
        self._alarm(theirs)

    def _take(self, session: LinkSession, outcome: RunOutcome) -> None:
        """Look at the errors of a run; keep its key, if it may be kept."""
        result = outcome.result
        with self._lock:
            self._runs += 1
            self._qber = result.qber or self._qber
            if result.aborted is not None:
                self._aborted[str(result.aborted)] += 1
        alarm = None
        if result.qber is not None:
            alarm = self._watch.look(outcome.run, result.qber, time.time())
        if alarm is not None:
            self._alarm(alarm)
            return
        bits, dropped_bits = session.keep(outcome)
        self._kept(dropped_bits)
        session.reconcile()
        self._note(outcome, bits)
        if self._attacked is None:  # here, where nobody waits for it
            self._attacked = _attacked(self.plan)

    @abstractmethod
    def _kept(self, dropped_bits: int) -> None:
        """The store has taken in what a run gave, but for so many bits."""

    def _note(self, outcome: RunOutcome, bits: int) -> None:
        """Account for a run that is settled."""
        result = outcome.result
        with self._lock:
            self._recent.append((time.monotonic(), bits))
            if not bits:
                self._say("running", f"edge {self.edge}: {result.sentence}")
                return
            self._blocks += 1
            self._bits += bits
            self._say("running", f"edge {self.edge} makes key")
            claim, before = result.security, generation(outcome.secret)
            if claim.epsilon is not None:
                # What authenticates a run is as secret as the runs that it came from.
                claim = replace(claim, epsilon=min(1.0, claim.epsilon * (before + 1)))
            self._claim = claim

    def _alarm(self, alarm: LinkAlarm) -> None:
        """Stop the edge: on the disk, in the store, and for the node."""
        with self._lock:
            if not self._alarms.raise_(alarm):
                return
        try:
            self._store.void_edge(self.edge)
        finally:
            if self._on_alarm is not None:
                self._on_alarm(self.edge, alarm.sentence, alarm.missed)

    def _let_time_clear(self) -> None:
        """Clear an alarm whose time is over."""
        alarm, patience = self._alarms.alarm, self.plan.restart_s
        if alarm is not None and patience is not None and time.time() - alarm.at >= patience:
            self.restart()

    def _talk(self, channel: SecureChannel) -> Talk:
        return Talk(channel, self._settings.timeout_s)

    def _quantum(self, address: tuple[str, int]) -> QuantumEnd:
        """The connection to the channel process."""
        quantum = QuantumEnd(self.plan, self._certificates, self.node, address)
        self._keep_open(quantum)
        return quantum

    def _keep_open(self, connection: SecureChannel | QuantumEnd) -> None:
        """Let `stop` interrupt a connection from now on."""
        with self._lock:
            self._open.append(connection)
            if self._stopping.is_set():
                connection.interrupt()

    def _hang_up(self) -> None:
        """Close the connections, in the thread that uses them."""
        with self._lock:
            connections, self._open = self._open, []
        for connection in connections:
            connection.close()

    def _say(self, state: str, sentence: str) -> None:
        with self._lock:
            self._state, self._sentence = state, sentence

    def _missed(self) -> dict[float, float]:
        """Probability that the last run would have missed spies."""
        compared = 0 if self._qber is None else self._qber.n
        return self._watch.misses(compared, self._attacked or {}) if compared else {}

    def _rate(self) -> float:
        """Bits per second over the last runs."""
        if len(self._recent) < 2:
            return 0.0
        time_s = self._recent[-1][0] - self._recent[0][0]
        bits = sum(bits for _, bits in list(self._recent)[1:])
        return bits / time_s if time_s > 0.0 else 0.0


def _attacked(plan: LinkPlan) -> dict[float, float]:
    """Error rates under some spies; none where no spy can be played."""
    try:
        return {fraction: plan.error_rate(fraction) for fraction in _SPIES}
    except ParameterError:
        return {}
