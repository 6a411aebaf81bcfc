"""Agreement of the engines of a network: every demand's figures on each, and replayed pairs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from qnet.engines.agree import Agreement, Comparison
from qnet.errors import EngineError, check_integer, check_one_of
from qnet.estimate import Estimate
from qnet.network.case import NetworkCase
from qnet.network.circuit import CIRCUIT_PAIRS, delivered_pairs
from qnet.network.play import NETWORK_ENGINES, play_network
from qnet.network.result import DEMAND_FIGURES, DemandResult, NetworkResult
from qnet.progress import ProgressCallback, opened, phase

__all__ = ["agree_network"]

#: Figures of demands that are compared. Sessions come as they are asked for; a secret-key rate near
#: zero is cut there, and has no standard error.
_COMPARED = [name for name in DEMAND_FIGURES if name not in ("sessions_hz", "secret_key_rate_hz")]


def agree_network(
    case: NetworkCase,
    *,
    engines: Sequence[str] | None = None,
    replayed: int = 3,
    circuit_pairs: int = CIRCUIT_PAIRS,
    workers: int = 1,
    progress: ProgressCallback | None = None,
) -> Agreement:
    """Play a case on every engine that can, and compare what each demand got.

    The runs have different seeds, so that their differences can be judged by their standard errors.
    Besides, some delivered pairs of each demand are replayed: the state composed from the compiled
    steps is compared with that of the joint circuit of the pair's whole history.

    Args:
        case: What is played.
        engines: Names of engines, the first one that can play it is the reference; all when None.
        replayed: How many delivered pairs of each demand are replayed, from the first replica.
        circuit_pairs: How many pairs of each demand and block the circuit engine works out.
        workers: Number of processes; the comparison does not depend on it.
        progress: Called with the number of replicas done and wanted of the engine that is playing.

    Returns:
        The comparison; engines that cannot play the case are told with their reasons.

    Raises:
        ParameterError: If a number is no whole number, or too small.
        UnknownNameError: If an engine does not exist.
    """
    check_integer("replayed", replayed, 0)
    names = list(NETWORK_ENGINES) if engines is None else list(engines)
    results: list[tuple[str, NetworkResult]] = []
    refusals: list[tuple[str, str]] = []
    for offset, name in enumerate(names):
        check_one_of("engine", name, NETWORK_ENGINES)
        phase(progress, f"agree, {name}", "replicas")
        how: dict[str, Any] = {"workers": workers, "progress": progress}
        if name == "circuit":
            how["circuit_pairs"] = circuit_pairs
        try:
            with opened(progress):
                found = play_network(replace(case, seed=case.seed + offset), engine=name, **how)
        except EngineError as error:
            refusals.append((name, str(error)))
        else:
            results.append((name, found))
    deviations: list[float] = []
    phase(progress, "agree, joint density matrices", "")
    try:
        if replayed:
            deviations += [pair.deviation for pair in delivered_pairs(case, most=replayed)]
    except EngineError as error:
        refusals.append(("joint density matrix", str(error)))
    return Agreement(
        comparisons=tuple(_comparisons(results)),
        deviations=tuple(deviations),
        refusals=tuple(refusals),
    )


def _comparisons(results: Sequence[tuple[str, NetworkResult]]) -> Iterator[Comparison]:
    for engine, result in results[1:]:
        both = zip(results[0][1].demands, result.demands, strict=True)
        for number, (reference, found) in enumerate(both):
            yield from _of_demand(number, engine, reference, found)


def _of_demand(
    number: int, engine: str, reference: DemandResult, found: DemandResult
) -> Iterator[Comparison]:
    for name in _COMPARED:
        one, other = reference.figures.get(name), found.figures.get(name)
        if isinstance(one, Estimate) and isinstance(other, Estimate):
            figure = f"{number} {'-'.join(found.ends)} {name}"
            yield Comparison(figure=figure, engine=engine, reference=one, value=other)
