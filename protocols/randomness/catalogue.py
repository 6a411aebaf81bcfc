"""Catalogue of what a string of bits is put to: tests and estimators, a row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from protocols.postprocessing.bits import Bits
from protocols.randomness.sp800_22.complexity import linear_complexity
from protocols.randomness.sp800_22.frequency import block_frequency, exact_frequency, frequency
from protocols.randomness.sp800_22.rank import rank
from protocols.randomness.sp800_22.runs import exact_runs, longest_run, runs
from protocols.randomness.sp800_22.serial import approximate_entropy, serial
from protocols.randomness.sp800_22.spectral import dft
from protocols.randomness.sp800_22.templates import non_overlapping_template, overlapping_template
from protocols.randomness.sp800_22.universal import LEAST_BITS as UNIVERSAL, universal
from protocols.randomness.sp800_22.walks import (
    cumulative_sums,
    random_excursions,
    random_excursions_variant,
)
from protocols.randomness.sp800_90b.compression import compression
from protocols.randomness.sp800_90b.counts import collision, markov, most_common_value
from protocols.randomness.sp800_90b.estimate import EntropyEstimate
from protocols.randomness.sp800_90b.predictors import lag, lz78y, multi_mcw, multi_mmc
from protocols.randomness.sp800_90b.tuples import longest_repeated_substring, t_tuple
from protocols.randomness.statistic import Statistic

__all__ = ["BIT_TESTS", "ENTROPY_ESTIMATORS", "BitTest", "EntropyEstimator"]


@dataclass(frozen=True)
class BitTest:
    """A statistical test of the catalogue.

    Attributes:
        title: Its name in words.
        section: Where SP 800-22 or another work describes it.
        apply: From bits to statistic and p-values.
        least_bits: From which length on its p-value is judged.
        why: Why not below.
        most_bits: Up to which length, if not any.
    """

    title: str
    section: str
    apply: Callable[[Bits], Statistic]
    least_bits: int
    why: str
    most_bits: int | None = None
    by_blocks: bool = False


@dataclass(frozen=True)
class EntropyEstimator:
    """An estimator of min-entropy of the catalogue.

    Attributes:
        title: Its name in words.
        section: Where SP 800-90B describes it.
        apply: From bits to an estimate.
    """

    title: str
    section: str
    apply: Callable[[Bits], EntropyEstimate]


_NORMAL = "its law is that of long strings"
_TAILS = "below, the tails of its many parts are not those of the law"
_CLASSES = "below, a class is expected fewer than five times"

#: Name -> test of independent fair bits, in the order of the standard; exact ones of short strings
#: first.
BIT_TESTS: dict[str, BitTest] = {
    "exact_frequency": BitTest("number of ones, exact", "binomial", exact_frequency, 10, "", 99),
    "exact_runs": BitTest(
        "number of runs, exact", "Wald and Wolfowitz 1940", exact_runs, 10, "", 99
    ),
    "frequency": BitTest("frequency", "2.1", frequency, 100, _NORMAL, by_blocks=True),
    "block_frequency": BitTest(
        "frequency within a block", "2.2", block_frequency, 100, _NORMAL, by_blocks=True
    ),
    "runs": BitTest("runs", "2.3", runs, 100, _NORMAL, by_blocks=True),
    "longest_run": BitTest("longest run of ones in a block", "2.4", longest_run, 128, _CLASSES),
    "rank": BitTest("binary matrix rank", "2.5", rank, 38 * 1024, _CLASSES),
    "dft": BitTest("discrete Fourier transform", "2.6", dft, 1000, _NORMAL),
    "non_overlapping_template": BitTest(
        "non-overlapping template matching", "2.7", non_overlapping_template, 10**6, _TAILS
    ),
    "overlapping_template": BitTest(
        "overlapping template matching", "2.8", overlapping_template, 10**6, _CLASSES
    ),
    "universal": BitTest("Maurer's universal", "2.9", universal, UNIVERSAL[6], _NORMAL),
    "linear_complexity": BitTest("linear complexity", "2.10", linear_complexity, 10**6, _CLASSES),
    "serial": BitTest("serial", "2.11", serial, 100, _NORMAL, by_blocks=True),
    "approximate_entropy": BitTest(
        "approximate entropy", "2.12", approximate_entropy, 128, _NORMAL, by_blocks=True
    ),
    "cumulative_sums": BitTest(
        "cumulative sums", "2.13", cumulative_sums, 100, _NORMAL, by_blocks=True
    ),
    "random_excursions": BitTest("random excursions", "2.14", random_excursions, 10**6, _CLASSES),
    "random_excursions_variant": BitTest(
        "random excursions variant", "2.15", random_excursions_variant, 10**6, _TAILS
    ),
}

#: Name -> estimator, in the order of the standard.
ENTROPY_ESTIMATORS: dict[str, EntropyEstimator] = {
    "most_common_value": EntropyEstimator("most common value", "6.3.1", most_common_value),
    "collision": EntropyEstimator("collision", "6.3.2", collision),
    "markov": EntropyEstimator("Markov", "6.3.3", markov),
    "compression": EntropyEstimator("compression", "6.3.4", compression),
    "t_tuple": EntropyEstimator("t-tuple", "6.3.5", t_tuple),
    "lrs": EntropyEstimator("longest repeated substring", "6.3.6", longest_repeated_substring),
    "multi_mcw": EntropyEstimator("most common in window prediction", "6.3.7", multi_mcw),
    "lag": EntropyEstimator("lag prediction", "6.3.8", lag),
    "multi_mmc": EntropyEstimator("Markov model prediction", "6.3.9", multi_mmc),
    "lz78y": EntropyEstimator("LZ78Y prediction", "6.3.10", lz78y),
}
