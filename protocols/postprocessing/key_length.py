r"""Lengths of secret keys, from what was measured and disclosed, and from the devices.

**The composable rule** (`composable_bb84`). What Eve knows of the bits of one basis is bounded by
the errors that measuring them in another basis would have shown, the *phase errors* (M. Koashi, New
J. Phys. 11, 045018 (2009), arXiv:0704.3661). They are not measured, but the bits of that other
basis that were tested are a random part of both, since bases and test are chosen at random and
whatever happened before did not depend on them. So, for the ``n`` key bits of a basis, ``k`` test
bits of another and ``c`` errors among these, there are more than ``d = errors_left(n, k, c)`` phase
errors with probability at most ``kappa``, exactly (`protocols.postprocessing.sampling`). The
entropic uncertainty relation (M. Tomamichel, R. Renner, Phys. Rev. Lett. 106, 110506 (2011),
arXiv:1009.2015) then gives, for all bases together,

    ``H_min^sqrt(kappa) >= sum of n (1 - h(d/n))``,

and the leftover hash lemma a key of ``l = H_min - leak - 2 log2(1/(2 eps_PA))`` bits that is
``2 sqrt(kappa) + eps_PA`` from secret (M. Tomamichel, C. C. W. Lim, N. Gisin, R. Renner, Nat.
Commun. 3, 634 (2012), arXiv:1103.4130; M. Tomamichel, A. Leverrier, Quantum 1, 14 (2017),
arXiv:1506.08458).

**Its length varies** with what is seen: ``n``, ``k``, ``c``, the leakage, and also the error
pattern, which the error correction makes public. Let w be all of these, which have definite values
together with the phase errors: bit and phase errors of qubits commute. Given w, the above holds
with the chance ``kappa(w)`` of too many phase errors, so the key is ``2 sqrt(kappa(w)) + eps_PA``
from secret; and the mean over w of ``2 sqrt(kappa(w))`` is at most ``2 sqrt(kappa)``, as the root
is concave. So a length that adapts costs nothing here (D. Tupkary, E. Y.-Z. Tan, N. Luetkenhaus,
Phys. Rev. Research 6, 023002 (2024), arXiv:2311.01600; for decoys, which earlier proofs of fixed
length left open: J. Wiesemann et al., arXiv:2405.16578).

**Epsilon** is shared out: ``epsilon_correctness`` to the verification, what the tags need to
forgeries, and the rest, ``eps``, to secrecy: ``kappa = (eps/4)^2``, ``eps_PA = eps/2``. With pulses
of several photons, a tenth of ``eps`` goes to counting them, and the rest is shared in this way.

**Flipped bases.** Where most test bits of a basis differ, Bob flips his (`estimation`), and the
errors are those that are left. Two bounds may then fail, that of the errors and that of the bits
that agree: the second gets ``2^-10`` of ``kappa``, and the first the rest.

**Pulses of several photons** are Eve's: of N pulses at most the binomial limit M held several, and
those may all be among the D detected rounds; they fall on key and test bits at random, so at most
the hypergeometric limit of each; only the others enter n and k, and all errors are theirs (D.
Gottesman, H.-K. Lo, N. Luetkenhaus, J. Preskill, Quantum Inf. Comput. 4, 325 (2004),
arXiv:quant-ph/0212066). With three intensities the counts of each bound the single photons and
their errors instead (C. C. W. Lim et al., Phys. Rev. A 89, 022307 (2014), arXiv:1311.7129).

**Unequal detectors.** The clicks of the better detector were thinned when the bits were sifted
(`protocols.postprocessing.raw_key.kept_when_thinned`), so that loss does not depend on the outcome;
the counts are of what was kept.

**Biased bits** are refused (`protocols.postprocessing.bias`): they show that the devices are not
those of the proof.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from protocols.postprocessing.estimation import BASES, BasisTest
from protocols.postprocessing.photons import DECOY_COUNTS, TAGGED_COUNTS, single_photons, untagged
from protocols.postprocessing.sampling import errors_left
from qnet.errors import ParameterError, check_integer, check_one_of
from qnet.estimate import Estimate
from qnet.metrics.key_rate import binary_entropy
from qnet.metrics.security import ASSUMPTIONS, Apparatus, SecurityClaim
from qnet.metrics.statistics import proportion_estimate

if TYPE_CHECKING:
    from protocols.key_rates import DecoySettings

__all__ = [
    "Disclosed",
    "KeyLength",
    "asymptotic_bb84",
    "claim_of",
    "composable_bb84",
    "counts_photons",
    "entropy_presumed",
    "length_of",
    "rule_of",
    "what_is_left",
    "why_not",
]

#: Share of the failure of secrecy that counting pulses of several photons may take.
_COUNTING = 0.1

#: Share of the failure of a limit that is left for the case that Bob flips his bits.
_FLIPPED = 2.0**-10


@dataclass(frozen=True, slots=True, kw_only=True)
class Disclosed:
    """What a rule for the key length may look at.

    Args:
        key_bits: Bits of the verified key.
        qber: Error rate of the test bits, of all bases together.
        leaked_bits: Bits disclosed by error correction and verification.
        authentication_bits: Pre-shared bits used by the run, the messages still to come included.
        by_basis: Key bits, test bits and errors in each basis; empty where all bits are alike.
        confidence: Confidence of the intervals of error rates.
        by_intensity: The same for each intensity, where there are several.
        flipped: Names of the bases in which Bob flipped his bits, as most were wrong.
        detected: Rounds that Bob announced, sifted or not.
        apparatus: The devices; None where single photons and equal detectors are presumed.
        decoys: The intensities, where there are several.
        epsilon: Failure probability of the key, secrecy and correctness together.
        epsilon_correctness: Part of it: that different keys pass the verification.
        epsilon_authentication: Part of it: that a forged message passes.

    Examples:
        >>> Disclosed(
        ...     key_bits=1000, qber=Estimate.exact(0.0), leaked_bits=60, authentication_bits=200
        ... ).key_bits
        1000
    """

    key_bits: int
    qber: Estimate
    leaked_bits: int
    authentication_bits: int
    by_basis: tuple[BasisTest, ...] = ()
    confidence: float = 0.95
    by_intensity: tuple[tuple[BasisTest, ...], ...] = ()
    flipped: str = ""
    detected: int = 0
    apparatus: Apparatus | None = None
    decoys: DecoySettings | None = None
    epsilon: float = 1e-10
    epsilon_correctness: float = 1e-12
    epsilon_authentication: float = 0.0

    @property
    def epsilon_secrecy(self) -> float:
        """What of epsilon is left for secrecy, zero or less if nothing is."""
        return self.epsilon - self.epsilon_correctness - self.epsilon_authentication

    def phase_errors(self) -> list[tuple[int, float]]:
        """Key bits, and an upper limit of their phase error rate, for each basis that has bits.

        Asymptotic: the limits are those of the intervals of the test, which hold together with its
        confidence. Eve's knowledge of the bits of one basis is bounded by the errors in another
        one: of those that were tested, the best; 0.5 where none was.

        Examples:
            >>> Disclosed(
            ...     key_bits=90,
            ...     qber=Estimate.exact(0.0),
            ...     leaked_bits=0,
            ...     authentication_bits=0,
            ...     by_basis=(BasisTest(80, 20, 0), BasisTest(10, 0, 0)),
            ... ).phase_errors()[0]
            (80, 0.5)
        """
        if not self.by_basis:
            return [(self.key_bits, self.qber.high)]
        used = sum(basis.tested > 0 for basis in self.by_basis)
        limits = [self._limit(basis, used) for basis in self.by_basis]
        return [
            (basis.kept, min(limits[:k] + limits[k + 1 :], default=0.5))
            for k, basis in enumerate(self.by_basis)
            if basis.kept
        ]

    def _limit(self, basis: BasisTest, used: int) -> float:
        """Upper end of the interval of the error rate; intervals of all bases hold together."""
        if basis.tested == 0:
            return 0.5
        together = 1.0 - (1.0 - self.confidence) / used
        return proportion_estimate(basis.errors, basis.tested, confidence=together).high


KeyLength = Callable[[Disclosed], float] | int | str


#: Bits of a basis that may be secret, and the largest rate of their phase errors.
_Part = tuple[float, float]


def why_not(apparatus: Apparatus | None, decoys: DecoySettings | None) -> str:
    """Why no bit of these devices is secret, a sentence; empty where a proof applies.

    Examples:
        >>> why_not(Apparatus(efficiencies=((1.0, 0.0),)), None)
        'a detector never clicks, so every bit is the same'
    """
    if apparatus is None:
        return ""
    if apparatus.broken:
        return f"an attack breaks what the proof assumes: {apparatus.what_is_broken}"
    if apparatus.has_silent_detector:
        return "a detector never clicks, so every bit is the same"
    if decoys is not None or apparatus.decoys:
        three = decoys is not None and len(decoys.intensities) == 3
        if not three or decoys.intensities[0] <= decoys.intensities[1] + decoys.intensities[2]:  # type: ignore[union-attr]
            return (
                "no bound for raw keys of these intensities: give three that fall, "
                "the first above the sum of the others"
            )
    elif apparatus.multi_photon > 0.0 and apparatus.pulses is None:
        return "pulses of several photons cannot be counted where the number of pulses is unknown"
    return ""


def composable_bb84(disclosed: Disclosed) -> float:
    """``sum of n (1 - h(d/n)) - leakage - 2 log2(1/(2 eps_PA)) - authentication``.

    The proof stands at the head of this module. The key is within ``disclosed.epsilon`` of an ideal
    one; what the run took out of the pool of authentication key is subtracted, so that the length
    is what the pool and the key gain together.

    Args:
        disclosed: What was measured and disclosed.

    Returns:
        Number of secret bits, may be negative.

    Examples:
        >>> basis = BasisTest(kept=40_000, tested=10_000, errors=100)
        >>> round(composable_bb84(Disclosed(
        ...     key_bits=80_000, qber=Estimate.exact(0.01), leaked_bits=7000,
        ...     authentication_bits=500, by_basis=(basis, basis),
        ... )))
        59195
    """
    found = _composable(disclosed)
    if found is None:
        return -math.inf
    parts, rest = found
    spent = disclosed.leaked_bits + disclosed.authentication_bits
    return _entropy(parts) - spent - 2.0 * math.log2(1.0 / rest)


def asymptotic_bb84(disclosed: Disclosed) -> float:
    """``sum over bases of n (1 - h(e)) - leakage - authentication``, e the phase error rate.

    P. W. Shor, J. Preskill, Phys. Rev. Lett. 85, 441 (2000), doi:10.1103/PhysRevLett.85.441. The
    phase error rate of the bits of a basis is taken to be at most the upper limit of the error rate
    in another basis; where all bits are alike, in them. Of pulses of several photons as many are
    taken off as are expected. Such a length is secure for endless blocks, and for no finite one.

    Args:
        disclosed: What was measured and disclosed.

    Returns:
        Number of secret bits, may be negative.

    Examples:
        >>> asymptotic_bb84(Disclosed(
        ...     key_bits=1000, qber=Estimate.exact(0.0), leaked_bits=60, authentication_bits=200
        ... ))
        740.0
    """
    if why_not(disclosed.apparatus, disclosed.decoys):
        return -math.inf
    entropy = _entropy(_asymptotic_parts(disclosed))
    return entropy - disclosed.leaked_bits - disclosed.authentication_bits


def counts_photons(disclosed: Disclosed) -> bool:
    """Whether pulses of several photons are among the bits."""
    many = disclosed.apparatus is not None and disclosed.apparatus.multi_photon > 0.0
    return many or disclosed.decoys is not None


def _composable(disclosed: Disclosed) -> tuple[list[_Part], float] | None:
    """The bits that may be secret, and what of epsilon the phase errors and the hash share."""
    secrecy = disclosed.epsilon_secrecy
    if secrecy <= 0.0 or why_not(disclosed.apparatus, disclosed.decoys):
        return None
    counting = _COUNTING * secrecy if counts_photons(disclosed) else 0.0
    rest = secrecy - counting
    return _composable_parts(disclosed, counting, rest / 4.0), rest


def _composable_parts(disclosed: Disclosed, counting: float, failure: float) -> list[_Part]:
    """Bits of each basis with their phase error rates; all hold but with ``failure^2``."""
    if disclosed.decoys is not None:
        each = counting / DECOY_COUNTS
        bases = single_photons(disclosed.by_intensity, disclosed.decoys, each)
    elif counting > 0.0:
        bases = untagged(disclosed, math.log(counting / TAGGED_COUNTS))
    else:
        bases = list(disclosed.by_basis)
    tested = [j for j, other in enumerate(bases) if other.tested > 0]
    others = {k: [j for j in tested if j != k] for k, own in enumerate(bases) if own.kept > 0}
    pairs = sum(map(len, others.values()))
    if not pairs:
        return []
    log_failure = 2.0 * math.log(failure) - math.log(pairs)
    logs = [
        log_failure + (math.log(_FLIPPED) if name in disclosed.flipped else math.log1p(-_FLIPPED))
        for name in BASES
    ]

    def most(kept: int, j: int) -> int:
        return errors_left(kept, bases[j].tested, bases[j].errors, logs[j])

    parts = [(bases[k].kept, js) for k, js in others.items() if js]
    return [(kept, min(min(most(kept, j) for j in js) / kept, 0.5)) for kept, js in parts]


def _asymptotic_parts(disclosed: Disclosed) -> list[_Part]:
    """Bits of each basis and their phase error rates, as expected of endless blocks."""
    if disclosed.decoys is not None:
        single = single_photons(disclosed.by_intensity, disclosed.decoys, 1.0)
        rates = [each.errors / each.tested if each.tested else 0.5 for each in single]
        return [
            (each.kept, min(rates[:k] + rates[k + 1 :], default=0.5))
            for k, each in enumerate(single)
        ]
    parts, apparatus = disclosed.phase_errors(), disclosed.apparatus
    if not counts_photons(disclosed) or apparatus is None or apparatus.pulses is None:
        return [(float(bits), limit) for bits, limit in parts]
    share = min(1.0, apparatus.multi_photon * apparatus.pulses / max(disclosed.detected, 1))
    alone = 1.0 - share
    return [(bits * alone, limit / alone if alone > 0.0 else 0.5) for bits, limit in parts]


def what_is_left(rule: KeyLength, disclosed: Disclosed) -> str:
    """How many key bits a rule takes for those of single photons, and their worst phase errors.

    Examples:
        >>> basis = BasisTest(kept=400, tested=100, errors=1)
        >>> what_is_left("composable", Disclosed(
        ...     key_bits=800, qber=Estimate.exact(0.01), leaked_bits=70,
        ...     authentication_bits=500, by_basis=(basis, basis),
        ... ))
        'phase errors may be 46.2%'
    """
    parts = _parts_of(rule, disclosed)
    worst = max((min(rate, 0.5) for _, rate in parts), default=0.5)
    sentence = f"phase errors may be {worst:.1%}"
    if counts_photons(disclosed):
        alone = max(0, math.floor(sum(bits for bits, _ in parts)))
        sentence = f"{alone} are certain to come from single photons, {sentence}"
    return sentence


def _parts_of(rule: KeyLength, disclosed: Disclosed) -> list[_Part]:
    """Bits of each basis and their phase error rates, as a rule takes them."""
    if rule_of(rule) is composable_bb84:
        found = _composable(disclosed)
        return [] if found is None else found[0]
    return _asymptotic_parts(disclosed)


def entropy_presumed(rule: KeyLength, disclosed: Disclosed) -> float:
    """What a rule takes the bits to be worth before anything is disclosed, in bits.

    Examples:
        >>> entropy_presumed("asymptotic", Disclosed(
        ...     key_bits=1000, qber=Estimate.exact(0.0), leaked_bits=60, authentication_bits=200
        ... ))
        1000.0
    """
    return _entropy(_parts_of(rule, disclosed))


def _entropy(parts: Iterable[_Part]) -> float:
    """``sum of n (1 - h(e))``."""
    return sum(bits * (1.0 - binary_entropy(min(rate, 0.5))) for bits, rate in parts)


_RULES: dict[str, Callable[[Disclosed], float]] = {
    "composable": composable_bb84,
    "asymptotic": asymptotic_bb84,
}

_RANDOM = "bases and test bits are chosen at random, and every round is like the others"
_ELSEWHERE = "the length of the key was given by the caller, and so is what it claims"


def rule_of(rule: KeyLength) -> Callable[[Disclosed], float] | int:
    """The rule of this name, or the rule or the number of bits that is given.

    Raises:
        UnknownNameError: If there is no rule of this name.
        ParameterError: If it is no rule, nor a whole number above zero.

    Examples:
        >>> rule_of("composable") is composable_bb84
        True
    """
    if isinstance(rule, str):
        return _RULES[check_one_of("key_length", rule, _RULES)]
    if callable(rule):
        return rule
    hint = 'give "composable", "asymptotic", a function of Disclosed, or a whole number of bits'
    return check_integer("key_length", rule, 1, hint)


def claim_of(rule: KeyLength, disclosed: Disclosed) -> SecurityClaim:
    """What a key of a rule's length claims.

    Examples:
        >>> disclosed = Disclosed(
        ...     key_bits=1000, qber=Estimate.exact(0.0), leaked_bits=60, authentication_bits=200
        ... )
        >>> [claim_of(rule, disclosed).notion for rule in ("composable", "asymptotic", 900)]
        ['composable', 'asymptotic', 'none']
    """
    function, apparatus = rule_of(rule), disclosed.apparatus
    if function not in _RULES.values():
        return SecurityClaim.none(_ELSEWHERE)
    names = ["trusted-devices", "no-blinding", "double-clicks"]
    if disclosed.decoys is not None:
        names.append("decoys")
    elif counts_photons(disclosed):
        names.append("tagged")
    elif apparatus is None or apparatus.pulses is not None:  # else pairs, not pulses
        names.append("single-photons")
    names += (apparatus or Apparatus()).detector_assumptions
    sentences = (*(ASSUMPTIONS[name] for name in names), _RANDOM)
    if function is composable_bb84:
        return SecurityClaim(notion="composable", epsilon=disclosed.epsilon, assumes=sentences)
    return SecurityClaim(notion="asymptotic", assumes=(*sentences, ASSUMPTIONS["collective"]))


def length_of(rule: KeyLength, disclosed: Disclosed) -> int:
    """Apply a rule: a function of what was disclosed, or a length computed elsewhere.

    A given length must leave room for the disclosed bits: where it does not, the length is zero.

    Raises:
        ParameterError: If the rule gives no number.

    Examples:
        >>> disclosed = Disclosed(
        ...     key_bits=1000, qber=Estimate.exact(0.0), leaked_bits=60, authentication_bits=200
        ... )
        >>> [length_of(rule, disclosed) for rule in (asymptotic_bb84, 900, 950)]
        [740, 900, 0]
    """
    room = disclosed.key_bits - disclosed.leaked_bits
    function = rule_of(rule)
    if not callable(function):
        return function if function <= room else 0
    given = function(disclosed)
    try:
        length = float(given)
    except OverflowError:
        length = math.inf if given > 0 else -math.inf
    except (TypeError, ValueError):
        length = math.nan
    if math.isnan(length):
        raise ParameterError("key_length", "give a number", given, "mend the rule")
    return math.floor(max(0.0, min(length, float(room))))
