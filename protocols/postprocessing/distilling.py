"""One end of a distillation: its link, its outcome, and what it tells the other end of troubles."""

from __future__ import annotations

import contextlib
import json
from abc import ABC, abstractmethod
from typing import Any, Protocol

from protocols.postprocessing.authentication import AuthenticatedLink, KeyPool, Role
from protocols.postprocessing.bits import Bits
from protocols.postprocessing.channel import ClassicalChannel
from protocols.postprocessing.messages import as_json
from protocols.postprocessing.randomness import Randomness
from protocols.postprocessing.result import AbortReason, DistillationResult, ProtocolAborted
from qnet.estimate import Estimate
from qnet.metrics.security import SecurityClaim
from qnet.progress import ProgressCallback, note

__all__ = ["STEPS", "DistillingEnd", "LinkSettings"]

#: What a run goes through.
STEPS = ("sift", "estimate", "correct", "verify", "amplify")


class LinkSettings(Protocol):
    """Settings of the authenticated link, which settings of every run have.

    Examples:
        >>> from protocols.postprocessing.settings import DistillationSettings
        >>> settings: LinkSettings = DistillationSettings()
        >>> settings.tag_bits, settings.timeout_s
        (48, 30.0)
    """

    @property
    def tag_bits(self) -> int:
        """Length of an authentication tag."""

    @property
    def timeout_s(self) -> float:
        """Longest wait for a message, in s."""


class DistillingEnd(ABC):
    """One end of a run, whatever its steps are.

    Args:
        channel: This end of the channel.
        pool: This end's copy of the pre-shared authentication key.
        randomness: Source of random choices; the operating system if not given.
        progress: Called with the number of steps done and wanted.
    """

    role: Role
    _settings: LinkSettings

    def __init__(
        self,
        channel: ClassicalChannel,
        pool: KeyPool,
        randomness: Randomness | None,
        progress: ProgressCallback | None,
    ) -> None:
        self._channel, self._pool = channel, pool
        self._randomness = randomness or Randomness()
        self._progress = progress
        self._qber: Estimate | None = None
        self._sifted_bits = 0
        self._flipped = ""
        self._claim: SecurityClaim | None = None

    def run(self) -> DistillationResult:
        """Run this end to its outcome; the other end runs at the same time.

        Any error of this end is raised, and the other end is told that there was one.
        """
        settings = self._settings
        try:
            self._link = AuthenticatedLink(
                self._channel,
                self._pool,
                self.role,
                tag_bits=settings.tag_bits,
                timeout_s=settings.timeout_s,
            )
        except BaseException:
            self._channel.close()
            raise
        try:
            return self._outcome(self._steps(), None)
        except ProtocolAborted as stopped:
            self._tell(stopped)
            self._qber = stopped.qber or self._qber
            return self._outcome(None, stopped)
        except BaseException as error:
            self._tell(
                ProtocolAborted(AbortReason.FAULT, f"an error there: {type(error).__name__}")
            )
            raise
        finally:
            self._link.close()

    def _begin(self, step: str) -> None:
        """Begin a step: the messages that follow belong to it."""
        self._link.transcript.begin(step)
        note(self._progress, step)
        if self._progress is not None:
            self._progress(STEPS.index(step), len(STEPS))

    def _compare(self, facts: dict[str, Any]) -> None:
        """Tell the other end what this one presumes, and end the run where that differs."""
        heard = self._link.greet(**facts)
        mine = json.loads(as_json(facts))
        differing = sorted(name for name in mine | heard if mine.get(name) != heard.get(name))
        if differing:
            sentence = f"the ends do not agree on {', '.join(differing)}"
            raise ProtocolAborted(AbortReason.NOT_AGREED, sentence, known_to_peer=True)

    def _tell(self, stopped: ProtocolAborted) -> None:
        """Tell the other end, if it can still be told."""
        if not stopped.known_to_peer:
            with contextlib.suppress(Exception):
                self._link.abort(stopped)

    def _outcome(self, key: Bits | None, stopped: ProtocolAborted | None) -> DistillationResult:
        claim = self._claim
        if stopped is None and key is not None and claim is not None:
            aborted = None
            what = "bits" if claim.notion == "none" else "secret bits"
            sentence = f"{key.size} {what} from {self._sifted_bits} sifted bits ({claim})"
        else:
            key, aborted = None, stopped.reason if stopped else AbortReason.UNEXPECTED_MESSAGE
            why = stopped.sentence if stopped else "the run came to no end"
            sentence, claim = f"no key: {why}", SecurityClaim.none(why)
        if self._flipped:
            bases = " and ".join(self._flipped)
            sentence += f"; more than half of the bits differed in {bases}: Bob flipped his there"
        if self._randomness.is_reproducible:
            sentence += " (reproducible demonstration: random choices came from a seed)"
        return DistillationResult(
            key=key,
            aborted=aborted,
            sentence=sentence,
            qber=self._qber,
            sifted_bits=self._sifted_bits,
            transcript=self._link.transcript,
            reproducible=self._randomness.is_reproducible,
            security=claim,
        )

    @abstractmethod
    def _steps(self) -> Bits: ...
