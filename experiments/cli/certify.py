"""``qnet certify``: evidence for, or against, a system doing what its security proof presumes."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from experiments.cli.arguments import add_file, add_json, changes

if TYPE_CHECKING:
    from protocols.certification.result import Certification
    from protocols.certification.scenario import CertifyScenario

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "checks of a device or of recorded counts, with attacks that must be found"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet certify``."""
    add_file(parser)
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="write the report and the evidence there"
    )
    add_json(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Run the checks, print them, and return 1 where something fell short."""
    import json

    from qnet.versions import versions

    scenario = _scenario(arguments)
    result = scenario.certify()
    evidence = None
    if arguments.json:
        found = {**result.as_dict(), "evidence": evidence, "versions": versions()}
        print(json.dumps(found, allow_nan=False))
    else:
        print(_text(result))
    return int(result.decision == "fell short")


def _scenario(arguments: argparse.Namespace) -> CertifyScenario:
    """The scenario of the file; a file of a device is tested by the whole catalogue."""
    from protocols.certification.scenario import CertifyScenario
    from qnet.schema import load, parse, read_text

    path = arguments.file
    if path.exists() and parse(read_text(path)).get("kind") not in ("certify", None):
        return CertifyScenario(name=path.stem, folder=str(path.parent), device=path.name).with_(
            changes(arguments)
        )
    found: CertifyScenario = load(path, kinds=["certify"], changes=changes(arguments))
    return found


def _text(result: Certification) -> str:
    """What is printed for people."""
    lines = [f"{result.name}: {result.decision}, {result.pulses} pulses", ""]
    width = max(len(each.id) for each in result.checks)
    for check in result.checks:
        lines.append(f"{check.id:{width}}  {check.decision:14}  {check.sentence}")
    if result.attacks:
        lines += ["", "attacks that must be found:"]
        lines += [f"  {each.sentence}" for each in result.attacks]
    return "\n".join([*lines, "", *result.remarks])
