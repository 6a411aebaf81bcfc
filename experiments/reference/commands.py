"""Reference page of the command line, made from the parsers of its commands."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

from experiments.cli.commands import COMMANDS
from experiments.cli.main import ENVIRONMENT, EXIT_CODES, parser_of

__all__ = ["commands_page"]

_HEAD = """\
# Command line

`qnet COMMAND --help` prints what stands here. Whatever is wrong with the arguments, a scenario, a
file or the machine is said in one line on stderr.

"""

_WIDTH = 88


def commands_page() -> str:
    """The page: every command with its usage and arguments, exit codes, environment variables.

    Examples:
        >>> "## `qnet cite`" in commands_page()
        True
    """
    parsers = {name: _its_own(name) for name in COMMANDS}
    lines = ["| command | what it does |", "|---|---|"]
    lines += [
        f"| [`qnet {name}`](#qnet-{name}) | {_sentence(each.description)} |"
        for name, each in parsers.items()
    ]
    for name, parser in parsers.items():
        lines += ["", *_section(name, parser)]
    lines += ["", "## Exit codes", "", "| code | meaning |", "|---|---|"]
    lines += [f"| {code} | {meaning} |" for code, meaning in EXIT_CODES.items()]
    lines += ["", "## Environment variables", "", "| variable | meaning |", "|---|---|"]
    lines += [f"| `{variable}` | {meaning} |" for variable, meaning in ENVIRONMENT.items()]
    return _HEAD + "\n".join(lines) + "\n"


def _its_own(name: str) -> argparse.ArgumentParser:
    """The parser of one command."""
    actions = parser_of(name)._actions
    found = next(each for each in actions if isinstance(each, argparse._SubParsersAction))
    parser: argparse.ArgumentParser = found.choices[name]
    parser.formatter_class = lambda prog: argparse.HelpFormatter(prog, width=_WIDTH)
    return parser


def _section(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    usage = parser.format_usage().removeprefix("usage: ").rstrip()
    yield from (f"(qnet-{name})=", f"## `qnet {name}`", "", _sentence(parser.description), "")
    yield from ("```text", usage.replace("\n       ", "\n"), "```", "")
    formatter = parser._get_formatter()
    for action in parser._actions:
        if action.help == argparse.SUPPRESS or isinstance(action, argparse._HelpAction):
            continue
        told = formatter._expand_help(action) if action.help else ""
        yield from (f"`{_written(action)}`", f": {_sentence(told)}", "")


def _sentence(text: str | None) -> str:
    """A help text as a sentence, options and variables in it as code."""
    told = re.sub(r"(?<![\w`-])(--[a-z][\w-]*)", r"`\1`", text or "")
    told = told[:1].upper() + told[1:]
    return told + ("" if told.endswith((".", ")")) else ".")


def _written(action: argparse.Action) -> str:
    """An argument as it is typed."""
    value = action.metavar or (
        "{" + ",".join(map(str, action.choices)) + "}" if action.choices else ""
    )
    if isinstance(value, tuple):
        value = " ".join(value)
    if not action.option_strings:
        return value or action.dest
    needs = action.nargs != 0
    return ", ".join(action.option_strings) + (f" {value or action.dest.upper()}" if needs else "")
