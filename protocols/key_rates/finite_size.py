"""Finite blocks: settings, counts and how far these may stray from their means, length and rate."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from protocols.key_rates.channel import PulseChannel
from protocols.key_rates.checks import check_epsilon, check_shannon
from protocols.key_rates.result import DARK, KeyRate
from qnet.errors import (
    ParameterError,
    check_at_least,
    check_non_negative,
    check_one_of,
    check_positive,
    check_real,
)
from qnet.hardware import WeakPulses
from qnet.metrics.key_rate import binary_entropy

__all__ = [
    "BOUNDS",
    "BasisCounts",
    "CountLimits",
    "DecoySettings",
    "Security",
    "block_rate",
    "expected_counts",
    "phase_error_deviation",
    "smallest_block",
]

#: Names of the bounds on counts: W. Hoeffding (1963), and the multiplicative bound of H. Chernoff.
BOUNDS = ("hoeffding", "chernoff")

#: Least probability of an intensity or a basis.
LEAST = 1e-9

#: Beyond this many bits no block is tried: at 1 Gbit/s of sifted key it takes 30 years.
LARGEST_BLOCK = 1e18


@dataclass(frozen=True, slots=True, kw_only=True)
class DecoySettings(WeakPulses):
    """Weak pulses of falling intensities, and how often the key basis is chosen.

    Args:
        basis_bias: Probability of the key basis, at each end.

    Raises:
        ParameterError: As `WeakPulses`, or if the intensities do not fall, a probability is below
            1e-9, or the bias is not between 0 and 1.

    Examples:
        >>> settings = DecoySettings(
        ...     intensities=(0.5, 0.1, 2e-4), probabilities=(0.6, 0.3, 0.1), basis_bias=0.9
        ... )
        >>> round(settings.photon_probability(1), 6)
        0.209124
    """

    basis_bias: float = 0.9

    def __post_init__(self) -> None:
        WeakPulses.__post_init__(self)
        if any(high <= low for high, low in itertools.pairwise(self.intensities)):
            hint = "give the signal first, then ever weaker ones"
            raise ParameterError("intensities", "fall", list(self.intensities), hint)
        for number, share in enumerate(self.probabilities):
            if share < LEAST:
                field, hint = (
                    f"probabilities[{number}]",
                    "leave out an intensity that is hardly ever sent",
                )
                raise ParameterError(field, f"be at least {LEAST:g}", share, hint)
        if not LEAST <= check_real("basis_bias", self.basis_bias) <= 1.0 - LEAST:
            hint = "both bases are needed: one for the key, one to test"
            raise ParameterError("basis_bias", "lie in (0, 1)", self.basis_bias, hint)

    def photon_probability(self, photons: int) -> float:
        """``tau_n = sum(p_k e^-k k^n/n!)``: probability that a pulse holds ``n`` photons."""
        return math.fsum(
            p * math.exp(-k) * k**photons / math.factorial(photons)
            for k, p in zip(self.intensities, self.probabilities, strict=True)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Security:
    """How secret and how correct the key must be, and what error correction costs.

    Args:
        epsilon_secrecy: Probability of all failures of secrecy together.
        epsilon_correctness: Probability that the two keys differ, undetected.
        error_correction_efficiency: ``f``: bits disclosed per Shannon bit.

    Raises:
        ParameterError: If an epsilon is not between 1e-100 and 1, or ``f`` is below one.

    Examples:
        >>> round(Security().correction_bits(1e6, 0.01))
        93720
    """

    epsilon_secrecy: float = 1e-10
    epsilon_correctness: float = 1e-15
    error_correction_efficiency: float = 1.16

    def __post_init__(self) -> None:
        for name in ("epsilon_secrecy", "epsilon_correctness"):
            check_epsilon(name, getattr(self, name))
        check_shannon("error_correction_efficiency", self.error_correction_efficiency)

    def correction_bits(self, bits: float, qber: float) -> float:
        """``f n h(E)``: bits disclosed to correct ``bits`` with this error rate."""
        return bits * (self.error_correction_efficiency * binary_entropy(min(qber, 0.5)))


@dataclass(frozen=True, slots=True, kw_only=True)
class BasisCounts:
    """Detections and errors in one basis, per intensity.

    Args:
        events: Detections with both in this basis.
        errors: Those with differing bits.

    Raises:
        ParameterError: If a count is negative, or there are more errors than events.

    Examples:
        >>> BasisCounts(events=(900.0, 100.0), errors=(9.0, 11.0)).qber
        0.02
    """

    events: tuple[float, ...]
    errors: tuple[float, ...]

    def __post_init__(self) -> None:
        for name in ("events", "errors"):
            object.__setattr__(self, name, tuple(float(x) for x in getattr(self, name)))
        if len(self.events) != len(self.errors):
            hint = "give one number of errors per intensity"
            raise ParameterError("errors", "match the events in number", len(self.errors), hint)
        for events, errors in zip(self.events, self.errors, strict=True):
            check_non_negative("events", events)
            if check_non_negative("errors", errors) > events * (1.0 + 1e-12):
                raise ParameterError("errors", "be at most the events", errors, "count them anew")

    @property
    def total(self) -> float:
        """All events."""
        return math.fsum(self.events)

    @property
    def qber(self) -> float:
        """Share of errors among the events, 1/2 when there are none."""
        return math.fsum(self.errors) / self.total if self.total > 0.0 else 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class CountLimits:
    """How far counts of each intensity may stray from their means.

    Args:
        settings: What was sent.
        failure: Probability with which a mean may lie beyond a limit.
        bound: ``"hoeffding"`` or ``"chernoff"``.
        negative: Whether lower limits may fall below zero, as the published formulas have it. A
            mean is never negative, so that a limit cut at zero fails no more often.

    Raises:
        UnknownNameError: If the bound does not exist.
    """

    settings: DecoySettings
    failure: float
    bound: str = "hoeffding"
    negative: bool = False

    def __post_init__(self) -> None:
        check_one_of("bound", self.bound, BOUNDS)

    def deviations(self, counts: tuple[float, ...]) -> tuple[tuple[float, float], ...]:
        """How far each count may lie below and above its mean.

        With ``L = ln(1/failure)``: Hoeffding, ``sqrt(n L/2)`` both ways with ``n`` the sum of the
        counts; Chernoff, ``L/2 + sqrt(2 n_k L + L^2/4)`` down and ``L + sqrt(2 n_k L + L^2)`` up,
        with ``n_k`` the count itself.
        """
        rest = -math.log(self.failure)
        if self.bound == "hoeffding":
            width = math.sqrt(math.fsum(counts) * rest / 2.0)
            return ((width, width),) * len(counts)
        return tuple(
            (
                0.5 * rest + math.sqrt(2.0 * count * rest + 0.25 * rest**2),
                rest + math.sqrt(2.0 * count * rest + rest**2),
            )
            for count in counts
        )

    def of(self, counts: tuple[float, ...]) -> list[tuple[float, float]]:
        """``n_k^-`` and ``n_k^+``: counts less and plus their deviations, times ``e^k/p_k``."""
        least = -math.inf if self.negative else 0.0
        moved = zip(
            counts,
            self.deviations(counts),
            self.settings.intensities,
            self.settings.probabilities,
            strict=True,
        )
        return [
            (math.exp(k) / p * max(n - down, least), math.exp(k) / p * (n + up))
            for n, (down, up), k, p in moved
        ]


def expected_counts(
    channel: PulseChannel, settings: DecoySettings, block_size: float
) -> tuple[float, BasisCounts, BasisCounts]:
    """What a block holds on average.

    Args:
        channel: The channel, the same in both bases.
        settings: What is sent.
        block_size: Sifted bits in the key basis.

    Returns:
        The number of pulses sent, and the counts in the key basis and in the other one; infinitely
        many pulses and no counts where nothing is ever detected.

    Raises:
        ParameterError: If the block size is not positive.

    Examples:
        >>> from protocols.key_rates.channel import BackgroundChannel
        >>> from qnet.hardware import Line
        >>> settings = DecoySettings(intensities=(0.5,), probabilities=(1.0,), basis_bias=0.5)
        >>> pulses, key, test = expected_counts(BackgroundChannel(Line()), settings, 1e3)
        >>> round(pulses), key.total == test.total
        (10166, True)
    """
    check_positive("block_size", block_size)
    gains = [channel.gain(k) for k in settings.intensities]
    shares = [p * gain for p, gain in zip(settings.probabilities, gains, strict=True)]
    if math.fsum(shares) <= 0.0:
        nothing = BasisCounts(events=(0.0,) * len(shares), errors=(0.0,) * len(shares))
        return math.inf, nothing, nothing
    pulses = block_size / (settings.basis_bias**2 * math.fsum(shares))
    wrong = [
        p * channel.error_gain(k)
        for p, k in zip(settings.probabilities, settings.intensities, strict=True)
    ]
    bases = []
    for bias in (settings.basis_bias, 1.0 - settings.basis_bias):
        kept = pulses * bias**2
        events, errors = (tuple(kept * x for x in xs) for xs in (shares, wrong))
        bases.append(BasisCounts(events=events, errors=errors))
    return pulses, bases[0], bases[1]


def phase_error_deviation(failure: float, rate: float, key: float, test: float) -> float:
    """``gamma``: by how much the error rate of the key bits may exceed that of the test bits.

    ``sqrt[(c + d)(1 - b) b/(c d ln 2) log2((c + d) 21^2/(c d (1 - b) b a^2))]``, sampling without
    replacement: C.-H. F. Fung, X. Ma, H. F. Chau, Phys. Rev. A 81, 012318 (2010), arXiv:0910.0312.

    Args:
        failure: ``a``: epsilon of secrecy, of which one part in 21 is spent here.
        rate: ``b``: error rate of the test bits; zero counts as one error in ``test``.
        key: ``c``: number of key bits.
        test: ``d``: number of test bits.

    Returns:
        The deviation; 1/2 when there are no bits or the rate is 1/2 or more.

    Examples:
        >>> round(phase_error_deviation(1e-10, 0.02, 1e6, 1e5), 6)
        0.004476
    """
    if key <= 0.0 or test <= 0.0 or rate >= 0.5:
        return 0.5
    b = max(rate, min(1.0 / test, 0.5))
    share = (key + test) / (key * test)
    inside = share * 21.0**2 / ((1.0 - b) * b * failure**2)
    return math.sqrt(share * (1.0 - b) * b / math.log(2.0) * max(math.log2(inside), 0.0))


def block_rate(
    length: Callable[[BasisCounts, BasisCounts], KeyRate],
    channel: PulseChannel,
    settings: DecoySettings,
    block_size: float,
) -> KeyRate:
    """Secret bits per pulse of a block that holds what is expected of a channel.

    Args:
        length: Length of the key, ``secret_bits``, from the counts of the key basis and of the
            other one.
        channel: The channel.
        settings: What is sent.
        block_size: Sifted bits in the key basis.

    Returns:
        ``secret_key_rate_per_pulse``, with the figures of the block and ``secret_bits``. A block
        that is too small gives zero, and the reason names the number of sifted bits that it takes.

    Raises:
        ParameterError: If the block is below one bit.
    """
    check_at_least("block_size", block_size, 1.0, "count the sifted bits in the key basis")

    def expected(size: float) -> tuple[float, KeyRate]:
        pulses, key, test = expected_counts(channel, settings, size)
        return pulses, length(key, test)

    pulses, block = expected(block_size)
    rate = replace(
        block,
        name="secret_key_rate_per_pulse",
        unclipped=block.unclipped / pulses,
        figures={**block.figures, "secret_bits": block.value},
    )
    if block.unclipped > 0.0:
        return rate
    reason = DARK
    if math.isfinite(pulses):
        reason = "no key: not even an endless block leaves one, the channel is too lossy or too "
        reason += "noisy"
        needed = smallest_block(lambda size: expected(size)[1].unclipped, block_size)
        if needed is not None:
            shown = f"{block_size:.0f}" if block_size < 1e6 else f"{block_size:.3g}"
            reason = f"no key: a block of {shown} sifted bits is too small, it takes {needed:.2g}"
    return replace(rate, reason=reason)


def smallest_block(unclipped: Callable[[float], float], above: float) -> float | None:
    """Smallest block that leaves a key, rounded up to two digits.

    Args:
        unclipped: Secret bits of a block of this size, negative where there is no key.
        above: A block size that leaves none.

    Returns:
        The number of bits, or None when not even a block of 10^18 bits leaves a key.

    Examples:
        >>> smallest_block(lambda size: size - 987.0, 1.0)
        990.0
    """
    low, high = above, above
    while unclipped(high) <= 0.0:
        if high > LARGEST_BLOCK:
            return None
        low, high = high, 4.0 * high
    while high > 1.0001 * low:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if unclipped(middle) > 0.0 else (middle, high)
    digit = 10.0 ** (math.floor(math.log10(high)) - 1)
    return math.ceil(high / digit) * digit
