"""Statements of evidence: what was tested, by what code, and what came out, bound by digests.

The form is the in-toto Statement v1 with the predicate ``test-result`` v0.1, one for each
invocation of a suite. What that predicate has no place for is in its member ``qnet``: the checks
with their numbers, the attacks that must be found, the run, and a seal, the SHA-256 digests of the
canonical text (RFC 8785) of every part and of the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from protocols.certification.check_result import AttackResult, CheckResult, Decision, worst
from protocols.certification.evidence.canonical import LARGEST, digest
from qnet.errors import ParameterError, check_non_negative

__all__ = [
    "PREDICATE_TYPE",
    "STATEMENT_TYPE",
    "SuiteRun",
    "decision_on",
    "lists_of",
    "rows_of",
    "seal_of",
    "statement_of",
]

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PREDICATE_TYPE = "https://in-toto.io/attestation/test-result/v0.1"

_RESULTS = {
    "met": "PASSED",
    "not applicable": "PASSED",
    "inconclusive": "WARNED",
    "fell short": "FAILED",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRun:
    """One invocation of the suite.

    Args:
        checks: What the checks found.
        attacks: What was found of the attacks that must be found.
        seed: From which everything that was drawn follows; None where nothing was.
        false_alarm: Probability at most that a device as it should be falls short anywhere.
        miss: Probability at most that one attack is not found.
        finished: When it ended, as in ``2026-11-26T12:00:00Z``; empty if nobody said.
        duration_s: How long it took, in s.
        durations_s: How long each check took, by its id.
        configuration: Names of the inputs that say what was to be done.
        changes: What was changed of them, as in ``pulses=1000``.
    """

    checks: tuple[CheckResult, ...]
    attacks: tuple[AttackResult, ...] = ()
    seed: int | None = None
    false_alarm: float | None = None
    miss: float | None = None
    finished: str = ""
    duration_s: float = 0.0
    durations_s: Mapping[str, float] = field(default_factory=dict)
    configuration: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_non_negative("duration_s", self.duration_s)
        names = [check.id for check in self.checks]
        if len(set(names)) < len(names):
            raise ParameterError("checks", "have different ids", names, "run each check once")


def statement_of(
    run: SuiteRun,
    *,
    inputs: Mapping[str, str],
    code: Mapping[str, str],
    versions: Mapping[str, str],
) -> dict[str, Any]:
    """The statement of a run, sealed.

    Args:
        run: What was done and found.
        inputs: SHA-256 of each input, by the file's name as seen from where the statement will lie.
        code: SHA-256 of each package whose code ran, by its name.
        versions: Versions of what computed, by name.

    Raises:
        ParameterError: If the configuration names no input.

    Examples:
        >>> made = statement_of(SuiteRun(checks=()), inputs={}, code={}, versions={})
        >>> made["predicate"]["result"], sorted(made["predicate"]["qnet"])
        ('PASSED', ['attacks', 'checks', 'run', 'seal'])
    """
    for name in run.configuration:
        if name not in inputs:
            raise ParameterError("configuration", "name inputs", name, "add its digest to inputs")
    seed = run.seed if run.seed is None or abs(run.seed) <= LARGEST else str(run.seed)
    own = {"seed": seed, "inputs": dict(inputs), "versions": dict(versions)}
    checks = [
        {**check.as_dict(), **own, "duration_s": run.durations_s.get(check.id)}
        for check in run.checks
    ]
    attacks = [{**attack.as_dict(), "miss": run.miss, "seed": seed} for attack in run.attacks]
    told = {
        "decision": worst(
            [*(check.decision for check in run.checks), *map(decision_on, attacks)],
        ),
        "seed": seed,
        "false_alarm": run.false_alarm,
        "miss": run.miss,
        "finished": run.finished,
        "duration_s": run.duration_s,
        "changes": list(run.changes),
        "versions": dict(versions),
    }
    subjects = [_subject(name, found, "input") for name, found in inputs.items()]
    subjects += [_subject(name, found, "code") for name, found in code.items()]
    configuration = [
        {"name": name, "digest": {"sha256": inputs[name]}}
        for name in inputs
        if name in run.configuration
    ]
    predicate = {
        **lists_of(checks, attacks),
        "configuration": configuration,
        "qnet": {"checks": checks, "attacks": attacks, "run": told},
    }
    made = {
        "_type": STATEMENT_TYPE,
        "subject": subjects,
        "predicateType": PREDICATE_TYPE,
        "predicate": predicate,
    }
    predicate["qnet"]["seal"] = seal_of(made)
    return made


def _subject(name: str, sha256: str, role: str) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": sha256}, "annotations": {"role": role}}


def lists_of(checks: list[dict[str, Any]], attacks: list[dict[str, Any]]) -> dict[str, Any]:
    """Result and lists of names of the predicate, as they follow from the rows.

    A check that could not decide is a warning; one that does not apply is in no list.

    Examples:
        >>> lists_of([{"id": "A", "decision": "met"}], [{"name": "pns", "detected": False}])
        {'result': 'FAILED', 'passedTests': ['A'], 'warnedTests': [], 'failedTests': ['attack pns']}
    """
    names = [(check["id"], check["decision"]) for check in checks]
    names += [(f"attack {attack['name']}", decision_on(attack)) for attack in attacks]
    lists = {
        "passedTests": [name for name, decision in names if decision == "met"],
        "warnedTests": [name for name, decision in names if decision == "inconclusive"],
        "failedTests": [name for name, decision in names if decision == "fell short"],
    }
    found = {_RESULTS[decision] for _, decision in names}
    result = next((each for each in ("FAILED", "WARNED") if each in found), "PASSED")
    return {"result": result, **lists}


def decision_on(attack: Mapping[str, Any]) -> Decision:
    """That of `AttackResult`, of a row; one that was found by luck is inconclusive.

    Examples:
        >>> decision_on({"detected": True, "power": 0.6, "miss": 0.01})
        'inconclusive'
    """
    if attack["detected"]:
        power, miss = attack.get("power"), attack.get("miss")
        is_luck = power is not None and miss is not None and power < 1.0 - miss
        return "inconclusive" if is_luck else "met"
    return "not applicable" if attack.get("power", 0.0) is None else "fell short"


def rows_of(statement: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """The rows of a statement: ``checks`` or ``attacks``."""
    rows: list[dict[str, Any]] = statement["predicate"]["qnet"][kind]
    return rows


def seal_of(statement: Mapping[str, Any]) -> dict[str, Any]:
    """Digests of the parts of a statement and of the whole, its own seal left out.

    Raises:
        LookupError, TypeError: If it is no such statement.
        ParameterError: If something in it has no place in JSON.
    """
    predicate = dict(statement["predicate"])
    extension = {name: part for name, part in predicate.pop("qnet").items() if name != "seal"}
    rest = {name: part for name, part in extension.items() if name not in ("checks", "attacks")}
    outside = {name: part for name, part in statement.items() if name != "predicate"}
    subjects = outside.pop("subject")
    parts = {
        "statement": digest(outside),
        "subject": [digest(each) for each in subjects],
        "predicate": digest(predicate),
        "run": digest(rest),
        "checks": [digest(each) for each in extension["checks"]],
        "attacks": [digest(each) for each in extension["attacks"]],
    }
    return {"method": "SHA-256 of RFC 8785", "parts": parts, "whole": digest(parts)}
