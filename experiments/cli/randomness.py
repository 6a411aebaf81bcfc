"""``qnet randomness``: statistical tests and entropy estimates of a file of bits."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.cli.arguments import add_json, int_range
from qnet.errors import ParameterError

if TYPE_CHECKING:
    from protocols.randomness import BitStream, Finding, RandomnessReport

__all__ = ["SUMMARY", "add_arguments", "execute", "report_as_json", "report_as_text"]

SUMMARY = "statistical tests and min-entropy of a file of bits, or of the emulator's own"

#: Exit code if something fell short.
_SHORT = 1

#: Arguments that are settings of the battery.
_SETTINGS = ("claim", "blocks", "independent", "permutations", "seed_bits", "epsilon")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet randomness``."""
    parser.add_argument("file", nargs="?", metavar="FILE", help="file of bits; - for stdin")
    parser.add_argument(
        "--format",
        choices=("bits", "bytes", "unpacked"),
        help="text of 0 and 1, raw bytes, or a byte for each bit (default: as the file looks)",
    )
    parser.add_argument("--first", type=int_range(1), metavar="N", help="only the first N bits")
    parser.add_argument(
        "--own", type=int_range(1), metavar="N", help="N bits of the emulator's own, instead"
    )
    parser.add_argument("--stream", metavar="NAME", help="of --own: which (default: all with seed)")
    parser.add_argument("--seed", type=int_range(0), default=1, metavar="S", help="of --own")
    parser.add_argument(
        "--claim", type=float, metavar="H", help="min-entropy per bit that the source should have"
    )
    parser.add_argument(
        "--alpha", type=float, default=0.01, metavar="A", help="of all tests together (0.01)"
    )
    parser.add_argument(
        "--blocks", type=int_range(0), default=0, metavar="K", help="uniform p-values of K blocks"
    )
    parser.add_argument(
        "--independent", action="store_true", help="of --claim: the bits should be independent, too"
    )
    parser.add_argument(
        "--permutations",
        type=int_range(0),
        default=0,
        metavar="K",
        help="K random orders of the bits to hold them against, 2000 or more",
    )
    parser.add_argument(
        "--seed-bits", type=int_range(1), default=256, metavar="L", help="seed to hash to (256)"
    )
    parser.add_argument(
        "--epsilon", type=float, default=2.0**-64, metavar="E", help="its distance (2^-64)"
    )
    add_json(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Print what every test found; 1 if something fell short."""
    from protocols.randomness import BatterySettings, judge
    from qnet.versions import versions

    wanted = {name: getattr(arguments, name) for name in _SETTINGS}
    BatterySettings(alpha=arguments.alpha, **wanted)  # refused before anything is read
    streams = list(_streams(arguments))
    settings = BatterySettings(alpha=arguments.alpha / len(streams), **wanted)
    reports = [(stream, judge(stream.bits, settings)) for stream in streams]
    short = any(report.failed for _, report in reports)
    if arguments.json:
        found = [report_as_json(stream, report) for stream, report in reports]
        whole = found[0] if arguments.own is None else _of_streams(found, short)
        print(json.dumps({**whole, "versions": versions()}, allow_nan=False))
    else:
        print("\n\n".join(report_as_text(stream, report) for stream, report in reports))
    return _SHORT if short else 0


def _streams(arguments: argparse.Namespace) -> Iterator[BitStream]:
    """The strings of bits that the arguments name.

    Raises:
        ParameterError: If they name none, or two, or what is named cannot be read.
    """
    from protocols.randomness import OWN_STREAMS, own_stream, parse_bits

    if (arguments.file is None) == (arguments.own is None):
        given = arguments.file or "nothing"
        raise ParameterError("FILE", "be given, or --own N, not both", given, "name a file of bits")
    if arguments.own is None:
        data = _data(arguments.file, arguments.first is not None)
        yield parse_bits(data, arguments.file, arguments.format, arguments.first)
        return
    seeded = [name for name in OWN_STREAMS if name != "operating-system"]
    for name in seeded if arguments.stream is None else [arguments.stream]:
        yield own_stream(name, arguments.own, arguments.seed)


def _data(name: str, is_cut: bool) -> bytes:
    """What a file holds, or the beginning of it if it may be cut.

    Raises:
        ParameterError: If it cannot be read, or holds too much.
    """
    from protocols.randomness import MOST_BYTES

    try:
        if name == "-":
            data = sys.stdin.buffer.read(MOST_BYTES + 1)
        else:
            with Path(name).open("rb") as file:
                data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or str(error)).lower()
        raise ParameterError("file of bits", f"be readable ({reason})", name, "check it") from None
    if len(data) > MOST_BYTES and not is_cut:
        hint = "take the first bits alone: --first N"
        raise ParameterError("file of bits", f"have at most {MOST_BYTES} bytes", name, hint)
    return data


def report_as_json(stream: BitStream, report: RandomnessReport) -> dict[str, Any]:
    """What ``--json`` prints of one string of bits."""
    name, value = report.least or (None, None)
    settings = report.settings
    return {
        "decision": report.decision,
        "failed": list(report.failed),
        "source": stream.source,
        "format": stream.form,
        "n": report.n,
        "alpha": settings.alpha,
        "claim": settings.claim,
        "min_entropy": value,
        "min_entropy_estimator": name,
        "seed": {
            "bits": settings.seed_bits,
            "epsilon": settings.epsilon,
            "raw_bits": report.raw_bits,
        },
        "estimators": {name: asdict(row) for name, row in report.findings.items()},
        "remarks": [*([f"{stream.form}: {stream.why}"] if stream.why else []), *report.remarks],
    }


def _of_streams(found: list[dict[str, Any]], short: bool) -> dict[str, Any]:
    return {
        "decision": "fail" if short else "pass",
        "streams": {each["source"].removeprefix("own "): each for each in found},
    }


def report_as_text(stream: BitStream, report: RandomnessReport) -> str:
    """A row for every test, what follows from the estimates, and the remarks as sentences."""
    from experiments.cli.printer import columns, sentence

    form = f"{stream.form}, as {stream.why}" if stream.why else stream.form
    rows = [("", "p", "min-entropy", "decision")]
    rows += [_cells(row) for row in report.findings.values()]
    lines = [f"{stream.source}: {report.n} bits ({form})", "", *columns(rows), ""]
    if report.least is not None:
        lines.append(f"least min-entropy  {report.least[1]:.6g} bit/bit ({report.least[0]})")
    wanted = report.settings
    if report.raw_bits is not None:
        lines.append(
            f"raw bits           {report.raw_bits} to hash into {wanted.seed_bits} within "
            f"{wanted.epsilon:.3g} of uniform"
        )
    failed = ": " + ", ".join(report.failed) if report.failed else ""
    lines += [f"decision           {report.decision}{failed}", "", *map(sentence, report.remarks)]
    return "\n".join(lines)


def _cells(row: Finding) -> tuple[str, str, str, str]:
    p_value = "" if row.p_value is None else f"{row.p_value:.3g}"
    entropy = "" if row.min_entropy is None else f"{row.min_entropy:.4f}"
    return row.title, p_value, entropy, row.decision
