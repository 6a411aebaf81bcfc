"""``qnet evidence``: files of evidence verified, signed, shown, and written in other forms."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.cli.arguments import add_json
from qnet.errors import ParameterError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "verify, sign, show or export a file of evidence"

_ACTIONS = {
    "verify": "say whether anything was changed: exit code 0, or 1 with what was",
    "sign": "write the file as a signed DSSE envelope",
    "show": "show what was decided",
    "export": "write it as OSCAL assessment results or JUnit XML",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet evidence``."""
    about = "; ".join(f"{name}: {what}" for name, what in _ACTIONS.items())
    parser.add_argument("action", choices=_ACTIONS, help=about)
    parser.add_argument("file", type=Path, metavar="FILE", help="a file of evidence")
    parser.add_argument("--key", type=Path, metavar="KEY.pem", help="an Ed25519 key in PEM")
    parser.add_argument("--to", choices=["oscal", "junit"], help="the form to export to")
    parser.add_argument("--out", type=Path, metavar="OUT", help="file to write (export: or stdout)")
    parser.add_argument(
        "--any-code", action="store_true", help="verify: other code may be installed by now"
    )
    add_json(parser)
    parser.set_defaults(signs_of_life=False)


def execute(arguments: argparse.Namespace) -> int:
    """Do what was asked; 1 if something was changed."""
    _check(arguments)
    return {"verify": _verify, "sign": _sign, "show": _show, "export": _export}[arguments.action](
        arguments
    )


def _check(arguments: argparse.Namespace) -> None:
    """Raise where an option is missing, or has no meaning."""
    action = arguments.action
    for option, given, wanted in (
        ("--to", arguments.to, ("export",)),
        ("--out", arguments.out, ("sign", "export")),
        ("--key", arguments.key, ("sign", "verify")),
        ("--any-code", arguments.any_code or None, ("verify",)),
        ("--json", arguments.json or None, ("verify", "show")),
    ):
        if given is not None and action not in wanted:
            rule = f"come with {' or '.join(wanted)}"
            raise ParameterError(option, rule, action, "leave it out")
    for option, given in (("--to", arguments.to), ("--key", arguments.key)):
        if given is None and action == {"--to": "export", "--key": "sign"}[option]:
            raise ParameterError(option, "be given", None, f"qnet evidence {action} needs it")


def _verify(arguments: argparse.Namespace) -> int:
    from experiments.cli.printer import print_json, sentence
    from protocols.certification.evidence import verify_evidence

    found = verify_evidence(arguments.file, key=arguments.key, any_code=arguments.any_code)
    if arguments.json:
        told = {"unchanged": found.is_unchanged, "signed": found.signed}
        print_json({**told, "findings": found.findings}, str(arguments.file))
    elif found.is_unchanged:
        by = ", and the signature is that of the key" if found.signed else ", not signed"
        print(f"{arguments.file}: unchanged{by}")
    else:
        print(*(f"{arguments.file}: {sentence(each)}" for each in found.findings), sep="\n")
    return 0 if found.is_unchanged else 1


def _sign(arguments: argparse.Namespace) -> int:
    from protocols.certification.evidence import sign_evidence

    out = arguments.out or arguments.file.with_suffix(".dsse.json")
    sign_evidence(arguments.file, arguments.key, out)
    print(f"{out}: signed")
    return 0


def _show(arguments: argparse.Namespace) -> int:
    from experiments.cli.printer import print_json
    from protocols.certification.evidence import read_evidence

    statement = read_evidence(arguments.file)
    if arguments.json:
        print_json(statement, str(arguments.file))
    else:
        print(*_lines(statement), sep="\n")
    return 0


def _lines(statement: Mapping[str, Any]) -> list[str]:
    """A statement for people."""
    from experiments.cli.printer import columns, sentence

    own = statement["predicate"]["qnet"]
    run = own["run"]
    rows = [(row["id"], row["decision"], sentence(row["sentence"])) for row in own["checks"]]
    rows += [
        (
            f"attack {row['name']}",
            "found" if row["detected"] else "not found",
            f"At strength {row['strength']:g}, by {row['statistic']}.",
        )
        for row in own["attacks"]
    ]
    named = [
        (subject["annotations"]["role"], subject["name"], subject["digest"]["sha256"])
        for subject in statement["subject"]
    ]
    versions = ", ".join(f"{name} {version}" for name, version in run["versions"].items())
    lines = [f"evidence of {run['finished']}: {run['decision']}", ""]
    lines += [*columns(rows), ""] if rows else []
    lines += [*columns(named), ""] if named else []
    return [*lines, versions]


def _export(arguments: argparse.Namespace) -> int:
    from protocols.certification.evidence import read_evidence, to_junit, to_oscal
    from protocols.certification.evidence.canonical import document

    statement = read_evidence(arguments.file)
    if arguments.to == "junit":
        data = to_junit(statement)
    else:
        data = document(to_oscal(statement, arguments.file.name))
    if arguments.out is None:
        print(data.decode(), end="")
    else:
        arguments.out.write_bytes(data)
        print(f"{arguments.out}: {arguments.to}")
    return 0
