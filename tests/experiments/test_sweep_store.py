"""The store: schema versions, rows, exports."""

from __future__ import annotations

import csv
import dataclasses
import sqlite3

import pandas as pd
import pyarrow.parquet as pq
import pytest

from experiments.sweep import Store, collect, loads, results
from experiments.sweep.batch import play_batch
from experiments.sweep.export import batch_records, records, to_dataframe, write
from experiments.sweep.tables import APPLICATION, MIGRATIONS
from qnet.errors import ParameterError
from qnet.metrics.figures import figures_in
from tests.experiments.sweep_text import answers, sweep_text

SWEEP = loads(sweep_text('"link.success_probability" = [0.1, 0.5]\nbatch_shots = 1000'), name="two")


@pytest.fixture
def path(tmp_path):
    """A store with a finished sweep of two points in three batches each."""
    with Store(tmp_path / "results.db", create=True) as store:
        assert collect(SWEEP, store)
    return tmp_path / "results.db"


def version_of(path) -> int:
    with sqlite3.connect(path) as database:
        return database.execute("PRAGMA user_version").fetchone()[0]


def test_a_store_of_every_older_version_is_migrated_and_keeps_its_rows(path, tmp_path):
    for version in range(1, len(MIGRATIONS)):
        old = tmp_path / f"version-{version}.db"
        with sqlite3.connect(old) as database:
            for script in MIGRATIONS[:version]:
                database.executescript(script)
            database.execute(f"PRAGMA application_id = {APPLICATION}")
            database.execute(f"PRAGMA user_version = {version}")
            database.execute("ATTACH ? AS new", (str(path),))
            for table in ("tasks", "sweeps", "points", "batches"):
                names = ", ".join(
                    row[1] for row in database.execute(f"PRAGMA main.table_info({table})")
                )
                database.execute(f"INSERT INTO main.{table} SELECT {names} FROM new.{table}")
        with Store(old) as store:
            figures = [row.figure("rate_hz") for row in results(store)]
            assert collect(SWEEP, store)
        with Store(path) as store:
            assert figures == [row.figure("rate_hz") for row in results(store)]
        assert version_of(old) == len(MIGRATIONS)
        assert answers(old) == answers(path)


def test_a_newer_store_is_refused_and_left_alone(path):
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    with pytest.raises(ParameterError, match="written by a newer qnet"):
        Store(path)
    assert version_of(path) == len(MIGRATIONS) + 1


def test_what_is_no_store_is_refused(tmp_path):
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as database:
        database.execute("CREATE TABLE notes (text TEXT)")
    with pytest.raises(ParameterError, match="another program's database"):
        Store(other)
    text = tmp_path / "text.db"
    text.write_text("no database at all, but long enough to be read as a header\n" * 50)
    with pytest.raises(ParameterError, match="not a database"):
        Store(text)
    with pytest.raises(ParameterError, match="not a directory"):
        Store(tmp_path, create=True)
    with pytest.raises(ParameterError, match="must exist"):
        Store(tmp_path / "missing.db")
    with pytest.raises(ParameterError, match="in a directory that exists"):
        Store(tmp_path / "missing" / "results.db", create=True)
    assert not (tmp_path / "missing.db").exists()


def test_it_is_a_write_ahead_log(path):
    with sqlite3.connect(path) as database:
        assert database.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_batch_that_comes_twice_is_kept_once(path):
    before = answers(path)
    task = SWEEP.point(0).task
    with Store(path) as store:
        store.add(play_batch(task, SWEEP.root, 0))
        store.add(dataclasses.replace(play_batch(task, SWEEP.root, 0), wall_s=99.0))
        assert max(batch.wall_s for batch in store.batches(task.identity, SWEEP.root)) < 99.0
    assert answers(path) == before


def test_every_row_says_where_it_comes_from(path):
    with Store(path) as store:
        lines = batch_records(store)
        text = store.task_text(lines[0]["task"])
    assert len(lines) == 6
    for line in lines:
        assert line["engine"] == "sampled"
        assert line["wall_s"] > 0.0
        assert line["version_qnet"]
        assert line["version_qiskit-aer"]
        assert line["worker"]
        assert line["finished_at"].endswith("+00:00")
    assert len({line["seed"] for line in lines}) == 6
    assert {SWEEP.point(k).task.text for k in range(2)} >= {text}


def test_exports_hold_the_same_numbers(path, tmp_path):
    with Store(path) as store:
        rows = results(store)
        lines = records(rows)
    write(lines, tmp_path / "out.csv")
    write(lines, tmp_path / "out.parquet")
    with (tmp_path / "out.csv").open(newline="") as file:
        read = list(csv.DictReader(file))
    table = pq.read_table(tmp_path / "out.parquet").to_pylist()
    frame = to_dataframe(lines)
    assert isinstance(frame, pd.DataFrame)
    for k, row in enumerate(rows):
        for name in figures_in("sweep"):
            figure = row.figure(name)
            for end in ("low", "best", "high"):
                value = getattr(figure, end)
                assert float(read[k][f"{name}_{end}"]) == value
                assert table[k][f"{name}_{end}"] == value
                assert frame[f"{name}_{end}"][k] == value
        for source in (read[k], table[k], frame.iloc[k]):
            assert float(source["link.success_probability"]) == row.axes["link.success_probability"]
            assert source["engine"] == "sampled"
            assert int(source["seed"]) == 7
            assert float(source["wall_s"]) > 0.0
            assert source["version_qnet"] == row.versions["qnet"]


def test_columns_of_mixed_values_can_be_written(tmp_path):
    lines = [{"a": 1, "b": "x"}, {"a": 2.5, "b": 3, "c": None}]
    write(lines, tmp_path / "out.parquet")
    found = pq.read_table(tmp_path / "out.parquet").to_pylist()
    assert found == [{"a": 1.0, "b": "x", "c": None}, {"a": 2.5, "b": "3", "c": None}]


def test_other_formats_are_refused(tmp_path):
    with pytest.raises(ParameterError, match=r"end in \.csv or \.parquet"):
        write([], tmp_path / "out.xlsx")
    with pytest.raises(ParameterError, match="be writable"):
        write([], tmp_path / "nowhere" / "out.csv")
