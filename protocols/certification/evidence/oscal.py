"""OSCAL assessment results of evidence: the form that auditors' tools read (NIST, version 1.2.1).

Each check is an observation with its numbers as properties, and a finding about its requirement;
each attack that must be found is, too. A check that does not apply is an observation alone.
Identifiers follow from the seal of the evidence: the same evidence gives the same file.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from protocols.certification.evidence.canonical import canonical, digest, document
from protocols.certification.evidence.statement import decision_on, rows_of
from qnet.errors import ParameterError

__all__ = ["OSCAL_VERSION", "to_oscal"]

OSCAL_VERSION = "1.2.1"

#: Whose names the properties have.
_NAMES = "urn:qnet:evidence"

#: Parts of a check that are properties of its observation.
_NUMBERS = ("statistic", "threshold", "alpha", "power", "n", "decision", "sub_layer", "seed")


def to_oscal(statement: Mapping[str, Any], href: str = "evidence.json") -> dict[str, Any]:
    """The assessment results of a statement, a JSON object.

    Args:
        statement: As `statement_of` made it.
        href: Where the file of evidence is, as seen from the file of results.

    Raises:
        ParameterError: If the statement does not say when the run ended.
    """
    run = statement["predicate"]["qnet"]["run"]
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", str(run["finished"])):
        hint = "OSCAL wants a time such as 2026-11-26T12:00:00Z"
        raise ParameterError("finished", "say when the run ended", run["finished"], hint)
    maker = _Maker(statement["predicate"]["qnet"]["seal"]["whole"], run["finished"])
    checks, attacks = rows_of(statement, "checks"), rows_of(statement, "attacks")
    observations = [maker.of_check(row, href) for row in checks]
    observations += [maker.of_attack(row, href) for row in attacks]
    findings = [
        maker.finding(row, _token(row["id"]), row["title"], row["decision"], row["sentence"])
        for row in checks
        if row["decision"] != "not applicable"
    ]
    findings += [
        maker.finding(
            row,
            _token(f"attack.{row['name']}"),
            f"attack {row['name']} must be found",
            decision_on(row),
            _attack_sentence(row),
        )
        for row in attacks
        if decision_on(row) != "not applicable"
    ]
    targets = [finding["target"]["target-id"] for finding in findings]
    return {
        "assessment-results": {
            "uuid": maker.uuid("results"),
            "metadata": {
                "title": "Evidence of a quantum communication system",
                "last-modified": run["finished"],
                "version": maker.seal[:16],
                "oscal-version": OSCAL_VERSION,
                "props": maker.props(run["versions"]),
            },
            "import-ap": {"href": f"#{maker.uuid('evidence')}"},
            "results": [
                {
                    "uuid": maker.uuid("run"),
                    "title": "One invocation of the suite",
                    "description": f"Decision: {run['decision']}.",
                    "start": _began(run["finished"], run["duration_s"]),
                    "end": run["finished"],
                    "reviewed-controls": {"control-selections": [_selection(targets)]},
                    **({"observations": observations} if observations else {}),
                    **({"findings": findings} if findings else {}),
                }
            ],
            "back-matter": {"resources": [maker.resource(statement, href)]},
        }
    }


def _began(finished: str, duration_s: float) -> str:
    """When a run began, to the second."""
    ended = datetime.fromisoformat(finished.replace("Z", "+00:00"))
    return (ended - timedelta(seconds=duration_s)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _selection(targets: list[str]) -> dict[str, Any]:
    """The requirements that were looked at; all of none where there is none."""
    if not targets:
        return {"include-all": {}}
    return {"include-controls": [{"control-id": target} for target in dict.fromkeys(targets)]}


def _token(text: str) -> str:
    """A name as OSCAL allows it."""
    token = re.sub(r"[^\w.\-]", "-", text)
    return token if re.match(r"[^\W\d]", token) else f"_{token}"


def _line(value: object) -> str:
    """A value as a property has it: one line that neither begins nor ends with a space."""
    text = value if isinstance(value, str) else canonical(value).decode()
    return " ".join(text.split()) or "none"


def _attack_sentence(row: Mapping[str, Any]) -> str:
    found = "was found" if row["detected"] else "was not found"
    return f"played at strength {row['strength']:g}, it {found} by {_line(row['statistic'])}"


class _Maker:
    """Objects of OSCAL whose identifiers follow from a seal.

    Args:
        seal: Of the evidence.
        time: When the run ended.
    """

    def __init__(self, seal: str, time: str) -> None:
        self.seal, self.time = seal, time

    def uuid(self, what: str) -> str:
        """An identifier of version 5."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{_NAMES}:{self.seal}:{what}"))

    def props(self, values: Mapping[str, Any]) -> list[dict[str, str]]:
        """Properties by name, those that are None left out."""
        return [
            {"name": _token(name), "ns": _NAMES, "value": _line(value)}
            for name, value in values.items()
            if value is not None
        ]

    def _observation(
        self, row: Mapping[str, Any], title: str, text: str, values: Mapping[str, Any], href: str
    ) -> dict[str, Any]:
        return {
            "uuid": self.uuid(f"observation:{digest(row)}"),
            "title": _line(title),
            "description": _line(text),
            "props": self.props(values),
            "methods": ["TEST"],
            "types": ["control-objective"],
            "relevant-evidence": [{"href": href, "description": "the file of evidence"}],
            "collected": self.time,
        }

    def of_check(self, row: Mapping[str, Any], href: str) -> dict[str, Any]:
        """The observation of a check."""
        values = {name: row[name] for name in _NUMBERS}
        values |= {f"value-{end}": number for end, number in row["value"].items()}
        values |= {"pointer": row["pointer"]}
        return self._observation(row, row["title"], row["sentence"], values, href)

    def of_attack(self, row: Mapping[str, Any], href: str) -> dict[str, Any]:
        """The observation of an attack that must be found."""
        title = f"negative control: attack {row['name']}"
        return self._observation(row, title, _attack_sentence(row), row, href)

    def finding(
        self, row: Mapping[str, Any], target: str, title: str, decision: str, text: str
    ) -> dict[str, Any]:
        """What an observation says about a requirement; what is not met is not satisfied."""
        state = "satisfied" if decision == "met" else "not-satisfied"
        reason = {"met": "pass", "fell short": "fail"}.get(decision, "other")
        return {
            "uuid": self.uuid(f"finding:{digest(row)}"),
            "title": _line(title),
            "description": _line(text),
            "target": {
                "type": "objective-id",
                "target-id": target,
                "status": {"state": state, "reason": reason, "remarks": decision},
            },
            "related-observations": [{"observation-uuid": self.uuid(f"observation:{digest(row)}")}],
        }

    def resource(self, statement: Mapping[str, Any], href: str) -> dict[str, Any]:
        """The file of evidence with its digest, and what it names."""
        hashed = {"algorithm": "SHA-256", "value": sha256(document(statement)).hexdigest()}
        named = {subject["name"]: subject["digest"]["sha256"] for subject in statement["subject"]}
        return {
            "uuid": self.uuid("evidence"),
            "title": "in-toto statement of the run",
            "props": self.props({f"sha256-{name}": found for name, found in named.items()})
            or self.props({"subjects": "none"}),
            "rlinks": [{"href": href, "hashes": [hashed]}],
        }
