"""New files of commands: written where nothing stands, and copies of what the package ships."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from qnet.errors import ParameterError

__all__ = ["copied", "write_new"]

_HINT = "move it away, or give another name"


def write_new(path: Path, text: str) -> Path:
    """Write a text where no file is yet.

    Raises:
        ParameterError: If something is there, or the folder is not.
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ParameterError("--out", "be a new file", str(path), _HINT) from None
    except OSError as error:
        hint = f"{(error.strerror or str(error)).lower()}: check the path"
        raise ParameterError("--out", "be writable", str(path), hint) from None
    return path


def copied(files: Iterable[tuple[Path, str]], folder: Path) -> list[Path]:
    """Copy files into a folder, where none of them is yet.

    Args:
        files: Path of each, and its name below the folder.
        folder: Where they go; made if it is not there.

    Raises:
        ParameterError: If one is there already (then nothing is copied), or cannot be written.
    """
    wanted = [(path, folder / name) for path, name in files]
    there = next((str(target) for _, target in wanted if target.exists()), None)
    if there is not None:
        raise ParameterError("--copy", "be a folder without these files", there, _HINT)
    try:
        for path, target in wanted:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    except OSError as error:
        hint = f"{(error.strerror or str(error)).lower()}: check the path"
        raise ParameterError("--copy", "be a folder", str(folder), hint) from None
    return [target for _, target in wanted]
