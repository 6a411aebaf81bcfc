"""One point of the comparison: its key rate, or the reason why there is none."""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from protocols.repeaters.platforms import CLOCK_HZ, Platform
from qnet import Estimate, InfeasiblePlanError, Key, Link, Plan, __version__
from qnet.engines.forecast import forecast
from qnet.engines.result import SampledResult
from qnet.engines.sampled import play_sampled
from qnet.metrics import secret_key_fraction
from qnet.metrics.security import SecurityClaim, chain_claim
from qnet.states.pauli import Array

__all__ = ["FIGURES", "KEY", "ReachOutcome", "ReachPoint"]

#: Error correction of a practical code, for every key.
KEY = Key(error_correction_efficiency=1.16)

#: Estimates in a row, in this order.
FIGURES = (
    "secret_key_rate_hz",
    "secret_key_per_mode",
    "rate_hz",
    "fidelity",
    "qber_x",
    "qber_z",
    "secret_key_fraction",
)

_DAY_S = 86400.0

#: Shares of the usual cut-off that are tried in turn, until there is a key.
_CUTOFF_SHARES = (1.0, 0.25, 0.0625)

#: Elementary pairs that the samples of a point may cost in all, by strategy, and fewest samples.
_BUDGET = {"nested": 5e6, "swap-asap": 5e5}
_FEWEST_SHOTS = 200

#: Where there is no key, rate and errors are for information: not worth more links per pair.
_MOST_DRAWS_FOR_NO_KEY = 50.0

#: Forecasts of a delivery time are good to this factor.
_FORECAST_FACTOR = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachOutcome:
    """What was found at a point.

    Args:
        figures: Estimates by name; a figure that was not worked out is missing.
        reason: Why there is no key, or why it was not worked out; empty where there is a key.
        cutoff_s: Cut-off behind the figures, if there was one.
        shots: Number of samples.
    """

    figures: dict[str, Estimate] = field(default_factory=dict)
    reason: str = ""
    cutoff_s: float | None = None
    shots: int = 0

    @property
    def security(self) -> SecurityClaim:
        """What the key claims."""
        rate = self.figures.get("secret_key_rate_hz")
        return chain_claim(0.0 if rate is None else rate.best, self.reason)


@dataclass(frozen=True)
class ReachPoint:
    """One strategy on one hardware over one distance.

    Args:
        hardware: What it is built from.
        strategy: ``direct``, ``nested`` or ``swap-asap``.
        segments: Number of segments; 1 for direct.
        length_km: Distance.
        seed: Seed of the run that it belongs to.
        shots: Most samples to take.

    Examples:
        >>> point = ReachPoint(Platform(name="blueprint"), "direct", 1, 100.0, seed=1, shots=1)
        >>> round(point.work_out().figures["secret_key_rate_hz"].best / 1e6, 1)
        9.0
    """

    hardware: Platform
    strategy: str
    segments: int
    length_km: float
    seed: int
    shots: int

    @cached_property
    def identity(self) -> str:
        """Digest of all that the figures depend on: parameters, seed, shots, version."""
        preset = self.hardware.preset
        parts = [
            repr((preset.node, preset.fibre, preset.scheme)),
            [self.hardware.name, self.hardware.improvement, self.strategy, self.segments],
            [self.length_km, self.seed, self.shots, __version__],
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]

    @property
    def own_seed(self) -> int:
        """Seed of this point's samples: independent of what else is played, and in which order."""
        return int(self.identity, 16)

    @property
    def attempt_time_s(self) -> float:
        """Duration of an attempt."""
        if self.strategy == "direct":
            return 1.0 / CLOCK_HZ
        return self._link().attempt_time_s

    @property
    def memory_modes(self) -> int:
        """Modes tried in an attempt."""
        return 1 if self.strategy == "direct" else self._link().modes

    @property
    def optical_modes(self) -> int:
        """Modes of light per photonic qubit."""
        return 2 if self.strategy == "direct" else self.hardware.optical_modes

    @property
    def modes_per_s(self) -> float:
        """Modes of light used per second: bits per mode times this are bits per second."""
        return self.optical_modes * self.memory_modes / self.attempt_time_s

    @property
    def bound_per_mode(self) -> float:
        """What nothing of this kind can exceed, in bits per mode."""
        if self.strategy == "direct":
            return self.hardware.direct_bound(self.length_km)
        return self.hardware.chain_bound(self.segments, self.length_km)

    def work_out(self) -> ReachOutcome:
        """The figures of this point."""
        if self.strategy == "direct":
            return self._direct()
        try:
            return self._chain()
        except InfeasiblePlanError as error:
            zero = Estimate.exact(0.0)
            return ReachOutcome(figures=dict.fromkeys(FIGURES[:3], zero), reason=str(error))

    def row(self) -> dict[str, object]:
        """The line of data of this point."""
        start = time.perf_counter()
        outcome = self.work_out()
        row: dict[str, object] = {
            "id": self.identity,
            "hardware": self.hardware.name,
            "improvement": self.hardware.improvement,
            "strategy": self.strategy,
            "segments": self.segments,
            "length_km": self.length_km,
        }
        for name in FIGURES:
            estimate = outcome.figures.get(name)
            for part in ("low", "best", "high", "n"):
                row[f"{name}_{part}"] = None if estimate is None else getattr(estimate, part)
        return row | {
            "security_notion": outcome.security.notion,
            "reason": outcome.reason,
            "cutoff_s": outcome.cutoff_s,
            "attempt_time_s": self.attempt_time_s,
            "memory_modes": self.memory_modes,
            "optical_modes": self.optical_modes,
            "bound_per_mode": self.bound_per_mode,
            "bound_hz": self.bound_per_mode * self.modes_per_s,
            "seed": self.seed,
            "shots_wanted": self.shots,
            "shots": outcome.shots,
            "version": __version__,
            "wall_s": round(time.perf_counter() - start, 4),
        }

    def _link(self) -> Link:
        return self.hardware.link(self.length_km / self.segments, self.segments)

    def _direct(self) -> ReachOutcome:
        """Exact: nothing is sampled."""
        link = self.hardware.direct(self.length_km)
        e_x, e_y, e_z = _error_rates(link.fano)
        fraction = _fraction((e_x, e_y, e_z))
        rate = link.success_probability * CLOCK_HZ
        reason = "" if fraction > 0.0 else f"QBER too high: {e_z:.0%}, from dark counts"
        values = {
            "secret_key_rate_hz": rate * fraction,
            "secret_key_per_mode": link.success_probability * fraction / self.optical_modes,
            "rate_hz": rate,
            "fidelity": 1.0 - (e_x + e_y + e_z) / 2.0,
            "qber_x": e_x,
            "qber_z": e_z,
            "secret_key_fraction": fraction,
        }
        figures = {name: Estimate.exact(value) for name, value in values.items()}
        return ReachOutcome(figures=figures, reason=reason)

    def _chain(self) -> ReachOutcome:
        """With the cut-off; where there can be no key, without it, and with the reason."""
        ideal = self._errors_without_storage(herald_wait=True)
        if _fraction(ideal) == 0.0:
            reason = f"QBER too high: {_worst(ideal):.0%} even if no qubit waits for another"
            if _fraction(self._errors_without_storage(herald_wait=False)) > 0.0:
                reason = f"memory lost while waiting for the herald: QBER {_worst(ideal):.0%}"
            return self._without_cutoff(reason)
        outcome = ReachOutcome()
        for share in _CUTOFF_SHARES:
            shorter = self._with_cutoff(share * self.hardware.cutoff_s(self.segments))
            if "rate_hz" not in shorter.figures or shorter.shots == 0:
                return outcome if outcome.figures else shorter
            outcome = shorter
            if not outcome.reason:
                break
        return outcome

    def _with_cutoff(self, cutoff_s: float) -> ReachOutcome:
        plan = self._plan(cutoff_s=cutoff_s)
        expected = forecast(plan)
        if expected.delivery_s > _DAY_S:
            wait = f"one in {_words(expected.delivery_s)}"
            return self._too_rare(f"fewer than one pair a day ({wait})", expected.delivery_s)
        if expected.draws * _FEWEST_SHOTS > _BUDGET[self._played_as]:
            wait = f"one pair in {_words(expected.delivery_s)}, made of {expected.draws:.1g} links"
            return ReachOutcome(reason=f"not sampled: about {wait}")
        affordable = int(_BUDGET[self._played_as] / expected.draws)
        result = self._play(plan, min(self.shots, affordable))
        errors = result.qber_x.best, result.qber_y.best, result.qber_z.best
        lost = result.secret_key_rate_hz.best == 0.0
        return ReachOutcome(
            figures=self._figures(result),
            reason=f"QBER too high: {_worst(errors):.0%}" if lost else "",
            cutoff_s=cutoff_s,
            shots=result.shots,
        )

    @property
    def _played_as(self) -> str:
        return "nested" if self.segments == 2 else self.strategy

    def _plan(
        self, *, cutoff_s: float | None = None, storage: bool = True, herald_wait: bool = True
    ) -> Plan:
        return self.hardware.chain(
            self.strategy,
            self.segments,
            self.length_km,
            cutoff_s=cutoff_s,
            storage=storage,
            herald_wait=herald_wait,
        )

    def _play(self, plan: Plan, shots: int) -> SampledResult:
        return play_sampled(plan, shots=shots, seed=self.own_seed, key=KEY)

    def _errors_without_storage(self, *, herald_wait: bool) -> tuple[float, float, float]:
        """Error rates if no qubit had to wait for a partner; exact, as all pairs are alike."""
        plan = self._plan(storage=False, herald_wait=herald_wait)
        return _error_rates(self._play(plan, 1).mean_fano)

    def _without_cutoff(self, reason: str) -> ReachOutcome:
        result = self._free()
        if result is None:
            zero = Estimate.exact(0.0)
            return ReachOutcome(figures=dict.fromkeys(FIGURES[:2], zero), reason=reason)
        return ReachOutcome(figures=self._figures(result), reason=reason, shots=result.shots)

    def _free(self) -> SampledResult | None:
        """Without a cut-off, with few samples, as there is no key; None if they cost too much."""
        plan = self._plan()
        if forecast(plan).draws > _MOST_DRAWS_FOR_NO_KEY:
            return None
        return self._play(plan, min(self.shots, 1000))

    def _too_rare(self, reason: str, delivery_s: float) -> ReachOutcome:
        """No samples of the rate, only what the forecast allows at most."""
        free = self._free()
        if free is not None:
            errors = free.qber_x.best, free.qber_y.best, free.qber_z.best
            reason = f"{reason} within the cut-off; without it QBER {_worst(errors):.0%}"
        most = Estimate(0.0, 0.0, _FORECAST_FACTOR / delivery_s)
        figures = {
            "secret_key_rate_hz": most,
            "secret_key_per_mode": most * (1.0 / self.modes_per_s),
            "rate_hz": most,
        }
        return ReachOutcome(figures=figures, reason=reason)

    def _figures(self, result: SampledResult) -> dict[str, Estimate]:
        figures = {name: getattr(result, name) for name in FIGURES if hasattr(result, name)}
        per_mode = result.secret_key_rate_hz * (1.0 / self.modes_per_s)
        return figures | {"secret_key_per_mode": per_mode}


def _error_rates(fano: Array) -> tuple[float, float, float]:
    """Error rates in X, Y, Z of a pair that should be Phi+."""
    e = (1.0 - np.diag(fano)[1:] * np.array([1.0, -1.0, 1.0])) / 2.0
    return float(e[0]), float(e[1]), float(e[2])


def _fraction(error_rates: tuple[float, float, float]) -> float:
    efficiency = KEY.error_correction_efficiency
    return float(secret_key_fraction(error_rates, error_correction_efficiency=efficiency))


def _worst(error_rates: tuple[float, float, float]) -> float:
    """The larger of the error rates in the two bases of the key protocol."""
    return max(error_rates[0], error_rates[2])


def _words(seconds: float) -> str:
    for unit, size in (("years", 3.2e7), ("days", _DAY_S), ("hours", 3600.0), ("min", 60.0)):
        if seconds >= 2.0 * size:
            count = seconds / size
            return f"{count:.0f} {unit}" if count < 1e4 else f"{count:.0e} {unit}"
    return f"{seconds:.2g} s"
