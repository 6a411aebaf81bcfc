"""Eavesdroppers on the photon number: on pulses of several photons, and on light from outside."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from protocols.key_rates.coin import trojan_overlaps
from protocols.key_rates.discrimination import unambiguous_discrimination
from protocols.qkd.eve import Eve, Forwarded
from qnet.errors import check_non_negative, check_probability
from qnet.hardware import WeakPulses

if TYPE_CHECKING:
    from qnet.hardware import Detectors

__all__ = [
    "BeamSplitting",
    "PhotonNumberSplitting",
    "TrojanHorse",
    "UnambiguousDiscrimination",
    "passed_on",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class BeamSplitting(Eve):
    """Put a beam splitter in place of the lossy line, keep the reflected photons.

    No trace at all: yields and error rates are those of the line. Of the pulses of mean ``mu`` that
    Bob detects she holds a photon of a share ``1 - exp(-mu (1 - t))``.

    Args:
        fraction: Share of the pulses that she taps; the others stay on the line.

    Raises:
        ParameterError: If the fraction is no probability.

    Examples:
        >>> [(f.photons, round(f.probability, 3), f.knows) for f in BeamSplitting().forward(1, 0.1)]
        [(0, 0.9, True), (1, 0.1, False)]
    """

    fraction: float = 1.0

    def __post_init__(self) -> None:
        check_probability("fraction", self.fraction)

    def forward(self, photons: int, transmission: float) -> Sequence[Forwarded]:
        """Each photon goes on with the transmission of the line, then nothing is lost."""
        t, n = transmission, photons
        tapped = [
            Forwarded(
                probability=self.fraction * math.comb(n, k) * t**k * (1.0 - t) ** (n - k),
                photons=k,
                transmission=1.0,
                knows=k < n,
            )
            for k in range(n + 1)
        ]
        if self.fraction == 1.0:
            return tapped
        left = Forwarded(probability=1.0 - self.fraction, photons=n, transmission=t)
        return [*tapped, left]


@dataclass(frozen=True, slots=True, kw_only=True)
class PhotonNumberSplitting(Eve):
    """Count the photons; keep one of two or more, and block single ones to hide the surplus.

    Single photons that pass, and what is left of the others, go through a line without loss. No
    error, but yields that no lossy line has: decoy intensities show them.

    G. Brassard, N. Lutkenhaus, T. Mor, B. C. Sanders, Phys. Rev. Lett. 85, 1330 (2000),
    doi:10.1103/PhysRevLett.85.1330.

    Args:
        pass_single: Probability that a single photon passes.
        pass_multiple: Probability that a pulse of two or more passes.
        fraction: Share of the pulses that she attacks; the others stay on the line.

    Raises:
        ParameterError: If a number is no probability.

    Examples:
        >>> PhotonNumberSplitting(pass_single=0.0).forward(3, 0.1)[0].photons
        2
    """

    references: ClassVar[tuple[str, ...]] = ("Brassard2000",)

    pass_single: float = 0.0
    pass_multiple: float = 1.0
    fraction: float = 1.0

    def __post_init__(self) -> None:
        check_probability("fraction", self.fraction)
        check_probability("pass_single", self.pass_single)
        check_probability("pass_multiple", self.pass_multiple)

    @classmethod
    def hidden(
        cls, mean_photon_number: float, transmission: float, efficiency: float
    ) -> PhotonNumberSplitting:
        """The attack that leaves the gain of one intensity as it was, ``1 - exp(-t eta mu)``.

        Examples:
            >>> PhotonNumberSplitting.hidden(0.48, 0.01, 0.045).pass_single
            0.0
        """
        mu, eta = mean_photon_number, check_probability("efficiency", efficiency)
        wanted = -math.expm1(-transmission * eta * mu)
        # Sum over n >= 2 of P(n) (1 - (1 - eta)^(n - 1)).
        many = -math.expm1(-mu) - mu * math.exp(-mu)
        miss = 1.0 - eta
        lost = 0.0
        if miss > 0.0:
            lost = (math.exp(-mu * eta) - math.exp(-mu) * (1.0 + mu * miss)) / miss
        multiple = max(many - lost, 0.0)
        if multiple >= wanted:
            return cls(pass_single=0.0, pass_multiple=wanted / multiple)
        single = (wanted - multiple) / (mu * math.exp(-mu) * eta)
        return cls(pass_single=min(single, 1.0))

    def breaks(self, multi_photon: float, detectors: Detectors) -> tuple[str, ...]:
        """Single photons, where no decoys bound the others."""
        return ("single-photons",) if multi_photon > 0.0 and self.fraction > 0.0 else ()

    def forward(self, photons: int, transmission: float) -> Sequence[Forwarded]:
        """Vacuum as it is; one photon or the rest of several, without loss, or nothing."""
        if photons == 0:
            return (Forwarded(probability=1.0, photons=0, transmission=1.0),)
        chance = self.pass_single if photons == 1 else self.pass_multiple
        sent, knows = (1, False) if photons == 1 else (photons - 1, True)
        passed = Forwarded(probability=chance, photons=sent, transmission=1.0, knows=knows)
        return passed_on(self.fraction, passed, photons, transmission)


def passed_on(
    fraction: float, passed: Forwarded, photons: int, transmission: float
) -> Sequence[Forwarded]:
    """Of a share of the pulses what she lets pass or nothing; the others go their way.

    Examples:
        >>> passed = Forwarded(probability=0.25, photons=1, transmission=1.0, knows=True)
        >>> [each.probability for each in passed_on(0.5, passed, 2, 0.1)]
        [0.125, 0.375, 0.5]
    """
    chance = passed.probability
    found = (
        replace(passed, probability=fraction * chance),
        Forwarded(probability=fraction * (1.0 - chance), photons=0, transmission=1.0),
        Forwarded(probability=1.0 - fraction, photons=photons, transmission=transmission),
    )
    return found[:2] if fraction == 1.0 else found


@dataclass(frozen=True, slots=True, kw_only=True)
class UnambiguousDiscrimination(Eve):
    """Tell the four states of BB84 apart without error where a pulse holds three photons or more.

    She sends on what she is certain of, without loss, and nothing else. The four states of n
    photons are symmetric and linearly independent from n = 3 on: the best chance without error is
    the least eigenvalue of their Gram matrix, ``1 - 2^-floor((n-1)/2)``.

    A. Chefles and S. M. Barnett, Phys. Lett. A 250, 223 (1998), arXiv:quant-ph/9807023; M. Dusek,
    M. Jahma, N. Lutkenhaus, Phys. Rev. A 62, 022306 (2000), arXiv:quant-ph/9910106.

    Args:
        fraction: Share of the pulses that she attacks; the others stay on the line.
        pass_probability: Probability that she sends on what she is certain of.

    Raises:
        ParameterError: If a number is no probability.

    Examples:
        >>> [round(UnambiguousDiscrimination.success(n), 9) for n in range(1, 7)]
        [0.0, 0.0, 0.5, 0.5, 0.75, 0.75]
    """

    references: ClassVar[tuple[str, ...]] = ("CheflesBarnett1998", "Dusek2000")

    fraction: float = 1.0
    pass_probability: float = 1.0

    def __post_init__(self) -> None:
        check_probability("fraction", self.fraction)
        check_probability("pass_probability", self.pass_probability)

    @property
    def needs_four_states(self) -> bool:
        """Yes."""
        return True

    @classmethod
    def hidden(
        cls, mean_photon_number: float, transmission: float, efficiency: float
    ) -> UnambiguousDiscrimination:
        """The attack that leaves the gain of one intensity as it was, where it is able to.

        Examples:
            >>> UnambiguousDiscrimination.hidden(0.5, 1.0, 1.0).pass_probability
            1.0
        """
        light = WeakPulses(intensities=(mean_photon_number,)).photon_numbers(0)
        wanted = -math.expm1(-transmission * efficiency * mean_photon_number)
        numbers = np.arange(len(light))
        clicks = -np.expm1(numbers * math.log1p(-efficiency)) if efficiency < 1.0 else numbers > 0
        chances = np.array([cls.success(int(n)) for n in numbers])
        able = float(np.sum(light * chances * clicks))
        return cls(pass_probability=min(wanted / able, 1.0) if able > 0.0 else 1.0)

    @staticmethod
    @cache
    def success(photons: int) -> float:
        """Best probability of an answer without error about the state of so many photons."""
        if photons == 0:
            return 0.0
        angles = np.arange(4) * (math.pi / 4.0)
        gram = np.cos(angles[:, None] - angles[None, :]) ** photons
        return max(0.0, float(np.linalg.eigvalsh(gram)[0]))

    def breaks(self, multi_photon: float, detectors: Detectors) -> tuple[str, ...]:
        """Single photons, where no decoys bound the others."""
        return ("single-photons",) if multi_photon > 0.0 and self.fraction > 0.0 else ()

    def forward(self, photons: int, transmission: float) -> Sequence[Forwarded]:
        """All photons without loss where she knows the state, else nothing."""
        chance = self.success(photons) * self.pass_probability
        passed = Forwarded(probability=chance, photons=photons, transmission=1.0, knows=True)
        return passed_on(self.fraction, passed, photons, transmission)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrojanHorse(Eve):
    """Shine light into Alice's device, and read her setting from what comes back.

    What returns is a coherent state in one of four phases, ``|sqrt(mu) i^k>``. She tells them apart
    without error with the least eigenvalue of their Gram matrix; what Bob sees is untouched.

    N. Gisin, S. Fasel, B. Kraus, H. Zbinden, G. Ribordy, Phys. Rev. A 73, 022320 (2006),
    arXiv:quant-ph/0507063; M. Lucamarini et al., Phys. Rev. X 5, 031030 (2015), arXiv:1506.01989.

    Args:
        mean_photons: Mean photon number ``mu`` that leaves Alice's device per pulse.

    Raises:
        ParameterError: If it is negative.

    Examples:
        >>> round(TrojanHorse(mean_photons=1.0).success, 6)
        0.245545
    """

    references: ClassVar[tuple[str, ...]] = ("Gisin2006", "Lucamarini2015")

    mean_photons: float

    def __post_init__(self) -> None:
        check_non_negative("mean_photons", self.mean_photons)

    @property
    def needs_four_states(self) -> bool:
        """Yes."""
        return True

    @property
    def success(self) -> float:
        """Probability that she knows bit and basis of a pulse for certain."""
        phases = np.arange(4, dtype=np.float64) * (math.pi / 2.0)
        return unambiguous_discrimination(trojan_overlaps(self.mean_photons, phases))

    def breaks(self, multi_photon: float, detectors: Detectors) -> tuple[str, ...]:
        """That preparation is as described: the setting leaves the device."""
        return ("trusted-devices",) if self.mean_photons > 0.0 else ()

    def forward(self, photons: int, transmission: float) -> Sequence[Forwarded]:
        """The pulse as it is; she knows its state or not."""
        known = self.success
        return [
            Forwarded(probability=p, photons=photons, transmission=transmission, knows=knows)
            for p, knows in ((known, True), (1.0 - known, False))
        ]
