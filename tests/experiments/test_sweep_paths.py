"""Stores as plain paths, read without a byte written, damaged, or short of a batch."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.cli.main import main
from experiments.sweep import Store, collect, loads, results
from experiments.sweep.tables import APPLICATION, MIGRATIONS
from qnet.errors import ParameterError
from tests.experiments.sweep_text import answers, sweep_text

TEXT = sweep_text('"link.success_probability" = [0.1, 0.5]\nbatch_shots = 1000')
SWEEP = loads(TEXT, name="two")
READING = {
    "results": ["results", "STORE"],
    "export": ["export", "STORE", "--out", "OUT.csv"],
    "batches": ["export", "STORE", "--batches", "--out", "OUT.csv"],
    "plot": [
        "plot",
        "STORE",
        "--x",
        "link.success_probability",
        "--y",
        "rate_hz",
        "--out",
        "OUT.png",
    ],
}


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    path = tmp_path_factory.mktemp("played") / "results.db"
    with Store(path, create=True) as store:
        assert collect(SWEEP, store)
    return path


@pytest.fixture
def store(played, tmp_path):
    """A finished sweep of two points in three batches each."""
    (tmp_path / "in").mkdir()
    return Path(shutil.copy(played, tmp_path / "in" / "results.db"))


def read(name: str, store: Path, tmp_path: Path) -> int:
    words = READING[name]
    out = str(tmp_path / "out")
    return main([w.replace("STORE", str(store)).replace("OUT", out) for w in words])


@pytest.mark.parametrize("name", ["file:x.db", ":memory:", "file:x.db?mode=memory", "a b#c%41.db"])
def test_w1_a_name_is_a_path_whatever_it_looks_like(name, tmp_path, monkeypatch, capsys):
    """Oracle: the folder afterwards holds that file, and no other."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "two.toml").write_text(TEXT)
    command = ["sweep", "two.toml", "--store", name, "--workers", "1"]
    assert main(command) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"two.toml", name}
    assert main(["results", name]) == 0
    assert "2 of 2 points finished" in capsys.readouterr().out
    assert main(command) == 0
    assert "0 fresh samples" in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {"two.toml", name}


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("command", READING)
def test_w2_reading_writes_nothing(command, store, tmp_path):
    """Oracle: every byte of the folder, before and after."""
    before = contents(store.parent)
    assert read(command, store, tmp_path) == 0
    assert contents(store.parent) == before


@pytest.mark.parametrize("command", READING)
def test_w2_a_store_is_read_beside_one_who_writes(command, store, tmp_path, capsys):
    """Oracle: a row that is still in the write-ahead log alone."""
    with Store(store) as writer:
        writer._database.execute("UPDATE sweeps SET name = 'in the log'")
        assert store.with_name("results.db-wal").stat().st_size
        assert read(command, store, tmp_path) == 0
        if command == "results":
            assert capsys.readouterr().out.startswith("in the log: 2 of 2")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be less")
@pytest.mark.parametrize("with_log", [False, True])
def test_w2_a_store_in_a_folder_of_somebody_else(with_log, store, tmp_path):
    """Oracle: a process of another user, who may read there, not write."""
    if with_log:
        with sqlite3.connect(store) as database:
            database.execute("UPDATE sweeps SET name = 'logged'")
            database.commit()
            for end in ("", "-wal"):
                shutil.copy(f"{store}{end}", tmp_path / f"copy.db{end}")
        for end in ("", "-wal"):
            shutil.copy(tmp_path / f"copy.db{end}", f"{store}{end}")
    for path in store.parents:
        if path.stat().st_mode & 0o005 != 0o005:
            path.chmod(0o755)
    for path in store.parent.iterdir():
        path.chmod(0o444)
    code = (
        "import os, sys\n"
        "from experiments.sweep import Store, results\n"
        "import experiments.sweep.store, experiments.sweep.result_rows\n"
        "os.setgid(65534); os.setuid(65534)\n"
        f"print(results(Store({str(store)!r}, read_only=True))[0].sweep)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("logged\n" if with_log else "two\n", "")


def test_a_read_only_store_takes_nothing(store):
    with Store(store, read_only=True) as opened, pytest.raises(ParameterError, match="readonly"):
        opened.finish(SWEEP.identity, SWEEP.point(0).task.identity, 1)


def test_a_store_of_an_older_version_is_read_and_left_as_it_is(store, tmp_path, capsys):
    """Oracle: the first version of the tables, filled from the newest."""
    old = tmp_path / "in" / "old.db"
    with sqlite3.connect(old) as database:
        database.executescript(MIGRATIONS[0])
        database.execute(f"PRAGMA application_id = {APPLICATION}")
        database.execute("PRAGMA user_version = 1")
        database.execute("ATTACH ? AS new", (str(store),))
        for table in ("tasks", "sweeps", "points", "batches"):
            rows = database.execute(f"PRAGMA main.table_info({table})").fetchall()
            names = ", ".join(row[1] for row in rows)
            database.execute(f"INSERT INTO main.{table} SELECT {names} FROM new.{table}")
    before = old.read_bytes()
    assert main(["results", str(old)]) == 0
    assert "2 of 2 points finished" in capsys.readouterr().out
    assert old.read_bytes() == before


def change(statement: str):
    def damage(path: Path) -> None:
        with sqlite3.connect(path) as database:
            database.execute(statement)

    return damage


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:5000])


def scratch(path: Path) -> None:
    """Every page but the first is noise."""
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xa5" * (len(whole) - 4096))


COUNTS = {"n": 1000, "mean": "much", "scatter": [], "fixed": [], "attempt_time_s": 1, "modes": 1}
DAMAGED = {
    "cut": cut,
    "scratched": scratch,
    "no table": change("DROP TABLE batches"),
    "no JSON": change("UPDATE batches SET counts = '{'"),
    "no counts": change("UPDATE batches SET counts = '{}'"),
    "other counts": change(f"UPDATE batches SET counts = '{json.dumps(COUNTS)}'"),
    "a list": change("UPDATE batches SET counts = '[1, 2]'"),
    "versions": change("UPDATE batches SET versions = 'none'"),
    "axes": change("UPDATE points SET axes = '{'"),
    "no key": change("UPDATE points SET facts = '{}'"),
    "bytes": change("UPDATE sweeps SET axes = X'FF00FF'"),
}


@pytest.mark.parametrize("kind", DAMAGED)
@pytest.mark.parametrize("command", ["results", "export", "plot"])
def test_w2_a_damaged_store_is_named_in_one_line(kind, command, store, tmp_path, capsys):
    """Oracle: what was damaged; every command says so, or does not look there."""
    with sqlite3.connect(store) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    DAMAGED[kind](store)
    code = read(command, store, tmp_path)
    out, err = capsys.readouterr()
    if kind == "versions" and command == "plot" and code == 0:
        return
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert len(err) <= 301
    assert err.startswith("qnet: error: ")
    assert "results.db" in err


OPENED = """
import sys
from experiments.sweep import Store
for number in range(60):
    sys.stdin.readline()
    with Store(f"{sys.argv[1]}/{number}.db", create=True) as store:
        store.sweeps()
    print("done", flush=True)
"""


def test_w2_two_processes_that_make_a_store_at_once_wait_for_each_other(tmp_path):
    """Oracle: neither fails in sixty stores; without waiting, one of ten does."""
    command = [sys.executable, "-c", OPENED, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as one, subprocess.Popen(command, **pipes) as two:
        for _ in range(60):
            for process in (one, two):
                process.stdin.write("go\n")
                process.stdin.flush()
            assert [process.stdout.readline() for process in (one, two)] == ["done\n"] * 2


@pytest.mark.parametrize("lost", ["DELETE FROM points WHERE position = 0", "DELETE FROM tasks"])
def test_w2_points_that_are_missing_are_said_and_mended(lost, store, tmp_path, capsys):
    """Oracle: the whole store: its batches are all there, and none is played again."""
    assert main(["results", str(store)]) == 0
    whole = capsys.readouterr().out
    change(lost)(store)
    assert read("results", store, tmp_path) == 2
    assert "points are missing" in capsys.readouterr().err
    with Store(store) as opened:
        played_again = []
        assert collect(SWEEP, opened, progress=lambda done, size, n: played_again.append(n))
        assert played_again[-1] == 0
    assert main(["results", str(store)]) == 0
    assert capsys.readouterr().out == whole


def test_w2_a_point_of_which_a_batch_is_missing_is_not_finished(store, played, capsys):
    """Oracle: the whole store; what was lost is played again, and nothing else."""
    change("DELETE FROM batches WHERE number = 1 AND task = (SELECT min(task) FROM points)")(store)
    assert main(["results", str(store)]) == 0
    out = capsys.readouterr().out
    assert "1 of 2 points finished" in out
    assert out.count("unfinished") == 1
    with Store(store) as opened:
        played_again = []
        assert collect(SWEEP, opened, progress=lambda done, size, n: played_again.append(n))
        assert played_again[-1] == 1000
        assert all(row.finished for row in results(opened))
    assert answers(store) == answers(played)
