"""The engines in one table, and one function that plays a plan on any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qnet.engines import circuit, exact, sampled
from qnet.engines.engine import Engine
from qnet.errors import ParameterError, check_one_of

if TYPE_CHECKING:
    from qnet.engines.result import ChainResult, Key
    from qnet.plans.base import Plan
    from qnet.progress import ProgressCallback

__all__ = ["DEFAULT_ENGINE", "ENGINES", "play", "register_engine"]

#: What plays where no engine is named.
DEFAULT_ENGINE = "sampled"

#: Engines by name.
ENGINES: dict[str, Engine] = {
    engine.name: engine for engine in (sampled.ENGINE, exact.ENGINE, circuit.ENGINE)
}


def register_engine(engine: Engine) -> Engine:
    """Add an engine to the table: `play`, command line, sweeps and `agree` then know it.

    Args:
        engine: Its name must be new.

    Raises:
        ParameterError: If there is an engine of that name.

    Examples:
        >>> from qnet.engines.exact import play_exact
        >>> mine = Engine(name="mine", sentence="exact again", function=play_exact, draws=False)
        >>> register_engine(mine) is ENGINES.pop("mine")
        True
    """
    if engine.name in ENGINES:
        raise ParameterError("engine.name", "be new", engine.name, "choose another")
    ENGINES[engine.name] = engine
    return engine


def play(
    plan: Plan,
    *,
    engine: str = DEFAULT_ENGINE,
    shots: int | None = None,
    seed: int | None = None,
    key: Key | None = None,
    workers: int = 1,
    progress: ProgressCallback | None = None,
    **options: Any,  # noqa: ANN401 - those of the engine
) -> ChainResult:
    """Play a plan on an engine.

    Args:
        plan: What to play.
        engine: ``sampled`` (Monte Carlo over the timing), ``exact`` (the distribution itself, or
            proven bounds; draws nothing), ``circuit`` (every timeline as one joint circuit on
            Aer; slow, the referee), or one that was registered.
        shots: Number of delivered pairs to draw; the exact engine needs none.
        seed: Seed of the run; the same seed gives the same result for any number of workers. One
            is drawn unless given: the result says which.
        key: How a secret key is taken from the pairs.
        workers: Number of processes. A script that asks for more than one must start from
            ``if __name__ == "__main__":``, as always with processes in Python.
        progress: Called with the number of shots done and wanted, such as
            ``qnet.Progress("sampled", "pairs")``.
        **options: What only this engine takes: ``tolerance``, ``width`` and ``t_max_s`` of the
            exact engine, see `qnet.engines.exact.play_exact`.

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
    return ENGINES[check_one_of("engine", engine, ENGINES)].play(
        plan, shots=shots, seed=seed, key=key, workers=workers, progress=progress, **options
    )
