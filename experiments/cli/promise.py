"""``qnet promise``: how many pairs and secret bits can be promised within a time."""

from __future__ import annotations

import argparse
import json
import re

from experiments.cli.report import sentence, versions, why_no_key

__all__ = ["duration", "execute"]

_UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


def execute(arguments: argparse.Namespace) -> int:
    """Print what comes within the time with the probability wanted."""
    from experiments.cli.exact import play_scenario
    from experiments.scenario import load
    from qnet.engines.exact.promise import promised_bits

    scenario = load(arguments.file)
    result, remarks = play_scenario(scenario)
    promise = promised_bits(result, arguments.time, arguments.probability)
    warnings = [*remarks, *filter(None, [why_no_key(result)])]
    if arguments.json:
        report = {
            "time_s": promise.time_s,
            "probability": promise.probability,
            "pairs": promise.pairs.as_dict(),
            "secret_bits": promise.bits.as_dict(),
            "method": promise.method,
            "truncated_mass": result.truncated_mass,
            "warnings": warnings,
            "scenario": scenario.name,
            "versions": versions(),
        }
        print(json.dumps(report, allow_nan=False))
        return 0
    how = {
        "exact": "exact convolution",
        "rounded": "convolution on a coarser grid, certain bounds",
        "normal": "normal approximation, Berry-Esseen bounds",
    }
    print(
        f"{scenario.name}: within {promise.time_s:g} s, with probability {promise.probability:g}\n"
    )
    print(f"{'pairs':<16} {_whole(promise.pairs.low, promise.pairs.best, promise.pairs.high)}")
    print(f"{'secret bits':<16} {_whole(promise.bits.low, promise.bits.best, promise.bits.high)}")
    print(f"{'method':<16} {how[promise.method]}")
    if warnings:
        print("", *map(sentence, warnings), sep="\n")
    return 0


def duration(text: str) -> float:
    """A time in s from a number and its unit.

    Examples:
        >>> duration("1.5 h")
        5400.0
    """
    found = re.fullmatch(r"\s*([0-9.]+(?:[eE][+-]?[0-9]+)?)\s*(s|min|h|d)\s*", text)
    message = f"must be a time with its unit (got {text!r}); write 10s, 30min, 8h or 1d"
    if found is None:
        raise argparse.ArgumentTypeError(message)
    try:
        value = float(found[1]) * _UNITS[found[2]]
    except ValueError:
        raise argparse.ArgumentTypeError(message) from None
    if not 0.0 < value < 1e300:
        raise argparse.ArgumentTypeError(message)
    return value


def _whole(low: float, best: float, high: float) -> str:
    """Whole numbers, rounded down: half a bit is none."""
    ends = [int(value) for value in (low, best, high)]
    return f"{ends[1]}" if ends[0] == ends[2] else f"{ends[1]} [{ends[0]}, {ends[2]}]"
