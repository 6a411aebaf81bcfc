"""Bits of single photons among key and test bits: bounds from photon numbers and decoys."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from protocols.postprocessing.estimation import BasisTest
from protocols.postprocessing.sampling import events_at_most, marked_at_most

if TYPE_CHECKING:
    from protocols.key_rates import DecoySettings
    from protocols.postprocessing.key_length import Disclosed

__all__ = ["DECOY_COUNTS", "TAGGED_COUNTS", "single_photons", "untagged"]

#: Counts that are bounded, at most: in three bases, those of key and test bits, each intensity up
#: and down, and of the errors, flipped or not.
TAGGED_COUNTS, DECOY_COUNTS = 7, 48


def untagged(disclosed: Disclosed, log_failure: float) -> list[BasisTest]:
    """Key and test bits of single photons at least, with all the errors.

    Args:
        disclosed: With the apparatus, and the counts of each basis.
        log_failure: Natural logarithm of the failure probability of each count.

    Examples:
        >>> from protocols.postprocessing import Disclosed
        >>> from qnet.estimate import Estimate
        >>> from qnet.metrics.security import Apparatus
        >>> seen = Disclosed(
        ...     key_bits=800, qber=Estimate.exact(0.0), leaked_bits=0, authentication_bits=0,
        ...     by_basis=(BasisTest(800, 200, 3),), detected=1000,
        ...     apparatus=Apparatus(multi_photon=0.01, pulses=1000),
        ... )
        >>> untagged(seen, math.log(1e-6))
        [BasisTest(kept=772, tested=183, errors=3)]
    """
    apparatus = disclosed.apparatus
    if apparatus is None or apparatus.pulses is None:
        return []
    total = disclosed.detected
    tagged = min(events_at_most(apparatus.pulses, apparatus.multi_photon, log_failure), total)
    found = []
    for basis in disclosed.by_basis:
        kept, tested = (
            size - marked_at_most(total, tagged, size, log_failure)
            for size in (basis.kept, basis.tested)
        )
        found.append(BasisTest(kept, tested, min(basis.errors, tested)))
    return found


def single_photons(
    by_intensity: tuple[tuple[BasisTest, ...], ...], decoys: DecoySettings, failure: float
) -> list[BasisTest]:
    """Key and test bits of single photons at least, and their errors at most.

    Given its photon number, a detected pulse had each intensity with a definite probability, for
    itself: W. Hoeffding's bound holds for the counts of every set of rounds that was chosen without
    regard to the intensity.

    Args:
        by_intensity: Counts in each basis, for each intensity.
        decoys: The three intensities, and how often each is sent.
        failure: Failure probability of each count.

    Examples:
        >>> from protocols.key_rates import DecoySettings
        >>> sent = DecoySettings(intensities=(0.5, 0.1, 0.0), probabilities=(0.6, 0.3, 0.1))
        >>> counts = ((BasisTest(800, 200, 3),), (BasisTest(80, 20, 0),), (BasisTest(0, 0, 0),))
        >>> single_photons(counts, sent, 1e-10)  # too few to tell
        [BasisTest(kept=0, tested=0, errors=0)]
    """
    from protocols.key_rates.finite_size import BasisCounts, CountLimits
    from protocols.key_rates.lim2014 import LIM2014

    found, limits = [], CountLimits(settings=decoys, failure=failure)
    for basis in zip(*by_intensity, strict=True):
        kept = BasisCounts(events=tuple(b.kept for b in basis), errors=(0.0,) * len(basis))
        test = BasisCounts(
            events=tuple(b.tested for b in basis), errors=tuple(b.errors for b in basis)
        )
        single_kept, single_test = (
            math.floor(LIM2014.events(counts, limits)[1]) for counts in (kept, test)
        )
        errors = math.ceil(LIM2014.errors(test, limits))
        most = min(errors, sum(b.errors for b in basis), single_test)
        found.append(BasisTest(single_kept, single_test, most))
    return found
