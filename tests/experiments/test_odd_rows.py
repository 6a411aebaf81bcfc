"""Rows of studies with cells that JSON has not, and how they are found again, shown and drawn."""

import json
import math
import os
import sqlite3
import sys
from pathlib import Path

import numpy as np
import pytest

from experiments.cli.main import main
from experiments.studies.study import Study
from experiments.sweep import Store, results
from experiments.sweep.counts import RowAnswer, from_json
from qnet.errors import ParameterError, QnetError
from qnet.estimate import Estimate


def _points(quick):
    return [{"x": float(k), "odd": bool(k % 2), "list": [1, k], "none": None} for k in range(4)]


def _odd(point, seed):
    value = [1.0, math.inf, -math.inf, math.nan][int(point["x"])]
    return {"value": value, "rate_hz": Estimate(0.5, 1.0, math.inf, 3), "flag": np.bool_(True)}


def _refused(point, seed):
    if point["x"] == 2.0:
        raise ParameterError("rate", "be positive", -1.0, "take another")
    return {"value": 1.0}


def _unknown(point, seed):
    return {"value": 1.0, "what": {1, 2}}


def _broken(point, seed):
    return {"value": 1.0 / (point["x"] - 2.0)}


def _long(point, seed):
    return {"value": 1.0, "text": "x" * 100_000}


def _study(work):
    return Study(
        name="odd",
        question="How odd?",
        points=_points,
        work=work,
        answer=lambda rows: f"{len(rows)} rows.",
        draw=lambda figure, rows: None,
    )


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("odd") / "results.db"
    with Store(path, create=True) as store:
        _study(_odd).rows(store=store)
    return path


@pytest.mark.parametrize("value", [math.inf, -math.inf, 1e308, 0.1, "inf", "nan", [1, "inf"]])
def test_a_cell_is_read_back_as_it_was(value):
    """Oracle: what was written; an infinity is no text, and a text no infinity."""
    answer = RowAnswer.of({"value": value})
    again = from_json(answer.to_json())
    assert again == answer
    assert type(again.row["value"]) is type(value)


def test_rows_with_numbers_that_are_not_finite(path):
    """Oracle: the study's own formula. What is not a number is a cell, and no figure."""
    with Store(path, read_only=True) as store:
        rows = results(store)
    assert [row.counts.row["value"] for row in rows[:3]] == [1.0, math.inf, -math.inf]
    assert math.isnan(rows[3].counts.row["value"])
    assert [row.figure("value") is None for row in rows] == [False, False, False, True]
    assert rows[1].figure("value").best == math.inf
    assert all(row.counts.row["flag"] is True for row in rows)


def test_they_are_written_and_drawn(path, tmp_path, capsys):
    """Oracle: no warning (they are errors here), and JSON that any reader takes."""
    written = _study(_odd).write(_study(_odd).rows(), tmp_path)
    data = json.loads(written[1].read_text(encoding="utf-8"), parse_constant=pytest.fail)
    assert [row["value"] for row in data["rows"]] == [1.0, "inf", "-inf", "nan"]
    for by in ("odd", "list"):
        out = str(tmp_path / f"{by}.png")
        command = ["plot", str(path), "--x", by, "--by", "x", "--y", "value", "--out", out]
        assert main(command) == 0
    assert main(["export", str(path), "--out", str(tmp_path / "odd.csv")]) == 0


@pytest.mark.parametrize(
    "wanted",
    ["odd=yes", "odd=True", "list=1 3", "list=[1, 3]", "x=3", "x=3.0", "value=-inf", "value=inf"],
)
def test_a_value_is_asked_for_as_it_is_shown(path, capsys, wanted):
    assert main(["results", str(path), "--where", wanted]) == 0
    assert "points finished" in capsys.readouterr().out


def test_values_to_choose_from_are_told_as_they_are_shown(path, capsys):
    assert main(["results", str(path), "--where", "odd=maybe"]) == 2
    assert "odd is no, yes" in capsys.readouterr().err
    assert main(["results", str(path), "--where", "od=yes"]) == 2
    assert capsys.readouterr().err.count("'odd'") == 2  # once in the list, once as a guess


def test_a_refusal_says_where():
    with pytest.raises(QnetError, match=r"rate must be positive .* \(at x 2, odd no, list 1 2"):
        _study(_refused).rows()


def test_a_cell_of_no_kind_is_named():
    with pytest.raises(ParameterError, match=r"what must be .* \(got 'set'\)"):
        _study(_unknown).rows()


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_of_the_script_says_where(workers):
    """Oracle: the one point at which the script divides by zero."""
    with pytest.raises(ZeroDivisionError) as caught:
        _study(_broken).rows(workers=workers)
    assert "'x': 2.0" in "".join(caught.value.__notes__)


def test_a_picture_in_a_folder_that_is_not_there(tmp_path, capsys):
    where = ["--out", str(tmp_path), "--picture", str(tmp_path / "no" / "odd.png")]
    assert _study(_odd).main([*where, "--workers", "1"]) == 2
    assert "no such file or directory" in capsys.readouterr().err


@pytest.mark.parametrize("reader_is_gone", [False, True])
def test_an_output_that_takes_nothing_is_told(tmp_path, capsys, monkeypatch, reader_is_gone):
    """Oracle: the words of the system; a reader that has had enough is no error."""
    if reader_is_gone:
        reads, writes = os.pipe()
        os.close(reads)
    elif Path("/dev/full").exists():
        writes = os.open("/dev/full", os.O_WRONLY)
    else:
        pytest.skip("a system without /dev/full")
    with os.fdopen(writes, "w") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        code = _study(_odd).main(["--workers", "1", "--out", str(tmp_path)])
    told = "" if reader_is_gone else "odd: error: stdout must be writable (no space left on device)"
    assert code == (0 if reader_is_gone else 2)
    assert capsys.readouterr().err.partition(";")[0] == told


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="a system without named pipes")
def test_a_store_is_no_pipe(tmp_path, capsys):
    """Oracle: it ends at all; who opens a pipe waits for somebody who writes."""
    os.mkfifo(tmp_path / "pipe.db")
    assert main(["results", str(tmp_path / "pipe.db")]) == 2
    assert "error: store must be a file" in capsys.readouterr().err


@pytest.mark.parametrize("rolled_back", [False, True])
def test_a_full_disk_is_told_as_such(tmp_path, rolled_back):
    """Oracle: the words of SQLite for it, also where it has rolled back by itself."""
    with Store(tmp_path / "full.db", create=True) as store:
        ((pages,),) = store._database.execute("PRAGMA page_count")
        store._database.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(ParameterError, match="database or disk is full"):
            _study(_long).rows(store=store)
        with pytest.raises(ParameterError, match="disk is full"):
            _fail(store, rolled_back)


def _fail(store, rolled_back):
    with store._transaction() as database:
        if rolled_back:
            database.execute("ROLLBACK")
        raise sqlite3.OperationalError("disk is full")
