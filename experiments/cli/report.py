"""A result as JSON and as text."""

from __future__ import annotations

import math
import platform
from collections.abc import Iterator
from importlib import metadata
from typing import Any

import numpy as np

from experiments.cli.claim import claim_lines
from protocols.repeaters.chain import Chain
from qnet import __version__
from qnet.engines.exact import ExactResult
from qnet.engines.result import Result
from qnet.estimate import Estimate

__all__ = ["as_json", "as_text", "sentence", "versions", "why_no_key"]

_FIGURES = (
    "delivery_time_s",
    "rate_hz",
    "fidelity",
    "qber_x",
    "qber_y",
    "qber_z",
    "bell_diagonal",
    "secret_key_fraction",
    "secret_key_rate_hz",
    "secret_key_rate_per_attempt",
    "secret_key_rate_per_mode",
)

#: The distribution, step by step of the time grid.
_DISTRIBUTION = ("time_s", "probability", "cumulative")

_ROWS = {
    "delivery_time_s": ("delivery time", "s"),
    "rate_hz": ("rate", "pairs/s"),
    "fidelity": ("fidelity", ""),
    "qber_x": ("QBER X", ""),
    "qber_y": ("QBER Y", ""),
    "qber_z": ("QBER Z", ""),
    "secret_key_fraction": ("secret fraction", "bit/pair"),
    "secret_key_rate_hz": ("secret-key rate", "bit/s"),
}


#: Shares of the deliveries whose time is told to people.
_SHARES = (0.1, 0.5, 0.9, 0.99)


def as_json(
    result: Result | ExactResult, scenario: Chain, *, distribution: bool = False
) -> dict[str, Any]:
    """What ``qnet run --json`` prints: every figure with its interval and sample size.

    A number that is not finite becomes null, with a warning.

    Args:
        result: What the engine found.
        scenario: What it played.
        distribution: Whether to add the distribution of the delivery time, which only the exact
            engine has.
    """
    warnings = [*scenario.notes, *result.notes]
    figures = {name: getattr(result, name) for name in _FIGURES}
    reason = why_no_key(result)
    if reason:
        warnings.append(reason)
    report: dict[str, Any] = {
        "engine": result.engine,
        "seed": result.seed,
        "shots": None if isinstance(result, ExactResult) else result.shots,
        **{name: _plain(name, figure, warnings) for name, figure in figures.items()},
        "security": result.security.as_dict(),
        "plob_bits_per_use": _finite("plob_bits_per_use", scenario.plob_bits_per_use, warnings),
        "scenario": scenario.name,
        "versions": versions(),
    }
    if isinstance(result, ExactResult):
        report["truncated_mass"] = result.truncated_mass
        report["width"] = _finite("width", result.width, warnings)
        if distribution:
            report |= {name: getattr(result, name).tolist() for name in _DISTRIBUTION}
            warnings.extend(_about_times(result))
    report["warnings"] = warnings
    return report


def as_text(result: Result | ExactResult, scenario: Chain, *, distribution: bool = False) -> str:
    """A table of the figures with their intervals, and a sentence where there is no key."""
    length = "" if scenario.length_km is None else f", {scenario.length_km:g} km"
    plural = "s" if scenario.segments > 1 else ""
    how = f", {scenario.strategy}" if scenario.segments > 1 else ""
    lines = [
        f"{scenario.name}: {scenario.segments} segment{plural}{length}{how}",
        _how(result),
        "",
    ]
    for name, (title, unit) in _ROWS.items():
        lines.append(f"{title:<16} {getattr(result, name)!s:<34} {unit}".rstrip())
    if scenario.plob_bits_per_use is not None:
        per_mode = result.secret_key_rate_per_mode
        lines.append(f"{'key per use':<16} {per_mode!s:<34} bit/(attempt mode)")
        lines.append(f"{'PLOB bound':<16} {scenario.plob_bits_per_use:<34.6g} bit/use")
    lines += ["", *claim_lines(result.security)]
    if distribution and isinstance(result, ExactResult):
        lines += ["", *_quantiles(result)]
    remarks = [*scenario.notes, *result.notes, *filter(None, [why_no_key(result)])]
    return "\n".join([*lines, *([""] if remarks else []), *map(sentence, remarks)])


def _how(result: Result | ExactResult) -> str:
    """How the figures came about, and what their intervals mean."""
    if isinstance(result, ExactResult):
        how = f"engine exact, {result.how}"
        return f"{how}, {result.truncated_mass:.2g} beyond, which the intervals bound"
    return f"{result.shots} pairs, engine {result.engine}, seed {result.seed}; 95 % intervals"


def _quantiles(result: ExactResult) -> Iterator[str]:
    """Times by which shares of the deliveries have come, and where to find the rest."""
    times, cumulative = result.time_s, result.cumulative
    for share in _SHARES:
        step = int(np.searchsorted(cumulative, share))
        later = f"after {times[-1]:.6g}"
        time = f"{times[step]:.6g}" if step < len(times) else later
        title = f"{100 * share:g} % come by"
        yield f"{title:<16} {time:<34} s"
    yield from _about_times(result)
    yield "the whole distribution, step by step: --distribution --json"


def _about_times(result: ExactResult) -> Iterator[str]:
    """What times of a distribution that are not exact stand for."""
    law = result.delivery_law
    if not law.is_exact:
        yield (
            "the times of the distribution are rounded down; rounded up, they are later by "
            f"{law.time_width_s:.3g} s in the mean"
        )


def why_no_key(result: Result | ExactResult) -> str:
    """One sentence when the best estimate of the key rate is zero; empty otherwise."""
    return result.security.reason


def versions() -> dict[str, str]:
    """Versions of what made the numbers."""
    found = {"qnet": __version__, "python": platform.python_version()}
    return found | {name: metadata.version(name) for name in ("qiskit", "qiskit-aer", "numpy")}


def _plain(name: str, figure: Any, warnings: list[str]) -> Any:  # noqa: ANN401
    if isinstance(figure, Estimate):
        return {
            end: value if end == "n" else _finite(f"{name}.{end}", value, warnings)
            for end, value in figure.as_dict().items()
        }
    return [_plain(f"{name}[{k}]", each, warnings) for k, each in enumerate(figure)]


def _finite(name: str, value: float | None, warnings: list[str]) -> float | None:
    if value is None or math.isfinite(value):
        return value
    warnings.append(f"{name} is infinite, shown as null")
    return None


def sentence(text: str) -> str:
    """A remark with a capital and a full stop."""
    return text[0].upper() + text[1:] + "."
