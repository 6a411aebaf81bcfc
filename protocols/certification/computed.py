"""Checks of keys, budgets and random choices: what is computed of a run, beside its counts."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np

from protocols.certification.budgets import block_epsilon, failure_bound, lfsr_toeplitz_forgery
from protocols.certification.catalogue import CatalogueRow, absent
from protocols.certification.check_result import CheckResult
from protocols.certification.device import DeviceUnderTest
from protocols.certification.known_answers.checks import check_family
from protocols.certification.known_answers.vectors import FAMILIES, known_answers
from protocols.key_management.store import try_deliveries
from protocols.qkd.outcome_table import OutcomeCounts, OutcomeTable
from protocols.qkd.result import QkdResult
from protocols.randomness.health import HealthRecord, adaptive_proportion, repetition_count
from qnet.errors import check_non_negative, check_positive, check_probability
from qnet.estimate import Estimate
from qnet.schema import Whole, check_fields, key

__all__ = ["COMPUTED", "DRAWING", "Claims", "RunSeen", "ones_of"]

#: Bits of Alice that health tests look at.
_BITS = 200_000

#: Keys that are delivered by two stores.
_KEYS = 32

#: Days of the year over which failures are added.
_DAYS = 365.0


@dataclass(frozen=True, kw_only=True)
class Claims:
    """What is claimed of the keys of a system.

    Args:
        key_bits: Length of the key that was made of this run's rounds.
        failure_per_year: Probability at most that anything fails in a year.
        blocks_per_day: Blocks of key that are made in a day.
        epsilon_secrecy: Distance at most of a block from a key that nobody else knows.
        epsilon_correctness: Probability at most that the ends of a block differ, unseen.
        messages: Authenticated messages of a block.
        message_bits: Length of the longest of them.
        tag_bits: Length of their tags.

    Raises:
        ParameterError: If a number is out of its range.
    """

    key_bits: int | None = key(None, check=Whole(minimum=0), example=1000000)
    failure_per_year: float = key(1e-6, check=check_probability)
    blocks_per_day: float | None = key(None, check=check_positive, example=1000.0)
    epsilon_secrecy: float = key(1e-10, check=check_non_negative)
    epsilon_correctness: float = key(1e-15, check=check_non_negative)
    messages: int = key(10, check=Whole(minimum=0))
    message_bits: int = key(1_000_000, check=Whole(minimum=1))
    tag_bits: int = key(64, check=Whole(minimum=1))

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, kw_only=True)
class RunSeen:
    """What checks of a run look at.

    Args:
        device: The device as it is described; None where only counts are known.
        actual: The device as it really is, where it is another one.
        counts: Rounds by class.
        claims: What is claimed of its keys.
        alpha: Size of each check that draws.
        rng: Source of randomness of those.
    """

    device: DeviceUnderTest | None
    counts: OutcomeCounts | None
    actual: DeviceUnderTest | None = None
    claims: Claims = field(default_factory=Claims)
    alpha: float = 1e-3
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(1))

    def analysis(self) -> QkdResult | None:
        """What the device's own analysis makes of the counts."""
        if self.device is None or self.counts is None:
            return None
        return self.device.protocol.estimate(self.counts)


def _result(
    row: CatalogueRow,
    statistic: str,
    value: Estimate,
    threshold: float,
    sentence: str,
    *,
    passes: bool,
) -> CheckResult:
    """The result of a check that computes; nothing is left to chance in it."""
    return row.result(
        statistic=statistic,
        value=value,
        threshold=threshold,
        alpha=0.0,
        power=None,
        n=value.n,
        decision="met" if passes else "fell short",
        sentence=sentence,
    )


def _key_length(row: CatalogueRow, run: RunSeen) -> CheckResult:
    """The claimed key against the length that the analysis allows, at the low end."""
    claimed, analysis = run.claims.key_bits, run.analysis()
    if claimed is None:
        return absent(row, "no length of a key is claimed: give claim.key_bits")
    if analysis is None or analysis.secret_bits is None:
        return absent(row, "no analysis of this protocol gives a length")
    allowed = analysis.secret_bits.low
    sentence = f"{claimed} bits are claimed, {allowed:.6g} are allowed"
    if analysis.reason:
        sentence += f" ({analysis.reason})"
    value = Estimate.exact(claimed)
    return _result(row, "bits of key", value, allowed, sentence, passes=claimed <= allowed)


def _line_capacity(row: CatalogueRow, run: RunSeen) -> CheckResult:
    """Bits per pulse against ``-log2(1 - T)`` of the line (S. Pirandola et al. 2017)."""
    analysis = run.analysis()
    if run.device is None or analysis is None or analysis.secret_key_rate_per_pulse is None:
        return absent(row, "no analysis of this protocol gives a length")
    protocol = run.device.protocol
    other = getattr(protocol, "line_alice", None)
    through = protocol.line.transmission * (1.0 if other is None else other.transmission)
    if protocol.name == "mdi":
        return absent(row, "a middle node measures: the line's bound is that of each half")
    capacity = math.inf if through >= 1.0 else -math.log1p(-through) / math.log(2.0)
    rate, n = analysis.secret_key_rate_per_pulse, analysis.pulses
    if run.claims.key_bits is not None:
        rate = Estimate.exact(run.claims.key_bits / n)
    sentence = f"{rate.best:.6g} bits per pulse, at most {capacity:.6g} pass this line"
    passes = rate.best <= capacity
    return _result(row, "bits of key per pulse", rate, capacity, sentence, passes=passes)


def _epsilon_budget(row: CatalogueRow, run: RunSeen) -> CheckResult:
    """Failures of all blocks of a year, tags included."""
    claims = run.claims
    if claims.blocks_per_day is None:
        return absent(row, "no number of blocks is claimed: give claim.blocks_per_day")
    epsilon = block_epsilon(
        correctness=claims.epsilon_correctness,
        secrecy=claims.epsilon_secrecy,
        messages=claims.messages,
        authentication=lfsr_toeplitz_forgery(claims.message_bits, claims.tag_bits),
    )
    bound, limit = failure_bound(epsilon, claims.blocks_per_day, _DAYS), claims.failure_per_year
    sentence = f"{epsilon:.4g} a block is {bound:.4g} a year, {limit:g} is promised"
    value = Estimate.exact(bound)
    return _result(row, "failure in a year", value, limit, sentence, passes=bound <= limit)


def ones_of(table: OutcomeTable) -> float | None:
    """Chance of a one among Alice's bits; None where she sends none."""
    bits = table.columns.get("bit_alice")
    return None if bits is None else float(table.probabilities @ (bits == 1))


def _health(test: Callable[[np.ndarray], HealthRecord]) -> Callable[..., CheckResult]:
    """A check that draws Alice's bits and puts a health test to them."""

    def check(row: CatalogueRow, run: RunSeen) -> CheckResult:
        if run.device is None:
            return absent(row, "no device is described that sends bits in an order")
        chance = ones_of((run.actual or run.device).protocol.table())
        if chance is None or hasattr(run.device.protocol, "line_alice"):
            return absent(row, "Alice draws no bits: she measures")
        bits = (run.rng.random(_BITS) < chance).astype(np.uint8)
        found = test(bits)
        passes = found.p_value > run.alpha
        sentence = f"highest count {found.highest} of {_BITS} bits, p-value {found.p_value:.4g}, "
        sentence += f"an alarm below {run.alpha:.4g}"
        made = _result(
            row,
            "p-value of the highest count",
            replace(Estimate.exact(found.p_value), n=_BITS),
            run.alpha,
            sentence,
            passes=passes,
        )
        return replace(made, alpha=run.alpha)

    return check


def _key_delivery(row: CatalogueRow, run: RunSeen) -> CheckResult:
    """Keys of two stores, as they ship, asked for too often and by others."""
    found = try_deliveries(_KEYS)
    sentence = f"of {_KEYS} keys at two ends, asked for by many at once and by others: {found}"
    value = replace(Estimate.exact(float(found.total)), n=_KEYS)
    passes = found.total == 0
    return _result(row, "faults of delivery", value, 0.0, sentence, passes=passes)


def _elsewhere(reason: str) -> Callable[[CatalogueRow, RunSeen], CheckResult]:
    def check(row: CatalogueRow, run: RunSeen) -> CheckResult:
        return absent(row, reason)

    return check


def _known_answers(family: str) -> Callable[[CatalogueRow, RunSeen], CheckResult]:
    def check(row: CatalogueRow, run: RunSeen) -> CheckResult:
        return check_family(known_answers(family))

    return check


#: Checks that compute, by name.
COMPUTED: Mapping[str, Callable[[CatalogueRow, RunSeen], CheckResult]] = MappingProxyType(
    {
        "repetition-count": _health(repetition_count),
        "adaptive-proportion": _health(adaptive_proportion),
        "key-length": _key_length,
        "line-capacity": _line_capacity,
        "epsilon-budget": _epsilon_budget,
        "key-delivery": _key_delivery,
        "installation": _elsewhere("an installation is inspected, not emulated"),
        **{f"known-answers-{family}": _known_answers(family) for family in FAMILIES},
    }
)

#: Names of those that draw, and so have a share of the false-alarm rate.
DRAWING = ("repetition-count", "adaptive-proportion")
