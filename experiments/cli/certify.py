"""``qnet certify``: evidence for, or against, a system doing what its security proof presumes."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.cli.arguments import add_file, add_json, changes
from qnet.errors import ParameterError

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
    started = time.monotonic()
    result = scenario.certify()
    evidence = _kept(scenario, result, arguments, time.monotonic() - started)
    if arguments.json:
        found = {**result.as_dict(), "evidence": evidence, "versions": versions()}
        print(json.dumps(found, allow_nan=False))
    else:
        print(_text(result))
        if evidence["file"]:
            print(f"evidence: {evidence['file']}, report: {evidence['report']}")
        else:
            print("evidence and report are not kept: give --out DIR")
    return int(result.decision == "fell short")


def _kept(
    scenario: CertifyScenario,
    result: Certification,
    arguments: argparse.Namespace,
    duration_s: float,
) -> dict[str, str | None]:
    """The seal of the evidence, and the names of the files where they are written."""
    from protocols.certification.evidence.files import code_digests, file_digest, write_evidence
    from protocols.certification.evidence.statement import SuiteRun, statement_of
    from protocols.certification.report import report_page
    from qnet.versions import versions

    inputs = [path for path in (arguments.file, *scenario.inputs) if path.is_file()]
    inputs = list(dict.fromkeys(inputs))
    run = SuiteRun(
        checks=result.checks,
        attacks=tuple(each.result for each in result.attacks),
        seed=result.seed,
        false_alarm=result.false_alarm,
        miss=result.miss,
        duration_s=duration_s,
        configuration=tuple(str(path) for path in inputs),
        changes=tuple(arguments.changes),
    )
    if arguments.out is None:
        digests = {str(path): file_digest(path) for path in inputs}
        made = statement_of(run, inputs=digests, code=code_digests(), versions=versions())
        return {"file": None, "report": None, "sha256": _whole(made)}
    file, report = arguments.out / "evidence.json", arguments.out / "report.html"
    try:
        arguments.out.mkdir(parents=True, exist_ok=True)
        made = write_evidence(file, run, inputs)
        report.write_text(report_page(result, versions(), file.name), encoding="utf-8")
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ParameterError(
            "--out", "be a folder to write in", str(arguments.out), reason
        ) from error
    return {"file": str(file), "report": str(report), "sha256": _whole(made)}


def _whole(statement: dict[str, Any]) -> str:
    """The seal of a statement: the digest of all its parts."""
    return str(statement["predicate"]["qnet"]["seal"]["whole"])


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
