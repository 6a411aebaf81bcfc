"""Arguments that several commands share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from experiments.cli.failing import one_line

if TYPE_CHECKING:
    from experiments.sweep import ResultRow, Store
    from protocols.repeaters.chain import Chain
    from qnet.engines.agree import Agreement
    from qnet.engines.timeline import TracedDelivery
    from qnet.progress import Progress

__all__ = [
    "Traceable",
    "add_changes",
    "add_delivery",
    "add_file",
    "add_medium",
    "add_json",
    "add_sampling",
    "add_store",
    "chain",
    "changes",
    "int_range",
    "one_delivery",
    "say_meanings",
    "scenario_file",
    "scenario_for",
    "stored_rows",
    "values",
]

#: Largest whole number that TOML and a store hold.
_LARGEST = 2**63 - 1


class Traceable(Protocol):
    """What the description of a kind of scenario offers, so that its deliveries are traced."""

    name: str

    def agree(self, **how: Any) -> Agreement:  # noqa: ANN401
        """Play it on every engine: ``shots``, ``seed``, ``circuit_shots``, ``workers``, ..."""

    def delivery(self, number: int = 0, **which: Any) -> TracedDelivery:  # noqa: ANN401
        """One delivery: ``demand`` and ``replica`` of a network, ``expect``."""


def add_file(parser: argparse.ArgumentParser, what: str = "scenario file") -> None:
    """Add the scenario file that the command reads, and keys that are set otherwise."""
    parser.add_argument(
        "file",
        type=scenario_file,
        metavar="FILE.toml",
        help=f"{what}, or the name of one that qnet scenarios lists",
    )
    add_changes(parser)


def add_changes(parser: argparse.ArgumentParser) -> None:
    """Add keys of the scenario file that are set otherwise."""
    parser.add_argument(
        "--set",
        dest="changes",
        action="append",
        default=[],
        metavar="PATH=VALUE",
        help="a key of the file set otherwise, such as chain.length_km=200; may be repeated",
    )


def add_sampling(parser: argparse.ArgumentParser) -> None:
    """Add what a sampled run of a scenario file takes."""
    add_file(parser)
    parser.add_argument(
        "--shots", type=int_range(1), metavar="N", help="delivered pairs, pulses or rounds"
    )
    parser.add_argument("--seed", type=int_range(0), metavar="S", help="seed of the run")
    parser.add_argument(
        "--workers", type=int_range(1), default=1, metavar="N", help="processes (default: 1)"
    )


def add_delivery(parser: argparse.ArgumentParser) -> None:
    """Add what tells one delivery of a run from the others."""
    parser.add_argument(
        "--shot", type=int_range(0), metavar="K", help="which delivery, from 0 (default: 0)"
    )
    parser.add_argument(
        "--demand",
        type=int_range(0),
        metavar="N",
        help="of a network: number of the demand, from 0 (default: deliveries of all, by time)",
    )
    parser.add_argument(
        "--replica", type=int_range(0), metavar="R", help="of a network: which run (default: 0)"
    )


def one_delivery(scenario: Traceable, arguments: argparse.Namespace) -> TracedDelivery:
    """The delivery that the arguments of `add_delivery` say; a long run is announced."""
    from experiments.cli.expectation import announce
    from qnet.progress import Progress

    given = {name: getattr(arguments, name) for name in ("demand", "replica")}
    which = {name: value for name, value in given.items() if value is not None}
    with Progress(f"delivery {arguments.shot or 0}") as progress:
        return scenario.delivery(arguments.shot or 0, expect=announce, progress=progress, **which)


def add_json(parser: argparse.ArgumentParser) -> None:
    """Add the switch from text to JSON."""
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def add_store(parser: argparse.ArgumentParser) -> None:
    """Add the store of a sweep, and which of its sweeps to read."""
    parser.add_argument("store", type=Path, metavar="RESULTS.db", help="store of qnet sweep")
    parser.add_argument("--sweep", metavar="NAME", help="only this sweep (default: all)")
    parser.add_argument(
        "--where",
        action="append",
        default=[],
        metavar="COLUMN=VALUE",
        help="only points with this value, such as chain.strategy=nested; may be repeated",
    )


def add_medium(parser: argparse.ArgumentParser) -> None:
    """Add for what medium a figure is made."""
    parser.add_argument(
        "--for",
        dest="medium",
        choices=("column", "page", "slides"),
        help="vector figure for a journal (column: 86 mm, page: 178 mm) or 16:9 slides (254 mm)",
    )


def stored_rows(arguments: argparse.Namespace, store: Store, progress: Progress) -> list[ResultRow]:
    """The points of a store that the arguments of :func:`add_store` ask for.

    Raises:
        ParameterError: If no sweep, column or point is like that.
    """
    from experiments.sweep import results
    from experiments.sweep.result_rows import matching

    rows = results(store, arguments.sweep, progress=progress)
    for wanted in arguments.where:
        rows = matching(rows, wanted)
    return rows


def changes(arguments: argparse.Namespace) -> dict[str, Any]:
    """Keys of the scenario file that are set otherwise, by path; the last one of a path counts.

    Raises:
        ParameterError: If one is no assignment, or its value has no meaning in TOML.

    Examples:
        >>> changes(argparse.Namespace(changes=["chain.length_km=200", "chain.strategy=nested"]))
        {'chain.length_km': 200, 'chain.strategy': 'nested'}
    """
    from qnet.schema import assignment

    return dict(map(assignment, arguments.changes))


def chain(arguments: argparse.Namespace) -> Chain:
    """The chain of the scenario file; what version 0.1 read otherwise is said on stderr.

    Raises:
        ParameterError: If the file cannot be read, is of another kind, or something is wrong in it.
    """
    from experiments.scenario import load

    found = load(arguments.file, changes=changes(arguments))
    say_meanings(found)
    return found


def scenario_for(arguments: argparse.Namespace, use: str) -> Any:  # noqa: ANN401
    """The description of the scenario file, of a kind that offers what a command needs.

    Args:
        arguments: Those of `add_file`.
        use: Name of a method, such as ``delivery``.

    Raises:
        ParameterError: If the file cannot be read, is of another kind, or something is wrong in it.
    """
    from qnet.schema import kinds_with, load

    found = load(arguments.file, kinds=kinds_with(use), changes=changes(arguments))
    say_meanings(found)
    return found


def say_meanings(found: object) -> None:
    """Say on stderr which keys version 0.1 read otherwise, where a kind has such keys."""
    for sentence in getattr(found, "other_meanings", ()):
        print(f"qnet: {sentence}", file=sys.stderr)


def values(arguments: argparse.Namespace) -> dict[str, Any]:
    """Keys and tables of the scenario file, with what is set otherwise.

    Raises:
        ParameterError: If the file cannot be read or is no TOML, or a path leads nowhere.
    """
    from qnet.schema import override, parse, read_text

    return override(parse(read_text(arguments.file)), changes(arguments))


def scenario_file(text: str) -> Path:
    """The path of a scenario file, of this folder or of the installed package, for argparse.

    Examples:
        >>> scenario_file("my.toml").name
        'my.toml'
    """
    from qnet.schema.shipped import find

    return find(text)


def int_range(minimum: int, maximum: int = _LARGEST) -> Callable[[str], int]:
    """A converter for argparse: a whole number from ``minimum`` to ``maximum``.

    Examples:
        >>> int_range(1)("12")
        12
    """

    def convert(text: str) -> int:
        # Python reads no more digits than some thousands: those of the largest number are enough.
        digits = text.strip()
        few = len(digits.lstrip("0")) <= len(str(maximum))
        if digits.isdecimal() and few and minimum <= int(digits) <= maximum:
            return int(digits)
        large = maximum >= _LARGEST
        span = f"{minimum} or more" if large else f"from {minimum} to {maximum}"
        hint = "write it in digits"
        if digits.isdecimal() and large and digits.strip("0"):
            span, hint = f"from {minimum} to {maximum}", "take fewer digits"
        message = f"must be a whole number, {span} (got {one_line(repr(text), 60)}); {hint}"
        raise argparse.ArgumentTypeError(message)

    return convert
