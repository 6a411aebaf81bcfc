"""One end of a distillation: its link, its outcome, and what it tells the other end of troubles."""

from __future__ import annotations

import contextlib
import json
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from protocols.postprocessing.authentication import AuthenticatedLink, KeyPool, Role
from protocols.postprocessing.bits import Bits
from protocols.postprocessing.channel import ClassicalChannel
from protocols.postprocessing.hashing import collision_probability
from protocols.postprocessing.in_process import at_once
from protocols.postprocessing.messages import as_json
from protocols.postprocessing.randomness import Randomness
from protocols.postprocessing.result import AbortReason, DistillationResult, ProtocolAborted
from qnet.estimate import Estimate
from qnet.metrics.security import SecurityClaim
from qnet.progress import ProgressCallback, note, opened

__all__ = ["SEEDED", "DistillingEnd", "LinkSettings", "both_outcomes", "pools_of"]

#: What the sentence of a result ends with when its random choices came from a seed.
SEEDED = " (reproducible demonstration: random choices came from a seed)"

#: What a run goes through.
_STEPS = ("sift", "estimate", "correct", "verify", "amplify")

#: Messages of the amplification, and bytes of a message beside its arrays, at most.
_TO_COME, _HEADER_BYTES = 2, 1000

Outcome = TypeVar("Outcome")


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
            self._progress(_STEPS.index(step), len(_STEPS))

    def _compare(self, facts: dict[str, Any]) -> None:
        """Tell the other end what this one presumes, and end the run where that differs."""
        heard = self._link.greet(**facts)
        mine = json.loads(as_json(facts))
        differing = sorted(name for name in mine | heard if mine.get(name) != heard.get(name))
        if differing:
            sentence = f"the ends do not agree on {', '.join(differing)}"
            raise ProtocolAborted(AbortReason.NOT_AGREED, sentence, known_to_peer=True)

    def _authentication(self, bits: int) -> tuple[int, float]:
        """Pre-shared bits used, and the probability of a forgery, the amplification included.

        Args:
            bits: Length of the corrected key: to come are a seed below twice as long, and an
                answer.
        """
        tag_bits, transcript = self._settings.tag_bits, self._link.transcript
        forged = _TO_COME * collision_probability(_HEADER_BYTES + bits // 4, tag_bits)
        return (
            transcript.authentication_bits + _TO_COME * tag_bits,
            transcript.forgery_probability + forged,
        )

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
            sentence += SEEDED
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


def pools_of(secret: Bits | None, source: Randomness, bits: int) -> tuple[KeyPool, KeyPool]:
    """Copies of an authentication key for both ends of one run.

    Args:
        secret: The key; drawn if not given.
        source: What it is drawn from.
        bits: How many are drawn.

    Raises:
        ParameterError: If the secret was used before in this process.

    Examples:
        >>> near, far = pools_of(None, Randomness(), 1000)
        >>> near.remaining("alice") == far.remaining("alice") > 0
        True
    """
    if secret is not None:
        return KeyPool(secret), KeyPool(secret)
    drawn = source.bits(bits)
    return KeyPool.for_one_run(drawn), KeyPool.for_one_run(drawn)


def both_outcomes(
    alice: Callable[[], Outcome], bob: Callable[[], Outcome], progress: ProgressCallback | None
) -> tuple[Outcome, Outcome]:
    """Outcomes of both ends, each run in a thread of its own.

    Args:
        alice: Runs Alice's end.
        bob: Runs Bob's.
        progress: Called once more when both are done.

    Examples:
        >>> both_outcomes(lambda: 1, lambda: 2, None)
        (1, 2)
    """
    with opened(progress):
        outcomes = at_once(alice, bob)
        if progress is not None:
            progress(len(_STEPS), len(_STEPS))
    return outcomes
