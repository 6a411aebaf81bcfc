"""The arguments of ``qnet``, and what its exit codes mean.

==== ===========================================================================================
Code Meaning
==== ===========================================================================================
0    done
1    ``qnet agree``: the engines disagree
2    something is wrong with the arguments, the scenario, a file, the output or the machine; one
     line on stderr says what
130  interrupted
==== ===========================================================================================
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from experiments.cli.failing import TRACEBACK, fail, say
from experiments.cli.heartbeat import Heartbeat
from experiments.cli.output import OutputError, guarded_output
from experiments.cli.scenario_file import scenario_file
from experiments.cli.sweep_arguments import (
    export_arguments,
    plot_arguments,
    results_arguments,
    sweep_arguments,
)
from experiments.cli.whole import whole as _whole
from qnet.errors import QnetError

__all__ = ["main"]

_DESCRIPTION = "Emulate quantum repeater chains described in a scenario file."


class _Parser(argparse.ArgumentParser):
    """Errors of the arguments on one line, like all others."""

    def error(self, message: str) -> NoReturn:
        raise SystemExit(fail(message))


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``qnet``.

    Args:
        argv: The arguments without the name of the program; those of the process when None.

    Returns:
        The exit code.

    Examples:
        >>> main(["cite", "nowhere.toml"])  # and one line on stderr
        2
    """
    if sys.stdout is None:
        return fail("stdout must be open (it is closed); send it to a file, or to /dev/null")
    try:
        with guarded_output():
            return _execute(argv)
    except KeyboardInterrupt:
        say("qnet: interrupted")
        return 130
    except OutputError as error:
        return 0 if error.is_broken_pipe else fail(error)
    except QnetError as error:
        return fail(error)
    except Exception as error:
        if os.environ.get(TRACEBACK):
            raise
        return fail(error)


def _execute(argv: Sequence[str] | None) -> int:
    """The exit code of the command that the arguments name."""
    try:
        arguments = _parser().parse_args(argv)
        if arguments.command is None:
            _parser().error("give a command: " + ", ".join(_COMMANDS) + "; or --help")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    command = import_module(f"experiments.cli.{arguments.command}")
    if arguments.command in _FOR_EVER:
        return int(command.execute(arguments))
    with Heartbeat(arguments.command):
        return int(command.execute(arguments))


def _parser() -> argparse.ArgumentParser:
    from qnet import __version__

    parser = _Parser(prog="qnet", description=_DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"qnet {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for name, (summary, add_arguments) in _COMMANDS.items():
        add_arguments(commands.add_parser(name, help=summary, description=summary))
    return parser


def _file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=scenario_file, metavar="FILE.toml", help="scenario file")


def _sampling(parser: argparse.ArgumentParser) -> None:
    _file(parser)
    parser.add_argument("--shots", type=_whole(1), metavar="N", help="delivered pairs")
    parser.add_argument("--seed", type=_whole(0), metavar="S", help="seed of the run")
    parser.add_argument(
        "--workers", type=_whole(1), default=1, metavar="N", help="processes (default: 1)"
    )


def _run(parser: argparse.ArgumentParser) -> None:
    _sampling(parser)
    parser.add_argument(
        "--engine",
        choices=("sampled", "exact", "circuit"),
        default="sampled",
        help="sampled: Monte Carlo over the timing; exact: the distribution itself, draws nothing; "
        "circuit: every pair a joint circuit, slow",
    )
    parser.add_argument(
        "--distribution",
        action="store_true",
        help="with --engine exact: when pairs come; with --json the whole distribution",
    )
    parser.add_argument(
        "--width",
        type=float,
        metavar="W",
        help="with --engine exact: largest width of a figure (default: 1e-3, or [exact] width)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _presets(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", nargs="?", metavar="NAME", help="show only this one, with sources")


def _draw(parser: argparse.ArgumentParser) -> None:
    _file(parser)
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="PIC.png",
        help=".png, .svg or .pdf: circuit and space-time diagram; .gif: the delivery as it happens",
    )
    parser.add_argument(
        "--shot", type=_whole(0), default=0, metavar="K", help="which delivery (default: 0)"
    )
    parser.add_argument(
        "--frames", type=_whole(2), metavar="N", help="pictures of a .gif (default: 120)"
    )
    parser.add_argument(
        "--time",
        choices=("linear", "events"),
        help="of a .gif; events: as many pictures for every phase, however short (default: linear)",
    )


def _agree(parser: argparse.ArgumentParser) -> None:
    _sampling(parser)
    parser.add_argument(
        "--circuit-shots", type=_whole(1), metavar="N", help="delivered pairs as joint circuits"
    )


def _timeline(parser: argparse.ArgumentParser) -> None:
    _file(parser)
    parser.add_argument(
        "--shot", type=_whole(0), default=0, metavar="K", help="which delivery (default: 0)"
    )


def _optimize(parser: argparse.ArgumentParser) -> None:
    _file(parser)
    parser.add_argument(
        "--log", type=Path, metavar="FILE.jsonl", help="keep what is done, and go on from there"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _requirements(parser: argparse.ArgumentParser) -> None:
    _file(parser)
    parser.add_argument("--target-rate-hz", type=float, metavar="R", help="pairs per second")
    parser.add_argument(
        "--target-fidelity", type=float, default=0.0, metavar="F", help="least mean fidelity"
    )
    parser.add_argument(
        "--target-key-rate-hz", type=float, metavar="K", help="secret bits per second, instead"
    )
    parser.add_argument(
        "--per-parameter", action="store_true", help="a factor of its own for every parameter"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _promise(parser: argparse.ArgumentParser) -> None:
    from experiments.cli.promise import duration

    _file(parser)
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
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def _explore(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port",
        type=_whole(0, 65535),
        default=8000,
        metavar="N",
        help="0 picks one (default: 8000)",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", metavar="ADDRESS", help="who may reach it (default: only me)"
    )
    parser.add_argument("--no-browser", action="store_true", help="open no browser")
    parser.add_argument(
        "--hardware", default="blueprint", metavar="NAME", help="preset to start with"
    )


def _keyrate(parser: argparse.ArgumentParser) -> None:
    _file(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


_COMMANDS = {
    "run": ("rate, fidelity, error rates and secret-key rate of a scenario", _run),
    "presets": ("hardware by name, with where each number comes from", _presets),
    "draw": ("the circuit and the space-time diagram of one delivery, or its animation", _draw),
    "agree": ("the same plan on every engine, differences in standard errors", _agree),
    "cite": ("BibTeX of the models that a scenario uses", _file),
    "timeline": ("every pair in the history of one delivered pair, as a table", _timeline),
    "optimize": ("the best plan of those that [optimize] allows", _optimize),
    "requirements": ("how good the hardware must become for a target", _requirements),
    "promise": ("how many pairs and secret bits come within a time, how certainly", _promise),
    "keyrate": ("the analytic key rate of a protocol, finite blocks included", _keyrate),
    "explore": ("a page with sliders: rate, fidelity and key rate, worked out exactly", _explore),
    "sweep": ("every point of a scenario with axes, kept as it comes", sweep_arguments),
    "results": ("the points of a sweep as a table, with intervals", results_arguments),
    "plot": ("a figure of merit over an axis of a sweep", plot_arguments),
    "export": ("the results of a sweep as CSV or Parquet", export_arguments),
}

#: Commands that serve until they are stopped.
_FOR_EVER = ("explore",)
