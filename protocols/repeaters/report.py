"""Report on a chain that was played: its figures beside the bound of the bare fibre."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from protocols.repeaters.cost import COST, QUBITS, cost_of, resources
from qnet.metrics.figures import FIGURES, Figure, Value
from qnet.metrics.report import Report

if TYPE_CHECKING:
    from protocols.repeaters.chain import Chain
    from qnet.engines.result import ChainResult
    from qnet.estimate import Estimate

__all__ = ["chain_report"]

#: The bound that a key per use is held against.
_BOUND = Figure(name="plob_bits_per_use", title="PLOB bound", unit="bit/use")

#: Shares of the deliveries whose time is told to people.
_SHARES = (0.1, 0.5, 0.9, 0.99)


def chain_report(chain: Chain, result: ChainResult, *, distribution: bool = False) -> Report:
    """What is shown of a result.

    Args:
        chain: What was played.
        result: What the engine found.
        distribution: Whether to show the distribution of the delivery time, if it is known.
    """
    length = "" if chain.length_km is None else f", {chain.length_km:g} km"
    joined = f"s{length}, {chain.strategy}" if chain.segments > 1 else length
    own = chain.encode or chain.own_link
    if own is not None:
        joined += f", {own.words((chain.length_km or 0.0) / chain.segments)}"
    if chain.has_generations:
        joined += f", links {', '.join(dict.fromkeys(part.words for part in chain.parts))}"
    text = result.table("text")
    if chain.plob_bits_per_use is not None:
        per_use = FIGURES["secret_key_rate_per_mode"]
        text |= {per_use: per_use.value(result), _BOUND: chain.plob_bits_per_use}
    used, (cost, without_cost) = resources(result.plan), _cost(chain, result)
    counted: dict[Figure, Value] = {COST: cost, QUBITS: used.qubits_per_station}
    if cost is not None:
        text |= counted
    details: dict[str, Any] = {**result.details(), "stations": used.stations}
    if used.latency_s:
        details["latency_s"] = used.latency_s
    if without_cost:
        details["cost_reason"] = without_cost
    if distribution:
        details |= {name: values.tolist() for name, values in result.distribution().items()}
    return Report(
        name=chain.name,
        result=result,
        lines=(f"{chain.name}: {chain.segments} segment{joined}", result.provenance),
        head={"engine": result.engine, "seed": result.seed, "shots": result.shots or None},
        text=text,
        json=result.table("json") | counted,
        notes=chain.notes,
        bounds={_BOUND.name: chain.plob_bits_per_use},
        details=details,
        warnings=result.about_times() if distribution else (),
        tail=tuple(_quantiles(result)) if distribution else (),
    )


def _cost(chain: Chain, result: ChainResult) -> tuple[Estimate | None, str]:
    """The cost of a chain, or why it has none."""
    return cost_of(result.plan, result.secret_key_rate_hz, chain.length_km)


def _quantiles(result: ChainResult) -> Iterator[str]:
    """Times by which shares of the deliveries have come, and where to find the rest."""
    found = result.distribution()
    if not found:
        return
    times, cumulative = found["time_s"], found["cumulative"]
    for share in _SHARES:
        step = int(np.searchsorted(cumulative, share))
        later = f"after {times[-1]:.6g}"
        time = f"{times[step]:.6g}" if step < len(times) else later
        title = f"{100 * share:g} % come by"
        yield f"{title:<16} {time:<34} s"
    yield from result.about_times()
    yield "the whole distribution, step by step: --distribution --json"
