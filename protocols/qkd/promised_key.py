"""Finite keys that a chain promises within a time: length, thresholds, and the odds of both.

A promise of probability P may fail in five ways, each with a fifth of ``1 - P``: fewer pairs come
than promised; fewer of these are sifted for the key, or for the test; there are more errors in the
test than tolerated, or in the key than error correction is made for. Only the pairs of the block,
the first that come, count, so that errors are binomial whatever the times say. The length is fixed
beforehand, and a run is accepted or aborted (`protocols.key_rates.accept`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from protocols.key_rates import FixedLength, KeyRate, Security, fixed_tomamichel2012
from protocols.qkd.bbm92 import BBM92
from protocols.qkd.outcome_table import RegisteredRounds
from qnet.engines.exact import ExactResult, pairs_within
from qnet.errors import ParameterError, check_real
from qnet.estimate import Estimate
from qnet.metrics.key_rate import binary_entropy

__all__ = ["PromisedKey", "promised_key"]

#: Ways in which a promise may fail.
_FAILURES = 5

#: Shares of Z that are tried, and how finely the best is refined.
_BIASES, _REFINED = tuple(0.5 + 0.01 * k for k in range(50)), 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class PromisedKey:
    """What is promised, and what must be fixed before the run for it.

    Args:
        time_s: The time there is, in s.
        probability: Least probability that a run gives the key.
        pairs: Pairs of the block: the first that are delivered.
        key_basis_probability: How often each party chooses Z.
        plan: Length and thresholds.
    """

    time_s: float
    probability: float
    pairs: int
    key_basis_probability: float
    plan: FixedLength

    def __str__(self) -> str:
        pairs = f"of the first {self.pairs} pairs"
        within = f"within {self.time_s:g} s with probability {self.probability:g}"
        none = self.key.reason and f"; {self.key.reason}"
        return f"{self.key.value:.0f} secret bits {pairs}, {within}; {self.key.security}{none}"

    @property
    def key(self) -> KeyRate:
        """The length: ``secret_bits``, and why there is none."""
        return self.plan.length

    def accept(self, rounds: RegisteredRounds) -> KeyRate:
        """The promised length if a run of BBM92 is accepted, else none.

        Args:
            rounds: Its rounds in the order of delivery; those beyond the block are left out.
        """
        protocol = BBM92(key_basis_probability=self.key_basis_probability)
        columns = {name: column[: self.pairs] for name, column in rounds.columns.items()}
        sifted = protocol.sift(columns)
        if not self.plan.at_least:
            return self.key
        observed: dict[str, float] = {}
        for basis, name in enumerate(("key", "test")):
            here = np.flatnonzero(sifted.kept & (sifted.basis == basis))
            used = here[: int(self.plan.at_least[f"{name}_bits"])]
            observed[f"{name}_bits"] = float(len(here))
            observed[name] = float(np.mean(sifted.wrong[used])) if len(used) else 0.5
        # No more errors in the key than correction is made for: its cost grows with them.
        limit = self.plan.at_most["correction_bits"]
        within = observed["key"] <= self.plan.length.figures["qber_z"]
        spent = limit if within else math.inf
        return self.plan.accept({**observed, "qber": observed["test"], "correction_bits": spent})


def promised_key(
    result: ExactResult,
    time_s: float,
    probability: float,
    *,
    epsilon: float = 1e-10,
    error_correction_efficiency: float | None = None,
) -> PromisedKey:
    """The longest composable key of BBM92 that is promised within a time.

    Args:
        result: What the exact engine found for the chain; of its brackets the worst ends count.
        time_s: The time there is, in s.
        probability: Least probability that a run gives the key.
        epsilon: Secrecy and correctness together; 1/64 of it is for correctness.
        error_correction_efficiency: ``f``; that of the result's key when above one, else 1.16.

    Raises:
        ParameterError: If the time is negative, the probability not between 0 and 1, or the epsilon
            not in [1e-90, 1).

    Examples:
        >>> from qnet import Link, play
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1e-3, state=werner(0.98))
        >>> found = promised_key(play(link, engine="exact"), 100.0, 0.99)
        >>> 49_000 < found.pairs < 50_000, found.key.value > 1000.0
        (True, True)
        >>> print(found.key.security)
        composable, epsilon 1e-10
    """
    if not 1e-90 <= check_real("epsilon", epsilon) < 1.0:
        hint = "give a small probability, such as 1e-10"
        raise ParameterError("epsilon", "lie in [1e-90, 1)", epsilon, hint)
    own = result.key.error_correction_efficiency
    efficiency = error_correction_efficiency or (own if own > 1.0 else 1.16)
    rules = Security(
        epsilon_secrecy=epsilon - epsilon / 64.0,
        epsilon_correctness=epsilon / 64.0,
        error_correction_efficiency=efficiency,
    )
    count = pairs_within(result, time_s)
    if not 0.0 < check_real("probability", probability) < 1.0:
        hint = "give how certain the promise must be, such as 0.99"
        raise ParameterError("probability", "lie between 0 and 1", probability, hint)
    failure = (1.0 - probability) / _FAILURES
    if 1.0 - failure >= 1.0:
        hint = "promise a little less"
        raise ParameterError("probability", "be at most 1 - 1e-15", probability, hint)
    pairs = int(count.quantile(1.0 - failure).low)
    rates = [_worst(rate) for rate in (result.qber_z, result.qber_x)]

    bias, found = _best(pairs, rates, failure, rules)
    if found.length.value == 0.0:
        reason = _why_none(pairs, rates, failure, rules)
        found = replace(found, length=replace(found.length, reason=reason))
    return PromisedKey(
        time_s=float(time_s),
        probability=float(probability),
        pairs=pairs,
        key_basis_probability=bias,
        plan=found,
    )


def _worst(rate: Estimate) -> float:
    """The error rate nearest to one half that the bracket allows, bits flipped if need be."""
    if rate.low <= 0.5 <= rate.high:
        return 0.5
    return rate.high if rate.high < 0.5 else 1.0 - rate.low


def _plan(
    pairs: int, bias: float, rates: list[float], failure: float, rules: Security
) -> FixedLength:
    """Thresholds that are each met but with probability ``failure``, and their length."""
    # Local import: it takes long to load.
    from scipy.stats import binom

    bits = [int(binom.ppf(failure, pairs, share**2)) for share in (bias, 1.0 - bias)]
    if min(bits) < 1:
        reason = f"no key: {pairs} pairs leave no bit in one of the bases; wait longer"
        nothing = KeyRate(name="secret_bits", unclipped=-math.inf, reason=reason)
        return FixedLength(length=nothing)
    wrong = [binom.isf(failure, n, rate) for n, rate in zip(bits, rates, strict=True)]
    e_z, e_x = (min(float(m) / n, 0.5) for m, n in zip(wrong, bits, strict=True))
    plan = fixed_tomamichel2012(
        key_bits=bits[0], test_bits=bits[1], qber=e_x, key_qber=e_z, security=rules
    )
    length = plan.length
    figures = {"qber_z": e_z, "qber_x": e_x, "key_bits": bits[0], "test_bits": bits[1]}
    if length.unclipped > 0.0:
        # Less than a bit is none.
        whole = float(math.floor(length.unclipped))
        none = "" if whole else "no key: less than one bit is left; wait longer"
        length = replace(length, unclipped=whole, reason=none)
    return replace(plan, length=replace(length, figures={**length.figures, **figures}))


def _best(
    pairs: int, rates: list[float], failure: float, rules: Security
) -> tuple[float, FixedLength]:
    """The share of Z that promises most, and its plan."""
    plans: dict[float, FixedLength] = {}

    def length(bias: float) -> float:
        plans[bias] = _plan(pairs, bias, rates, failure, rules)
        return plans[bias].length.unclipped

    best = max(_BIASES, key=length)
    best = max(_around(best), key=length)
    return best, plans[best]


def _why_none(pairs: int, rates: list[float], failure: float, rules: Security) -> str:
    """Whether errors leave none in any time, or how many more pairs it takes, to a factor of 2."""
    shown = f"{100 * rates[0]:.3g} % in Z and {100 * rates[1]:.3g} % in X"
    costs = binary_entropy(rates[1]) + rules.correction_bits(1.0, rates[0])
    if costs >= 1.0:
        return f"no key: error rates of {shown} leave none, however many pairs there are"
    few = f"no key: {pairs} pairs are too few for a finite key"
    for doublings in range(1, 40):
        more = max(pairs, 1) << doublings
        if any(_plan(more, bias, rates, failure, rules).length.value > 0.0 for bias in _BIASES):
            return f"{few}; {more:.2g} leave one"
    return few


def _around(best: float) -> Iterator[float]:
    yield best
    for step in np.linspace(-_REFINED, _REFINED, 21):
        if 0.5 <= best + step < 1.0:
            yield best + float(step)
