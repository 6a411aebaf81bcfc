"""The release of a version: entries of ``changelog.d`` become its section of ``CHANGELOG.md``.

``python -m tests.release`` (``make release``) does it, once everything that it reads agrees: the
version of ``qnet/__init__.py``, and version and date of ``CITATION.cff``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: Headings of a version, in their order, by the kind in a fragment's name.
KINDS = {
    "breaking": "What to change in your files and code",
    "added": "Added",
    "changed": "Changed",
    "fixed": "Fixed",
    "removed": "Removed",
}

NAME = re.compile(rf"[a-z0-9-]+\.({'|'.join(KINDS)})\.md")

#: Stands above the versions; nothing stands under it, since entries wait in ``changelog.d``.
UNRELEASED = "## [Unreleased]\n"

SECTION = re.compile(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})$", re.MULTILINE)


@dataclass(frozen=True)
class Release:
    """A version and its day, as the changelog heads it."""

    version: str
    day: date

    @property
    def heading(self) -> str:
        """The line above its entries."""
        return f"## [{self.version}] - {self.day}\n"

    @property
    def number(self) -> tuple[int, ...]:
        """Its version, to compare."""
        return tuple(map(int, self.version.split(".")))


class ReleaseError(SystemExit):
    """What keeps the version from being released, a line for each reason."""


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


def cited(root: Path) -> Release:
    """Version and day of the file that citation managers read."""
    text = (root / "CITATION.cff").read_text(encoding="utf-8")
    found = {
        key: re.search(rf"^{key}: \"?([^\"\n]+)\"?$", text, re.MULTILINE)
        for key in ("version", "date-released")
    }
    missing = [key for key, value in found.items() if value is None]
    if missing:
        raise ReleaseError(f"CITATION.cff has no {' and no '.join(missing)}")
    version, day = (value[1] for value in found.values() if value is not None)
    return Release(version, date.fromisoformat(day))


def packaged(root: Path) -> str:
    """The version of the package, without importing it."""
    text = (root / "qnet" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)
    if found is None:
        raise ReleaseError("qnet/__init__.py has no __version__")
    return found[1]


def released(changelog: str) -> list[Release]:
    """The versions of a changelog, newest first."""
    return [
        Release(version, date.fromisoformat(day)) for version, day in SECTION.findall(changelog)
    ]


def obstacles(root: Path) -> list[str]:
    """What keeps the package's version from being released; nothing when it can be."""
    new, version = cited(root), packaged(root)
    waiting = fragments(root / "changelog.d")
    found = [f"{path.name}: {fault}" for path in waiting for fault in faults(path)]
    if not waiting:
        found.append("changelog.d is empty: there is nothing to release")
    if new.version != version:
        found.append(f"CITATION.cff cites {new.version}, qnet/__init__.py has {version}")
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    _, heading, after = changelog.partition(UNRELEASED)
    if not heading or after.partition("\n## ")[0].strip():
        found.append(f"CHANGELOG.md needs the line {UNRELEASED.strip()!r} with nothing under it")
    for old in released(changelog)[:1]:
        if new.number <= old.number:
            found.append(f"{new.version} must be newer than {old.version}: raise __version__")
        if new.day < old.day:
            found.append(f"date-released of CITATION.cff is before that of {old.version}")
    return found


def assembled(changelog: str, release: Release, entries: dict[str, str]) -> str:
    """A changelog with a new version, and under it the entries of each kind with their heading."""
    blocks = [
        f"\n### {title}\n\n{entries[kind]}" for kind, title in KINDS.items() if kind in entries
    ]
    before, heading, after = changelog.partition(UNRELEASED)
    return before + heading + "\n" + release.heading + "".join(blocks) + after


def cut(root: Path) -> Release:
    """Release the version of the package: its changelog is written, its fragments are gone.

    Raises:
        ReleaseError: If something is in its way; nothing has changed then.
    """
    found = obstacles(root)
    if found:
        raise ReleaseError("\n".join(found))
    release = cited(root)
    entries: dict[str, str] = {}
    paths = fragments(root / "changelog.d")
    for path in paths:
        kind = path.name.split(".")[-2]
        entries[kind] = entries.get(kind, "") + path.read_text(encoding="utf-8").rstrip() + "\n"
    changelog = root / "CHANGELOG.md"
    text = changelog.read_text(encoding="utf-8")
    changelog.write_text(assembled(text, release, entries), encoding="utf-8")
    for path in paths:
        path.unlink()
    return release


if __name__ == "__main__":
    done = cut(ROOT)
    print(f"CHANGELOG.md has {done.version} of {done.day}; commit it, and tag it v{done.version}")
