"""Agreement of the engines: the same plan on each, figures and states compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import copysign, hypot, inf
from typing import Any

import numpy as np

from qnet.engines.algebra import choose_algebra
from qnet.engines.circuit import joint_state
from qnet.engines.play import ENGINES, play
from qnet.engines.result import ChainResult
from qnet.engines.sampled import Deliveries, States, delivery
from qnet.errors import EngineError, check_integer, check_one_of
from qnet.estimate import Estimate
from qnet.metrics.figures import figures_in
from qnet.plans import Plan
from qnet.progress import ProgressCallback, in_notebook, opened, phase
from qnet.states.pauli import Array, fano_from_correlators

__all__ = ["Agreement", "Comparison", "agree", "composed_state"]

_NORMAL_95 = 1.959963984540054

#: Differences between exact numbers below this are rounding.
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One figure of merit on two engines.

    Args:
        figure: Its name, as in ``Result``.
        engine: The engine that is compared with the first one.
        reference: What the first engine found.
        value: What this engine found.
    """

    figure: str
    engine: str
    reference: Estimate
    value: Estimate

    @property
    def standard_errors(self) -> float:
        """Difference over its standard error; the two runs are independent.

        What was computed holds for certain within its interval: from there it is counted, and only
        what was drawn has a standard error.
        """
        least, most = _certain_ends(self.reference)
        low, high = _certain_ends(self.value)
        difference = max(0.0, low - most) - max(0.0, least - high)
        drawn = [e for e in (self.reference, self.value) if e.n > 0]
        error = hypot(*((e.high - e.low) / (2.0 * _NORMAL_95) for e in drawn))
        if abs(difference) <= _ROUNDING * max(1.0, abs(self.reference.best)):
            return 0.0
        return difference / error if error > 0.0 else copysign(inf, difference)

    @property
    def agrees(self) -> bool:
        """Whether they differ by five standard errors at most; by four where one was computed."""
        is_computed = self.reference.n == 0 or self.value.n == 0
        return abs(self.standard_errors) <= (4.0 if is_computed else 5.0)


def _certain_ends(estimate: Estimate) -> tuple[float, float]:
    """The interval of what was computed; of what was drawn, its best value."""
    if estimate.n == 0:
        return estimate.low, estimate.high
    return estimate.best, estimate.best


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """A plan on several engines.

    Args:
        comparisons: Every figure on every engine but the first, with that on the first.
        deviations: Largest difference of any element of the Fano matrix between composition and the
            joint density matrix, one per timeline.
        refusals: Engines that cannot play the plan, with their reasons.

    Examples:
        >>> from qnet import Link, Swap
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.9))
        >>> agree(Swap(left=link, right=link), shots=20, seed=1).holds
        True
    """

    comparisons: tuple[Comparison, ...]
    deviations: tuple[float, ...]
    refusals: tuple[tuple[str, str], ...] = ()

    @property
    def largest_difference(self) -> float:
        """Largest difference of a figure, in standard errors."""
        return max((abs(c.standard_errors) for c in self.comparisons), default=0.0)

    @property
    def largest_deviation(self) -> float:
        """Largest deviation of a state on any timeline."""
        return max(self.deviations, default=0.0)

    @property
    def holds(self) -> bool:
        """Whether all figures agree (see `Comparison.agrees`) and all states within 1e-9."""
        return all(c.agrees for c in self.comparisons) and self.largest_deviation <= 1e-9

    def __str__(self) -> str:
        lines = []
        wide = max([16, *(len(c.figure) for c in self.comparisons)])
        if self.comparisons:
            head = f"{'figure':<{wide}} {'engine':<8} {'value':<30} {'reference':<30} difference"
            lines.append(head)
        for c in self.comparisons:
            lines.append(
                f"{c.figure:<{wide}} {c.engine:<8} {c.value!s:<30} {c.reference!s:<30} "
                f"{c.standard_errors:+.2f} standard errors"
            )
        if self.deviations:
            lines.append(
                f"composition and joint density matrix: {self.largest_deviation:.1e} at most on "
                f"{len(self.deviations)} timelines"
            )
        lines += [f"{engine}: {reason}" for engine, reason in self.refusals]
        if not self.comparisons and not self.deviations:
            lines.append("nothing could be compared")
        else:
            lines.append("the engines agree" if self.holds else "the engines disagree")
        return "\n".join(lines)


def agree(
    plan: Plan,
    *,
    shots: int,
    seed: int,
    engines: Sequence[str] | None = None,
    timelines: int = 3,
    circuit_shots: int = 100,
    workers: int = 1,
    progress: ProgressCallback | None = None,
) -> Agreement:
    """Play a plan on every engine that can, and compare.

    The runs have different seeds, so that their differences can be judged by their standard errors.
    Besides, for some timelines of the first run the state composed from the compiled steps is
    compared with that of the joint circuit.

    Args:
        plan: What to play.
        shots: Number of delivered pairs on each engine.
        seed: Seed of the run on the first engine; the next one takes the next number.
        engines: Names of engines, the first one is the reference; all when None.
        timelines: Number of timelines on which states are compared.
        circuit_shots: At most so many shots on an engine that is slow, such as circuit.
        workers: Number of processes; the comparison does not depend on it.
        progress: Called with the number of shots done and wanted of the engine that is playing.

    Returns:
        The comparison.

    Raises:
        ParameterError: If a number is no whole number, or too small.
        UnknownNameError: If an engine does not exist.
        InfeasiblePlanError: If no pair would come in a reasonable time.

    Examples:
        >>> from qnet import Link, Swap
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.9))
        >>> print(str(agree(Swap(left=link, right=link), shots=20, seed=1)).splitlines()[-1])
        the engines agree
    """
    check_integer("shots", shots)
    check_integer("seed", seed, 0)
    check_integer("timelines", timelines, 0)
    check_integer("circuit_shots", circuit_shots)
    names = list(ENGINES) if engines is None else list(engines)
    progress = in_notebook(progress, "agree")
    how = {"workers": workers, "progress": progress}
    with opened(progress):
        results, refusals = _played(plan, names, shots, circuit_shots, seed, how)
        deviations = _compared_states(plan, min(timelines, shots), shots, seed, progress, refusals)
    return Agreement(
        comparisons=tuple(_comparisons(list(results.items()))),
        deviations=tuple(deviations),
        refusals=tuple(refusals),
    )


def _played(
    plan: Plan,
    names: Sequence[str],
    shots: int,
    slow_shots: int,
    seed: int,
    how: dict[str, Any],
) -> tuple[dict[str, ChainResult], list[tuple[str, str]]]:
    """Results by engine, and the reasons of those that cannot play the plan."""
    results: dict[str, ChainResult] = {}
    refusals: list[tuple[str, str]] = []
    for offset, name in enumerate(names):
        engine = ENGINES[check_one_of("engine", name, ENGINES)]
        count = min(shots, slow_shots) if engine.is_slow else shots
        phase(how["progress"], f"agree, {name}", engine.unit)
        try:
            results[name] = play(plan, shots=count, seed=seed + offset, engine=name, **how)
        except EngineError as error:
            refusals.append((name, str(error)))
    return results, refusals


def _compared_states(
    plan: Plan,
    timelines: int,
    shots: int,
    seed: int,
    progress: ProgressCallback | None,
    refusals: list[tuple[str, str]],
) -> list[float]:
    """Deviations of composed states from joint ones; a refusal is added to the others."""
    deviations: list[float] = []
    phase(progress, "agree, joint density matrices", "deliveries")
    try:
        for shot in range(timelines):
            deviations.append(_deviation(delivery(plan, seed=seed, shot=shot, shots=shots)))
            if progress is not None:
                progress(len(deviations), timelines)
    except EngineError as error:
        refusals.append(("joint density matrix", str(error)))
    return deviations


def _comparisons(results: list[tuple[str, ChainResult]]) -> Iterator[Comparison]:
    for engine, result in results[1:]:
        for name, figure in figures_in("agree").items():
            yield Comparison(
                figure=name,
                engine=engine,
                reference=figure.estimate(results[0][1]),
                value=figure.estimate(result),
            )


def composed_state(draw: Deliveries) -> Array:
    """Fano matrix (4, 4) of one delivered pair, composed from the compiled steps of its plan.

    Args:
        draw: The history of one delivery.

    Examples:
        >>> from qnet import Link
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.9))
        >>> composed_state(delivery(link, seed=1)).diagonal()
        array([ 1. ,  0.9, -0.9,  0.9])
    """
    algebra = choose_algebra(draw.plan)
    state = algebra.to_array(States(algebra).of(draw), 1)[0]
    return fano_from_correlators(state) if state.shape == (3,) else state


def _deviation(draw: Deliveries) -> float:
    return float(np.abs(composed_state(draw) - joint_state(draw)).max())
