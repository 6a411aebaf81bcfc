"""Alice and Bob: sift, estimate, correct, verify, amplify, over one authenticated channel.

Each is an object that holds its own data, and knows of the other only what comes over the channel.
Keys that both ends hold are equal, but with the probability that is stated; but an end cannot know
that the other holds one. Whoever speaks last does not learn whether it was heard: where Bob's
``done`` is lost, he has a key, and Alice has the reason why she has none. So a key may be used when
a message under it has come from the other end, and not before.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np

from protocols.postprocessing.authentication import KeyPool, Role
from protocols.postprocessing.bias import SELDOM, ones_of, why_biased
from protocols.postprocessing.bits import Bits
from protocols.postprocessing.channel import ClassicalChannel, channel_pair
from protocols.postprocessing.correction import CORRECTIONS
from protocols.postprocessing.distilling import DistillingEnd, both_outcomes, pools_of
from protocols.postprocessing.estimation import Bases, Tested, estimate_as_alice, estimate_as_bob
from protocols.postprocessing.key_length import (
    Disclosed,
    claim_of,
    composable_bb84,
    counts_photons,
    entropy_presumed,
    length_of,
    rule_of,
    what_is_left,
    why_not,
)
from protocols.postprocessing.privacy import amplify_as_alice, amplify_as_bob
from protocols.postprocessing.randomness import Randomness
from protocols.postprocessing.raw_key import RawKey, kept_when_thinned
from protocols.postprocessing.result import AbortReason, DistillationResult, ProtocolAborted
from protocols.postprocessing.settings import DistillationSettings
from protocols.postprocessing.sifting import Sifted, sift_as_alice, sift_as_bob
from protocols.postprocessing.verification import verify_as_alice, verify_as_bob
from qnet.errors import ParameterError
from qnet.progress import ProgressCallback

__all__ = ["Alice", "Bob", "DistillationSettings", "distil"]


class _Party(DistillingEnd):
    """One end of the run.

    Args:
        raw: What this end wrote down.
        channel: This end of the channel.
        pool: This end's copy of the pre-shared authentication key.
        settings: What both ends agreed on.
        randomness: Source of random choices; the operating system if not given.
        progress: Called with the number of steps done and wanted.
    """

    _settings: DistillationSettings

    def __init__(
        self,
        raw: RawKey,
        channel: ClassicalChannel,
        pool: KeyPool,
        settings: DistillationSettings | None = None,
        *,
        randomness: Randomness | None = None,
        progress: ProgressCallback | None = None,
    ) -> None:
        _check_kinds(
            (raw, RawKey),
            (pool, KeyPool),
            (settings, DistillationSettings),
            (randomness, Randomness),
        )
        if self.role == "alice" and raw.decoys is not None and raw.intensities is None:
            hint = "give the index of the intensity of each pulse"
            raise ParameterError("intensities", "be there at the end that sends", None, hint)
        super().__init__(channel, pool, randomness, progress)
        self._raw, self._settings = raw, settings or DistillationSettings()
        self._detected = 0

    def _steps(self) -> Bits:
        """The run, from top to bottom."""
        self._agree()
        self._begin("sift")
        sifted = self._sift()
        self._sifted_bits, self._detected = int(sifted.bits.size), sifted.detected
        self._begin("estimate")
        tested = self._estimate(sifted.bits, self._classes(sifted))
        self._qber, self._flipped = tested.qber, tested.flipped
        self._begin("correct")
        corrected = self._correct(tested.bits, tested.expected_qber)
        self._begin("verify")
        self._verify(corrected)
        self._begin("amplify")
        disclosed = self._disclosed(corrected, tested)
        self._check_bias(corrected, tested, disclosed)
        return self._amplify(corrected, disclosed)

    def _agree(self) -> None:
        """Compare settings and devices with the other end's; end where no proof applies."""
        raw = self._raw
        facts = self._settings.facts() | {
            "apparatus": None if raw.apparatus is None else _plain(raw.apparatus),
            "decoys": None if raw.decoys is None else _plain(raw.decoys),
        }
        self._compare(facts)
        if reason := why_not(raw.apparatus, raw.decoys):
            raise ProtocolAborted(AbortReason.NOT_SECRET, reason, known_to_peer=True)

    def _thinned(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Which of this end's rounds are kept, so that its detectors may be taken for equal."""
        keeps = () if self._raw.apparatus is None else self._raw.apparatus.keeps
        # Alice measures only where two pairs of detectors are given; Bob's are the last.
        if not keeps or (self.role == "alice" and len(keeps) < 2):
            return np.ones(self._raw.size, bool)
        own = keeps[0] if self.role == "alice" else keeps[-1]
        return kept_when_thinned(self._raw, own, self._randomness)

    def _classes(self, sifted: Sifted) -> Bases:
        """Basis, and intensity times three, of each sifted bit."""
        places = np.searchsorted(np.asarray(self._raw.rounds), sifted.rounds)
        bases = np.asarray(self._raw.bases, np.uint8)[places]
        return bases + np.uint8(3) * sifted.intensities

    @property
    def _intensities(self) -> int:
        return 1 if self._raw.decoys is None else len(self._raw.decoys.intensities)

    def _disclosed(self, bits: Bits, tested: Tested) -> Disclosed:
        """What the rule for the length may look at: the same at both ends."""
        settings = self._settings
        authentication_bits, forgery = self._authentication(int(bits.size))
        return Disclosed(
            key_bits=int(bits.size),
            qber=tested.qber,
            leaked_bits=self._link.transcript.leaked_bits,
            authentication_bits=authentication_bits,
            by_basis=tested.by_basis,
            confidence=settings.confidence,
            by_intensity=tested.by_intensity,
            flipped=tested.flipped,
            detected=self._detected,
            apparatus=self._raw.apparatus,
            decoys=self._raw.decoys,
            epsilon=settings.epsilon,
            epsilon_correctness=settings.epsilon_correctness,
            epsilon_authentication=forgery,
        )

    def _check_bias(self, bits: Bits, tested: Tested, disclosed: Disclosed) -> None:
        """End the run if the bits, the same at both ends now, refute what the proof assumes."""
        reason = why_biased(
            ones_of(bits, tested.classes),
            tested.by_basis,
            entropy=entropy_presumed(self._settings.key_length, disclosed),
            epsilon=min(self._settings.epsilon, SELDOM),
            several_photons=counts_photons(disclosed),
        )
        if reason:
            raise ProtocolAborted(AbortReason.NOT_SECRET, reason, known_to_peer=True)

    def _length(self, disclosed: Disclosed) -> int:
        """Length of the secret key; ends the run where there is none."""
        length = length_of(self._settings.key_length, disclosed)
        if length < 1:
            # The other end works out the same, unless a rule of the caller's decides.
            known = not callable(self._settings.key_length)
            sentence = _too_few(disclosed, self._settings)
            raise ProtocolAborted(AbortReason.TOO_FEW_BITS, sentence, known_to_peer=known)
        self._claim = claim_of(self._settings.key_length, disclosed)
        return length

    @abstractmethod
    def _sift(self) -> Sifted: ...

    @abstractmethod
    def _estimate(self, bits: Bits, bases: Bases) -> Tested: ...

    @abstractmethod
    def _correct(self, bits: Bits, qber: float) -> Bits: ...

    @abstractmethod
    def _verify(self, bits: Bits) -> None: ...

    @abstractmethod
    def _amplify(self, bits: Bits, disclosed: Disclosed) -> Bits: ...


class Alice(_Party):
    """The end that prepared the bits, or whose bits are right by definition.

    Examples:
        >>> from protocols.postprocessing.channel import channel_pair
        >>> near, far = channel_pair()
        >>> far.close()
        >>> pool = KeyPool(Randomness().bits(1000))
        >>> print(Alice(RawKey(bits=[1], bases=[0]), near, pool).run())
        no key: the other end closed the channel
    """

    role: Role = "alice"

    def _sift(self) -> Sifted:
        return sift_as_alice(self._link, self._raw, valid=self._thinned())

    def _estimate(self, bits: Bits, bases: Bases) -> Tested:
        settings = self._settings
        always = np.zeros(bits.size, bool)
        if settings.test_basis is not None:
            always = bases % 3 == "ZXY".index(settings.test_basis)
        others = bits.size - int(always.sum())
        return estimate_as_alice(
            self._link,
            bits,
            self._randomness,
            test_bits=max(1, round(settings.test_fraction * others)),
            always=always,
            threshold=settings.qber_threshold,
            confidence=settings.confidence,
            bases=bases,
            intensities=self._intensities,
        )

    def _correct(self, bits: Bits, qber: float) -> Bits:
        method = CORRECTIONS[self._settings.correction]
        return method.correct_as_alice(self._link, bits, qber, self._randomness)

    def _verify(self, bits: Bits) -> None:
        epsilon = self._settings.epsilon_correctness
        verify_as_alice(self._link, bits, self._randomness, epsilon_correctness=epsilon)

    def _amplify(self, bits: Bits, disclosed: Disclosed) -> Bits:
        length = self._length(disclosed)
        return amplify_as_alice(self._link, bits, length, self._randomness)


class Bob(_Party):
    """The end that measured, and corrects its bits.

    Examples:
        >>> from protocols.postprocessing.channel import channel_pair
        >>> near, far = channel_pair()
        >>> far.close()
        >>> pool = KeyPool(Randomness().bits(1000))
        >>> print(Bob(RawKey(bits=[1], bases=[0]), near, pool).run())
        no key: the other end closed the channel
    """

    role: Role = "bob"

    def _sift(self) -> Sifted:
        return sift_as_bob(self._link, self._raw.only(self._thinned()))

    def _estimate(self, bits: Bits, bases: Bases) -> Tested:
        settings = self._settings
        return estimate_as_bob(
            self._link,
            bits,
            threshold=settings.qber_threshold,
            confidence=settings.confidence,
            bases=bases,
            intensities=self._intensities,
        )

    def _correct(self, bits: Bits, qber: float) -> Bits:
        method = CORRECTIONS[self._settings.correction]
        return method.correct_as_bob(self._link, bits, qber)

    def _verify(self, bits: Bits) -> None:
        verify_as_bob(self._link, bits)

    def _amplify(self, bits: Bits, disclosed: Disclosed) -> Bits:
        return amplify_as_bob(self._link, bits, self._length(disclosed))


def distil(
    alice: RawKey,
    bob: RawKey,
    *,
    secret: Bits | None = None,
    settings: DistillationSettings | None = None,
    randomness: Randomness | None = None,
    channels: Callable[[], tuple[ClassicalChannel, ClassicalChannel]] | None = None,
    progress: ProgressCallback | None = None,
) -> tuple[DistillationResult, DistillationResult]:
    """Run both ends in this process, each in its own thread, and return both outcomes.

    Args:
        alice: What Alice prepared.
        bob: What Bob measured.
        secret: Pre-shared authentication key, which serves one run; drawn if not given.
        settings: What both ends agreed on.
        randomness: Source of Alice's random choices.
        channels: Makes the two ends of the channel; inside the process if not given.
        progress: Called with the number of steps done and wanted, as Alice gets to them.

    Returns:
        Alice's outcome and Bob's.

    Raises:
        ParameterError: If the secret was used before in this process. Any error of an end is
            raised here, too.

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
    _check_kinds(
        (alice, RawKey), (bob, RawKey), (settings, DistillationSettings), (randomness, Randomness)
    )
    source = randomness or Randomness()
    pools = pools_of(secret, source, 200_000)
    near, far = (channels or channel_pair)()
    first = Alice(alice, near, pools[0], settings, randomness=source, progress=progress)
    second = Bob(bob, far, pools[1], settings, randomness=source.child())
    return both_outcomes(first.run, second.run, progress)


def _check_kinds(*given: tuple[object, type]) -> None:
    """Refuse what is of another kind; settings and randomness may be left out."""
    for value, kind in given:
        optional = kind in (DistillationSettings, Randomness)
        if not (isinstance(value, kind) or (optional and value is None)):
            name, hint = kind.__name__, "protocols.postprocessing has it"
            raise ParameterError(_NAMES[name], f"be a {name}", type(value).__name__, hint)


_NAMES = {
    "RawKey": "raw",
    "KeyPool": "pool",
    "DistillationSettings": "settings",
    "Randomness": "randomness",
}


def _plain(facts: Any) -> dict[str, Any]:  # noqa: ANN401 - Apparatus or DecoySettings
    """A frozen dataclass as JSON holds it."""
    return {each: getattr(facts, each) for each in facts.__dataclass_fields__}


def _too_few(disclosed: Disclosed, settings: DistillationSettings) -> str:
    """Why nothing is left, with the numbers."""
    composable = rule_of(settings.key_length) is composable_bb84
    if composable and disclosed.epsilon_secrecy <= 0.0:
        forged = disclosed.epsilon_authentication
        return (
            f"forgeries of {settings.tag_bits}-bit tags alone may pass with probability "
            f"{forged:.2g}, and epsilon is {disclosed.epsilon:.2g}: take longer tags"
        )
    sentence = (
        f"{disclosed.key_bits} corrected bits of error rate {disclosed.qber} are too few: "
        f"{what_is_left(settings.key_length, disclosed)}, {disclosed.leaked_bits} leaked, "
        f"{disclosed.authentication_bits} went into authentication"
    )
    apparatus = disclosed.apparatus
    if apparatus is not None and apparatus.multi_photon > 0.0 and disclosed.decoys is None:
        many = apparatus.multi_photon * (apparatus.pulses or 0)
        sentence += (
            f"; about {many:.0f} pulses of several photons were sent, "
            f"and {disclosed.detected} detected in all: use decoy intensities"
        )
    return sentence
