"""Catalogue of requirements: what is asked, by which document, in which sub-layer, by which check.

The rows stand in ``requirements.toml`` beside this file. Ids are this project's own; a pointer
names a document and a topic, and no clause.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import lru_cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from protocols.certification.check_result import CheckResult
from protocols.certification.known_answers.vectors import FAMILIES, known_answers
from qnet.errors import ParameterError, check_one_of, check_probability
from qnet.estimate import Estimate
from qnet.schema import missing

__all__ = [
    "PROVENANCE",
    "SUB_LAYERS",
    "CatalogueRow",
    "absent",
    "chosen",
    "read_rows",
    "requirements",
]

#: Sub-layers of a system by the flow of information (S. Sajeed et al. 2021).
SUB_LAYERS: Mapping[str, str] = MappingProxyType(
    {
        "Q1": "optics",
        "Q2": "analogue electronics",
        "Q3": "drivers and calibration",
        "Q4": "operation cycle",
        "Q5": "post-processing",
        "Q6": "application interface",
        "Q7": "installation",
    }
)

#: How a pointer is known.
PROVENANCE: Mapping[str, str] = MappingProxyType(
    {
        "seen": "the title, abstract or scope of the document was read",
        "recalled": "from memory: look the topic up before you cite it",
    }
)


@dataclass(frozen=True, kw_only=True)
class CatalogueRow:
    """One row of the catalogue.

    Args:
        id: Its id.
        title: What is required.
        document: Which document asks for such a thing.
        topic: What that is about, in words of this project.
        provenance: ``"seen"`` or ``"recalled"``.
        sub_layer: ``Q1`` to ``Q7``.
        check: Name of the check that tests it.
        against: Name of the attack that the check must find; empty where it is of honest faults.
        ideal: Share of events that is right for any device; None where a description must say it.

    Raises:
        ParameterError: If a value is not one of those that are known.
    """

    id: str
    title: str
    document: str
    topic: str
    provenance: str
    sub_layer: str
    check: str
    against: str = ""
    ideal: float | None = None

    def __post_init__(self) -> None:
        check_one_of("provenance", self.provenance, PROVENANCE)
        check_one_of("sub_layer", self.sub_layer, SUB_LAYERS)
        if self.ideal is not None:
            check_probability("ideal", self.ideal)

    @property
    def pointer(self) -> str:
        """Document and topic."""
        return f"{self.document}: {self.topic} ({self.provenance})"

    def result(self, *, sentence: str, power: float | None = None, **found: Any) -> CheckResult:  # noqa: ANN401
        """What its check found, under the names of the requirement.

        Args:
            sentence: What was found; with a power, how likely the attack is found is added.
            power: Probability that the attack it is against is found.
            found: The other fields of a `CheckResult`.
        """
        if power is not None:
            sentence += f"; {self.against} is found with probability {power:.4g}"
        names = {each: getattr(self, each) for each in ("id", "title", "pointer", "sub_layer")}
        return CheckResult(**names, sentence=sentence, power=power, **found)


@lru_cache(maxsize=1)
def requirements() -> Mapping[str, CatalogueRow]:
    """The catalogue, by id.

    Examples:
        >>> requirements()["QBER-Z"].sub_layer
        'Q5'
    """
    text = files(__package__).joinpath("requirements.toml").read_text(encoding="utf-8")
    return MappingProxyType({**read_rows(tomllib.loads(text)), **_known_answers()})


def _known_answers() -> dict[str, CatalogueRow]:
    """One requirement for each family of known answers."""
    rows = (
        CatalogueRow(
            id=family.id,
            title=family.title,
            document=family.pointer,
            topic="known answers",
            provenance="recalled",
            sub_layer="Q5",
            check=f"known-answers-{family.name}",
        )
        for family in map(known_answers, FAMILIES)
    )
    return {row.id: row for row in rows}


def read_rows(values: Mapping[str, Any]) -> Mapping[str, CatalogueRow]:
    """The requirements of what ``tomllib`` gives of a catalogue.

    Raises:
        ParameterError: If a row lacks a key, has an unknown one, or repeats an id.
    """
    known = {item.name: item for item in fields(CatalogueRow)}
    found: dict[str, CatalogueRow] = {}
    for number, row in enumerate(values.get("requirement", ())):
        place = f"requirement[{number}]"
        for name in row:
            check_one_of(f"{place} key", name, known)
        for name in ("id", "title", "document", "topic", "provenance", "sub_layer", "check"):
            if name not in row:
                field = f"{place}.{name}"
                raise missing(field, "QBER-Z")
        if row["id"] in found:
            field = f"{place}.id"
            raise ParameterError(field, "be new", row["id"], "give each its own")
        found[row["id"]] = CatalogueRow(**row)
    return MappingProxyType(found)


def chosen(checks: str | Sequence[str]) -> tuple[CatalogueRow, ...]:
    """The requirements of these ids, or all of them.

    Args:
        checks: ``"all"``, or ids.

    Raises:
        UnknownNameError: If there is no such id; the message suggests the nearest.

    Examples:
        >>> [each.check for each in chosen(["QBER-Z", "DECOY-1"])]
        ['qber-z', 'decoy-ratio']
    """
    rows = requirements()
    if checks == "all":
        return tuple(rows.values())
    ids = [checks] if isinstance(checks, str) else list(checks)
    if not ids:
        raise ParameterError("checks", "name a requirement", ids, 'write checks = "all"')
    return tuple(rows[check_one_of("checks", each, rows)] for each in dict.fromkeys(ids))


def absent(row: CatalogueRow, reason: str) -> CheckResult:
    """The result of a check that does not apply."""
    return row.result(
        statistic=row.check,
        value=Estimate(0.0, 0.0, 1.0, 0),
        threshold=None,
        alpha=0.0,
        power=None,
        n=0,
        decision="not applicable",
        sentence=reason,
    )
