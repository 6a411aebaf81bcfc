"""Points of the page: the figures of one setting of its controls, as plain data."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.explore.chain.controls import BOUNDS, Controls
from experiments.explore.chain.refusal import infeasible, keyless, not_exact, too_dear
from experiments.explore.chain.trajectories import SEED, draw
from experiments.explore.plain_data import claimed, interval
from protocols.repeaters.platforms import CLOCK_HZ, Platform
from qnet.errors import EngineError, InfeasiblePlanError, ParameterError
from qnet.metrics.figures import figures_in
from qnet.metrics.security import chain_claim
from qnet.plans.remarks import remarks

if TYPE_CHECKING:
    from protocols.planning.optimise import Played
    from qnet.engines.exact import GridResult
    from qnet.engines.result import ChainResult
    from qnet.plans.base import Plan
    from qnet.states.pauli import Array

__all__ = ["KEPT", "coarser", "moves", "on_longer_steps", "why_no_key", "work_out"]

#: Points that are kept: a class goes back and forth.
KEPT = 2048

#: Most bars of the distribution, and the share of the deliveries that they show.
_BARS, _SHOWN = 80, 0.99

#: Bars of a distribution that was drawn.
_DRAWN_BARS = 30

_QUANTILES = (0.1, 0.5, 0.9)

#: Steps times swaps for which a class waits, some ten seconds, where states of all kinds are made
#: one after another: every two of their components take a convolution.
_MOST_WORK = 1 << 20

#: Level of the intervals of sampled figures.
LEVEL = 0.95

#: Modes of light of the bare fibre's photons in the second comparison: polarisation or time bins.
_BARE_MODES = 2


@lru_cache(maxsize=KEPT)
def work_out(controls: Controls) -> dict[str, Any]:
    """Play the scenario of the controls: exactly, on a coarser time grid, or else by sampling.

    Returns:
        Always ``title``, ``scenario`` (its text) and ``work_s``. Where hardly a pair comes,
        ``refused`` (why, and what to do), ``can_sample`` (whether ``qnet run`` could play it) and
        ``moves``; else ``figures`` (each an interval), ``security`` (what the key claims),
        ``bound`` (of the bare fibre), ``distribution``, ``link``, ``notes`` (what a reader should
        know of the links), and ``grid`` (what is exact) or ``sampled`` (how many trajectories,
        their seed, the level of the intervals, and why); where there is no key, ``no_key`` and
        ``moves``. Take it as read-only: it is kept.

    Raises:
        ParameterError: If the hardware does not allow the numbers.

    Examples:
        >>> found = work_out(Controls(segments=1, distance_km=50.0))
        >>> found["bound"]["beaten"], found["grid"]["is_coarse"]
        (False, False)
        >>> work_out(Controls(strategy="swap-asap"))["sampled"]["trajectories"]
        2000
    """
    # Local imports: they bring Aer and SciPy with them.
    from protocols.planning.optimise import play_gridded

    begun = time.perf_counter()
    found: dict[str, Any] = {"title": controls.title, "scenario": controls.scenario()}
    plan, key = controls.chain.plan(), controls.chain.key
    try:
        played = play_gridded(plan, key=key, longest=_longest(plan))
        found |= _shown(controls, plan, played.result) | _exact(played)
    except EngineError:
        found |= _sampled(controls, plan)
    except InfeasiblePlanError as error:
        found |= _refused(controls, infeasible(plan, error.field))
    return {**found, "work_s": time.perf_counter() - begun}


def on_longer_steps(controls: Controls) -> float | None:
    """The secret-key rate in bit/s on a time grid of steps about twice as long as the page's.

    How far it is from the page's own is an estimate, no bound, of how much the grid matters. None
    where it cannot be had.

    Examples:
        >>> round(on_longer_steps(Controls()))
        53
    """
    # Local imports: they bring Aer and SciPy with them.
    from protocols.planning.optimise import play_gridded

    scenario = controls.chain
    try:
        step_s = 2.0 * work_out(controls)["grid"]["step_s"]
        played = play_gridded(scenario.plan(), key=scenario.key, step_s=step_s)
    except (KeyError, EngineError, InfeasiblePlanError):
        return None
    return played.result.secret_key_rate_hz.best


def coarser(controls: Controls) -> dict[str, Any]:
    """What :func:`on_longer_steps` finds, and what that key claims.

    Examples:
        >>> coarser(Controls())["security"]["notion"]
        'asymptotic'
    """
    rate = on_longer_steps(controls)
    claim = chain_claim(rate or 0.0, "no key rate on longer steps" if rate is None else "")
    return {"key_rate_hz": rate, "security": claim.as_dict()}


def why_no_key(controls: Controls) -> str:
    """What stands in the way of a key: which part of the hardware, made perfect, would suffice.

    Examples:
        >>> print(why_no_key(Controls(segments=2, cutoff_s=None)))
        Perfect memories would give a key: take a longer T2, or let pairs wait less.
    """
    memories: dict[str, Any] = {"t2_s": math.inf}
    gates: dict[str, Any] = {"gate_error": 0.0}
    parts = [
        (memories, "Perfect memories would give a key: take a longer T2, or let pairs wait less."),
        (gates, "Perfect two-qubit gates would give a key: lower the gate error, or swap less."),
        (memories | gates, "It takes both: better memories and better gates, or fewer swaps."),
    ]
    for change, says in parts:
        found = work_out(replace(controls, **change)).get("figures")
        if found and found["secret_key_rate_hz"]["best"] > 0.0:
            return says
    state = next(iter(controls.chain.plan().links())).fano
    new = (1.0 + state[1, 1] - state[2, 2] + state[3, 3]) / 4.0
    return (
        "Perfect memories and two-qubit gates alone would not do: the links are too poor (a new "
        f"pair has a fidelity of {new:.2f}). Improve the hardware as a whole, or go less far."
    )


def moves(controls: Controls) -> Iterator[dict[str, str]]:
    """Single moves that may help where nothing comes, likeliest first; each changes a query.

    Whether one does help is for the exact engine to say.

    Examples:
        >>> next(moves(Controls(strategy="swap-asap")))
        {'cutoff_s': 'off'}
    """
    changes: list[dict[str, Any]] = []
    if controls.cutoff_s is not None:
        changes.append({"cutoff_s": None})
    elif math.isfinite(controls.t2_s):
        changes.append({"cutoff_s": float(f"{0.4 * controls.t2_s / controls.segments:.2g}")})
    if controls.strategy == "swap-asap":
        changes += [{"latency": False}, {"strategy": "nested"}]
    changes += [{"segments": count} for count in (2, 4, 8, 16) if count > controls.segments]
    changes += [{"t2_s": float(f"{k * controls.t2_s:.3g}")} for k in (10.0, 100.0)]
    changes += [{"gate_error": float(f"{controls.gate_error / k:.3g}")} for k in (3.0, 10.0)]
    changes += [{"distance_km": round(controls.distance_km / k)} for k in (2, 4, 10)]
    changes += [{"improvement": k} for k in (10.0, 100.0) if k > controls.improvement]
    before = controls.as_query()
    for change in changes:
        if "t2_s" in change and not change["t2_s"] <= BOUNDS["t2_s"].high:
            continue
        try:
            after = replace(controls, **change).as_query()
        except ParameterError:
            continue
        if after != before:
            yield {name: text for name, text in after.items() if text != before[name]}


def _shown(controls: Controls, plan: Plan, result: ChainResult) -> dict[str, Any]:
    """What every point shows, whichever engine played it."""
    shown = figures_in("page").items()
    found: dict[str, Any] = {
        "figures": {name: interval(figure.estimate(result)) for name, figure in shown},
        "security": claimed(result.security),
        "bound": _bound(controls, plan, result),
        "link": _link(plan),
        "notes": list(remarks(plan)),
    }
    if not result.reason:
        return found
    return {**found, "no_key": keyless(result), "moves": list(moves(controls))}


def _exact(played: Played) -> dict[str, Any]:
    """The time grid of an exact point or a coarse estimate, and when its pairs come."""
    result = played.result
    grid = {
        "steps": result.grid.size,
        "step_s": result.grid.dt,
        "is_coarse": played.is_coarse,
        "storage_error": played.storage_error,
        "beyond": max(0.0, result.truncated_mass),
    }
    return {"grid": grid, "distribution": _distribution(result)}


def _sampled(controls: Controls, plan: Plan) -> dict[str, Any]:
    """A point that the exact engine refuses, from a bounded number of trajectories."""
    try:
        drawn = draw(plan, controls.chain.key)
    except InfeasiblePlanError as error:
        return _refused(controls, infeasible(plan, error.field))
    if drawn is None:
        return _refused(controls, too_dear(plan)) | {"can_sample": True}
    about = {"trajectories": drawn.result.shots, "seed": SEED, "level": LEVEL}
    return {
        **_shown(controls, plan, drawn.result),
        "sampled": {**about, "why": not_exact(plan)},
        "distribution": _distribution_of(drawn.times_s),
    }


def _refused(controls: Controls, why: str) -> dict[str, Any]:
    return {"refused": why, "can_sample": False, "moves": list(moves(controls))}


def _longest(plan: Plan) -> int | None:
    """Longest time grid that takes seconds; None if any does."""
    # Local imports: they bring Aer with them.
    from qnet.engines.algebra import BellDiagonal, choose_algebra

    swaps = sum(node.order == "sequential" for node in plan.nodes())
    if swaps == 0 or isinstance(choose_algebra(plan), BellDiagonal):
        return None
    return _MOST_WORK // swaps


def _bound(controls: Controls, plan: Plan, result: ChainResult) -> dict[str, Any]:
    """PLOB of the bare fibre: with as many modes a second as the chain tries, and at a fast clock.

    S. Pirandola et al., Nat. Commun. 8, 15043 (2017).
    """
    per_mode = controls.chain.plob_bits_per_use
    if per_mode is None or not math.isfinite(per_mode):
        return {"plob_hz": None, "fast_plob_hz": None, "beaten": False, "fast_beaten": False}
    slowest = max(plan.links(), key=lambda link: link.attempt_time_s)
    optical = Platform(name=controls.hardware).optical_modes
    modes_hz = optical * slowest.modes / slowest.attempt_time_s
    key = result.secret_key_rate_hz.best
    same, fast = per_mode * modes_hz, per_mode * _BARE_MODES * CLOCK_HZ
    found = {"modes_hz": modes_hz, "plob_hz": same, "beaten": key > same}
    return {**found, "fast_hz": CLOCK_HZ, "fast_plob_hz": fast, "fast_beaten": key > fast}


def _distribution(result: GridResult) -> dict[str, Any]:
    """Share of the deliveries in each bar of equal width, from time 0; when shares have come."""
    cumulative = result.cumulative
    places = np.searchsorted(cumulative, np.array([*_QUANTILES, _SHOWN]) * cumulative[-1] - 1e-9)
    *quantiles, last = map(int, places)
    attempt = max(link.attempt_time_s for link in result.plan.links())
    # Deliveries come in steps of an attempt: a bar holds whole ones, else the bars would beat.
    steps = max(1, round(attempt / result.grid.dt))
    width = steps * math.ceil((last + 1) / _BARS / steps)
    shares = np.add.reduceat(result.probability[: last + 1], np.arange(0, last + 1, width))
    times = result.time_s
    come = {f"{q:g}": float(times[k]) for q, k in zip(_QUANTILES, quantiles, strict=True)}
    bars = [float(f"{share:.4g}") for share in shares]
    return {"bar_s": width * result.grid.dt, "shares": bars, "quantiles_s": come}


def _distribution_of(times_s: Array) -> dict[str, Any]:
    """The same of drawn deliveries, in order of time: wider bars, as many as draws can fill."""
    last = times_s[math.ceil(_SHOWN * len(times_s)) - 1]
    counts, edges = np.histogram(times_s, bins=_DRAWN_BARS, range=(0.0, last))
    come = {f"{q:g}": float(np.quantile(times_s, q)) for q in _QUANTILES}
    shares = [float(f"{count / len(times_s):.4g}") for count in counts]
    return {"bar_s": float(edges[1]), "shares": shares, "quantiles_s": come}


def _link(plan: Plan) -> dict[str, float]:
    """One link: all are equal."""
    link = next(iter(plan.links()))
    return {
        "success_probability": link.round_success_probability,
        "attempt_time_s": link.attempt_time_s,
        "modes": link.modes,
        "length_km": link.length_km,
        "dark_share": link.dark_herald_share,
    }
