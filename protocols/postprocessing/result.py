"""Results of a distillation: a key, or the reason why there is none; the transcript."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from protocols.postprocessing.bits import Bits
from qnet.estimate import Estimate
from qnet.metrics.figures import Figure, Value, shown_in
from qnet.metrics.security import SecurityClaim

__all__ = ["DistillationResult", "AbortReason", "StepReport", "ProtocolAborted", "Transcript"]


class AbortReason(StrEnum):
    """Why a run gave no key.

    Examples:
        >>> print(AbortReason.QBER_TOO_HIGH)
        qber-too-high
    """

    QBER_TOO_HIGH = "qber-too-high"
    EXCESS_NOISE_TOO_HIGH = "excess-noise-too-high"
    TOO_FEW_BITS = "too-few-bits"
    CORRECTION_FAILED = "correction-failed"
    VERIFICATION_FAILED = "verification-failed"
    AUTHENTICATION_FAILED = "authentication-failed"
    MESSAGE_REPLAYED = "message-replayed"
    MESSAGE_MISSING = "message-missing"
    AUTHENTICATION_KEY_EXHAUSTED = "authentication-key-exhausted"
    UNEXPECTED_MESSAGE = "unexpected-message"
    CHANNEL_CLOSED = "channel-closed"
    TIMEOUT = "timeout"
    NOT_SECRET = "not-secret"
    NOT_AGREED = "not-agreed"
    FAULT = "fault"


class ProtocolAborted(Exception):
    """The run cannot go on; the party turns it into an `DistillationResult`.

    Examples:
        >>> print(ProtocolAborted(AbortReason.TIMEOUT, "no message came within 5 s"))
        timeout: no message came within 5 s
    """

    def __init__(
        self,
        reason: AbortReason,
        sentence: str,
        *,
        known_to_peer: bool = False,
        qber: Estimate | None = None,
    ) -> None:
        super().__init__(reason, sentence)
        self.reason, self.sentence, self.known_to_peer = reason, sentence, known_to_peer
        self.qber = qber

    def __str__(self) -> str:
        return f"{self.reason}: {self.sentence}"


@dataclass(slots=True, kw_only=True)
class StepReport:
    """What one step of the run disclosed and cost.

    Args:
        name: The step: ``sift``, ``estimate``, ``correct``, ``verify``, ``amplify``.
        leaked_bits: Bits of information about the key that went over the public channel.
        messages_sent: Messages sent by this end.
        messages_received: Messages received by this end.
        bytes_sent: Bytes sent by this end, tags included.
        authentication_bits: Bits of pre-shared key used, for both directions.

    Examples:
        >>> StepReport(name="verify", leaked_bits=41).leaked_bits
        41
    """

    name: str
    leaked_bits: int = 0
    messages_sent: int = 0
    messages_received: int = 0
    bytes_sent: int = 0
    authentication_bits: int = 0


@dataclass(slots=True)
class Transcript:
    """What was disclosed, step by step, as one end saw it.

    Examples:
        >>> transcript = Transcript()
        >>> transcript.begin("correct").leaked_bits = 200
        >>> transcript.begin("verify").leaked_bits = 50
        >>> transcript.leaked_bits
        250
    """

    steps: list[StepReport] = field(default_factory=list)
    forgery_probability: float = 0.0

    def begin(self, name: str) -> StepReport:
        """Start a new step, which the following messages belong to."""
        self.steps.append(StepReport(name=name))
        return self.steps[-1]

    def leaked(self, bits: int) -> None:
        """Note bits of the key that the current step disclosed."""
        self.steps[-1].leaked_bits += bits

    @property
    def leaked_bits(self) -> int:
        """Bits of information about the key that were disclosed, all steps together."""
        return sum(step.leaked_bits for step in self.steps)

    @property
    def authentication_bits(self) -> int:
        """Bits of pre-shared key that were used, all steps together."""
        return sum(step.authentication_bits for step in self.steps)

    @property
    def messages(self) -> int:
        """Messages in both directions, all steps together."""
        return sum(step.messages_sent + step.messages_received for step in self.steps)

    def __getitem__(self, name: str) -> StepReport:
        return next(step for step in self.steps if step.name == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class DistillationResult:
    """How a run ended at one end; the key itself is not shown.

    Args:
        key: The secret key, or None.
        aborted: What ended the run; None when there is a key.
        sentence: The outcome in words.
        qber: The error rate of the test bits, once known.
        sifted_bits: Bits after sifting, before test bits are taken out.
        transcript: What was disclosed.
        reproducible: Whether random choices came from a seed: such a key is for demonstration only.
        security: In what sense the key is secret, how likely it is not, and what that rests on; of
            notion ``none`` where there is no key, or where its length was given by the caller.

    Examples:
        >>> print(DistillationResult(
        ...     key=None,
        ...     aborted=AbortReason.TIMEOUT,
        ...     sentence="no key: no message came within 30 s",
        ...     qber=None,
        ...     sifted_bits=0,
        ...     transcript=Transcript(),
        ...     reproducible=False,
        ...     security=SecurityClaim.none("no message came within 30 s"),
        ... ))
        no key: no message came within 30 s
    """

    key: Bits | None = field(repr=False)
    aborted: AbortReason | None
    sentence: str
    qber: Estimate | None
    sifted_bits: int
    transcript: Transcript
    reproducible: bool
    security: SecurityClaim

    @property
    def reason(self) -> str:
        """One sentence when there is no key, else empty."""
        return self.sentence if self.key is None else ""

    @property
    def notes(self) -> tuple[str, ...]:
        """None: the sentence says it all."""
        return ()

    def table(self, place: str | None = None) -> dict[Figure, Value]:
        """The figures of merit that are shown in a place; all of them when None."""
        return shown_in(
            place,
            {
                Figure(name="qber", title="QBER"): self.qber,
                Figure(name="sifted_bits", title="sifted bits"): self.sifted_bits,
                Figure(name="secret_bits", title="secret bits"): self.secret_bits,
            },
        )

    @property
    def secret_bits(self) -> int:
        """Length of the key; 0 when there is none."""
        return 0 if self.key is None else int(self.key.size)

    def __str__(self) -> str:
        return self.sentence
