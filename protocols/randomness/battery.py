"""Battery of tests on one string of bits: every finding with its decision, and what follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial

import numpy as np

from protocols.postprocessing.bits import Bits
from protocols.randomness.budget import raw_bits_for_seed
from protocols.randomness.catalogue import BIT_TESTS, ENTROPY_ESTIMATORS, BitTest, EntropyEstimator
from protocols.randomness.corrected import LEAST_BLOCKS, holm, p_values_of_blocks, uniformity
from protocols.randomness.health import HealthRecord, adaptive_proportion, repetition_count
from protocols.randomness.sp800_90b.estimate import EntropyEstimate
from protocols.randomness.sp800_90b.iid import IID_TESTS, longest_repetition, permutation
from protocols.randomness.sp800_90b.repeats import Repeats, repeats
from protocols.randomness.sp800_90b.tuples import longest_repeated_substring, t_tuple
from protocols.randomness.statistic import NotApplicableError, Statistic
from qnet.errors import ParameterError, check_flag, check_integer, check_positive, check_probability

__all__ = ["FEWEST_BITS", "BatterySettings", "Finding", "RandomnessReport", "judge"]

#: Fewer bits are refused: no test could fail.
FEWEST_BITS = 10

#: Fewest bits of a block whose p-values are held against the uniform law: of shorter ones they are
#: too coarse.
_LEAST_BLOCK = 10_000

#: Bits that SP 800-90B asks for.
_ENOUGH = 1_000_000

#: Seed of random orders, so that the same bits get the same report.
_SEED = 90

_UNPROVEN = (
    "a statistical test never proves entropy: any good pseudo-random generator passes; entropy "
    "follows from a model of the source, which health tests then watch"
)


@dataclass(frozen=True, kw_only=True)
class BatterySettings:
    """What a string of bits is held against.

    Attributes:
        alpha: Probability of any false failure, over all tests together.
        claim: Min-entropy per bit that the source is said to have. Without one, the bits are said
            to be independent and fair, and estimates of entropy are only shown; below 1 they are
            raw bits, and tests of fairness are only shown.
        blocks: Number of blocks whose p-values must be uniform, 55 or more; 0 for none.
        independent: Whether raw bits are said to be independent, so that tests of that are judged.
        permutations: Number of random orders of the bits that the string is held against; 0 for
            none. Their p-value is at least ``1 / (permutations + 1)``.
        seed_bits: Length of the seed that raw bits are to be hashed into.
        epsilon: Distance of that seed from uniform.

    Raises:
        ParameterError: If one is out of range.

    Examples:
        >>> BatterySettings(claim=0.9).alpha
        0.01
    """

    alpha: float = 0.01
    claim: float | None = None
    blocks: int = 0
    independent: bool = False
    permutations: int = 0
    seed_bits: int = 256
    epsilon: float = 2.0**-64

    def __post_init__(self) -> None:
        if not 0.0 < check_probability("alpha", self.alpha) < 1.0:
            hint = "take 0.01 or smaller"
            raise ParameterError("alpha", "lie between 0 and 1", self.alpha, hint)
        if self.claim is not None and check_positive("claim", self.claim) > 1.0:
            hint = "a bit has at most one bit of entropy"
            raise ParameterError("claim", "be at most 1", self.claim, hint)
        if check_integer("blocks", self.blocks, 0) and self.blocks < LEAST_BLOCKS:
            hint = "fewer p-values do not show whether they are uniform"
            raise ParameterError("blocks", f"be at least {LEAST_BLOCKS}", self.blocks, hint)
        check_flag("independent", self.independent)
        check_integer("permutations", self.permutations, 0)
        raw_bits_for_seed(self.seed_bits, self.epsilon, 1.0)

    @property
    def is_raw(self) -> bool:
        """Whether the bits are said to be less than fair."""
        return self.claim is not None and self.claim < 1.0


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One row of the battery.

    Attributes:
        title: The test or estimator in words.
        section: Where it is described.
        n: Number of bits.
        statistic: Its statistic, if it could be computed.
        p_value: p-value of the whole test, where it has one.
        p_values: Those of its parts, where there are several.
        min_entropy: Bits per bit, of an estimator.
        threshold: What the p-value, or the estimate, was held against.
        decision: ``pass``, ``fail``, ``shown`` where nothing is held against it, or
            ``not applicable``.
        sentence: The same in words, with the reason.
        details: More numbers, such as the cut-off of a health test.
    """

    title: str
    section: str
    n: int
    statistic: float | None = None
    p_value: float | None = None
    p_values: Mapping[str, float] = field(default_factory=dict)
    min_entropy: float | None = None
    threshold: float | None = None
    decision: str = "shown"
    sentence: str = ""
    details: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class RandomnessReport:
    """What the battery found about a string of bits.

    Attributes:
        n: Number of bits.
        settings: What they were held against.
        findings: By the name of the test or estimator.
        remarks: Sentences on the whole.
    """

    n: int
    settings: BatterySettings
    findings: Mapping[str, Finding]
    remarks: tuple[str, ...]

    @property
    def decision(self) -> str:
        """``fail`` if any finding failed, else ``pass``."""
        return "fail" if self.failed else "pass"

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the findings that failed."""
        return tuple(name for name, row in self.findings.items() if row.decision == "fail")

    @property
    def least(self) -> tuple[str, float] | None:
        """Estimator of the least min-entropy, and that in bits per bit; None if none applied."""
        found = {
            name: row.min_entropy
            for name, row in self.findings.items()
            if row.min_entropy is not None
        }
        return min(found.items(), key=lambda item: item[1]) if found else None

    @property
    def raw_bits(self) -> int | None:
        """Raw bits that a seed needs at the least min-entropy; None if that is none or 0."""
        if self.least is None or self.least[1] <= 0.0:
            return None
        wanted = self.settings
        return raw_bits_for_seed(wanted.seed_bits, wanted.epsilon, min(1.0, self.least[1]))


def judge(bits: Bits, settings: BatterySettings | None = None) -> RandomnessReport:
    """Put a string of bits to every test and estimator that fits its length.

    Args:
        bits: Shape (n,).
        settings: What they are held against.

    Raises:
        ParameterError: If there are fewer than 10 bits, or blocks are too short.

    Examples:
        >>> from protocols.postprocessing.randomness import Randomness
        >>> report = judge(Randomness.reproducible(3).bits(2000))
        >>> report.decision, report.findings["frequency"].decision
        ('pass', 'pass')
    """
    if bits.size < FEWEST_BITS:
        hint = "no test could fail: record more"
        raise ParameterError("bits", f"be at least {FEWEST_BITS}", int(bits.size), hint)
    wanted = BatterySettings() if settings is None else settings
    rows = dict(_tests(bits, wanted.is_raw))
    if wanted.blocks:
        rows |= _by_blocks(bits, wanted)
    found = repeats(bits)
    rows |= _independence(bits, wanted, found)
    rows |= _estimates(bits, wanted.claim, found)
    rows |= _health(bits, 1.0 if wanted.claim is None else wanted.claim)
    return RandomnessReport(int(bits.size), wanted, _decided(rows, wanted), _remarks(bits, wanted))


def _tests(bits: Bits, is_raw: bool) -> Iterator[tuple[str, Finding]]:
    """The tests of fair independent bits."""
    for name, test in BIT_TESTS.items():
        if test.most_bits is not None and bits.size > test.most_bits:
            continue
        row = Finding(title=test.title, section=_section(test), n=int(bits.size))
        try:
            row = _with_statistic(row, test.apply(bits))
        except NotApplicableError as error:
            yield name, replace(row, decision="not applicable", sentence=str(error))
            continue
        if bits.size < test.least_bits:
            why = f"judged from {test.least_bits} bits on: {test.why}"
            row = replace(row, decision="not applicable", sentence=why)
        elif is_raw:
            row = replace(row, sentence="not judged: raw bits need not be fair or independent")
        else:
            row = replace(row, decision="judged")
        yield name, row


def _section(test: BitTest) -> str:
    return f"SP 800-22, {test.section}" if test.section[0].isdigit() else test.section


def _with_statistic(row: Finding, found: Statistic) -> Finding:
    several = found.p_values if len(found.p_values) > 1 else {}
    return replace(row, statistic=found.value, p_value=found.p_value, p_values=several)


def _by_blocks(bits: Bits, wanted: BatterySettings) -> dict[str, Finding]:
    """Whether the p-values of equal blocks are uniform, for the quick tests."""
    block = bits.size // wanted.blocks
    if block < _LEAST_BLOCK:
        hint = f"take at most {bits.size // _LEAST_BLOCK} blocks, or record more bits"
        raise ParameterError("blocks", f"have {_LEAST_BLOCK} bits or more each", block, hint)
    rows = {}
    for name, test in BIT_TESTS.items():
        if not test.by_blocks:
            continue
        p_values = p_values_of_blocks(bits, wanted.blocks, test.apply)
        row = Finding(
            title=f"{test.title}, {wanted.blocks} blocks",
            section="SP 800-22, 4.2.2",
            n=int(bits.size),
            decision="shown" if wanted.is_raw else "judged",
            sentence="not judged: raw bits need not be fair or independent",
            details={"blocks": wanted.blocks, "block_bits": block},
        )
        rows[f"{name}_by_blocks"] = _with_statistic(row, uniformity(p_values))
    return rows


def _independence(bits: Bits, wanted: BatterySettings, found: Repeats) -> dict[str, Finding]:
    """The tests of independence, biased bits allowed."""
    tests = dict(IID_TESTS)
    title, section, _ = tests["longest_repetition"]
    tests["longest_repetition"] = title, section, partial(longest_repetition, found=found)
    if wanted.permutations:
        generator = np.random.default_rng(_SEED)
        among = partial(permutation, orders=wanted.permutations, generator=generator)
        tests["permutation"] = f"{wanted.permutations} random orders", "5.1", among
    rows = {}
    for name, (title, section, apply) in tests.items():
        row = Finding(title=title, section=f"SP 800-90B, {section}", n=int(bits.size))
        try:
            row = _with_statistic(row, apply(bits))
        except NotApplicableError as error:
            rows[name] = replace(row, decision="not applicable", sentence=str(error))
            continue
        is_shown = wanted.is_raw and not wanted.independent
        sentence = "not judged: raw bits need not be independent, unless that is claimed"
        rows[name] = replace(row, decision="shown" if is_shown else "judged", sentence=sentence)
    return rows


def _estimates(bits: Bits, claim: float | None, found: Repeats) -> dict[str, Finding]:
    """The estimators of min-entropy, held against the claim if there is one."""
    shared: dict[str, Callable[[Bits], EntropyEstimate]] = {
        "t_tuple": partial(t_tuple, found=found),
        "lrs": partial(longest_repeated_substring, found=found),
    }
    return {
        name: _estimate(bits, estimator, shared.get(name, estimator.apply), claim)
        for name, estimator in ENTROPY_ESTIMATORS.items()
    }


def _estimate(
    bits: Bits,
    estimator: EntropyEstimator,
    apply: Callable[[Bits], EntropyEstimate],
    claim: float | None,
) -> Finding:
    section = f"SP 800-90B, {estimator.section}"
    row = Finding(title=estimator.title, section=section, n=int(bits.size))
    try:
        found = apply(bits)
    except NotApplicableError as error:
        return replace(row, decision="not applicable", sentence=str(error))
    entropy = found.min_entropy
    row = replace(row, statistic=found.statistic, min_entropy=entropy)
    said = f"min-entropy {entropy:.4g} per bit at confidence 0.995"
    if claim is None:
        return replace(row, sentence=f"{said}; nothing is claimed that it is held against")
    short = entropy < claim
    word = "below" if short else "not below"
    return replace(
        row,
        threshold=claim,
        decision="fail" if short else "pass",
        sentence=f"{said}, {word} the claim of {claim:g}",
    )


def _health(bits: Bits, believed: float) -> dict[str, Finding]:
    """The health tests of a source that is believed to have so much min-entropy."""
    rows = {}
    for name, title, section, apply in (
        ("repetition_count", "repetition count", "4.4.1", repetition_count),
        ("adaptive_proportion", "adaptive proportion", "4.4.2", adaptive_proportion),
    ):
        row = Finding(title=title, section=f"SP 800-90B, {section}", n=int(bits.size))
        try:
            rows[name] = _healthy(row, apply(bits, believed))
        except NotApplicableError as error:
            rows[name] = replace(row, decision="not applicable", sentence=str(error))
    return rows


def _healthy(row: Finding, record: HealthRecord) -> Finding:
    numbers = asdict(record)
    statistic, p_value = float(numbers.pop("highest")), numbers.pop("p_value")
    return replace(row, statistic=statistic, p_value=p_value, decision="judged", details=numbers)


def _decided(rows: Mapping[str, Finding], wanted: BatterySettings) -> dict[str, Finding]:
    """The rows with the decisions of those that are judged by their p-values together."""
    judged = {
        name: row.p_value
        for name, row in rows.items()
        if row.decision == "judged" and row.p_value is not None
    }
    verdicts = holm(judged, wanted.alpha)
    decided = dict(rows)
    for name, (threshold, fails) in verdicts.items():
        p_value = judged[name]
        word = "at most" if p_value <= threshold else "above"
        sentence = f"p = {p_value:.4g} is {word} {threshold:.3g}, the threshold of {len(judged)}"
        sentence += " tests together"
        if p_value <= threshold and not fails:
            sentence += ", but a smaller one passed"
        decided[name] = replace(
            rows[name],
            threshold=threshold,
            decision="fail" if fails else "pass",
            sentence=sentence,
        )
    return decided


def _remarks(bits: Bits, wanted: BatterySettings) -> tuple[str, ...]:
    remarks = [_UNPROVEN]
    if bits.size < _ENOUGH:
        remarks.append(
            f"SP 800-90B asks for {_ENOUGH} bits: estimates from {bits.size} are lower than those "
            "of a longer string, or coarser"
        )
    if wanted.claim is not None and wanted.claim > 0.95:
        remarks.append(
            "estimates of entropy are lower confidence bounds: fair bits, too, stay below 1 "
            "(0.83 to 0.93 by compression and t-tuples of a million bits)"
        )
    return tuple(remarks)
