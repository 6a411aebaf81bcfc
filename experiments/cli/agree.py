"""``qnet agree``: the same plan on every engine that can play it."""

from __future__ import annotations

import argparse
import math

from experiments.cli.progress import Progress
from qnet.engines.result import Result
from qnet.estimate import Estimate

__all__ = ["differences", "execute", "standard_errors"]

_FIGURES = ("delivery_time_s", "fidelity", "qber_x", "qber_y", "qber_z")

#: Delivered pairs on the circuit engine unless said: tenths of a second each.
_CIRCUIT_SHOTS = 20

_TOO_FAR = 5.0
_ROUNDING = 1e-9
_TWO_SIDED_95 = 1.959963984540054


def execute(arguments: argparse.Namespace) -> int:
    """Print each figure on each engine; the exit code is 1 when they disagree."""
    from experiments.scenario import load
    from qnet.engines import ENGINES, play
    from qnet.errors import EngineError

    scenario = load(arguments.file)
    plan = scenario.plan()
    seed = scenario.seed if arguments.seed is None else arguments.seed
    few = min(scenario.shots, _CIRCUIT_SHOTS) if arguments.shots is None else arguments.shots

    def result(engine: str, shots: int, seed: int) -> Result:
        with Progress(engine) as progress:
            return play(
                plan,
                shots=shots,
                seed=seed,
                engine=engine,
                key=scenario.key,
                workers=arguments.workers,
                progress=progress,
            )

    # Another seed: the engines draw the same timelines from the same one.
    reference = result("sampled", max(scenario.shots, few), seed + 1)
    worst = 0.0
    for engine in ENGINES[1:]:
        try:
            referee, twin = result(engine, few, seed), result("sampled", few, seed)
        except EngineError as error:
            print(f"engine {engine} cannot play this plan: {error}")
            continue
        worst = max(worst, _print_table(reference, referee))
        apart = max(abs(a - b) for a, b in differences(twin, referee))
        print(f"\nlargest difference on the same {few} timelines: {apart:.1e}")
        worst = math.inf if apart > _ROUNDING * max(1.0, twin.delivery_time_s.best) else worst
    verdict = "agree" if worst <= _TOO_FAR else "DISAGREE"
    print(f"the engines {verdict}: largest difference {worst:.2g} standard errors")
    return 0 if worst <= _TOO_FAR else 1


def _print_table(one: Result, two: Result) -> float:
    print(f"{'':16} {one.engine + f' ({one.shots})':32} {two.engine + f' ({two.shots})':32} sigma")
    worst = 0.0
    for name in _FIGURES:
        a, b = getattr(one, name), getattr(two, name)
        sigma = standard_errors(a, b)
        worst = max(worst, abs(sigma))
        print(f"{name:16} {a!s:32} {b!s:32} {sigma:+.2f}")
    return worst


def differences(one: Result, two: Result) -> list[tuple[float, float]]:
    """The best estimates of two results, figure by figure."""
    return [(getattr(one, name).best, getattr(two, name).best) for name in _FIGURES]


def standard_errors(one: Estimate, two: Estimate) -> float:
    """The difference of two independent estimates in their common standard error.

    Examples:
        >>> a, b = Estimate(0.90, 0.92, 0.94, 100), Estimate.exact(0.93)
        >>> round(standard_errors(a, b), 3)
        -0.98
    """
    apart = one.best - two.best
    scale = max(abs(one.best), abs(two.best), 1.0)
    error = math.hypot(one.high - one.low, two.high - two.low) / (2.0 * _TWO_SIDED_95)
    if error <= _ROUNDING * scale:
        return 0.0 if abs(apart) <= _ROUNDING * scale else math.copysign(math.inf, apart)
    return apart / error
