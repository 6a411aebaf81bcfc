"""Played plan: what every demand is promised, and what the network is found to give it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from protocols.key_networks.sampled.asking import DEMAND_COUNTS
from protocols.key_networks.sampled.engine import play_tallies
from protocols.planning.design.plan import NetworkPlan, PlannedDemand
from protocols.planning.operation.components import parts_availability
from protocols.planning.playing.files import key_network_of
from protocols.planning.playing.layout import PlanLayout
from protocols.planning.technologies.tables import TechnologyTable
from qnet.estimate import Estimate
from qnet.metrics import proportion_estimate
from qnet.metrics.intervals import t_quantile
from qnet.network import RunTimes
from qnet.progress import ProgressCallback

__all__ = ["PlayedDemand", "PlayedPlan", "play_plan"]

Array = npt.NDArray[np.float64]

#: Probability that all intervals of a plan together miss something.
_ALPHA = 1e-3

#: Widest interval as a share of the promise, and rounding that is none.
_WIDEST, _ROUNDING = 0.05, 1e-7

#: Demands that a warning names.
_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedDemand:
    """A demand of a plan that was played.

    Args:
        ends: Names of its ends.
        asked_hz: Secret bits per second that it wants.
        promised_hz: Secret bits per second that the plan promises in the long run, failures counted
            in.
        found_hz: What was found, with its interval.
        promised_availability: Share of its key that the plan promises to flow.
        found_availability: Share of the time at which it was served in full, with its interval; of
            several parts the mean by their rates.
    """

    ends: tuple[str, str]
    asked_hz: float
    promised_hz: float
    found_hz: Estimate
    promised_availability: float
    found_availability: Estimate

    @property
    def holds(self) -> bool:
        """Whether each promise lies in its interval, which is narrow enough."""
        rate = _lies(self.promised_hz, self.found_hz)
        return rate and _lies(self.promised_availability, self.found_availability)

    def as_dict(self) -> dict[str, Any]:
        """The form that goes into JSON."""
        return {
            "ends": list(self.ends),
            "asked_hz": self.asked_hz,
            "key_rate_hz": _compared(self.promised_hz, self.found_hz),
            "availability": _compared(self.promised_availability, self.found_availability),
            "holds": self.holds,
        }


@dataclass(frozen=True, kw_only=True)
class PlayedPlan:
    """A plan that was played in simulated time.

    Args:
        demands: Each demand, in the order of the plan.
        run: How long it was played, and how often.
        seed: Seed of the run.
        level: Probability with which all intervals together hold what is true.
        warnings: What its reader must know.
    """

    demands: tuple[PlayedDemand, ...]
    run: RunTimes
    seed: int
    level: float
    warnings: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether every promise does."""
        return all(each.holds for each in self.demands)

    def as_dict(self) -> dict[str, Any]:
        """The form that goes into JSON."""
        return {
            "holds": self.holds,
            "level": self.level,
            "seed": self.seed,
            "duration_s": self.run.duration_s,
            "replicas": self.run.replicas,
            "demands": [each.as_dict() for each in self.demands],
            "warnings": list(self.warnings),
        }


def _lies(promised: float, found: Estimate) -> bool:
    slack = _ROUNDING * max(abs(promised), 1e-300)
    inside = found.low - slack <= promised <= found.high + slack
    return inside and found.high - found.low <= _WIDEST * promised + slack


def _compared(promised: float, found: Estimate) -> dict[str, Any]:
    width = (found.high - found.low) / promised if promised > 0.0 else None
    return {
        "promised": promised,
        "found": found.best,
        "low": found.low,
        "high": found.high,
        "width": width,
        "holds": _lies(promised, found),
    }


def play_plan(
    plan: NetworkPlan,
    *,
    technologies: Iterable[TechnologyTable] = (),
    folder: str = "",
    seed: int = 1,
    run: RunTimes | None = None,
    workers: int = 1,
    progress: ProgressCallback | None = None,
) -> PlayedPlan:
    """Play a plan as a key network, with all that fails, and compare it with its promises.

    Args:
        plan: The plan.
        technologies: What its options are made of, whose files then say the rates.
        folder: Where these files stand.
        seed: Seed of the run.
        run: How long it is played; as long as its promises need unless given.
        workers: Number of processes; the result is the same for any.
        progress: Called with the number of replicas done and wanted.

    Raises:
        ParameterError: If there is no plan to play.
    """
    scenario = key_network_of(
        plan, technologies=tuple(technologies), folder=folder, seed=seed, run=run
    )
    scenario.check()
    case = scenario.case
    tallies = play_tallies(case, workers, progress)
    counts = np.concatenate([tally.demands for tally in tallies])
    seconds = case.run.duration_s / case.run.blocks
    run_of = _PlayedUnits(
        layout=PlanLayout(plan),
        counts=counts,
        seconds=seconds,
        repair_s=max((fault.mttr_s or 0.0 for fault in case.faults), default=0.0),
        alpha=_ALPHA / max(2 * len(plan.demands), 1),
    )
    demands = tuple(_played(plan, k, each, run_of) for k, each in enumerate(plan.demands))
    return PlayedPlan(
        demands=demands,
        run=case.run,
        seed=seed,
        level=1.0 - _ALPHA,
        warnings=tuple(_warnings(demands)),
    )


@dataclass(frozen=True, kw_only=True)
class _PlayedUnits:
    """What was counted of a plan, by units of its measured time.

    Args:
        layout: The plan.
        counts: Counts of each part. Shape (units, parts, names of ``DEMAND_COUNTS``).
        seconds: Length of a unit.
        repair_s: Longest mean time to repair.
        alpha: Probability that an interval may miss what is true.
    """

    layout: PlanLayout
    counts: Array
    seconds: float
    repair_s: float
    alpha: float

    def rarely_down(self, down: Array) -> float:
        """Share of time that something may be down which was seen down in few units, or in none.

        Outages come at random, so that the share of units without any bounds how many there are (C.
        J. Clopper, E. S. Pearson, Biometrika 26, 404 (1934)); each lasts no longer on average than
        the longest repair.
        """
        hit = int((down > _ROUNDING).sum())
        if 2 * hit >= len(down) or self.repair_s <= 0.0:
            return 0.0
        high = proportion_estimate(hit, len(down), confidence=1.0 - self.alpha).high
        return min(-math.log1p(-high) * self.repair_s / self.seconds, 1.0)

    def estimate(self, values: Array, top: float, down: Array) -> Estimate:
        """Mean of the units with Student's interval, wider at its low end where outages are rare.

        Args:
            values: One for each unit.
            top: What all would be without an outage.
            down: Share of each unit that was lost.
        """
        best = min(float(values.mean()), top)
        error = float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else math.inf
        half = error * t_quantile(len(values), self.alpha) if error > 0.0 else 0.0
        low = min(best - half, top * (1.0 - self.rarely_down(down)))
        return Estimate(max(low, 0.0), best, min(best + half, top), len(values))


def _played(
    plan: NetworkPlan, number: int, planned: PlannedDemand, run: _PlayedUnits
) -> PlayedDemand:
    """One demand, from the counts of all its parts."""
    asked = plan.case.demands[planned.demand].key_rate_hz
    places = [k for k, part in enumerate(run.layout.parts) if part.demand == number]
    rates = np.array([run.layout.parts[k].key_rate_hz for k in places])
    bits = run.counts[:, places, DEMAND_COUNTS.index("bits")].sum(axis=1) / run.seconds
    up = run.counts[:, places, DEMAND_COUNTS.index("ready")] / run.seconds
    available = (up * rates).sum(axis=1) / rates.sum()
    promised = parts_availability(plan.case, planned.parts)
    first, last = plan.case.demands[planned.demand].ends
    wanted = float(rates.sum())
    return PlayedDemand(
        ends=(plan.case.sites[first].name, plan.case.sites[last].name),
        asked_hz=asked,
        promised_hz=asked * promised,
        found_hz=run.estimate(bits, max(wanted, asked), 1.0 - bits / wanted),
        promised_availability=promised,
        found_availability=run.estimate(available, 1.0, 1.0 - available),
    )


def _warnings(demands: Sequence[PlayedDemand]) -> list[str]:
    """One sentence on all intervals that are too wide."""
    wide = [" - ".join(each.ends) for each in demands if _is_wide(each)]
    if not wide:
        return []
    more = f" and {len(wide) - _NAMED} more" if len(wide) > _NAMED else ""
    return [
        f"the intervals of {', '.join(wide[:_NAMED])}{more} are wider than a twentieth of the "
        "promise: play it longer"
    ]


def _is_wide(demand: PlayedDemand) -> bool:
    rows = (
        (demand.promised_hz, demand.found_hz),
        (demand.promised_availability, demand.found_availability),
    )
    return any(found.high - found.low > _WIDEST * promised for promised, found in rows)
