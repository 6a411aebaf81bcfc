"""``qnet promise``: how many pairs and secret bits can be promised within a time."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any

from experiments.cli.arguments import add_file, add_json, chain
from qnet.errors import ParameterError

if TYPE_CHECKING:
    from protocols.qkd.promised_key import PromisedKey
    from qnet.estimate import Estimate

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
    from experiments.cli.printer import claim_lines, print_json, sentence
    from protocols.qkd.promised_key import promised_key
    from qnet.engines.exact import ENGINE, play_exact, promised_bits
    from qnet.estimate import Estimate
    from qnet.metrics.security import chain_claim
    from qnet.progress import Progress

    if arguments.epsilon is not None and not arguments.finite:
        hint = "asymptotic bits have no epsilon; add --finite or leave it out"
        raise ParameterError("--epsilon", "come with --finite", arguments.epsilon, hint)
    scenario = chain(arguments)
    options = ENGINE.options_of(scenario)
    key = None
    with Progress(ENGINE.name, ENGINE.unit) as progress:
        result = play_exact(scenario.plan(), key=scenario.key, progress=progress, **options)
        progress.phase("promised pairs")
        promise = promised_bits(result, arguments.time, arguments.probability)
        if arguments.finite:
            progress.phase("finite key")
            epsilon = 1e-10 if arguments.epsilon is None else arguments.epsilon
            key = promised_key(result, arguments.time, arguments.probability, epsilon=epsilon)
    if key is not None:
        claim, bits, how = key.key.security, Estimate.exact(key.key.value), "finite key of BBM92"
    else:
        reason = result.reason or "no pair comes in this time with this probability"
        claim = chain_claim(promise.bits.best, reason)
        bits, how = promise.bits, "asymptotic"
    # Each reason once.
    warnings = list(dict.fromkeys(filter(None, [result.bracket, result.reason, claim.reason])))
    if arguments.json:
        found = {
            "time_s": promise.time_s,
            "probability": promise.probability,
            "pairs": promise.pairs.as_dict(),
            "secret_bits": bits.as_dict(),
            "security": claim.as_dict(),
            **({} if key is None else {"block": _block(key)}),
            "method": promise.method,
            "truncated_mass": result.truncated_mass,
            "warnings": [*scenario.other_meanings, *warnings],
        }
        print_json(found, scenario.name)
        return 0
    print(
        f"{scenario.name}: within {promise.time_s:g} s, with probability {promise.probability:g}\n"
    )
    print(f"{'pairs':<16} {_whole(promise.pairs)}")
    print(f"{'secret bits':<16} {_whole(bits)}, {how}")
    if key is not None and key.key.value > 0.0:
        print(*_thresholds(key), sep="\n")
    print(f"{'method':<16} {_HOW[promise.method]}")
    print("", *claim_lines(claim), sep="\n")
    if warnings:
        print("", *map(sentence, warnings), sep="\n")
    return 0


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
    try:
        value = float(found[1]) * _UNITS[found[2]] if found else 0.0
    except ValueError:
        value = 0.0
    if not 0.0 < value < 1e300:
        message = f"must be a time with its unit (got {text!r}); write 10s, 30min, 8h or 1d"
        raise argparse.ArgumentTypeError(message)
    return value


def _whole(found: Estimate) -> str:
    """Whole numbers, rounded down: half a bit is none."""
    low, best, high = map(int, (found.low, found.best, found.high))
    return f"{best}" if low == high else f"{best} [{low}, {high}]"
