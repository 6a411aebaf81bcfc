"""Alice and Bob: sift, estimate, correct, verify, amplify, over one authenticated channel.

Each is an object that holds its own data, and knows of the other only what comes over the channel.
Both end with the same key, or with the reason why there is none.
"""

from __future__ import annotations

import contextlib
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from protocols.postprocessing import cascade, ldpc
from protocols.postprocessing.authentication import AuthenticatedLink, KeyPool, Role
from protocols.postprocessing.bits import Bits
from protocols.postprocessing.channel import Channel, channel_pair
from protocols.postprocessing.estimation import Bases, Tested, estimate_as_alice, estimate_as_bob
from protocols.postprocessing.key_length import Disclosed, KeyLength, asymptotic_bb84, length_of
from protocols.postprocessing.outcome import Outcome, Reason, Stopped
from protocols.postprocessing.privacy import amplify_as_alice, amplify_as_bob
from protocols.postprocessing.randomness import Randomness
from protocols.postprocessing.sifting import RawKey, Rounds, sift_as_alice, sift_as_bob
from protocols.postprocessing.verification import verify_as_alice, verify_as_bob
from qnet.errors import (
    ParameterError,
    check_integer,
    check_one_of,
    check_positive,
    check_probability,
)
from qnet.estimate import Estimate

__all__ = ["Alice", "Bob", "Settings", "distil", "expected_qber"]

MESSAGES_OF_AMPLIFICATION = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What both ends agreed on beforehand.

    Args:
        test_fraction: Share of the sifted bits that is compared and thrown away.
        qber_threshold: The run ends when the measured error rate is above this.
        confidence: Confidence of the interval of the error rate.
        correction: ``"cascade"`` or ``"ldpc"``.
        epsilon_correctness: Probability at most that different keys pass the verification.
        key_length: Rule for the length of the secret key: a function of `Disclosed`, or a number of
            bits computed elsewhere.
        tag_bits: Length of an authentication tag.
        timeout_s: Longest wait for a message, in s.

    Raises:
        ParameterError: If a value is out of range.

    Examples:
        >>> Settings(correction="ldpc").tag_bits
        48
    """

    test_fraction: float = 0.1
    qber_threshold: float = 0.11
    confidence: float = 0.95
    correction: Literal["cascade", "ldpc"] = "cascade"
    epsilon_correctness: float = 1e-12
    key_length: KeyLength = asymptotic_bb84
    tag_bits: int = 48
    timeout_s: float = 30.0

    def __post_init__(self) -> None:
        for name in ("test_fraction", "qber_threshold", "confidence", "epsilon_correctness"):
            value = check_probability(name, getattr(self, name))
            if name != "qber_threshold" and not 0.0 < value < 1.0:
                cure = "give a number strictly between 0 and 1"
                raise ParameterError(name, "lie between 0 and 1", value, cure)
        check_one_of("correction", self.correction, ["cascade", "ldpc"])
        check_integer("tag_bits", self.tag_bits, 8, "a tag of 48 bits is usual")
        check_positive("timeout_s", self.timeout_s)
        if not callable(self.key_length):
            check_integer("key_length", self.key_length, 1)


def expected_qber(qber: Estimate) -> float:
    """Error rate to correct for: Laplace's ``(errors + 1)/(tested + 2)``, never zero.

    Examples:
        >>> expected_qber(Estimate(0.0, 0.0, 0.036, 98))
        0.01
    """
    return (qber.best * qber.n + 1.0) / (qber.n + 2.0)


class _Party(ABC):
    """One end of the run.

    Args:
        raw: What this end wrote down.
        channel: This end of the channel.
        pool: This end's copy of the pre-shared authentication key.
        settings: What both ends agreed on.
        randomness: Source of random choices; the operating system if not given.
    """

    role: Role

    def __init__(
        self,
        raw: RawKey,
        channel: Channel,
        pool: KeyPool,
        settings: Settings | None = None,
        *,
        randomness: Randomness | None = None,
    ) -> None:
        self._raw, self._channel, self._pool = raw, channel, pool
        self._settings = settings or Settings()
        self._randomness = randomness or Randomness()
        self._qber: Estimate | None = None
        self._sifted_bits = 0

    def run(self) -> Outcome:
        """Run this end to its outcome; the other end runs at the same time."""
        settings = self._settings
        self._link = AuthenticatedLink(
            self._channel,
            self._pool,
            self.role,
            tag_bits=settings.tag_bits,
            timeout_s=settings.timeout_s,
        )
        try:
            return self._outcome(self._steps(), None)
        except Stopped as stopped:
            self._tell(stopped)
            return self._outcome(None, stopped)
        finally:
            self._link.close()

    def _steps(self) -> Bits:
        """The run, from top to bottom."""
        steps = self._link.transcript
        steps.begin("sift")
        sifted, bases = self._sift()
        self._sifted_bits = int(sifted.size)
        steps.begin("estimate")
        tested = self._estimate(sifted, bases)
        self._qber = tested.qber
        steps.begin("correct")
        corrected = self._correct(tested.bits, expected_qber(tested.qber))
        steps.begin("verify")
        self._verify(corrected)
        steps.begin("amplify")
        return self._amplify(corrected, tested)

    def _bases(self, rounds: Rounds) -> Bases:
        """The basis of this end in each of these rounds."""
        places = np.searchsorted(np.asarray(self._raw.rounds), rounds)
        return np.asarray(self._raw.bases, np.uint8)[places]

    def _tell(self, stopped: Stopped) -> None:
        """Tell the other end, if it can still be told."""
        if not stopped.known_to_peer:
            with contextlib.suppress(Stopped):
                self._link.abort(stopped)

    def _outcome(self, key: Bits | None, stopped: Stopped | None) -> Outcome:
        if stopped is None and key is not None:
            reason, sentence = None, f"{key.size} secret bits from {self._sifted_bits} sifted bits"
        else:
            reason = stopped.reason if stopped else Reason.UNEXPECTED_MESSAGE
            sentence = f"no key: {stopped.sentence if stopped else ''}"
        if self._randomness.is_reproducible:
            sentence += " (reproducible demonstration: random choices came from a seed)"
        return Outcome(
            key=key,
            reason=reason,
            sentence=sentence,
            qber=self._qber,
            sifted_bits=self._sifted_bits,
            transcript=self._link.transcript,
            reproducible=self._randomness.is_reproducible,
        )

    @abstractmethod
    def _sift(self) -> tuple[Bits, Bases]: ...

    @abstractmethod
    def _estimate(self, bits: Bits, bases: Bases) -> Tested: ...

    @abstractmethod
    def _correct(self, bits: Bits, qber: float) -> Bits: ...

    @abstractmethod
    def _verify(self, bits: Bits) -> None: ...

    @abstractmethod
    def _amplify(self, bits: Bits, tested: Tested) -> Bits: ...


class Alice(_Party):
    """The end that prepared the bits, or whose bits are right by definition.

    Examples:
        >>> from protocols.postprocessing.channel import channel_pair
        >>> near, far = channel_pair()
        >>> far.close()
        >>> print(Alice(RawKey(bits=[1], bases=[0]), near, KeyPool([0] * 1000)).run())
        no key: the other end closed the channel
    """

    role: Role = "alice"

    def _sift(self) -> tuple[Bits, Bases]:
        bits, rounds = sift_as_alice(self._link, self._raw)
        return bits, self._bases(rounds)

    def _estimate(self, bits: Bits, bases: Bases) -> Tested:
        settings = self._settings
        return estimate_as_alice(
            self._link,
            bits,
            self._randomness,
            test_bits=max(1, round(settings.test_fraction * bits.size)),
            threshold=settings.qber_threshold,
            confidence=settings.confidence,
            bases=bases,
        )

    def _correct(self, bits: Bits, qber: float) -> Bits:
        method = cascade if self._settings.correction == "cascade" else ldpc
        return method.correct_as_alice(self._link, bits, qber, self._randomness)

    def _verify(self, bits: Bits) -> None:
        epsilon = self._settings.epsilon_correctness
        verify_as_alice(self._link, bits, self._randomness, epsilon_correctness=epsilon)

    def _amplify(self, bits: Bits, tested: Tested) -> Bits:
        transcript = self._link.transcript
        to_come = MESSAGES_OF_AMPLIFICATION * self._settings.tag_bits
        disclosed = Disclosed(
            key_bits=int(bits.size),
            qber=tested.qber,
            leaked_bits=transcript.leaked_bits,
            authentication_bits=transcript.authentication_bits + to_come,
            by_basis=tested.by_basis,
            confidence=self._settings.confidence,
        )
        length = length_of(self._settings.key_length, disclosed)
        if length < 1:
            worst = max(limit for _, limit in disclosed.phase_errors())
            sentence = (
                f"{bits.size} corrected bits of error rate {tested.qber} are too few: "
                f"phase errors may be {worst:.1%}, {disclosed.leaked_bits} leaked, "
                f"{disclosed.authentication_bits} went into authentication"
            )
            raise Stopped(Reason.TOO_FEW_BITS, sentence)
        return amplify_as_alice(self._link, bits, length, self._randomness)


class Bob(_Party):
    """The end that measured, and corrects its bits.

    Examples:
        >>> from protocols.postprocessing.channel import channel_pair
        >>> near, far = channel_pair()
        >>> far.close()
        >>> print(Bob(RawKey(bits=[1], bases=[0]), near, KeyPool([0] * 1000)).run())
        no key: the other end closed the channel
    """

    role: Role = "bob"

    def _sift(self) -> tuple[Bits, Bases]:
        bits, rounds = sift_as_bob(self._link, self._raw)
        return bits, self._bases(rounds)

    def _estimate(self, bits: Bits, bases: Bases) -> Tested:
        settings = self._settings
        return estimate_as_bob(
            self._link,
            bits,
            threshold=settings.qber_threshold,
            confidence=settings.confidence,
            bases=bases,
        )

    def _correct(self, bits: Bits, qber: float) -> Bits:
        method = cascade if self._settings.correction == "cascade" else ldpc
        return method.correct_as_bob(self._link, bits, qber)

    def _verify(self, bits: Bits) -> None:
        verify_as_bob(self._link, bits)

    def _amplify(self, bits: Bits, tested: Tested) -> Bits:
        return amplify_as_bob(self._link, bits)


def distil(
    alice: RawKey,
    bob: RawKey,
    *,
    secret: Bits | None = None,
    settings: Settings | None = None,
    randomness: Randomness | None = None,
    channels: Callable[[], tuple[Channel, Channel]] | None = None,
) -> tuple[Outcome, Outcome]:
    """Run both ends in this process, each in its own thread, and return both outcomes.

    Args:
        alice: What Alice prepared.
        bob: What Bob measured.
        secret: Pre-shared authentication key; drawn if not given, long enough for one run.
        settings: What both ends agreed on.
        randomness: Source of Alice's random choices.
        channels: Makes the two ends of the channel; inside the process if not given.

    Returns:
        Alice's outcome and Bob's.

    Examples:
        >>> import numpy as np
        >>> rng = np.random.default_rng(1)
        >>> bits, bases = rng.integers(0, 2, (2, 60_000))
        >>> errors = rng.random(60_000) < 0.02
        >>> near, far = distil(
        ...     RawKey(bits=bits, bases=bases),
        ...     RawKey(bits=bits ^ errors, bases=rng.integers(0, 2, 60_000)),
        ...     randomness=Randomness.reproducible(1),
        ... )
        >>> bool(np.array_equal(near.key, far.key)), near.secret_bits > 1_000
        (True, True)
    """
    source = randomness or Randomness()
    pool_bits = source.bits(200_000) if secret is None else secret
    near, far = (channels or channel_pair)()
    first = Alice(alice, near, KeyPool(pool_bits), settings, randomness=source)
    second = Bob(bob, far, KeyPool(pool_bits), settings, randomness=source)
    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(second.run()))
    thread.start()
    outcome = first.run()
    thread.join()
    return outcome, outcomes[0]
