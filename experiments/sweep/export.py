"""Results for other programs: records, CSV, Parquet, a pandas data frame."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from experiments.sweep.result_rows import UNTOLD, ResultRow, chosen_sweeps
from experiments.sweep.store import Store
from qnet.errors import ParameterError
from qnet.progress import ProgressCallback

__all__ = ["batch_records", "records", "to_dataframe", "write"]

Record = dict[str, Any]


def records(rows: Sequence[ResultRow], *, progress: ProgressCallback | None = None) -> list[Record]:
    """A flat record of each result: axes, facts, figures with their intervals, provenance.

    Args:
        rows: The results.
        progress: Called with the number of records made and wanted.
    """
    found = []
    for row in rows:
        found.append(_record(row))
        if progress is not None:
            progress(len(found), len(rows))
    return found


def batch_records(store: Store, name: str | None = None) -> list[Record]:
    """One record for each batch, as it is stored: additive counts, seed, versions, wall time.

    Args:
        store: Where to look.
        name: Only this sweep; a name, or the beginning of an identity.
    """
    found: dict[tuple[str, int, int], Record] = {}
    for sweep in chosen_sweeps(store, name):
        for row in store.batch_rows(sweep):
            versions = _versions(json.loads(row.pop("versions")))
            found[row["task"], row["root"], row["number"]] = row | versions
    return list(found.values())


def write(lines: Sequence[Record], path: Path) -> None:
    """Write records to a file that ends in ``.csv``, or ``.parquet`` with the extra ``parquet``.

    Raises:
        ParameterError: If the name ends otherwise, or the file cannot be written.
    """
    writers = {".csv": _write_csv, ".parquet": _write_parquet}
    if path.suffix not in writers:
        ends = " or ".join(writers)
        raise ParameterError("--out", f"end in {ends}", str(path), "change the name")
    try:
        writers[path.suffix](lines, path)
    except OSError as error:
        hint = f"{(error.strerror or str(error)).lower()}: check the path"
        raise ParameterError("--out", "be writable", str(path), hint) from None


def to_dataframe(lines: Sequence[Record]) -> Any:  # noqa: ANN401
    """Records as a pandas data frame; takes the extra ``pandas``.

    Raises:
        ParameterError: If pandas is not installed.

    Examples:
        >>> frame = to_dataframe([{"chain.length_km": 50, "rate_hz_best": 12.5}])
        >>> frame.shape
        (1, 2)
    """
    try:
        # Local import: an extra, and it takes long to load.
        import pandas as pd
    except ImportError:
        raise _missing("pandas", "pandas") from None
    return pd.DataFrame.from_records(list(lines), columns=_columns(lines))


def _record(row: ResultRow) -> Record:
    record: Record = {"sweep": row.sweep, "position": row.position}
    record |= {axis: _cell(value) for axis, value in row.axes.items()}
    record |= {name: _cell(value) for name, value in row.facts.items() if name not in UNTOLD}
    record |= {f"key_{name}": value for name, value in row.facts.get("key", {}).items()}
    own = {"security", "reason", *row.axes}
    record |= {name: _cell(value) for name, value in row.cells.items() if name not in own}
    for name in row.figures:
        figure = row.figure(name)
        for end in ("low", "best", "high", "n"):
            record[f"{name}_{end}"] = None if figure is None else getattr(figure, end)
    claim = row.security
    record |= {
        "security_notion": None if claim is None else claim.notion,
        "security_assumes": None if claim is None else "; ".join(claim.assumes),
        "security_reason": None if claim is None else claim.reason,
        "engine": row.engine,
        "seed": row.root,
        "samples": row.samples,
        "batches": row.batches,
        "finished": row.finished,
        "reason": row.reason,
        "wall_s": row.wall_s,
        "task": row.task,
    }
    return record | _versions(row.versions)


def _versions(versions: Any) -> Record:  # noqa: ANN401
    return {f"version_{name}": version for name, version in versions.items()}


def _cell(value: object) -> object:
    """Lists and tables as JSON."""
    return json.dumps(value) if isinstance(value, list | dict) else value


def _columns(lines: Sequence[Record]) -> list[str]:
    return list(dict.fromkeys(name for line in lines for name in line))


def _write_csv(lines: Sequence[Record], path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, _columns(lines))
        writer.writeheader()
        writer.writerows(lines)


def _write_parquet(lines: Sequence[Record], path: Path) -> None:
    try:
        # Local import: an extra, and it takes long to load.
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise _missing("parquet", "pyarrow") from None
    columns = {name: _even([line.get(name) for line in lines]) for name in _columns(lines)}
    pq.write_table(pa.table(columns), path)


def _even(values: list[Any]) -> list[Any]:
    """Values of one type, as a column must have: numbers as floats, else all as text."""
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) < 2:
        return values
    convert = float if kinds <= {int, float} else str
    return [None if value is None else convert(value) for value in values]


def _missing(extra: str, package: str) -> ParameterError:
    hint = f"pip install 'qnet-emulator[{extra}]'"
    return ParameterError(package, "be installed", "nothing", hint)
