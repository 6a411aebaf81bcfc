"""Alice and Bob of a GG02 link: sift, estimate, reconcile in reverse, verify, amplify.

Each is an object that holds its own quadratures, and knows of the other only what comes over the
authenticated channel. Bob's random bits are the key; Alice corrects hers.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from protocols.key_rates.gg02_emulation import ChannelEstimate, estimate_channel, quadratures_of
from protocols.postprocessing.authentication import KeyPool, Role
from protocols.postprocessing.bits import Bits
from protocols.postprocessing.channel import ClassicalChannel, channel_pair
from protocols.postprocessing.distilling import DistillingEnd, both_outcomes, pools_of
from protocols.postprocessing.privacy import amplify_as_alice, amplify_as_bob
from protocols.postprocessing.quadratures.length import REGION_SHARE, Reconciled, composable_gg02
from protocols.postprocessing.quadratures.raw import Quadratures, QuadratureSettings
from protocols.postprocessing.quadratures.reconciliation import (
    EFFICIENCIES,
    Words,
    bits_of,
    checks_of,
    choose_words,
    least_ratio,
    rotations,
)
from protocols.postprocessing.randomness import Randomness
from protocols.postprocessing.result import AbortReason, DistillationResult, ProtocolAborted
from protocols.postprocessing.verification import verify_as_alice, verify_as_bob
from qnet.errors import ParameterError
from qnet.progress import ProgressCallback

__all__ = ["Distilled", "QuadratureReceiver", "QuadratureSender", "distil_quadratures"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Distilled:
    """How a run ended at one end, and what it measured on its way.

    Args:
        outcome: The key, or the reason why there is none.
        channel: Transmission and excess noise, with 95 % intervals; None before the estimation.
        reconciled: What the length was worked out from; None before the reconciliation.
        efficiency: Share of the mutual information, at the estimated signal-to-noise ratio, that a
            kept frame has beyond its syndrome; None before the reconciliation.

    Examples:
        >>> from protocols.key_rates import GG02
        >>> from protocols.postprocessing.quadratures import draw_raw
        >>> link = GG02(modulation_variance=3.0, transmission=0.9, efficiency=0.7)
        >>> sent, got = draw_raw(link, 1000, np.random.default_rng(1))
        >>> near, far = distil_quadratures(sent, got, settings=QuadratureSettings(link=link))
        >>> print(near.outcome.aborted, far.outcome.aborted, near.channel.transmission.n)
        correction-failed correction-failed 500
    """

    outcome: DistillationResult
    channel: ChannelEstimate | None
    reconciled: Reconciled | None
    efficiency: float | None

    @property
    def frame_error_rate(self) -> float | None:
        """Share of the frames that did not decode."""
        found = self.reconciled
        return None if found is None else found.failed / found.frames


class _QuadratureEnd(DistillingEnd):
    """One end of the run.

    Args:
        raw: What this end wrote down.
        channel: This end of the channel.
        pool: This end's copy of the pre-shared authentication key.
        settings: What both ends agreed on.
        randomness: Source of random choices; the operating system if not given.
        progress: Called with the number of steps done and wanted.
    """

    _settings: QuadratureSettings

    def __init__(
        self,
        raw: Quadratures,
        channel: ClassicalChannel,
        pool: KeyPool,
        settings: QuadratureSettings,
        *,
        randomness: Randomness | None = None,
        progress: ProgressCallback | None = None,
    ) -> None:
        super().__init__(channel, pool, randomness, progress)
        homodyne = settings.link.detection == "homodyne"
        wanted = 1 if homodyne and self.role == "bob" else 2
        if np.asarray(raw.values).shape[1] != wanted:
            rule = f"hold {wanted} a symbol at this end of {settings.link.detection} detection"
            raise ParameterError("values", rule, 3 - wanted, "see draw_raw")
        self._raw, self._settings = raw, settings
        self._homodyne = homodyne
        self._channel_found: ChannelEstimate | None = None
        self._reconciled: Reconciled | None = None
        self._efficiency: float | None = None

    def distil(self) -> Distilled:
        """Run this end to its outcome; the other end runs at the same time."""
        outcome = self.run()
        return Distilled(
            outcome=outcome,
            channel=self._channel_found,
            reconciled=self._reconciled,
            efficiency=self._efficiency,
        )

    def _steps(self) -> Bits:
        """The run, from top to bottom."""
        self._compare(self._settings.facts() | {"symbols": self._raw.symbols})
        self._begin("sift")
        values = self._sift()
        self._begin("estimate")
        disclosed, mine, theirs = self._disclose(values)
        sent, received = (mine, theirs) if self.role == "alice" else (theirs, mine)
        self._estimate(sent.reshape(-1), received.reshape(-1))
        kept = values[~disclosed].reshape(-1)
        self._sifted_bits = int(kept.size)
        self._begin("correct")
        words = self._words(int(kept.size))
        bits, done = self._reconcile(words, words.cut(kept))
        if not done.any():
            sentence = f"none of {words.count} frames decoded"
            raise ProtocolAborted(AbortReason.CORRECTION_FAILED, sentence, known_to_peer=True)
        self._link.transcript.leaked(words.leaked_bits * int(done.sum()))
        key = bits[:, done].T.reshape(-1)
        self._begin("verify")
        self._verify(key)
        self._begin("amplify")
        return self._amplify(key, self._length(words, done))

    def _estimate(self, sent: FloatArray, received: FloatArray) -> None:
        """Transmission and excess noise, for all to see and for the worst case."""
        settings = self._settings
        failure = REGION_SHARE * settings.epsilon
        self._channel_found = estimate_channel(sent, received, settings.link)
        self._region = estimate_channel(sent, received, settings.link, failure=failure).region
        excess = self._channel_found.excess_noise
        if excess.best > settings.most_excess_noise:
            sentence = f"the excess noise is {excess}, above {settings.most_excess_noise:g}"
            raise ProtocolAborted(AbortReason.EXCESS_NOISE_TOO_HIGH, sentence)
        power = settings.link.efficiency / quadratures_of(settings.link)
        power *= self._channel_found.transmission.best
        self._slope = math.sqrt(power)
        self._noise = 1.0 + settings.link.electronic_noise + power * excess.best
        self._ratio = power * settings.link.modulation_variance / self._noise

    def _words(self, values: int) -> Words:
        """The code for this channel; ends the run where none decodes, or no key can be left."""
        words = choose_words(self._ratio, values)
        if words is None:
            least = least_ratio(min(EFFICIENCIES))
            sentence = f"no code decodes {values} values of signal-to-noise ratio "
            sentence += f"{self._ratio:.3g}: the least is {least:.3g}; modulate more"
            raise ProtocolAborted(AbortReason.CORRECTION_FAILED, sentence)
        self._efficiency = (
            2.0 * (1.0 - words.leaked_bits / words.word_bits) / math.log2(1.0 + self._ratio)
        )
        best = self._found(words, failed=0, leaked=words.count * words.leaked_bits)
        if composable_gg02(best) < 1:
            raise _too_few(best)
        return words

    def _found(self, words: Words, failed: int, leaked: int) -> Reconciled:
        """What the length is worked out from."""
        settings = self._settings
        authentication_bits, forgery = self._authentication(words.count * words.word_bits)
        return Reconciled(
            region=self._region,
            frames=words.count,
            failed=failed,
            frame_bits=words.word_bits,
            leaked_bits=leaked,
            authentication_bits=authentication_bits,
            epsilon=settings.epsilon,
            epsilon_correctness=settings.epsilon_correctness,
            epsilon_authentication=forgery,
        )

    def _length(self, words: Words, done: NDArray[np.bool_]) -> int:
        """Length of the secret key; ends the run where there is none."""
        failed, leaked = int((~done).sum()), self._link.transcript.leaked_bits
        found = self._reconciled = self._found(words, failed, leaked)
        length = composable_gg02(found)
        if length < 1:
            raise _too_few(found)
        self._claim = found.claim
        return length

    @abstractmethod
    def _sift(self) -> FloatArray: ...

    @abstractmethod
    def _disclose(self, values: FloatArray) -> tuple[NDArray[np.bool_], FloatArray, FloatArray]: ...

    @abstractmethod
    def _reconcile(self, words: Words, values: FloatArray) -> tuple[Bits, NDArray[np.bool_]]: ...

    @abstractmethod
    def _verify(self, bits: Bits) -> None: ...

    @abstractmethod
    def _amplify(self, bits: Bits, length: int) -> Bits: ...


class QuadratureSender(_QuadratureEnd):
    """Alice, who modulated, and finds Bob's bits.

    Examples:
        >>> from protocols.key_rates import GG02
        >>> near, far = channel_pair()
        >>> far.close()
        >>> link = GG02(modulation_variance=4.0, transmission=0.5)
        >>> pool = KeyPool(Randomness().bits(1000))
        >>> raw = Quadratures(values=[[0.1, 0.2]])
        >>> print(QuadratureSender(raw, near, pool, QuadratureSettings(link=link)).run())
        no key: the other end closed the channel
    """

    role: Role = "alice"

    def _sift(self) -> FloatArray:
        if not self._homodyne:
            return self._raw.sifted(None)
        return self._raw.sifted(self._link.receive("quadratures").bits("chosen", self._raw.symbols))

    def _disclose(self, values: FloatArray) -> tuple[NDArray[np.bool_], FloatArray, FloatArray]:
        count = max(100, round(self._settings.disclosed_share * len(values)))
        if count >= len(values):
            sentence = f"{len(values)} symbols are too few to disclose {count} of them"
            raise ProtocolAborted(AbortReason.TOO_FEW_BITS, sentence)
        disclosed = np.zeros(len(values), bool)
        disclosed[self._randomness.subset(count, len(values))] = True
        mine = values[disclosed]
        self._link.send("disclose", which=disclosed, values=mine.reshape(-1))
        return disclosed, mine, _numbers(self._link.receive("disclosed").array("values", mine.size))

    def _reconcile(self, words: Words, values: FloatArray) -> tuple[Bits, NDArray[np.bool_]]:
        heard = self._link.receive("rotations")
        told = _numbers(heard.array("octonions", values.size)).astype(np.float32)
        found, done = bits_of(
            words,
            values,
            told,
            heard.bits("syndromes", words.code.checks * words.count),
            slope=self._slope,
            noise=self._noise,
            iterations=int(self._settings.iterations),
        )
        done &= checks_of(found) == heard.array("checks", words.count)
        self._link.send("decoded", which=done)
        return found, done

    def _verify(self, bits: Bits) -> None:
        verify_as_bob(self._link, bits)

    def _amplify(self, bits: Bits, length: int) -> Bits:
        return amplify_as_bob(self._link, bits, length)


class QuadratureReceiver(_QuadratureEnd):
    """Bob, who measured, and whose bits are right by definition.

    Examples:
        >>> from protocols.key_rates import GG02
        >>> near, far = channel_pair()
        >>> far.close()
        >>> link = GG02(modulation_variance=4.0, transmission=0.5)
        >>> pool = KeyPool(Randomness().bits(1000))
        >>> raw = Quadratures(values=[[0.1]], chosen=[0])
        >>> print(QuadratureReceiver(raw, near, pool, QuadratureSettings(link=link)).run())
        no key: the other end closed the channel
    """

    role: Role = "bob"

    def _sift(self) -> FloatArray:
        if self._homodyne:
            self._link.send("quadratures", chosen=self._raw.choices)
        return self._raw.sifted(None)

    def _disclose(self, values: FloatArray) -> tuple[NDArray[np.bool_], FloatArray, FloatArray]:
        heard = self._link.receive("disclose")
        disclosed = heard.bits("which", len(values)).astype(bool)
        mine = values[disclosed]
        theirs = _numbers(heard.array("values", mine.size))
        if not 100 <= len(mine) < len(values):
            sentence = f"{len(mine)} of {len(values)} symbols were to be disclosed"
            raise ProtocolAborted(AbortReason.UNEXPECTED_MESSAGE, sentence)
        self._link.send("disclosed", values=mine.reshape(-1))
        return disclosed, mine, theirs

    def _reconcile(self, words: Words, values: FloatArray) -> tuple[Bits, NDArray[np.bool_]]:
        bits = self._randomness.bits(values.size)
        columns = words.words(bits)
        syndromes = words.code.syndrome(columns).T.reshape(-1)
        self._link.send(
            "rotations",
            octonions=rotations(values, bits),
            syndromes=syndromes,
            checks=checks_of(columns),
        )
        done = self._link.receive("decoded").bits("which", words.count).astype(bool)
        return columns, done

    def _verify(self, bits: Bits) -> None:
        epsilon = self._settings.epsilon_correctness
        verify_as_alice(self._link, bits, self._randomness, epsilon_correctness=epsilon)

    def _amplify(self, bits: Bits, length: int) -> Bits:
        return amplify_as_alice(self._link, bits, length, self._randomness)


def distil_quadratures(
    sent: Quadratures,
    received: Quadratures,
    *,
    settings: QuadratureSettings,
    secret: Bits | None = None,
    randomness: Randomness | None = None,
    channels: Callable[[], tuple[ClassicalChannel, ClassicalChannel]] = channel_pair,
    progress: ProgressCallback | None = None,
) -> tuple[Distilled, Distilled]:
    """Run both ends in this process, each in its own thread, and return both outcomes.

    Args:
        sent: Alice's quadratures.
        received: Bob's.
        settings: What both ends agreed on.
        secret: Pre-shared authentication key, which serves one run; drawn if not given.
        randomness: Source of random choices.
        channels: Makes the two ends of the channel; inside the process if not given.
        progress: Called with the number of steps done and wanted, as Alice gets to them.

    Returns:
        Alice's outcome and Bob's.

    Raises:
        ParameterError: If the values do not fit the detection, or the secret was used before. Any
            error of an end is raised here, too.

    Examples:
        >>> from protocols.key_rates import GG02
        >>> from protocols.postprocessing.quadratures import draw_raw
        >>> link = GG02(modulation_variance=2.3, transmission=0.95, efficiency=0.7)
        >>> sent, got = draw_raw(link, 200_000, np.random.default_rng(1))
        >>> near, far = distil_quadratures(
        ...     sent, got, settings=QuadratureSettings(link=link),
        ...     randomness=Randomness.reproducible(1),
        ... )
        >>> bool(np.array_equal(near.outcome.key, far.outcome.key)), near.outcome.secret_bits > 100
        (True, True)
    """
    source = randomness or Randomness()
    pools = pools_of(secret, source, 20_000)
    near, far = channels()
    alice = QuadratureSender(sent, near, pools[0], settings, randomness=source, progress=progress)
    bob = QuadratureReceiver(received, far, pools[1], settings, randomness=source.child())
    return both_outcomes(alice.distil, bob.distil, progress)


def _numbers(values: NDArray[np.generic]) -> FloatArray:
    """Finite numbers that came in a message."""
    if values.dtype not in (np.float64, np.float32) or not np.isfinite(values).all():
        sentence = "quadratures of a message are no finite numbers"
        raise ProtocolAborted(AbortReason.UNEXPECTED_MESSAGE, sentence)
    return np.asarray(values, np.float64)


def _too_few(found: Reconciled) -> ProtocolAborted:
    """No key is left, with the numbers."""
    if found.epsilon_of_a_set <= 0.0:
        forged = found.epsilon_authentication
        sentence = f"forgeries of tags alone may pass with probability {forged:.2g}, "
        sentence += f"and epsilon is {found.epsilon:.2g}: take longer tags"
        return ProtocolAborted(AbortReason.TOO_FEW_BITS, sentence)
    holevo = found.region.holevo(found.region.worst_transmission) * found.kept_symbols
    return ProtocolAborted(
        AbortReason.TOO_FEW_BITS,
        f"{found.kept_bits} bits of {found.frames - found.failed} frames are too few: Eve may know "
        f"{holevo:.0f} through the channel, {found.leaked_bits} leaked, "
        f"{found.authentication_bits} went into authentication, and the rest into the finite size",
    )
