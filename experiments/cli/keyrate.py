"""``qnet keyrate``: the analytic key rate of a protocol, and the figures on the way to it."""

from __future__ import annotations

import argparse
import json
from typing import Any

from experiments.cli.claim import claim_lines
from experiments.cli.report import versions
from experiments.scenario.keyrate import Analysis, load
from protocols.key_rates import KeyRate

__all__ = ["execute"]

_PER_SECOND = {
    "secret_key_rate_per_pulse": "secret_key_rate_hz",
    "secret_key_rate_per_symbol": "secret_key_rate_hz",
}


def execute(arguments: argparse.Namespace) -> int:
    """Work out the rate and print it; a rate of zero comes with its reason."""
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
    title = [analysis.kind, *([analysis.model] if analysis.model != analysis.kind else [])]
    lines = [f"{analysis.name}: {', '.join(title)}", ""]
    lines += [f"{name:<28} {value:.9g}" for name, value in _figures(analysis, rate).items()]
    lines += ["", *claim_lines(rate.security)]
    remarks = [text[0].upper() + text[1:] + "." for text in _warnings(analysis, rate)]
    return "\n".join([*lines, *([""] if remarks else []), *remarks])


def _warnings(analysis: Analysis, rate: KeyRate) -> list[str]:
    return [*analysis.notes, *rate.notes, *([rate.reason] if rate.reason else [])]
