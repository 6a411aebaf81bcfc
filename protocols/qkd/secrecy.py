"""Secrecy of sifted bits: what devices and counts together allow to be called a key.

Every proof that is used here presumes that whether a round is registered depends neither on the
basis nor on the bit. Detectors of unequal efficiency break that. Where their ratio ``r`` is known,
a click of the better one is *thinned*: kept with probability ``r``. What is left is as if both
detectors were as bad as the worse one, and the proof holds for it; the entropy of all bits is no
less than that of those left. The key is made of all bits, and the errors of all of them are
corrected (thinning is done on paper), or the clicks are dropped indeed, whichever gives more.
Whether a click is thinned depends on Bob's outcome alone, which is known for every round that is
compared in public, so the error rate of what is left is observed, not presumed.

The bound is ``2 r/(1 + r) (1 - h(e))`` per registered bit for equal outcomes; the tight one is that
of M. K. Bochkov and A. S. Trushechkin, Phys. Rev. A 99, 032308 (2019), arXiv:1810.04663.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from protocols.qkd.bases import BASES
from protocols.qkd.result import shared_fraction
from qnet.estimate import Estimate
from qnet.metrics.security import Apparatus, SecurityClaim
from qnet.metrics.statistics import proportion_estimate

if TYPE_CHECKING:
    from protocols.qkd.outcome_table import Columns, OutcomeCounts
    from protocols.qkd.protocol import QkdProtocol, SiftedKey

__all__ = [
    "Evidence",
    "Judgement",
    "apparatus_of",
    "bb84_fraction",
    "claim_of",
    "evidence_of",
    "judge",
    "kept_by_thinning",
    "proportion",
    "ruled_out",
    "why_no_key",
    "worst_and_best",
]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def apparatus_of(protocol: QkdProtocol, pulses: int | None = None) -> Apparatus:
    """What a security proof must know of the devices behind a protocol's bits.

    Args:
        protocol: With its source, lines and eavesdropper.
        pulses: How many were sent; ``None`` where that plays no part.

    Examples:
        >>> from protocols.qkd import BB84, Detectors, Line
        >>> line = Line(detectors=Detectors(efficiency=0.5, efficiency_1=0.25))
        >>> apparatus_of(BB84(line=line), 1000).efficiencies
        ((0.5, 0.25),)
    """
    return protocol.apparatus(pulses)


def kept_by_thinning(apparatus: Apparatus, columns: Columns) -> Floats:
    """Share of each class, or round, that is left when the better detectors are thinned.

    Args:
        apparatus: The detectors of each party that measures.
        columns: ``bit_bob``, and ``bit_alice`` where she measures: which detector clicked.

    Returns:
        Shape (classes,), each in [0, 1].
    """
    keeps = apparatus.keeps
    parties = ("bit_alice", "bit_bob")[2 - len(keeps) :]
    weights = np.ones(len(columns["bit_bob"]))
    for party, shares in zip(parties, keeps, strict=True):
        weights *= np.array(shares)[columns[party]]
    return weights


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """What the public discussion shows of rounds, and the devices they were played with.

    Args:
        counts: The rounds.
        sifted: Their classes, Bob's bits flipped in each basis in which most were wrong.
        flipped: Names of these bases.
        apparatus: The devices.
        weights: Share of each class that thinning keeps, shape (classes,).
        afterpulses: Largest share of the registered rounds that are afterpulses of detectors of
            unequal efficiency: thinning does not suit them, and Eve may know them.
    """

    counts: OutcomeCounts
    sifted: SiftedKey
    flipped: str
    apparatus: Apparatus
    weights: Floats
    afterpulses: float = 0.0

    @property
    def is_thinned(self) -> bool:
        """Whether better detectors are thinned."""
        return not self.apparatus.has_equal_detectors

    @property
    def bits(self) -> int:
        """Number of sifted bits."""
        return self.counts.among(self.sifted.kept)

    @property
    def tagged(self) -> float:
        """Share of the registered rounds that Eve may know: pulses of several photons mostly."""
        detected = self.counts.among(~self.counts.table.undetected)
        several = self.apparatus.multi_photon * self.counts.total / max(detected, 1)
        return several + self.afterpulses

    def of(self, basis: int) -> Mask:
        """Which classes are kept, of one basis."""
        return np.asarray(self.sifted.kept & (self.sifted.basis == basis))

    def error(self, chosen: Mask, confidence: float) -> Estimate:
        """Error rate of sifted bits, all of which error correction has to mend."""
        wrong = self.counts.among(chosen & self.sifted.wrong)
        return proportion_estimate(wrong, self.counts.among(chosen), confidence=confidence)

    def left(self, chosen: Mask) -> float:
        """How many rounds thinning leaves."""
        return float(self.counts.counts[chosen] @ self.weights[chosen])

    def thinned_error(self, chosen: Mask, confidence: float) -> Estimate:
        """Error rate of the sifted bits that thinning leaves."""
        return proportion(self.left(chosen & self.sifted.wrong), self.left(chosen), confidence)

    def lost(self, chosen: Mask, confidence: float) -> Estimate:
        """Share of the sifted bits that thinning takes."""
        n = self.counts.among(chosen)
        return proportion(n - self.left(chosen), n, confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What may be called secret, and as what.

    Args:
        fraction: Secret bits per sifted bit; ``None`` where no rate of the protocol is known.
        reason: Why there is no key; empty where there is one.
        security: What the fraction claims.
        notes: What else there is to know of the bits.
    """

    fraction: Estimate | None
    reason: str
    security: SecurityClaim
    notes: tuple[str, ...] = ()


def evidence_of(protocol: QkdProtocol, counts: OutcomeCounts) -> Evidence:
    """Bring the counts of rounds and the devices of a protocol together."""
    columns = counts.table.columns
    apparatus = protocol.apparatus(counts.total)
    straight, flipped = _straightened(counts, protocol.sift(columns))
    weights, after = np.ones(len(counts.counts)), 0.0
    if not apparatus.has_equal_detectors:
        weights = kept_by_thinning(apparatus, columns)
        after = protocol.line.detectors.afterpulse_probability
    return Evidence(
        counts=counts,
        sifted=straight,
        flipped=flipped,
        apparatus=apparatus,
        weights=weights,
        afterpulses=after / (1.0 + after),
    )


def judge(protocol: QkdProtocol, counts: OutcomeCounts) -> Judgement:
    """Decide what of the sifted bits of a run may be called secret.

    Args:
        protocol: What was played.
        counts: Its rounds.

    Examples:
        >>> from protocols.qkd import BB84, Detectors, Line
        >>> blind = BB84(line=Line(detectors=Detectors(efficiency=1.0, efficiency_1=0.0)))
        >>> counts = blind.table().count(1000, np.random.default_rng(1))
        >>> judge(blind, counts).security.notion
        'none'
    """
    evidence = evidence_of(protocol, counts)
    notes: tuple[str, ...] = ()
    if evidence.flipped:
        bases = " and ".join(evidence.flipped)
        notes = (f"more than half of the sifted bits differ in {bases}: Bob flips his there",)
    reason = ruled_out(evidence)
    fraction: Estimate | None = Estimate(0.0, 0.0, 0.0, evidence.bits)
    if not reason:
        fraction, reason = protocol._fraction(evidence)
    security = SecurityClaim.none(reason) if reason else protocol._claim(evidence)
    return Judgement(fraction=fraction, reason=reason, security=security, notes=notes)


def ruled_out(evidence: Evidence) -> str:
    """Why the devices alone rule a key out; empty where they do not.

    Args:
        evidence: Rounds and devices.

    Examples:
        >>> from protocols.qkd import BB84, Blinding
        >>> attacked = BB84(eve=Blinding())
        >>> counts = attacked.table().count(1000, np.random.default_rng(1))
        >>> ruled_out(evidence_of(attacked, counts))[-40:]
        'as described, and no light controls them'
    """
    apparatus = evidence.apparatus
    if apparatus.broken:
        reason = "no key: no error rate shows this attack, for it breaks the assumption that "
        return reason + apparatus.what_is_broken
    if evidence.is_thinned and apparatus.has_silent_detector:
        return "no key: a detector that never answers tells the bit of every click of the other"
    return ""


def claim_of(protocol: QkdProtocol, evidence: Evidence, notion: str) -> SecurityClaim:
    """The claim of a rate of endless blocks, with what it rests on.

    Args:
        protocol: What was played.
        evidence: Its rounds and devices.
        notion: ``asymptotic``, ``device-independent-asymptotic`` or ``fair-sampling``.
    """
    if notion == "device-independent-asymptotic":
        return SecurityClaim.under(
            notion, "closed-laboratories", "every-event-counts", "collective"
        )
    apparatus, names = evidence.apparatus, list[str]()
    if protocol.sends_photons:
        one_intensity = "tagged" if apparatus.multi_photon > 0.0 else "single-photons"
        names.append("decoys" if apparatus.decoys else one_intensity)
    if apparatus.efficiencies:
        names += [*apparatus.detector_assumptions, "no-blinding", "double-clicks"]
    names.append("fair-sampling" if notion == "fair-sampling" else "trusted-devices")
    return SecurityClaim.under(notion, *names, "collective")


def _straightened(counts: OutcomeCounts, sifted: SiftedKey) -> tuple[SiftedKey, str]:
    """Flip Bob's bits in the bases in which most are wrong: an error rate e is as good as 1 - e.

    Flips of one basis or of two are Pauli operations of his. Of three bases an even number can be
    flipped: no Pauli operation flips one or three.
    """
    wrong = [b for b in range(len(BASES)) if _mostly_wrong(counts, sifted, b)]
    three = len(np.unique(sifted.basis[sifted.kept])) == len(BASES)
    if not wrong or (three and len(wrong) % 2):
        return sifted, ""
    flip = np.isin(sifted.basis, wrong).astype(np.uint8)
    return replace(sifted, bob=sifted.bob ^ flip), "".join(BASES[b] for b in wrong)


def _mostly_wrong(counts: OutcomeCounts, sifted: SiftedKey, basis: int) -> bool:
    here = sifted.kept & (sifted.basis == basis)
    return 2 * counts.among(here & sifted.wrong) > counts.among(here)


def proportion(events: float, trials: float, confidence: float) -> Estimate:
    """A ratio of weighted counts, with the interval of as many whole ones.

    Weights of at most one make a weighted count fluctuate less than a count of its mean.
    """
    if trials <= 0.0:
        return Estimate(0.0, 0.5, 1.0, 0)
    if events == math.floor(events) and trials == math.floor(trials):
        return proportion_estimate(int(events), int(trials), confidence=confidence)
    n = max(1, math.floor(trials))
    best = min(max(events / trials, 0.0), 1.0)
    low, high = (
        proportion_estimate(min(n, k), n, confidence=confidence)
        for k in (math.floor(best * n), math.ceil(best * n))
    )
    return Estimate(min(low.low, best), best, max(high.high, best), n)


def worst_and_best(
    rates: Sequence[Estimate], fraction: Callable[[Sequence[float]], float]
) -> Estimate:
    """A fraction that falls with each of its rates, zero or more.

    The intervals of k rates hold together with 95 % when each is taken at ``1 - 0.05/k``.
    """
    values = [
        max(0.0, fraction([getattr(rate, end) for rate in rates]))
        for end in ("high", "best", "low")
    ]
    return Estimate(min(values), values[1], max(values), min(rate.n for rate in rates))


def bb84_fraction(evidence: Evidence, efficiency: float) -> tuple[Estimate, str]:
    """Secret bits per sifted bit from the error rates in Z and X, both used for the key.

    Args:
        evidence: The rounds.
        efficiency: Of the error correction.

    Returns:
        The fraction, and why there is no key.
    """
    bases = [evidence.of(0), evidence.of(1)]
    sizes = [evidence.counts.among(each) for each in bases]
    if min(sizes) == 0:
        reason = "no key: a basis has no sifted bit; play more rounds"
        return Estimate(0.0, 0.0, 1.0, evidence.bits), reason
    confidence = 1.0 - 0.05 / (6 if evidence.is_thinned else 2)
    errors = [evidence.error(each, confidence) for each in bases]
    phases, lost = errors, [Estimate(0.0, 0.0, 0.0, n) for n in sizes]
    if evidence.is_thinned:
        phases = [evidence.thinned_error(each, confidence) for each in bases]
        lost = [evidence.lost(each, confidence) for each in bases]
    share_z, tagged = sizes[0] / sum(sizes), evidence.tagged

    def fraction(rates: Sequence[float]) -> float:
        e_z, e_x, phase_z, phase_x, lost_z, lost_x = rates
        by_basis = (e_z, phase_x, phase_z, lost_z), (e_x, phase_z, phase_x, lost_x)
        z, x = (
            shared_fraction("bb84", e, seen, efficiency, lost=taken, kept_error=kept, tagged=tagged)
            for e, seen, kept, taken in by_basis
        )
        return share_z * max(z, 0.0) + (1.0 - share_z) * max(x, 0.0)

    estimate = worst_and_best([*errors, *phases, *lost], fraction)
    if estimate.best > 0.0:
        return estimate, ""
    shown = f"{100 * errors[0].best:.3g} % in Z, {100 * errors[1].best:.3g} % in X"
    return estimate, why_no_key(evidence, shown, "bb84 tolerates 11.0 % when they are equal and")


def why_no_key(evidence: Evidence, shown: str, limit: str) -> str:
    """Why nothing is left: several photons, unequal detectors, or errors alone."""
    if evidence.apparatus.multi_photon > 0.0:
        share = 100 * min(evidence.tagged, 1.0)
        reason = f"no key: pulses of several photons may explain {share:.3g} % of the detections "
        pairs = len(evidence.apparatus.efficiencies) == 2
        hint = "make fewer pairs a pulse" if pairs else "use decoy intensities"
        return reason + f"(error rates {shown}); {hint}"
    if evidence.is_thinned:
        share = 100 * evidence.left(evidence.sifted.kept) / evidence.bits
        reason = "no key: error correction takes more than detectors of unequal efficiency leave "
        return reason + f"(error rates {shown}; made equal, they leave {share:.3g} % of the bits)"
    rates = "rates are" if "," in shown else "rate is"
    reason = f"no key: the error {rates} too high ({shown}; {limit} error correction is perfect)"
    return reason
