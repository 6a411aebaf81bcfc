"""Glossary entries of the terms that the pages explain on a click."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

__all__ = ["terms"]


@cache
def terms() -> dict[str, str]:
    """Entry of each term, in plain text; written from the glossary by ``python -m tests.terms``.

    Examples:
        >>> terms()["QBER"][:23]
        'Quantum bit error rate:'
    """
    text = files("experiments.explore").joinpath("terms.json").read_text("utf-8")
    found: dict[str, str] = json.loads(text)
    return found
