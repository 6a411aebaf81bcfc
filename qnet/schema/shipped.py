"""Scenario files that come with the package, by name."""

from __future__ import annotations

import difflib
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

__all__ = ["find", "find_beside", "find_data", "missing_file_hint", "shipped"]

_OURS = Path("experiments", "scenarios")


@lru_cache(maxsize=1)
def shipped() -> dict[str, Path]:
    """Path of each scenario file of the package, by name: those of a folder as ``folder/name``.

    Examples:
        >>> [name for name in shipped() if name.startswith("keyrate/")]
        ['keyrate/cv-gg02', 'keyrate/gys', 'keyrate/lim2014', 'keyrate/unequal-detectors']
    """
    spec = find_spec("experiments")
    if spec is None or spec.origin is None:
        return {}
    folder = Path(spec.origin).parent / "scenarios"
    paths = sorted(folder.rglob("*.toml"), key=lambda path: (len(path.parts), path))
    return {path.relative_to(folder).with_suffix("").as_posix(): path for path in paths}


def find(path: str | Path) -> Path:
    """The path of a scenario file: as given, or that of a scenario that comes with the package.

    A file that is there comes first; a folder is no scenario. One of the package is named without
    ``.toml``, and without its folder where no other has the name; its path below
    ``experiments/scenarios`` does as well. What is neither is given back as it is.

    Examples:
        >>> find("my.toml").name, find("swap-asap-8").name, find("qkd/gys").name
        ('my.toml', 'swap-asap-8.toml', 'gys.toml')
    """
    given = Path(path)
    if given.exists() and not given.is_dir():
        return given
    if given.is_relative_to(_OURS):
        name, exact = given.relative_to(_OURS).with_suffix("").as_posix(), True
    else:
        name, exact = str(path), False
    found = [name] if name in shipped() or exact else _of_any_folder(name)
    return shipped().get(found[0], given) if len(found) == 1 else given


def find_beside(name: str, folder: str) -> Path:
    """The path of a file that a scenario names: in the scenario's folder, else as `find` has it.

    Args:
        name: The file, as the scenario names it.
        folder: Where the scenario stands.

    Examples:
        >>> find_beside("swap-asap-8", "here").name
        'swap-asap-8.toml'
    """
    path = Path(folder, name)
    return path if path.is_file() else find(name)


def find_data(name: str, folder: str) -> Path:
    """The path of a data file that a scenario names: in the scenario's folder, else the package's.

    Args:
        name: The file, as the scenario names it.
        folder: Where the scenario stands.

    Examples:
        >>> find_data("nowhere.csv", "here").as_posix()
        'here/nowhere.csv'
    """
    path = Path(folder, name)
    spec = find_spec("experiments")
    if path.is_file() or Path(name).name != name or spec is None or spec.origin is None:
        return path
    found = sorted((Path(spec.origin).parent / "scenarios").rglob(name))
    return found[0] if len(found) == 1 else path


def missing_file_hint(path: str | Path) -> str:
    """What to do about a scenario file that is not there, with names of the package like it.

    Examples:
        >>> missing_file_hint("swop-asap-8"), missing_file_hint("gys")
        ("check the path; did you mean the package's 'swap-asap-8'?", \
"check the path, or take the package's 'keyrate/gys' or 'qkd/gys'")
        >>> missing_file_hint("data/two-segments.toml")
        "check the path, or take the package's 'two-segments'"
        >>> missing_file_hint("nowhere.toml")
        'check the path; qnet scenarios lists those of the package'
    """
    text = Path(path).as_posix().removesuffix(".toml")
    last = text.rpartition("/")[2]
    known = [text] if text in shipped() else _of_any_folder(last)
    if known:
        return f"check the path, or take the package's {' or '.join(map(repr, known))}"
    lasts = {name.rpartition("/")[2]: name for name in shipped()}
    near = difflib.get_close_matches(last, lasts, n=1, cutoff=0.7)
    if near:
        return f"check the path; did you mean the package's {lasts[near[0]]!r}?"
    return "check the path; qnet scenarios lists those of the package"


def _of_any_folder(name: str) -> list[str]:
    """The names of the package whose last part is this."""
    return [each for each in shipped() if each.rpartition("/")[2] == name]
