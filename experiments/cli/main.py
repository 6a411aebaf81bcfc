"""The program ``qnet``, its exit codes and environment variables."""

from __future__ import annotations

import argparse
import difflib
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Sequence
from contextlib import nullcontext
from typing import NoReturn

from experiments.cli.commands import COMMANDS, EXAMPLES, GROUPS, command
from experiments.cli.failing import TRACEBACK, fail, say
from experiments.cli.output import OutputError, guarded_output
from qnet.errors import QnetError
from qnet.plugins import VARIABLE, load_plugins
from qnet.progress import SETTING, Progress

__all__ = ["ENVIRONMENT", "EXIT_CODES", "main", "parser_of"]

#: Exit codes and what they mean.
EXIT_CODES = {
    0: "done",
    1: "`qnet agree`: the engines disagree; `qnet randomness`: a test failed; `qnet power`: "
    "nothing shows the attack; `qnet certify`: something fell short; `qnet evidence`: something "
    "was changed; `qnet plan`: no network does what is required",
    2: "something is wrong with the arguments, the scenario, a file, the output or the machine; "
    "one line on stderr says what",
    130: "interrupted",
}

#: Environment variables that the program reads, and what they do.
ENVIRONMENT = {
    VARIABLE: "modules to import first, with commas between them: they add engines, figures of "
    "merit, kinds of scenario or commands",
    TRACEBACK: "if set, an internal error shows where it comes from",
    SETTING: "how progress is shown: auto, off, line or log, with seconds of patience as in log:60",
    "MPLBACKEND": "backend of Matplotlib; a picture that is written to a file needs none",
}

#: Commands whose examples ``qnet --help`` shows.
_SHOWN = ("run", "init", "agree", "app", "plan")

_DESCRIPTION = "Emulate quantum repeater chains and key distribution, described in scenario files."


class _Parser(argparse.ArgumentParser):
    """Errors of the arguments on one line, like all others; commands in groups."""

    def format_help(self) -> str:
        """The help; that of the program itself lists its commands by what they are for."""
        if self.prog != "qnet":
            return super().format_help()
        lines = [self.format_usage().strip(), "", str(self.description), ""]
        width = max(map(len, COMMANDS))
        known = {name for names in GROUPS.values() for name in names}
        others = {"other": tuple(name for name in COMMANDS if name not in known)}
        for title, names in (GROUPS | others).items():
            if names:
                lines += [f"{title}:"]
                lines += [_told(f"  {name:{width}}  ", command(name).SUMMARY) for name in names]
                lines += [""]
        lines += ["examples:", *(f"  qnet {EXAMPLES[name]}" for name in _SHOWN), ""]
        lines += ["qnet COMMAND --help tells of one; the documentation has guides to all of them."]
        return "\n".join(lines) + "\n"

    def error(self, message: str) -> NoReturn:
        words = message.removeprefix("unrecognized arguments: ").split()
        if message.startswith("unrecognized") and not any(each.startswith("-") for each in words):
            message += "; give names and files first, then the options"
        raise SystemExit(fail(_with_nearest(message)))


def _with_nearest(message: str) -> str:
    """What argparse says of a word that is no choice, with the nearest one that is."""
    parts = re.fullmatch(r"(.*invalid choice: '(.*)') \(choose from (.*)\)", message, re.DOTALL)
    if parts is None:
        return message
    said, given, listed = parts.groups()
    known = [each.strip("'\"") for each in listed.split(", ")]
    near = difflib.get_close_matches(given, known, 1, 0.5)
    return f"{said}; did you mean {near[0]!r}?" if near else message


def _told(head: str, summary: str) -> str:
    """A command and its summary, as wide as the terminal allows."""
    width = max(60, min(100, shutil.get_terminal_size().columns - 1))
    return textwrap.fill(summary, width, initial_indent=head, subsequent_indent=" " * len(head))


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``qnet``; its exit code.

    Args:
        argv: The arguments without the name of the program; those of the process when None.

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
    for sentence in load_plugins():
        say(f"qnet: {sentence}")
    given = sys.argv[1:] if argv is None else argv
    parser = parser_of(next((word for word in given if not word.startswith("-")), ""))
    try:
        arguments = parser.parse_args(given)
        if arguments.command is None:
            parser.error("give a command: " + ", ".join(COMMANDS) + "; or --help")
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 2
    name = arguments.command
    with Progress(f"qnet {name}") if arguments.signs_of_life else nullcontext():
        return command(name).execute(arguments)


def parser_of(wanted: str = "") -> argparse.ArgumentParser:
    """The parser with the wanted command alone; with the names of all where there is no such.

    Examples:
        >>> parser_of("cite").parse_args(["cite", "Avis2023"]).what
        ['Avis2023']
    """
    from qnet import __version__

    parser = _Parser(prog="qnet", description=_DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"qnet {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for name in [wanted] if wanted in COMMANDS else COMMANDS:
        chosen = command(name)
        example = f"example: qnet {EXAMPLES[name]}" if name in EXAMPLES else None
        its_own = commands.add_parser(
            name, help=chosen.SUMMARY, description=chosen.SUMMARY, epilog=example
        )
        if name == wanted:
            its_own.set_defaults(signs_of_life=True)
            chosen.add_arguments(its_own)
    return parser
