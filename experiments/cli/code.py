"""``qnet code``: what an error-correcting code does at given losses and flips, and its circuits."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from experiments.cli.arguments import add_json, int_range
from qnet.errors import ParameterError, UnknownNameError

if TYPE_CHECKING:
    from qnet.codes.assessment import CodeAssessment
    from qnet.codes.code import StabilizerCode

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "an error-correcting code: recovery from loss, logical errors, circuits"

_OSCILLATOR = "gkp"

#: Arguments that are asked of a code, besides its name.
_ASKED = ("loss", "flip", "depolarising", "decoder", "circuit", "squeezing")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet code``."""
    parser.add_argument(
        "name", nargs="?", metavar="NAME", help="such as steane or qpc-10-4; none: a list of all"
    )
    parser.add_argument(
        "--loss", type=float, metavar="E", help="probability to lose a qubit, and to know it"
    )
    parser.add_argument("--flip", type=float, metavar="P", help="probability of X on each qubit")
    parser.add_argument(
        "--depolarising",
        type=float,
        metavar="P",
        help="probability of X, Y or Z on each qubit, a third each, in place of --flip",
    )
    parser.add_argument(
        "--decoder", metavar="NAME", help="of losses: ranks, supports, blocks, clusters, varnava"
    )
    parser.add_argument(
        "--squeezing", type=float, metavar="DB", help="of gkp, state and ancilla (default: ideal)"
    )
    parser.add_argument(
        "--shots", type=int_range(1), default=100_000, metavar="N", help="where errors are sampled"
    )
    parser.add_argument("--seed", type=int_range(0), default=1, metavar="S", help="of --shots")
    parser.add_argument(
        "--circuit", choices=("encoder", "syndrome"), help="print this circuit in OpenQASM 3"
    )
    add_json(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Print the codes, the circuit of one, or what it does."""
    import json

    from qnet.versions import versions

    if arguments.name is None:
        _refuse_options(arguments)
        found: dict[str, object] = {"codes": _rows()}
        text = _list()
    elif arguments.circuit is not None:
        shown = _circuit(arguments)
        found = {"code": arguments.name, "circuit": arguments.circuit, "openqasm3": shown}
        text = shown.splitlines()
    else:
        assessed = _assessed(arguments)
        found, text = assessed.as_dict(), _text(assessed)
    if arguments.json:
        print(json.dumps({**found, "versions": versions()}, allow_nan=False))
    else:
        print("\n".join(text))
    return 0


def _refuse_options(arguments: argparse.Namespace) -> None:
    for option in _ASKED:
        value = getattr(arguments, option)
        if value is not None:
            field, hint = f"--{option}", "qnet code lists the names"
            raise ParameterError(field, "come with the name of a code", value, hint)


def _circuit(arguments: argparse.Namespace) -> str:
    from qnet.circuits import openqasm
    from qnet.codes.circuits import CODE_CIRCUITS

    for option in _ASKED:
        value = getattr(arguments, option)
        if option != "circuit" and value is not None:
            raise ParameterError("--circuit", f"stand without --{option}", value, "leave one out")
    if arguments.name == _OSCILLATOR:
        hint = "take a code of qubits"
        raise ParameterError("--circuit", "be asked of codes of qubits", arguments.name, hint)
    return openqasm(CODE_CIRCUITS[arguments.circuit](_code(arguments.name)))


def _code(name: str) -> StabilizerCode:
    """A code of qubits; the oscillator is among the names of the error."""
    from qnet.codes import CODES, code_of

    if name.split("-")[0] not in CODES:
        known = [*(family.pattern for family in CODES.values()), _OSCILLATOR]
        raise UnknownNameError("code", name, known)
    return code_of(name)


def _assessed(arguments: argparse.Namespace) -> CodeAssessment:
    from qnet.codes.assessment import assess, assess_gkp

    asked = {name: getattr(arguments, name) for name in ("loss", "flip", "depolarising")}
    if arguments.name == _OSCILLATOR:
        return assess_gkp(squeezing_db=arguments.squeezing, decoder=arguments.decoder, **asked)
    if arguments.squeezing is not None:
        hint = "leave it out"
        raise ParameterError("--squeezing", "be asked of gkp", arguments.squeezing, hint)
    return assess(
        _code(arguments.name),
        decoder=arguments.decoder,
        shots=arguments.shots,
        seed=arguments.seed,
        **asked,
    )


def _rows() -> list[dict[str, object]]:
    """The families, each with a name as an example."""
    from qnet.codes import CODES, code_of

    found: list[dict[str, object]] = []
    for family in CODES.values():
        parameters = list(code_of(family.example).parameters)
        found.append(
            {
                "name": family.pattern,
                "title": family.title,
                "example": family.example,
                "parameters": parameters,
            }
        )
    gkp = {"name": _OSCILLATOR, "title": "GKP qubit in an oscillator", "example": _OSCILLATOR}
    return [*found, {**gkp, "parameters": None}]


def _list() -> list[str]:
    from experiments.cli.printer import columns

    table: list[Sequence[str]] = [("name", "example", "[[n, k, d]]", "code")]
    for row in _rows():
        shown = "-" if row["parameters"] is None else f"[{row['parameters']}]"
        table.append((str(row["name"]), str(row["example"]), shown, str(row["title"])))
    return [*columns(table), "", "One of them: qnet code NAME --loss 0.1, or --flip 0.01"]


def _text(found: CodeAssessment) -> list[str]:
    """Recovery, the logical map, patterns and notes, for people."""
    from experiments.cli.printer import columns, sentence

    shown = found.as_dict()
    brackets = "" if found.parameters is None else f", [{shown['parameters']}]"
    rows = [("decoder", found.decoder), ("recovery from loss", f"{found.recovery:.9g}")]
    if found.losses is not None:
        even = found.losses.break_even
        rows.append(("break-even loss", "none" if even is None else f"{even:.9g}"))
    rows += [("accepted", f"{found.logical.accept:.9g}")]
    for letter in "xyz":
        rows.append((f"logical {letter.upper()}", _share(found, f"logical_{letter}")))
    if found.losses is not None:
        rows.append(("losses recovered", _counts(found.losses.patterns)))
    if found.errors is not None:
        rows.append(("errors that fail", _counts(found.errors.failing)))
    notes = [sentence(note) for note in found.notes]
    return [f"{found.code}: {found.title}{brackets}", "", *columns(rows), *_spaced(notes)]


def _spaced(lines: list[str]) -> list[str]:
    return ["", *lines] if lines else []


def _share(found: CodeAssessment, name: str) -> str:
    from qnet.estimate import Estimate

    if found.sampled is None:
        return f"{getattr(found.logical, name):.9g}"
    return str(Estimate(**found.sampled.as_dict()[name]))


#: Counts that people see.
_MOST_SHOWN = 10


def _counts(counts: Sequence[int]) -> str:
    """Numbers of patterns by weight, from 0 on."""
    more = ", ..." if len(counts) > _MOST_SHOWN else ""
    return "by weight " + ", ".join(map(str, counts[:_MOST_SHOWN])) + more
