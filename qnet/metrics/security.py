"""Security claims of key figures: notion, failure probability, assumptions, and what devices break.

A number of secret bits means nothing without the notion it is secret in, one of `NOTIONS`; a
composable key is that of R. Renner, arXiv:quant-ph/0512258; C. Portmann, R. Renner, Rev. Mod. Phys.
94, 025008 (2022), arXiv:2102.00021.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from qnet.errors import ParameterError, check_one_of, check_probability

__all__ = ["ASSUMPTIONS", "NOTIONS", "Apparatus", "SecurityClaim", "chain_claim"]

#: Notions of secrecy by name, and what each says of a key.
NOTIONS: Mapping[str, str] = MappingProxyType(
    {
        "composable": "within epsilon of an ideal key in any use",
        "asymptotic": "the rate of endless blocks",
        "device-independent-asymptotic": "the rate of endless blocks that a CHSH value without "
        "post-selection gives, whatever the devices do",
        "fair-sampling": "as if what was detected stood for what was not",
        "none": "nothing is secret; the claim says why",
    }
)

#: Assumptions of proofs, each as a sentence, by a name that devices and attacks refer to.
ASSUMPTIONS: Mapping[str, str] = MappingProxyType(
    {
        "single-photons": "every pulse that carries a key bit holds one photon at most",
        "decoys": "the phase of the pulses is random, and their intensities are as stated",
        "tagged": "pulses of several photons come as often as the source says, and Eve knows them",
        "equal-detectors": "the detectors of a receiver are equally efficient for whatever arrives",
        "known-detectors": "the efficiencies of the detectors are in the stated ratio",
        "one-photon-arrives": "detectors of unequal efficiency get one photon a round at most",
        "no-blinding": "the detectors answer to photons as described, and no light controls them",
        "double-clicks": "double clicks give random bits",
        "trusted-devices": "preparation and measurement are as described",
        "collective": "attacks are collective, blocks endless and post-processing one-way",
        "identical-pairs": "every pair is in the mean state of the deliveries",
        "fair-sampling": "detected pairs stand for those that were lost",
        "closed-laboratories": "settings are free, and nothing leaves the laboratories unasked",
        "every-event-counts": "no pair is left out for want of a detection",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityClaim:
    """What a number of secret bits claims.

    Args:
        notion: One of ``NOTIONS``.
        epsilon: Failure probability, secrecy and correctness together; None unless composable.
        assumes: What must hold, a sentence each.
        reason: Why nothing is secret, a sentence; empty unless the notion is ``none``.

    Raises:
        ParameterError: If the notion is unknown, an epsilon is missing or has no meaning, or
            ``none`` comes without its reason.

    Examples:
        >>> print(SecurityClaim(notion="composable", epsilon=1e-10))
        composable, epsilon 1e-10
        >>> SecurityClaim.none("the detectors can be blinded").as_dict()["notion"]
        'none'
    """

    notion: str
    epsilon: float | None = None
    assumes: tuple[str, ...] = ()
    reason: str = ""

    def __post_init__(self) -> None:
        check_one_of("security.notion", self.notion, NOTIONS)
        object.__setattr__(self, "assumes", tuple(self.assumes))
        if (self.epsilon is not None) != (self.notion == "composable"):
            hint = "give an epsilon with a composable claim, and with no other"
            raise ParameterError("security.epsilon", f"suit {self.notion}", self.epsilon, hint)
        if self.epsilon is not None:
            check_probability("security.epsilon", self.epsilon)
        if bool(self.reason) != (self.notion == "none"):
            hint = "say why nothing is secret, and only then"
            raise ParameterError("security.reason", f"suit {self.notion}", self.reason, hint)

    @classmethod
    def under(cls, notion: str, *names: str, epsilon: float | None = None) -> SecurityClaim:
        """A claim under assumptions that are given by name, each once.

        Raises:
            UnknownNameError: If a name is not among ``ASSUMPTIONS``.

        Examples:
            >>> SecurityClaim.under("asymptotic", "equal-detectors").assumes
            ('the detectors of a receiver are equally efficient for whatever arrives',)
        """
        for name in names:
            check_one_of("security.assumes", name, ASSUMPTIONS)
        sentences = tuple(ASSUMPTIONS[name] for name in dict.fromkeys(names))
        return cls(notion=notion, epsilon=epsilon, assumes=sentences)

    @classmethod
    def none(cls, reason: str, assumes: tuple[str, ...] = ()) -> SecurityClaim:
        """Nothing is secret, for a reason."""
        return cls(notion="none", assumes=assumes, reason=reason)

    def as_dict(self) -> dict[str, Any]:
        """The form that goes into JSON: ``notion``, ``epsilon``, ``assumes``, ``reason``."""
        return {
            "notion": self.notion,
            "epsilon": self.epsilon,
            "assumes": list(self.assumes),
            "reason": self.reason or None,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> SecurityClaim:
        """The claim that ``as_dict`` wrote.

        Examples:
            >>> claim = SecurityClaim.none("no key")
            >>> SecurityClaim.from_dict(claim.as_dict()) == claim
            True
        """
        assumes, reason = tuple(values["assumes"]), values["reason"] or ""
        return cls(**{**values, "assumes": assumes, "reason": reason})

    @property
    def sentence(self) -> str:
        """Notion and assumptions for people, as one sentence without a full stop.

        Examples:
            >>> SecurityClaim.under("asymptotic", "double-clicks").sentence
            'asymptotic, if double clicks give random bits'
        """
        return f"{self}, if {'; '.join(self.assumes)}" if self.assumes else str(self)

    def __str__(self) -> str:
        if self.epsilon is not None:
            return f"{self.notion}, epsilon {self.epsilon:.3g}"
        return f"{self.notion}: {self.reason}" if self.reason else self.notion


@dataclass(frozen=True, slots=True, kw_only=True)
class Apparatus:
    """What a security proof must know of the devices behind raw bits.

    Args:
        multi_photon: Probability that a pulse holds two photons or more, which Eve may know; for
            pairs that unequal detectors measure, of a coincidence in which one end gets several.
        decoys: Whether decoy intensities bound what pulses of several photons contribute.
        pulses: Pulses that were sent, detected or not; None where every round has its pair.
        efficiencies: Efficiency of the detectors of bit 0 and bit 1, one pair per party that
            measures (Alice first); empty where nobody measures or all is perfect.
        broken: Names (of ``ASSUMPTIONS``) that an attack on this apparatus breaks.

    Raises:
        ParameterError: If a number is no probability or a name unknown.

    Examples:
        >>> Apparatus(efficiencies=((0.5, 1.0),)).uniform_share
        0.6666666666666666
    """

    multi_photon: float = 0.0
    decoys: bool = False
    pulses: int | None = None
    efficiencies: tuple[tuple[float, float], ...] = ()
    broken: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_probability("multi_photon", self.multi_photon)
        for pair in self.efficiencies:
            for value in pair:
                check_probability("efficiencies", value)
        for name in self.broken:
            check_one_of("broken", name, ASSUMPTIONS)

    @property
    def uniform_share(self) -> float:
        """Least share of the registered bits left when the better detectors are thinned.

        Clicks of the better detector are kept with ``r = eta_min/eta_max``: then loss does not
        depend on the outcome, and of registered bits that were uniform ``2 r/(1 + r)`` are left.
        """
        share = 1.0
        for zero, one in self.efficiencies:
            low, high = min(zero, one), max(zero, one)
            share *= 2.0 * low / (low + high) if high > 0.0 else 0.0
        return share

    @property
    def has_equal_detectors(self) -> bool:
        """Whether every party's two detectors are equally efficient."""
        return all(zero == one for zero, one in self.efficiencies)

    @property
    def what_is_broken(self) -> str:
        """The assumptions that an attack breaks, as a clause; empty where it breaks none.

        Examples:
            >>> Apparatus(broken=("no-blinding", "decoys")).what_is_broken.count("; ")
            1
        """
        return "; ".join(ASSUMPTIONS[name] for name in self.broken)

    @property
    def has_silent_detector(self) -> bool:
        """Whether a detector never clicks: thinning to be as bad as it leaves no bit."""
        return self.uniform_share == 0.0

    @property
    def detector_assumptions(self) -> tuple[str, ...]:
        """Names of what a proof presumes of the efficiencies of the detectors."""
        if self.has_equal_detectors:
            return ("equal-detectors",)
        return ("known-detectors", "one-photon-arrives")

    @property
    def keeps(self) -> tuple[tuple[float, float], ...]:
        """Share of the clicks of bit 0 and of bit 1 that thinning keeps, one pair per party."""
        found = []
        for zero, one in self.efficiencies:
            low = min(zero, one)
            found.append((low / zero if zero > 0.0 else 1.0, low / one if one > 0.0 else 1.0))
        return tuple(found)


def chain_claim(secret_key_rate: float, reason: str = "") -> SecurityClaim:
    """What a key of delivered pairs claims: the rate of endless blocks, or nothing.

    Args:
        secret_key_rate: Secret bits per second, or per pair.
        reason: Why there is no key, where there is none.

    Examples:
        >>> chain_claim(2.5).notion, chain_claim(0.0).notion
        ('asymptotic', 'none')
    """
    if secret_key_rate > 0.0:
        names = ("trusted-devices", "identical-pairs", "collective")
        return SecurityClaim.under("asymptotic", *names)
    return SecurityClaim.none(reason or "no secret key: the pairs are too noisy, or none come")
