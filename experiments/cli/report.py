"""Report on a chain: what an engine found when it played a scenario, as JSON and as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from experiments.cli import printer
from protocols.repeaters.chain import Chain
from qnet.engines.result import ChainResult
from qnet.metrics.figures import FIGURES, Figure

__all__ = ["as_json", "as_text"]

#: The bound that a key per use is held against.
_BOUND = Figure(name="plob_bits_per_use", title="PLOB bound", unit="bit/use")

#: Shares of the deliveries whose time is told to people.
_SHARES = (0.1, 0.5, 0.9, 0.99)


def as_json(result: ChainResult, scenario: Chain, *, distribution: bool = False) -> dict[str, Any]:
    """What ``qnet run --json`` prints.

    Args:
        result: What the engine found.
        scenario: What it played.
        distribution: Whether to add the distribution of the delivery time, if it is known.
    """
    details: dict[str, Any] = result.details()
    if distribution:
        details |= {name: values.tolist() for name, values in result.distribution().items()}
    report = printer.as_json(
        {"engine": result.engine, "seed": result.seed, "shots": result.shots or None},
        result.table("json"),
        result,
        name=scenario.name,
        notes=scenario.notes,
        bounds={_BOUND.name: scenario.plob_bits_per_use},
        details=details,
    )
    if distribution:
        report["warnings"].extend(result.about_times())
    return report


def as_text(result: ChainResult, scenario: Chain, *, distribution: bool = False) -> str:
    """A table of the figures with their intervals, and a sentence where there is no key."""
    length = "" if scenario.length_km is None else f", {scenario.length_km:g} km"
    plural = "s" if scenario.segments > 1 else ""
    how = f", {scenario.strategy}" if scenario.segments > 1 else ""
    table = result.table("text")
    if scenario.plob_bits_per_use is not None:
        per_use = FIGURES["secret_key_rate_per_mode"]
        table |= {per_use: per_use.value(result), _BOUND: scenario.plob_bits_per_use}
    return printer.as_text(
        [
            f"{scenario.name}: {scenario.segments} segment{plural}{length}{how}",
            result.provenance,
        ],
        table,
        result,
        notes=scenario.notes,
        tail=list(_quantiles(result)) if distribution else [],
    )


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
