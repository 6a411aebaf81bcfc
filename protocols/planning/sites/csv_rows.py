"""Rows of a CSV of sites or demands: comments left out, columns by their names."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping

from qnet.errors import ParameterError
from qnet.schema import NOTHING

__all__ = ["csv_rows", "number_in"]


def csv_rows(field: str, text: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    r"""Each row of a CSV with a header: where it stands, and its values by column in small letters.

    Lines that begin with ``#`` are comments; values are set apart by commas, or by semicolons or
    tabs where the header has no comma.

    Args:
        field: Key that names the file, for errors.
        text: Its content.

    Raises:
        ParameterError: If it has no header, a column twice, or a row of another length or over
            several lines.

    Examples:
        >>> list(csv_rows("sites.file", "name,population\nA,3"))
        [('sites.file, line 2', {'name': 'A', 'population': '3'})]
    """
    lines = [(k, line) for k, line in enumerate(text.splitlines(), 1) if line.strip()]
    lines = [(k, line) for k, line in lines if not line.lstrip().startswith("#")]
    if not text.strip():
        raise ParameterError(field, "not be empty", NOTHING, "check that the file is saved")
    if not lines:
        raise ParameterError(field, "have a header and rows", "comments alone", "add the rows")
    mark = next((each for each in ",;\t" if each in lines[0][1]), ",")
    rows = csv.reader([line for _, line in lines], delimiter=mark, skipinitialspace=True)
    header: list[str] = []
    seen = 0
    for (number, _), cells in zip(lines, rows, strict=False):
        where = f"{field}, line {number}"
        seen += 1
        if rows.line_num != seen:
            hint = "close its quotation mark on the same line"
            raise ParameterError(where, "stand on one line", " ".join(cells)[:60], hint)
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
