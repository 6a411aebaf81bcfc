"""One function for every engine."""

from __future__ import annotations

from collections.abc import Callable

from qnet.engines.result import Key, Result
from qnet.engines.sampled import play_sampled
from qnet.errors import check_one_of
from qnet.plan.tree import Plan

__all__ = ["ENGINES", "play"]

ENGINES = ("sampled", "circuit")


def play(
    plan: Plan,
    *,
    shots: int,
    seed: int,
    engine: str = "sampled",
    key: Key | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Result:
    """Play a plan on an engine.

    Args:
        plan: What to play.
        shots: Number of delivered pairs.
        seed: Seed of the run; the same seed gives the same result for any number of workers.
        engine: ``sampled`` (Monte Carlo over the timing) or ``circuit`` (every timeline as one
            joint circuit on Aer; slow, the referee).
        key: How a secret key is taken from the pairs.
        workers: Number of processes.
        progress: Called with the number of shots done and wanted.

    Returns:
        The figures of merit, each with its interval.

    Raises:
        ParameterError: If a number breaks its rule.
        HopelessPlanError: If no pair would come in a reasonable time.
        EngineError: If the engine cannot play this plan.

    Examples:
        >>> from qnet import Link, Swap
        >>> from qnet.pairs import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.98))
        >>> print(play(Swap(left=link, right=link), shots=10_000, seed=1).fidelity)
        0.9703
    """
    run: Callable[..., Result] = play_sampled
    if check_one_of("engine", engine, ENGINES) == "circuit":
        # Local import: it brings Aer with it.
        from qnet.engines.circuit import play_circuit as run
    return run(plan, shots=shots, seed=seed, key=key, workers=workers, progress=progress)
