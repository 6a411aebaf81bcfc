"""``qnet keyrate``: the analytic key rate of a protocol, and the figures on the way to it."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from experiments.cli.arguments import add_file, add_json

if TYPE_CHECKING:
    from experiments.scenario.keyrate import Analysis
    from protocols.key_rates import KeyRate

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "the analytic key rate of a protocol, finite blocks included"

_PER_SECOND = {
    "secret_key_rate_per_pulse": "secret_key_rate_hz",
    "secret_key_rate_per_symbol": "secret_key_rate_hz",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet keyrate``."""
    add_file(parser)
    add_json(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Work out the rate and print it; a rate of zero comes with its reason."""
    from experiments.scenario.keyrate import load

    analysis = load(arguments.file)
    rate = analysis.work()
    if arguments.json:
        print(json.dumps(_as_json(analysis, rate), allow_nan=False))
    else:
        print(_as_text(analysis, rate))
    return 0


def _figures(analysis: Analysis, rate: KeyRate) -> dict[str, float]:
    """The figures in order; bits per second when the file gives a clock rate."""
    figures = rate.as_dict()
    if analysis.clock_hz is not None and rate.name in _PER_SECOND:
        figures[_PER_SECOND[rate.name]] = rate.value * analysis.clock_hz
    return figures


def _as_json(analysis: Analysis, rate: KeyRate) -> dict[str, Any]:
    from experiments.cli.report import versions

    return {
        "kind": analysis.kind,
        "model": analysis.model,
        **_figures(analysis, rate),
        "security": rate.security.as_dict(),
        "scenario": analysis.name,
        "versions": versions(),
        "warnings": _warnings(analysis, rate),
    }


def _as_text(analysis: Analysis, rate: KeyRate) -> str:
    from experiments.cli.claim import claim_lines

    title = [analysis.kind, *([analysis.model] if analysis.model != analysis.kind else [])]
    lines = [f"{analysis.name}: {', '.join(title)}", ""]
    lines += [f"{name:<28} {value:.9g}" for name, value in _figures(analysis, rate).items()]
    lines += ["", *claim_lines(rate.security)]
    remarks = [text[0].upper() + text[1:] + "." for text in _warnings(analysis, rate)]
    return "\n".join([*lines, *([""] if remarks else []), *remarks])


def _warnings(analysis: Analysis, rate: KeyRate) -> list[str]:
    return [*analysis.notes, *rate.notes, *([rate.reason] if rate.reason else [])]
