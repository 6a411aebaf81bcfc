"""Vectors of known answers: inputs and right outputs with their sources, read from data files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pkgutil import get_data
from typing import Any

from protocols.certification.known_answers.algorithms import Answer
from qnet.errors import UnknownNameError

__all__ = ["FAMILIES", "KnownAnswer", "KnownAnswerFamily", "known_answers"]

#: Data files, each of one family of algorithms.
FAMILIES = (
    "hashing",
    "authentication",
    "toeplitz",
    "cascade",
    "ldpc",
    "crc",
    "ciphers",
    "sharing",
    "budgets",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAnswer:
    """One vector.

    Args:
        id: Of the vector.
        algorithm: Which one, a name of `ALGORITHMS`.
        source: Where the answer comes from.
        input: What the algorithm is given.
        answer: What it must return.
        tolerance: Largest relative difference of a number; 0 for the answer to the last digit.
    """

    id: str
    algorithm: str
    source: str
    input: Mapping[str, Any]
    answer: Answer
    tolerance: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAnswerFamily:
    """All vectors of one family.

    Args:
        name: Of its data file.
        id: Of the requirement that these vectors check.
        title: The requirement in a few words.
        pointer: What the answers are of.
        vectors: The vectors.
    """

    name: str
    id: str
    title: str
    pointer: str
    vectors: tuple[KnownAnswer, ...]


@cache
def known_answers(family: str) -> KnownAnswerFamily:
    """The vectors of a family.

    Raises:
        UnknownNameError: If there is no such family.

    Examples:
        >>> known_answers("crc").vectors[0].answer
        'cbf43926'
    """
    if family not in FAMILIES:
        raise UnknownNameError("family", family, FAMILIES)
    data = get_data(__name__, f"data/{family}.json")
    assert data is not None
    found = json.loads(data)
    vectors = tuple(KnownAnswer(**vector) for vector in found.pop("vectors"))
    return KnownAnswerFamily(name=family, vectors=vectors, **found)
