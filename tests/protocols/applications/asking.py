"""Answers of ``qnet app``, as numbers by the name of their figure."""

from __future__ import annotations

import json
from typing import Any

from experiments.cli.main import main


def asked(capsys: Any, words: str) -> dict[str, Any]:
    """Figures of ``qnet app ... --json``: name -> best value, or several of them."""
    assert main(["app", *words.split(), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    values = {name: each["value"] for name, each in found["figures"].items()}
    return {
        name: [each["best"] for each in value] if isinstance(value, list) else value["best"]
        for name, value in values.items()
        if value is not None
    }
