"""The scenario file that an argument names."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

__all__ = ["scenario_file"]

_OURS = Path("experiments", "scenarios")


def scenario_file(text: str) -> Path:
    """The path of a scenario file, for argparse.

    Paths below ``experiments/scenarios`` that are not there are those of the installed package, so
    that the commands of the documentation can be given in any folder.

    Examples:
        >>> scenario_file("my.toml").name
        'my.toml'
    """
    path = Path(text)
    if path.is_relative_to(_OURS) and ".." not in path.parts and not path.exists():
        packaged = Path(str(files("experiments"))) / path.relative_to("experiments")
        return packaged if packaged.is_file() else path
    return path
