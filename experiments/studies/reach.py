"""Reach of repeater chains against bare fibre: the demonstration.

Question: can a 500 km repeater chain beat bare fibre?

Answer: with target parameters yes, 58 bit/s where bare fibre gives no key; with models of today's
hardware no. That is by eight segments that swap as soon as possible; no repeaterless link of the
clock of the bare fibre gives more than 0.29 bit/s. This chain wins from 350 km on. Improved twenty
times, most platforms give a key over 500 km, and it is a small one.

How: secret-key rates over 50 to 600 km of bare fibre, and of chains of 2, 4 and 8 segments on the
sampled engine, with models of today's platforms, as they are and improved, and with target
parameters, all with the choices of ``protocols/repeaters/platforms.py``; 95 % intervals. Bounds: S.
Pirandola et al., Nat. Commun. 8, 15043 (2017); S. Pirandola, Commun. Phys. 2, 51 (2019).

Run: ``make demo``, or ``python -m experiments.studies.reach [--quick] [--out DIR]``, a minute or
two on one core.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from experiments.studies import reach_report
from experiments.studies.rows import StudyRow
from experiments.studies.study import Study, StudyPoint
from protocols.repeaters.platforms import CLOCK_HZ, HARDWARE, IMPROVEMENT, KEY, STRATEGIES, Platform
from qnet import Estimate, InfeasiblePlanError, Link, Plan
from qnet.engines.forecast import forecast
from qnet.engines.result import SampledResult
from qnet.engines.sampled import play_sampled
from qnet.metrics import secret_key_fraction
from qnet.states import qber
from qnet.states.pauli import Array

__all__ = ["FIGURES", "STUDY", "ReachOutcome", "ReachPoint"]

LENGTHS_KM = tuple(float(length) for length in range(50, 601, 50))
QUICK_LENGTHS_KM = (100.0, 300.0, 500.0)
SEGMENTS = (2, 4, 8)
QUESTION_KM = 500.0

#: Most samples of a point, in a full run and in a quick one.
_SHOTS, _QUICK = 20_000, 500

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


@dataclass(frozen=True)
class ReachPoint:
    """One strategy on one hardware over one distance.

    Args:
        hardware: What it is built from.
        strategy: ``direct``, ``nested`` or ``swap-asap``.
        segments: Number of segments; 1 for direct.
        length_km: Distance.
        seed: Seed of its samples.
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
            free = self._free()
            if free is None:
                zero = Estimate.exact(0.0)
                return ReachOutcome(figures=dict.fromkeys(FIGURES[:2], zero), reason=reason)
            return ReachOutcome(figures=self._figures(free), reason=reason, shots=free.shots)
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
        lost = result.secret_key_rate_hz.best == 0.0
        reason = f"QBER too high: {_worst_qber(result):.0%}" if lost else ""
        figures, shots = self._figures(result), result.shots
        return ReachOutcome(figures=figures, reason=reason, cutoff_s=cutoff_s, shots=shots)

    @property
    def _played_as(self) -> str:
        return "nested" if self.segments == 2 else self.strategy

    def _plan(self, **how: Any) -> Plan:  # noqa: ANN401 - options of ``Platform.chain``
        return self.hardware.chain(self.strategy, self.segments, self.length_km, **how).plan()

    def _play(self, plan: Plan, shots: int) -> SampledResult:
        return play_sampled(plan, shots=shots, seed=self.seed, key=KEY)

    def _errors_without_storage(self, *, herald_wait: bool) -> tuple[float, float, float]:
        """Error rates if no qubit had to wait for a partner; exact, as all pairs are alike."""
        plan = self._plan(storage=False, herald_wait=herald_wait)
        return _error_rates(self._play(plan, 1).mean_fano)

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
            reason = f"{reason} within the cut-off; without it QBER {_worst_qber(free):.0%}"
        most = Estimate(0.0, 0.0, _FORECAST_FACTOR / delivery_s)
        figures = {"secret_key_rate_hz": most, "rate_hz": most}
        figures["secret_key_per_mode"] = most * (1.0 / self.modes_per_s)
        return ReachOutcome(figures=figures, reason=reason)

    def _figures(self, result: SampledResult) -> dict[str, Estimate]:
        figures = {name: getattr(result, name) for name in FIGURES if hasattr(result, name)}
        per_mode = result.secret_key_rate_hz * (1.0 / self.modes_per_s)
        return figures | {"secret_key_per_mode": per_mode}


def _error_rates(fano: Array) -> tuple[float, float, float]:
    """Error rates in X, Y, Z of a pair that should be Phi+."""
    x, y, z = (float(qber(fano, basis)) for basis in "xyz")
    return x, y, z


def _fraction(error_rates: tuple[float, float, float]) -> float:
    efficiency = KEY.error_correction_efficiency
    return float(secret_key_fraction(error_rates, error_correction_efficiency=efficiency))


def _worst(error_rates: tuple[float, float, float]) -> float:
    """The larger of the error rates in the two bases of the key protocol."""
    return max(error_rates[0], error_rates[2])


def _worst_qber(result: SampledResult) -> float:
    return max(result.qber_x.best, result.qber_z.best)


def _words(seconds: float) -> str:
    for unit, size in (("years", 3.2e7), ("days", _DAY_S), ("hours", 3600.0), ("min", 60.0)):
        if seconds >= 2.0 * size:
            count = seconds / size
            return f"{count:.0f} {unit}" if count < 1e4 else f"{count:.0e} {unit}"
    return f"{seconds:.2g} s"


def work(point: StudyPoint, seed: int) -> StudyRow:
    """The figures of a point with their reason, and its bounds."""
    hardware = Platform(name=point["hardware"], improvement=point["improvement"])
    way = point["strategy"], point["segments"], point["length_km"]
    at = ReachPoint(hardware, *way, seed=seed, shots=point["most_shots"])
    outcome = at.work_out()
    return {
        **{name: outcome.figures.get(name) for name in FIGURES},
        "reason": outcome.reason,
        "cutoff_s": outcome.cutoff_s,
        "attempt_time_s": at.attempt_time_s,
        "memory_modes": at.memory_modes,
        "optical_modes": at.optical_modes,
        "bound_per_mode": at.bound_per_mode,
        "bound_hz": at.bound_per_mode * at.modes_per_s,
        "shots": outcome.shots,
    }


def points(quick: bool) -> list[StudyPoint]:
    """Everything that is compared: each hardware as it is and improved, each strategy."""
    hardware = [
        (name, improvement)
        for name in HARDWARE
        for improvement in ((1.0,) if name == "blueprint" else (1.0, IMPROVEMENT))
    ]
    ways = [("direct", 1), *((strategy, n) for n in SEGMENTS for strategy in STRATEGIES)]
    return [
        {
            "hardware": name,
            "improvement": improvement,
            "strategy": strategy,
            "segments": segments,
            "length_km": length,
            "most_shots": _QUICK if quick else _SHOTS,
        }
        for name, improvement in hardware
        for strategy, segments in ways
        for length in (QUICK_LENGTHS_KM if quick else LENGTHS_KM)
    ]


STUDY = Study(
    name="reach",
    question=f"Can a {QUESTION_KM:g} km repeater chain beat bare fibre?",
    points=points,
    work=work,
    answer=lambda rows: reach_report.answer(rows, QUESTION_KM),
    draw=reach_report.draw,
    keys=("secret_key_rate_hz",),
    table=reach_report.table,
    style={"svg.fonttype": "none", "font.size": 8.5, "axes.titlesize": 9.0},
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())
