"""``qnet promise``: how many pairs and secret bits can be promised within a time."""

from __future__ import annotations

import argparse
import json
import re
from typing import TYPE_CHECKING, Any

from experiments.cli.arguments import add_file, add_json, chain
from qnet.errors import ParameterError

if TYPE_CHECKING:
    from protocols.qkd.promised_key import PromisedKey
    from qnet.engines.exact import ExactResult, Promise
    from qnet.metrics.security import SecurityClaim

__all__ = ["SUMMARY", "add_arguments", "duration", "execute"]

SUMMARY = "how many pairs and secret bits come within a time, how certainly"

_UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}

_HOW = {
    "exact": "exact convolution",
    "rounded": "convolution of rounded times, Chernoff's bound on what rounding does",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet promise``."""
    add_file(parser)
    parser.add_argument(
        "--time", type=duration, required=True, metavar="T", help="such as 10s, 30min, 8h or 1d"
    )
    parser.add_argument(
        "--probability", type=float, default=0.99, metavar="P", help="how certain (default: 0.99)"
    )
    parser.add_argument(
        "--finite", action="store_true", help="a composable key of BBM92, not asymptotic bits"
    )
    parser.add_argument(
        "--epsilon", type=float, metavar="E", help="of the composable key (default: 1e-10)"
    )
    add_json(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Print what comes within the time with the probability wanted."""
    from experiments.cli.claim import claim_lines
    from experiments.cli.printer import sentence
    from qnet.engines.exact import ENGINE, play_exact, promised_bits
    from qnet.estimate import Estimate
    from qnet.versions import versions

    if arguments.epsilon is not None and not arguments.finite:
        hint = "asymptotic bits have no epsilon; add --finite or leave it out"
        raise ParameterError("--epsilon", "come with --finite", arguments.epsilon, hint)
    scenario = chain(arguments)
    options = ENGINE.options_of(scenario)
    result = play_exact(scenario.plan(), key=scenario.key, **options)
    promise = promised_bits(result, arguments.time, arguments.probability)
    key = _finite(result, arguments) if arguments.finite else None
    claim = _claim(result, promise) if key is None else key.key.security
    # Each reason once.
    warnings = list(dict.fromkeys(filter(None, [result.bracket, result.reason, claim.reason])))
    bits = promise.bits if key is None else Estimate.exact(key.key.value)
    if arguments.json:
        report = {
            "time_s": promise.time_s,
            "probability": promise.probability,
            "pairs": promise.pairs.as_dict(),
            "secret_bits": bits.as_dict(),
            "security": claim.as_dict(),
            **({} if key is None else {"block": _block(key)}),
            "method": promise.method,
            "truncated_mass": result.truncated_mass,
            "warnings": [*scenario.other_meanings, *warnings],
            "scenario": scenario.name,
            "versions": versions(),
        }
        print(json.dumps(report, allow_nan=False))
        return 0
    print(
        f"{scenario.name}: within {promise.time_s:g} s, with probability {promise.probability:g}\n"
    )
    how = "asymptotic" if key is None else "finite key of BBM92"
    print(f"{'pairs':<16} {_whole(promise.pairs.low, promise.pairs.best, promise.pairs.high)}")
    print(f"{'secret bits':<16} {_whole(bits.low, bits.best, bits.high)}, {how}")
    if key is not None and key.key.value > 0.0:
        print(*_thresholds(key), sep="\n")
    print(f"{'method':<16} {_HOW[promise.method]}")
    print("", *claim_lines(claim), sep="\n")
    if warnings:
        print("", *map(sentence, warnings), sep="\n")
    return 0


def _finite(result: ExactResult, arguments: argparse.Namespace) -> PromisedKey:
    from protocols.qkd.promised_key import promised_key

    epsilon = 1e-10 if arguments.epsilon is None else arguments.epsilon
    return promised_key(result, arguments.time, arguments.probability, epsilon=epsilon)


def _claim(result: ExactResult, promise: Promise) -> SecurityClaim:
    """Asymptotic, where there are bits."""
    from qnet.metrics.security import chain_claim

    reason = result.reason or "no pair comes in this time with this probability"
    return chain_claim(promise.bits.best, reason)


def _block(key: PromisedKey) -> dict[str, Any]:
    """What must be fixed before the run."""
    names = ("key_bits", "test_bits", "qber_z", "qber_x")
    figures = {name: key.key.figures.get(name) for name in names}
    return {
        "pairs": key.pairs,
        "key_basis_probability": key.key_basis_probability,
        **figures,
        "correction_bits": key.plan.at_most.get("correction_bits"),
    }


def _thresholds(key: PromisedKey) -> list[str]:
    """The thresholds for people."""
    share, figures = key.key_basis_probability, key.key.figures
    lines = [f"{'block':<16} the first {key.pairs} pairs, Z with probability {share:.3g}"]
    for name, basis, use in (("key bits", "z", "key"), ("test bits", "x", "test")):
        if f"{use}_bits" in figures:
            number, most = figures[f"{use}_bits"], 100.0 * figures[f"qber_{basis}"]
            lines.append(f"{name:<16} {number:.0f} or more, errors at most {most:.3g} %")
    return lines


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
