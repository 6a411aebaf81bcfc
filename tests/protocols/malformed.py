"""Tables of malformed scenarios: what is changed in a good one, and the message it gets."""

from __future__ import annotations

from pathlib import Path

import pytest

from qnet.schema import assignment


def blocks(name):
    """Title, changes and message of every block of a table of this folder."""
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    for block in text.split("\n\n"):
        lines = block.strip().splitlines()
        if not any(line.startswith("=> ") for line in lines):
            continue
        (message,) = (line[3:] for line in lines if line.startswith("=> "))
        said = [line for line in lines if not line.startswith(("#", "=> "))]
        gone = {line[1:]: None for line in said if line.startswith("-")}
        changes = dict(assignment(line) for line in said if not line.startswith("-"))
        yield pytest.param(gone | changes, message, id=lines[0].lstrip("# "))
