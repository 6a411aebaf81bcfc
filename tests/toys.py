"""Toys from outside: engines that know one link only, and a figure of merit; each is one line more.

Oracle of both engines: a link tried until it succeeds takes ``T/p`` on average, and its pairs are
in the state of the link.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from qnet import EngineError, Estimate, Key, Link
from qnet.engines import Engine
from qnet.engines.result import ChainResult, SampledResult, slowest_attempt
from qnet.metrics import Moments, secret_key_fraction
from qnet.metrics.figures import Figure

#: Attempts of a link until a pair is there.
ATTEMPTS = Figure(
    name="attempts_per_pair",
    title="attempts",
    unit="attempt/pair",
    of=lambda result: result.delivery_time_s * (1.0 / result.attempt_time_s),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class LinkResult(ChainResult):
    """Closed forms of one link."""

    plan: Link
    attempt_time_s: float
    modes: int
    key: Key = field(default_factory=Key)
    engine: str = "closed-form"
    seed: None = None
    shots: int = 0

    @property
    def provenance(self) -> str:
        return "engine closed-form, nothing drawn"

    @property
    def delivery_time_s(self) -> Estimate:
        return Estimate.exact(self.plan.attempt_time_s / self.plan.success_probability)

    @property
    def secret_key_fraction(self) -> Estimate:
        rates = [self.qber_x.best, self.qber_y.best, self.qber_z.best]
        return Estimate.exact(float(secret_key_fraction(rates, protocol=self.key.protocol)))

    @property
    def secret_key_rate_hz(self) -> Estimate:
        return self.secret_key_fraction * self.rate_hz.best

    @property
    def mean_fano(self) -> np.ndarray:
        return np.asarray(self.plan.state)

    def _linear(self, weights, offset, bounds) -> Estimate:
        value = offset + float(weights @ np.diagonal(self.mean_fano)[1:])
        return Estimate.exact(min(max(value, bounds[0]), bounds[1]))


def _one_link(plan) -> Link:
    if not isinstance(plan, Link):
        message = "the engines of one link play no chains; use engine='sampled'"
        raise EngineError(message)
    return plan


def play_closed_form(plan, *, key=None, progress=None) -> LinkResult:
    """What the formulas say."""
    attempt_time_s, modes = slowest_attempt(_one_link(plan))
    return LinkResult(plan=plan, attempt_time_s=attempt_time_s, modes=modes, key=key or Key())


def play_dice(plan, *, shots, seed, workers, key=None, progress=None) -> SampledResult:
    """Geometric numbers of attempts."""
    attempts = np.random.default_rng(seed).geometric(_one_link(plan).success_probability, shots)
    xx, yy, zz = np.diagonal(plan.state)[1:]
    rows = np.tile([0.0, xx, yy, zz], (shots, 1))
    rows[:, 0] = attempts * plan.attempt_time_s
    moments = Moments.from_samples(rows)
    result = {"plan": plan, "engine": "dice", "seed": seed, "shots": shots, "moments": moments}
    return SampledResult(**result, key=key or Key())


CLOSED_FORM = Engine(
    name="closed-form",
    sentence="formulas of one link",
    function="tests.toys:play_closed_form",
    draws=False,
)
DICE = Engine(name="dice", sentence="one link by its attempts", function=play_dice)
