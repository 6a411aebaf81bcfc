"""BB84 with weak coherent pulses and decoy intensities.

X. Ma, B. Qi, Y. Zhao, H.-K. Lo, Phys. Rev. A 72, 012326 (2005), arXiv:quant-ph/0503005.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, cast

import numpy as np

from protocols.key_rates.accept import FixedDecoyKey
from protocols.key_rates.decoy_proof import DecoyProof
from protocols.key_rates.finite_size import BasisCounts, DecoySettings, Security, smallest_block
from protocols.key_rates.proofs import DECOY_PROOFS
from protocols.key_rates.result import KeyRate
from protocols.qkd.bb84 import BB84
from protocols.qkd.outcome_table import OutcomeCounts
from protocols.qkd.protocol import SiftedKey
from protocols.qkd.secrecy import Evidence, evidence_of, proportion, ruled_out
from qnet.errors import ParameterError, check_one_of
from qnet.estimate import Estimate
from qnet.hardware import PhotonSource, WeakPulses
from qnet.metrics.key_rate import binary_entropy
from qnet.metrics.security import Apparatus, SecurityClaim

__all__ = ["MODELS", "DecoyBB84", "SinglePhotonBounds", "single_photon_bounds"]

#: How the length of the key is worked out.
MODELS = ("asymptotic", *DECOY_PROOFS)


@dataclass(frozen=True, slots=True, kw_only=True)
class SinglePhotonBounds:
    """What the decoy intensities tell about vacuum and single photons.

    Args:
        vacuum_yield: Lower bound of the yield of empty pulses.
        yield_1: Lower bound of the yield of single photons.
        error_yield_1: Upper bound of the yield of their errors.
    """

    vacuum_yield: float
    yield_1: float
    error_yield_1: float

    @property
    def error_rate_1(self) -> float:
        """Upper bound of the error rate of single photons, at most 1/2."""
        if self.yield_1 <= 0.0:
            return 0.5
        return min(self.error_yield_1 / self.yield_1, 0.5)


def single_photon_bounds(
    intensities: Sequence[float],
    gains: Sequence[tuple[float, float]],
    error_gains: Sequence[tuple[float, float]],
) -> SinglePhotonBounds:
    """Bounds from the gains of two or three intensities, largest first.

    With ``G_k = exp(k) Q_k``, three intensities a > b > c give (C. C. W. Lim et al., Phys. Rev. A
    89, 022307 (2014), arXiv:1311.7129; per pulse, without their deviations)::

        Y0 >= (b G_c - c G_b)/(b - c)
        Y1 >= a [G_b - G_c - (b^2 - c^2)/a^2 (G_a - Y0)] / (a (b - c) - b^2 + c^2)
        e1 Y1 <= (exp(b) E_b Q_b - exp(c) E_c Q_c)/(b - c)

    Two intensities are three with ``c = 0``, of which ``0 <= Y0 <= 2 exp(b) E_b Q_b`` is all that
    is known, for vacuum errs half the time.

    Args:
        intensities: Mean photon numbers.
        gains: Lower and upper value of each gain; equal when there is no doubt.
        error_gains: The same of gain times error rate.

    Raises:
        ParameterError: If there are not two or three intensities, or these do not fall, or
            three do not have ``a > b + c``.

    Examples:
        >>> exact = [1 - math.exp(-0.01 * k) for k in (0.5, 0.1, 0.0)]
        >>> pairs = [(gain, gain) for gain in exact]
        >>> bounds = single_photon_bounds((0.5, 0.1, 0.0), pairs, [(0.0, 0.0)] * 3)
        >>> 0.0095 < bounds.yield_1 <= 0.01
        True
    """
    falling = all(a > b for a, b in itertools.pairwise(intensities))
    if len(intensities) not in (2, 3) or not falling:
        hint = "give the signal first, then one or two weaker ones"
        raise ParameterError("intensities", "be two or three, falling", list(intensities), hint)
    a, b = intensities[:2]
    weights = [math.exp(k) for k in intensities]
    low = [w * gain[0] for w, gain in zip(weights, gains, strict=True)]
    high = [w * gain[1] for w, gain in zip(weights, gains, strict=True)]
    errors_low = [w * gain[0] for w, gain in zip(weights, error_gains, strict=True)]
    errors_high = [w * gain[1] for w, gain in zip(weights, error_gains, strict=True)]
    if len(intensities) == 2:
        # Y1 falls with Y0 here, so its upper bound enters.
        vacuum = min(2.0 * errors_high[1], low[1])
        bracket = low[1] - vacuum - (b / a) ** 2 * (high[0] - vacuum)
        return SinglePhotonBounds(
            vacuum_yield=0.0,
            yield_1=max(a * bracket / (b * (a - b)), 0.0),
            error_yield_1=errors_high[1] / b,
        )
    c = intensities[2]
    if a <= b + c:
        hint = "make the signal stronger or the decoys weaker"
        raise ParameterError("intensities", "have the first above the sum", list(intensities), hint)
    vacuum = max((b * low[2] - c * high[1]) / (b - c), 0.0)
    bracket = low[1] - high[2] - (b**2 - c**2) / a**2 * (high[0] - vacuum)
    return SinglePhotonBounds(
        vacuum_yield=vacuum,
        yield_1=max(a * bracket / (a * (b - c) - b**2 + c**2), 0.0),
        error_yield_1=max((errors_high[1] - errors_low[2]) / (b - c), 0.0),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DecoyBB84(BB84):
    """BB84 with decoy intensities: key from Z, single-photon errors from X.

    The asymptotic model takes the observed gains as if they were exact; the low end of its interval
    takes every gain at the far end of its own, all together with 95 %, and the high end lies as far
    above. The finite-key models give the length of the key of this very block: it follows the
    counts that were observed (variable length), or was fixed beforehand, see `finite_key`.

    Args:
        source: Weak pulses of two or three intensities, the signal first.
        model: ``"asymptotic"``, ``"lim2014"`` (three intensities) or ``"rusca2018"`` (two); see
            `protocols.key_rates`.
        bound: ``"hoeffding"`` or ``"chernoff"``, for ``lim2014``.
        epsilon_secrecy: Of the finite-key models.
        epsilon_correctness: Of the finite-key models.

    Raises:
        ParameterError: If there are not two or three intensities.

    Examples:
        >>> source = WeakPulses(intensities=(0.5, 0.1, 0.0), probabilities=(0.6, 0.3, 0.1))
        >>> result = DecoyBB84(source=source).run(10**9, seed=1)
        >>> len(result.yields), result.secret_bits.best > 0
        (3, True)
    """

    name: ClassVar[str] = "decoy-bb84"
    references: ClassVar[tuple[str, ...]] = ("Ma2005", "BennettBrassard1984")

    source: PhotonSource | None = field(
        default_factory=lambda: WeakPulses(
            intensities=(0.5, 0.1, 2e-4), probabilities=(0.6, 0.3, 0.1)
        )
    )
    model: str = "asymptotic"
    bound: str = "hoeffding"
    epsilon_secrecy: float = 1e-10
    epsilon_correctness: float = 1e-15

    def __post_init__(self) -> None:
        BB84.__post_init__(self)
        if not isinstance(self.source, WeakPulses):
            raise ParameterError("source", "be weak pulses", self.source, "give WeakPulses(...)")
        empty = [(0.0, 0.0)] * len(self.source.intensities)
        single_photon_bounds(self.source.intensities, empty, empty)
        check_one_of("model", self.model, MODELS)
        if self._proof.intensities != len(self.source.intensities):
            number = self._proof.intensities
            rule = f"have {number} intensities"
            hint = f"give {number}, or another model than {self.model}"
            raise ParameterError("source", rule, list(self.source.intensities), hint)

    def apparatus(self, pulses: int | None = None) -> Apparatus:
        """What a security proof must know; the intensities bound pulses of several photons."""
        broken = (*self.eve.breaks(0.0, self.line.detectors), *self._flawed())
        return replace(BB84.apparatus(self, pulses), decoys=True, broken=broken)

    def _flawed(self) -> tuple[str, ...]:
        """Names of what is not as the proof of a run presumes: intensities must be as stated."""
        known = () if self.intensity_uncertainty == 0.0 else ("decoys",)
        return (*BB84._flawed(self), *known)

    def finite_key(self, counts: OutcomeCounts, plan: FixedDecoyKey | None = None) -> KeyRate:
        """Length of the key of this block, by the finite-key model.

        Without a plan the length follows what was observed, as proofs of variable length allow;
        with one it is the planned length, if the block is accepted: the form of the published
        proofs. See `protocols.key_rates.claims`.

        Args:
            counts: The rounds.
            plan: Length and thresholds fixed beforehand, of `protocols.key_rates.fixed_decoy_key`.

        Returns:
            ``secret_bits`` with its figures, and what block it would take when there is none, or
            which threshold was missed. None, with the reason, where an attack breaks what the proof
            presumes, or detectors are of unequal efficiency.
        """
        evidence = evidence_of(self, counts)
        if reason := self._no_finite_key(evidence):
            return KeyRate(name="secret_bits", unclipped=0.0, reason=reason)
        settings = DecoySettings(
            intensities=self._pulses.intensities,
            probabilities=self._pulses.probabilities,
            basis_bias=self.key_basis_probability,
        )
        rules = Security(
            epsilon_secrecy=self.epsilon_secrecy,
            epsilon_correctness=self.epsilon_correctness,
            error_correction_efficiency=self.error_correction_efficiency,
        )
        found = [self._block(counts, evidence.sifted, basis) for basis in (0, 1)]
        if plan is not None:
            key, test = (
                BasisCounts(events=tuple(events), errors=tuple(errors)) for events, errors in found
            )
            return plan.accept(key, test)

        def length(scale: float) -> KeyRate:
            key, test = (
                BasisCounts(
                    events=tuple(scale * n for n in events), errors=tuple(scale * m for m in errors)
                )
                for events, errors in found
            )
            return self._proof.length(key, test, settings, security=rules, bound=self.bound)

        rate, size = length(1.0), float(sum(found[0][0]))
        if rate.unclipped > 0.0 or size == 0.0:
            return rate
        needed = smallest_block(lambda bits: length(bits / size).unclipped, size)
        reason = f"no key: {size:.6g} sifted bits of the key basis are too few"
        if needed is None:
            reason = "no key: not even an endless block like this one leaves one"
        else:
            reason += f", it takes {needed:.2g}"
        return replace(rate, reason=reason)

    def _no_finite_key(self, evidence: Evidence) -> str:
        """Why no finite key of these devices is known; empty where one is."""
        reason = ruled_out(evidence)
        if evidence.is_thinned and not reason:
            model = "decoy pulses" if self.model == "asymptotic" else self.model
            reason = f"no key: no finite key of {model} is known for detectors of unequal "
            reason += "efficiency; take asymptotic"
        return reason

    def _block(
        self, counts: OutcomeCounts, sifted: SiftedKey, basis: int
    ) -> tuple[list[int], list[int]]:
        """Sifted bits and wrong ones, of each intensity in one basis."""
        columns = counts.table.columns
        here = sifted.kept & (sifted.basis == basis)
        numbers = [here & (columns["intensity"] == k) for k in range(len(self._pulses.intensities))]
        events = [counts.among(mask) for mask in numbers]
        return events, [counts.among(mask & sifted.wrong) for mask in numbers]

    def bounds(
        self, counts: OutcomeCounts, *, confidence: float | None = None
    ) -> SinglePhotonBounds:
        """Single-photon bounds: gains of Z, error gains of X, of what thinning leaves.

        Args:
            counts: The rounds.
            confidence: Of each gain's interval, whose far ends are taken; ``None`` takes the gains
                as they are.
        """
        evidence = evidence_of(self, counts)
        gains, errors = (self._gains(evidence, basis, confidence) for basis in (0, 1))
        intensities = self._pulses.intensities
        z = single_photon_bounds(intensities, gains[0], gains[1])
        x = single_photon_bounds(intensities, errors[0], errors[1])
        # The error rate of single photons in X is that of their phase in Z.
        rate = x.error_rate_1
        return SinglePhotonBounds(
            vacuum_yield=z.vacuum_yield, yield_1=z.yield_1, error_yield_1=rate * z.yield_1
        )

    @property
    def _proof(self) -> DecoyProof:
        """The proof of the model; of the asymptotic one that for as many intensities."""
        if self.model in DECOY_PROOFS:
            return DECOY_PROOFS[self.model]
        number = len(self._pulses.intensities)
        return next(each for each in DECOY_PROOFS.values() if each.intensities == number)

    @property
    def _pulses(self) -> WeakPulses:
        return cast(WeakPulses, self.source)

    def _gains(
        self, evidence: Evidence, basis: int, confidence: float | None
    ) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
        """Gain, and gain times error rate, of each intensity in one basis."""
        counts, sifted = evidence.counts, evidence.sifted
        columns = counts.table.columns
        both = (columns["basis_alice"] == basis) & (columns["basis_bob"] == basis)
        found: tuple[list[tuple[float, float]], list[tuple[float, float]]] = ([], [])
        for k in range(len(self._pulses.intensities)):
            here = both & (columns["intensity"] == k)
            sent = counts.among(here)
            for events, gains in zip((sifted.kept, sifted.wrong), found, strict=True):
                if sent == 0:
                    gains.append((0.0, 1.0))
                    continue
                number = evidence.left(here & events)
                if confidence is None:
                    gains.append((number / sent, number / sent))
                else:
                    estimate = proportion(number, sent, confidence)
                    gains.append((estimate.low, estimate.high))
        return found

    def _length(self, evidence: Evidence, bounds: SinglePhotonBounds) -> float:
        """Secret bits: ``vacuum + single photons (1 - h(e1)) - f n h(E)``, in Z."""
        counts, sifted = evidence.counts, evidence.sifted
        columns = counts.table.columns
        here = sifted.kept & (sifted.basis == 0)
        bits = counts.among(here)
        if bits == 0:
            return 0.0
        vacuum, single = 0.0, 0.0
        both = (columns["basis_alice"] == 0) & (columns["basis_bob"] == 0)
        for k, mean in enumerate(self._pulses.intensities):
            sent = counts.among(both & (columns["intensity"] == k)) * math.exp(-mean)
            vacuum += sent * bounds.vacuum_yield
            single += sent * mean * bounds.yield_1
        leak = min(
            n * binary_entropy(min(wrong / n, 0.5)) if n > 0.0 else 0.0
            for n, wrong in (
                (bits, counts.among(here & sifted.wrong)),
                (evidence.left(here), evidence.left(here & sifted.wrong)),
            )
        )
        # Afterpulses may be known, and the errors may all be in what is left.
        error_1, whole = bounds.error_rate_1, single - evidence.afterpulses * bits
        if whole <= 0.0:
            return -self.error_correction_efficiency * leak
        secret = vacuum + whole * (1.0 - binary_entropy(min(error_1 * single / whole, 0.5)))
        return secret - self.error_correction_efficiency * leak

    def _claim(self, evidence: Evidence) -> SecurityClaim:
        """The finite-key models are composable, and say what they presume."""
        if self.model == "asymptotic":
            return BB84._claim(self, evidence)
        return self.finite_key(evidence.counts).security

    def _fraction(self, evidence: Evidence) -> tuple[Estimate | None, str]:
        """Secret bits over all sifted bits, of both bases."""
        kept, counts = evidence.bits, evidence.counts
        if kept == 0:
            return Estimate(0.0, 0.0, 1.0, 0), "no key: there is no sifted bit; send more pulses"
        if self.model != "asymptotic":
            rate = self.finite_key(counts)
            share = rate.value / kept
            return Estimate(share, share, share, kept), rate.reason
        best = self._length(evidence, self.bounds(counts))
        # Two kinds of gain in two bases for each intensity.
        each = 1.0 - 0.05 / (4 * len(self._pulses.intensities))
        low = self._length(evidence, self.bounds(counts, confidence=each))
        high = float(np.clip(2.0 * best - low, best, max(best, float(kept))))
        fractions = [max(0.0, value) / kept for value in (min(low, best), best, high)]
        reason = ""
        if best <= 0.0:
            e1 = self.bounds(counts).error_rate_1
            reason = "no key: the decoy bounds leave nothing after error correction (single-photon "
            reason += f"error rate up to {100 * e1:.3g} %)"
        return Estimate(fractions[0], fractions[1], max(fractions[1:]), kept), reason
