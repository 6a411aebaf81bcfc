"""Verification of evidence: which byte, field or file is no longer what it was.

Three things together find every change. The file must be the text that its content is written as,
so that no byte is free; the seal must be that of the content; and every file and package that is
named must have the digest that is told. Whoever changes a file and makes a new seal is found by the
signature alone (`protocols.certification.evidence.signature`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from protocols.certification.evidence.canonical import document, read
from protocols.certification.evidence.statement import (
    PREDICATE_TYPE,
    STATEMENT_TYPE,
    lists_of,
    rows_of,
    seal_of,
)
from qnet.errors import ParameterError

__all__ = ["findings", "parsed"]


def findings(
    data: bytes,
    digest_of: Callable[[str], str | None],
    code: Mapping[str, str] | None,
) -> list[str]:
    """What is wrong with evidence, a sentence each; nothing where all is as it was written.

    Args:
        data: The bytes of the file.
        digest_of: SHA-256 of a named input; None where there is no such file.
        code: SHA-256 of the packages that are installed; None to leave these out.

    Examples:
        >>> findings(b"{}", lambda name: None, None)
        ['the file is no evidence: predicate is missing']
    """
    try:
        statement = parsed(data)
        seal = seal_of(statement)
        found = _seal_findings(statement, seal)
        written = document(statement)
    except ParameterError as error:
        return [f"the file is no evidence: {error}"]
    except LookupError as error:
        return [f"the file is no evidence: {error.args[0]} is missing"]
    except (AttributeError, RecursionError, TypeError, ValueError):
        return ["the file is no evidence: its parts do not have the form of a statement"]
    if not found and written != data:
        found.append(_place(data, written))
    found += _rows_findings(statement)
    return found + _subject_findings(statement, digest_of, code)


def parsed(data: bytes) -> dict[str, Any]:
    """The statement in the bytes of a file.

    Raises:
        ParameterError: If they are not JSON, or no object.

    Examples:
        >>> parsed(b'{"_type": "x"}')
        {'_type': 'x'}
    """
    try:
        found = read(data)
    except (ValueError, RecursionError) as error:
        reason = str(error).partition("\n")[0][:80]
        raise ParameterError("evidence", "be JSON", reason, "give the file as written") from None
    if not isinstance(found, dict):
        hint = "give the file as written"
        raise ParameterError("evidence", "be an object of JSON", type(found).__name__, hint)
    return found


def _seal_findings(statement: Mapping[str, Any], seal: Mapping[str, Any]) -> list[str]:
    """Parts whose digests are not those of the seal in the statement."""
    told = statement["predicate"]["qnet"]["seal"]
    found = []
    for name, right in seal["parts"].items():
        wrong = told["parts"].get(name)
        if wrong == right:
            continue
        if isinstance(right, list) and isinstance(wrong, list) and len(right) == len(wrong):
            rows = statement["subject"] if name == "subject" else rows_of(statement, name)
            found += [
                f"{name.removesuffix('s')} {_name(row)} was changed: {name}[{k}]"
                for k, row in enumerate(rows)
                if right[k] != wrong[k]
            ]
        elif isinstance(right, list):
            count = len(wrong) if isinstance(wrong, list) else "no"
            found.append(f"{name} holds {len(right)} rows, the seal {count} digests")
        else:
            found.append(f"{name} was changed: its digest is not that of the seal")
    if not found and dict(told) != dict(seal):
        found.append("the seal was changed: it is not that of its parts")
    return found


def _name(row: Mapping[str, Any]) -> str:
    return str(row.get("id", row.get("name", "no name")))[:60]


def _place(data: bytes, written: bytes) -> str:
    """Where the bytes differ from the text that their content is written as."""
    same = zip(data, written, strict=False)
    shorter = min(len(data), len(written))
    place = next((k for k, (one, other) in enumerate(same) if one != other), shorter)
    line = data.count(b"\n", 0, place) + 1
    return f"the text was changed at byte {place}, line {line}, though it says the same"


def _rows_findings(statement: Mapping[str, Any]) -> list[str]:
    """Whether types and lists are those that the rows give."""
    predicate = statement["predicate"]
    found = [
        f"{name} is not {wanted}"
        for name, wanted in (("_type", STATEMENT_TYPE), ("predicateType", PREDICATE_TYPE))
        if statement.get(name) != wanted
    ]
    try:
        lists = lists_of(rows_of(statement, "checks"), rows_of(statement, "attacks"))
    except (LookupError, TypeError):
        return [*found, "a row of checks or attacks has no name or no decision"]
    wrong = [name for name in lists if predicate.get(name) != lists[name]]
    return found + [f"predicate.{name} does not follow from the checks" for name in wrong]


def _subject_findings(
    statement: Mapping[str, Any],
    digest_of: Callable[[str], str | None],
    code: Mapping[str, str] | None,
) -> list[str]:
    """Named files and packages that are not what they were."""
    found = []
    for subject in statement["subject"]:
        try:
            name, told = subject["name"], subject["digest"]["sha256"]
            role = subject["annotations"]["role"]
        except (LookupError, TypeError):
            found.append("a subject has no name, no role or no digest")
            continue
        if role == "code":
            if code is not None and code.get(name) != told:
                found.append(f"the code of {name} that is installed is not that of the evidence")
            continue
        here = digest_of(str(name))
        if here is None:
            found.append(f"{name} is not there")
        elif here != told:
            found.append(f"{name} was changed: its SHA-256 is not that of the evidence")
    return found
