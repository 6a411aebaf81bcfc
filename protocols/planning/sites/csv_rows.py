"""Rows of a CSV of sites or demands: comments left out, columns by their names."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from qnet.errors import ParameterError

__all__ = ["file_text", "csv_rows", "number_in"]

#: Most bytes of a file of sites or demands.
_LARGEST = 1 << 23


def file_text(field: str, path: Path) -> str:
    """The text of a file.

    Args:
        field: Key that names it.
        path: Where it is.

    Raises:
        ParameterError: If it cannot be read, is too large or is empty.
    """
    try:
        if path.exists() and not path.is_file():
            raise ParameterError(field, "be a file", str(path), "name a file, not a folder")
        size = path.stat().st_size
        data = path.read_bytes() if size <= _LARGEST else b""
    except OSError as error:
        reason = error.strerror or type(error).__name__
        hint = f"{reason}: check its name, which counts from the folder of the scenario"
        raise ParameterError(field, "be a file that can be read", path.name, hint) from None
    except ParameterError:
        raise
    except ValueError as error:  # a name with a null byte
        raise ParameterError(field, "be the name of a file", path.name, str(error)) from None
    if size > _LARGEST:
        hint = "a list of sites is smaller"
        raise ParameterError(field, f"be at most {_LARGEST >> 20} MiB", f"{size:,} bytes", hint)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        hint = f"byte {error.start} is no UTF-8: save it as UTF-8"
        raise ParameterError(field, "be a text in UTF-8", path.name, hint) from None
    if not text.strip():
        raise ParameterError(field, "not be empty", path.name, "check that the file is saved")
    return text


def csv_rows(field: str, text: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    r"""Each row of a CSV with a header: where it stands, and its values by column in small letters.

    Lines that begin with ``#`` are comments.

    Args:
        field: Key that names the file, for errors.
        text: Its content.

    Raises:
        ParameterError: If it has no header, a column twice, or a row of another length.

    Examples:
        >>> list(csv_rows("sites.file", "name,population\\nA,3"))
        [('sites.file, line 2', {'name': 'A', 'population': '3'})]
    """
    lines = [(k, line) for k, line in enumerate(text.splitlines(), 1) if line.strip()]
    lines = [(k, line) for k, line in lines if not line.lstrip().startswith("#")]
    if not lines:
        raise ParameterError(field, "have a header and rows", "comments alone", "add the rows")
    rows = csv.reader([line for _, line in lines], skipinitialspace=True)
    header: list[str] = []
    for (number, _), cells in zip(lines, rows, strict=False):
        where = f"{field}, line {number}"
        cells = [cell.strip() for cell in cells]
        if not header:
            header = [cell.lower() for cell in cells]
            double = next((name for name in header if name and header.count(name) > 1), None)
            if double is not None:
                raise ParameterError(where, "name each column once", double, "rename one")
            continue
        if len(cells) != len(header):
            hint = f"the header has {len(header)} columns"
            raise ParameterError(where, f"have {len(header)} values", len(cells), hint)
        yield where, dict(zip(header, cells, strict=True))
    if len(lines) == 1:
        raise ParameterError(field, "have a row below its header", "no row", "add the rows")


def number_in(where: str, text: str) -> float:
    """A number that stands in a file."""
    try:
        return float(text) if "_" not in text else float("nan")
    except ValueError:
        raise ParameterError(where, "be a number", text[:60], "mend the number") from None
