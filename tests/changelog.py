"""Changelog fragments: read from ``changelog.d``, and moved into ``CHANGELOG.md``.

``python -m tests.changelog`` moves them, at a release or when there are many.
"""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: Headings of the changelog, in their order, by the kind in a fragment's name.
KINDS = {"added": "Added", "changed": "Changed", "fixed": "Fixed", "removed": "Removed"}

NAME = re.compile(rf"[a-z0-9-]+\.({'|'.join(KINDS)})\.md")

#: Where new entries go: the first heading of a version.
UNRELEASED = "## [Unreleased]\n"


def fragments(folder: Path) -> list[Path]:
    """Every fragment of a folder, by name."""
    return sorted(path for path in folder.glob("*") if path.name != "README.md")


def faults(path: Path) -> list[str]:
    """What is wrong with a fragment: its name, entries that are none, long lines."""
    found = [] if NAME.fullmatch(path.name) else ["the name must be NAME.KIND.md"]
    lines = path.read_text(encoding="utf-8").splitlines()
    if not lines or not lines[0].startswith("- "):
        found.append("it must begin with '- '")
    for number, line in enumerate(lines, 1):
        if not re.match(r"(- |  )\S", line):
            found.append(f"line {number} is neither an entry nor the rest of one")
        if len(line) > 120:
            found.append(f"line {number} is longer than 120 columns")
    return found


def assembled(changelog: str, entries: dict[str, str]) -> str:
    """A changelog with the entries of each kind under a heading of their own, newest first."""
    blocks = [
        f"\n### {title}\n\n{entries[kind]}" for kind, title in KINDS.items() if kind in entries
    ]
    before, heading, after = changelog.partition(UNRELEASED)
    return before + heading + "".join(blocks) + after


def main() -> None:
    """Move every fragment into the changelog."""
    paths = fragments(ROOT / "changelog.d")
    wrong = [f"{path.name}: {fault}" for path in paths for fault in faults(path)]
    if wrong:
        raise SystemExit("\n".join(wrong))
    entries: dict[str, str] = {}
    for path in paths:
        kind = path.name.split(".")[-2]
        entries[kind] = entries.get(kind, "") + path.read_text(encoding="utf-8").rstrip() + "\n"
    changelog = ROOT / "CHANGELOG.md"
    changelog.write_text(
        assembled(changelog.read_text(encoding="utf-8"), entries), encoding="utf-8"
    )
    for path in paths:
        path.unlink()
    print(f"{len(paths)} fragments moved into {changelog.name}")


if __name__ == "__main__":
    main()
