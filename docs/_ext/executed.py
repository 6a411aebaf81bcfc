"""Executed copies of the notebooks, kept as long as neither they nor the packages change.

``make notebooks`` (``python docs/_ext/executed.py``) executes those that have no copy. A copy is
the student's version with what its cells show; its name holds a digest of all that it is made of.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from experiments.cli.notebooks import student_version, titles

__all__ = ["FOLDER", "copy_of", "execute", "missing"]

ROOT = Path(__file__).resolve().parents[2]

#: Where copies are kept.
FOLDER = ROOT / ".cache" / "notebooks"

#: What the notebooks play with, of the project and of others.
_PACKAGES = ("qnet", "protocols", "experiments")
_LIBRARIES = ("numpy", "scipy", "matplotlib", "qiskit", "qiskit-aer")

#: Time that a cell may take, in s.
_PATIENCE_S = 600


def copy_of(notebook: Path, folder: Path = FOLDER) -> Path:
    """Where the executed copy of a notebook is kept, once it is there."""
    whole = hashlib.sha256(_source_digest() + _student(notebook).encode())
    return folder / f"{notebook.stem}-{whole.hexdigest()[:16]}.ipynb"


def missing(folder: Path = FOLDER) -> list[Path]:
    """Notebooks without an executed copy of today."""
    return [path for path, _ in titles() if not copy_of(path, folder).exists()]


def execute(notebook: Path, folder: Path = FOLDER) -> Path:
    """Execute the student's version of a notebook in a kernel, and keep what it shows.

    Args:
        notebook: The file of the course.
        folder: Where the copy is kept; older copies of the same notebook go.

    Raises:
        nbclient.exceptions.CellExecutionError: If a cell ends with an error.
    """
    # Local imports: only who executes needs Jupyter's libraries.
    import nbformat
    from nbclient import NotebookClient

    target = copy_of(notebook, folder)
    read = nbformat.reads(_student(notebook), as_version=4)
    with tempfile.TemporaryDirectory() as empty:
        client = NotebookClient(
            read,
            timeout=_PATIENCE_S,
            kernel_name="python3",
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": empty}},
        )
        client.execute(env=_environment())
    for cell in read.cells:
        if cell.cell_type == "code":
            # Warnings are errors in the tests; the rest is what this machine's libraries log.
            cell.outputs = [each for each in cell.outputs if each.get("name") != "stderr"]
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob(f"{notebook.stem}-*.ipynb"):
        old.unlink()
    new = target.with_suffix(".part")
    new.write_text(json.dumps(read), encoding="utf-8")
    new.replace(target)
    return target


def _number(notebook: Path) -> int:
    return int(notebook.stem.partition("_")[0])


def _student(notebook: Path) -> str:
    return student_version(notebook.read_text(encoding="utf-8"))


@cache
def _source_digest() -> bytes:
    """Digest of the packages and of the versions of the libraries beneath them."""
    whole = hashlib.sha256(sys.version.encode())
    for library in _LIBRARIES:
        whole.update(f"{library} {version(library)}\n".encode())
    for package in _PACKAGES:
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix in {".py", ".toml", ".csv", ".svg", ".graphml"}:
                whole.update(str(path.relative_to(ROOT)).encode())
                whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.digest()


def _environment() -> dict[str, Any]:
    """Environment of a kernel: figures within the notebook, no line of progress, one thread."""
    return os.environ | {
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_NUM_THREADS": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        "QNET_PROGRESS": "off",
    }


def main(words: Sequence[str] | None = None) -> int:
    """Execute what has no copy, or what is named."""
    parser = argparse.ArgumentParser(description="Execute notebooks of the course for the site.")
    parser.add_argument("numbers", nargs="*", type=int, help="which (default: all)")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where copies are kept")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    arguments = parser.parse_args(words)
    known = {_number(path) for path, _ in titles()}
    if unknown := set(arguments.numbers) - known:
        parser.error(f"there is no notebook {min(unknown)}: give 1 to {max(known)}")
    chosen = [
        path
        for path in missing(arguments.folder)
        if not arguments.numbers or _number(path) in arguments.numbers
    ]
    failed = 0
    with ThreadPoolExecutor(max(arguments.workers, 1)) as pool:
        waited = [(path, pool.submit(execute, path, arguments.folder)) for path in chosen]
        for path, future in waited:
            error = future.exception()
            failed += error is not None
            print(path.name, "" if error is None else f"failed: {error}", flush=True)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
