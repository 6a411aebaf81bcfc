"""``qnet completion``: completion of commands, options and names for a shell."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator

__all__ = ["SUMMARY", "add_arguments", "execute", "words"]

SUMMARY = "completion of commands, options and scenario names for bash, zsh or fish"

_BASH = """\
# bash: eval "$(qnet completion bash)", in ~/.bashrc for every shell
_qnet() {{
  local word="${{COMP_WORDS[COMP_CWORD]}}" words
  case "${{COMP_WORDS[1]}}" in
{cases}
  esac
  [ "$COMP_CWORD" = 1 ] && words={commands}
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}}
complete -o default -F _qnet qnet
"""

_ZSH = """\
# zsh: eval "$(qnet completion zsh)" after compinit, in ~/.zshrc for every shell
_qnet() {{
  local -a found
  case "$words[2]" in
{cases}
  esac
  (( CURRENT == 2 )) && found=({commands})
  compadd -- $found
  _files
}}
compdef _qnet qnet
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet completion``."""
    parser.add_argument("shell", choices=("bash", "zsh", "fish"), help="for which shell")


def execute(arguments: argparse.Namespace) -> int:
    """Print what the shell is to evaluate."""
    print({"bash": _bash, "zsh": _zsh, "fish": _fish}[arguments.shell](), end="")
    return 0


def words(command: str) -> list[str]:
    """What may follow a command: its options, their choices, and names of shipped scenarios.

    Examples:
        >>> "--json" in words("run"), "swap-asap-8" in words("run")
        (True, True)
    """
    from experiments.cli.main import parser_of
    from qnet.schema.shipped import shipped

    (commands,) = (
        action
        for action in parser_of(command)._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    found: list[str] = []
    takes_files = False
    for action in commands.choices[command]._actions:
        found += action.option_strings
        found += [str(choice) for choice in action.choices or ()]
        takes_files |= "FILE.toml" in str(action.metavar)
    return [*dict.fromkeys(found), *(shipped() if takes_files else ())]


def _all() -> Iterator[tuple[str, list[str]]]:
    from experiments.cli.commands import COMMANDS

    return ((name, words(name)) for name in COMMANDS)


def _bash() -> str:
    found = dict(_all())
    cases = "\n".join(
        f"  {name}) words={shlex.quote(' '.join(each))} ;;" for name, each in found.items()
    )
    return _BASH.format(cases=cases, commands=shlex.quote(" ".join(found)))


def _zsh() -> str:
    found = dict(_all())
    cases = "\n".join(f"  {name}) found=({shlex.join(each)}) ;;" for name, each in found.items())
    return _ZSH.format(cases=cases, commands=shlex.join(found))


def _fish() -> str:
    from experiments.cli.commands import command

    lines = ["# fish: qnet completion fish | source, in ~/.config/fish/config.fish for every shell"]
    for name, each in _all():
        told = shlex.quote(command(name).SUMMARY)
        lines.append(f"complete -c qnet -n __fish_use_subcommand -a {name} -d {told}")
        options = [word for word in each if word.startswith("--")]
        others = [word for word in each if not word.startswith("-")]
        here = f"complete -c qnet -n '__fish_seen_subcommand_from {name}'"
        lines += [f"{here} -l {word[2:]}" for word in options]
        if others:
            lines.append(f"{here} -a {shlex.quote(' '.join(others))}")
    return "\n".join(lines) + "\n"
