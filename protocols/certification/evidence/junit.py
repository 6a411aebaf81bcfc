"""JUnit XML of evidence, for the displays of continuous integration: a test case for each row.

That form has no place for numbers: they are properties of the test case and lines of its output.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from xml.etree import ElementTree

from protocols.certification.evidence.canonical import canonical
from protocols.certification.evidence.statement import decision_on, rows_of

__all__ = ["to_junit"]

#: Letters that XML 1.0 has no place for.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_junit(statement: Mapping[str, Any]) -> bytes:
    """The XML of a statement: what fell short is a failure, what could not decide is skipped.

    Args:
        statement: As `statement_of` made it.
    """
    run = statement["predicate"]["qnet"]["run"]
    root = ElementTree.Element("testsuites", name="qnet evidence")
    for kind, rows in (
        ("checks", [_check(row) for row in rows_of(statement, "checks")]),
        ("attacks", [_attack(row) for row in rows_of(statement, "attacks")]),
    ):
        suite = ElementTree.SubElement(root, "testsuite", name=kind, tests=str(len(rows)))
        suite.set("failures", str(sum(row.find("failure") is not None for row in rows)))
        suite.set("skipped", str(sum(row.find("skipped") is not None for row in rows)))
        suite.set("errors", "0")
        if kind == "checks":
            suite.set("time", f"{run['duration_s']:.3f}")
            suite.set("timestamp", _clean(str(run["finished"]).removesuffix("Z")))
        suite.extend(rows)
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _clean(text: str) -> str:
    return _FORBIDDEN.sub("\ufffd", text)


def _case(kind: str, name: str, row: Mapping[str, Any], seconds: float | None) -> Any:  # noqa: ANN401
    case = ElementTree.Element("testcase", classname=f"qnet.{kind}", name=_clean(name))
    case.set("time", f"{seconds or 0.0:.3f}")
    properties = ElementTree.SubElement(case, "properties")
    for key, value in row.items():
        text = value if isinstance(value, str) else canonical(value).decode()
        ElementTree.SubElement(properties, "property", name=_clean(key), value=_clean(text))
    return case


def _check(row: Mapping[str, Any]) -> Any:  # noqa: ANN401
    case = _case("checks", f"{row['id']}: {row['title']}", row, row["duration_s"])
    message = _clean(row["sentence"])
    if row["decision"] == "fell short":
        ElementTree.SubElement(case, "failure", message=message, type="fell short")
    elif row["decision"] != "met":
        ElementTree.SubElement(case, "skipped", message=f"{row['decision']}: {message}")
    value = ", ".join(f"{end} {_number(row['value'][end])}" for end in ("low", "best", "high"))
    lines = [
        message,
        f"{row['statistic']}: {value}, threshold {_number(row['threshold'])}",
        f"alpha {_number(row['alpha'])}, power {_number(row['power'])}, n {row['n']}",
    ]
    ElementTree.SubElement(case, "system-out").text = _clean("\n".join(lines))
    return case


def _attack(row: Mapping[str, Any]) -> Any:  # noqa: ANN401
    case = _case("attacks", f"{row['name']} at {_number(row['strength'])}", row, None)
    if decision_on(row) == "fell short":
        ElementTree.SubElement(case, "failure", message="the attack was not found", type="missed")
    elif decision_on(row) == "not applicable":
        ElementTree.SubElement(case, "skipped", message="no statistic claims to find it")
    elif decision_on(row) == "inconclusive":
        ElementTree.SubElement(case, "skipped", message="it was found by luck: its power is low")
    line = f"{row['statistic']}, n {row['n']}, power {_number(row['power'])}"
    ElementTree.SubElement(case, "system-out").text = _clean(line)
    return case


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.6g}"
