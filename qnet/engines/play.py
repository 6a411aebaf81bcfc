"""One function for every engine."""

from __future__ import annotations

from collections.abc import Callable

from qnet.engines.result import Figures, Key
from qnet.engines.sampled import play_sampled
from qnet.errors import ParameterError, check_one_of
from qnet.plans import Plan

__all__ = ["ENGINES", "play"]

ENGINES = ("sampled", "exact", "circuit")


def play(
    plan: Plan,
    *,
    engine: str = "sampled",
    shots: int | None = None,
    seed: int | None = None,
    key: Key | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Figures:
    """Play a plan on an engine.

    Args:
        plan: What to play.
        engine: ``sampled`` (Monte Carlo over the timing), ``exact`` (the distribution itself, or
            proven bounds; draws nothing) or ``circuit`` (every timeline as one joint circuit on
            Aer; slow, the referee).
        shots: Number of delivered pairs to draw; the exact engine needs none.
        seed: Seed of the run; the same seed gives the same result for any number of workers.
        key: How a secret key is taken from the pairs.
        workers: Number of processes. A script that asks for more than one must start from
            ``if __name__ == "__main__":``, as always with processes in Python.
        progress: Called with the number of shots done and wanted.

    Returns:
        The figures of merit, each with its interval.

    Raises:
        ParameterError: If a number breaks its rule or is missing.
        InfeasiblePlanError: If no pair would come in a reasonable time.
        EngineError: If the engine cannot play this plan.

    Examples:
        >>> from qnet import Link, Swap
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.98))
        >>> print(play(Swap(left=link, right=link), shots=10_000, seed=1).fidelity)
        0.9703
        >>> print(play(Swap(left=link, right=link), engine="exact").fidelity)
        0.9703
    """
    check_one_of("engine", engine, ENGINES)
    if engine == "exact":
        # Local import: the other engines do without SciPy's transforms.
        from qnet.engines.exact import play_exact

        return play_exact(plan, key=key, progress=progress)
    for name, value in (("shots", shots), ("seed", seed)):
        if value is None:
            hint = "give a whole number, or use engine='exact', which draws nothing"
            raise ParameterError(name, f"be given for engine={engine!r}", value, hint)
    run = play_sampled
    if engine == "circuit":
        # Local import: it brings Aer with it.
        from qnet.engines.circuit import play_circuit as run
    return run(plan, shots=shots, seed=seed, key=key, workers=workers, progress=progress)  # type: ignore[arg-type]
