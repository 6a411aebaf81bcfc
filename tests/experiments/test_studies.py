"""Every research comparison at its quick size: files, answer, and a run that is taken up."""

import csv
import importlib
import io
import json
import os
import pkgutil
import re
import shutil
import signal
import sqlite3
from contextlib import closing

import pytest

from experiments import studies
from experiments.cli.interrupt import asked_to_stop
from experiments.cli.main import main
from experiments.studies.command import studies as names_of_studies
from experiments.studies.rows import column, grouped
from experiments.studies.study import Study
from experiments.sweep import Store, results
from qnet.errors import ParameterError
from qnet.estimate import Estimate


def _studies():
    names = [f"{studies.__name__}.{each.name}" for each in pkgutil.iter_modules(studies.__path__)]
    found = map(importlib.import_module, names)
    return {module.__name__: module for module in found if hasattr(module, "STUDY")}


MODULES = _studies()

#: Notions of a key.
_SECRET = {"asymptotic", "composable", "fair-sampling", "device-independent-asymptotic"}


#: The demonstration has tests of its own, at a smaller size.
QUICK = [name for name in MODULES if not name.endswith(".reach")]


def test_all_studies_are_found():
    """Oracle: the comparisons of the README; a test over an empty list tests nothing."""
    assert len(QUICK) >= 15


@pytest.mark.parametrize("name", QUICK)
def test_quick(name, tmp_path, capsys, monkeypatch):
    """It writes its files and prints its answer; run again, it works nothing out a second time."""
    study = MODULES[name].STUDY
    arguments = ["--quick", "--workers", "1", "--out", str(tmp_path)]
    assert study.main(arguments) == 0
    first = capsys.readouterr()
    assert "error" not in first.err
    # A table for people, where there is one, ends with an empty line.
    question, answer, *claims, _ = first.out.rpartition("\n\n")[2].splitlines()
    assert bool(claims) == bool(study.keys)
    assert not claims or claims[0].startswith("security: ")
    assert "security: none" not in claims
    assert question == study.question
    assert len(answer) > 20
    assert name == f"experiments.studies.{study.name.replace('-', '_')}"
    assert (tmp_path / f"{study.name}.png").read_bytes().startswith(b"\x89PNG")
    picture = (tmp_path / f"{study.name}.svg").read_bytes()
    assert b"<svg" in picture
    with (tmp_path / f"{study.name}.csv").open(newline="", encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert len(table) == len(study.points(True))
    data = json.loads((tmp_path / f"{study.name}.json").read_text(encoding="utf-8"))
    assert (data["question"], data["answer"], data["seed"]) == (question, answer, 1)
    for row, line in zip(data["rows"], table, strict=True):
        texts = {name: "" if value is None else str(value) for name, value in row.items()}
        assert texts == {name: line[name] for name in row}
    for row in table:
        keyed = any(row[name] not in ("", "0.0", "0") for name in study.keys)
        assert (row.get("security_notion") in _SECRET) == keyed, row
    with Store(tmp_path / "results.db", read_only=True) as store:
        for row in results(store):
            if any(row.figure(name) is not None for name in study.keys):
                assert row.security is not None

    def never(*_):
        raise AssertionError

    monkeypatch.setattr("experiments.studies.task.StudyTask.play", never)
    assert study.main(arguments) == 0
    assert capsys.readouterr().out == first.out
    assert (tmp_path / f"{study.name}.svg").read_bytes() == picture


@pytest.mark.parametrize("name", MODULES)
def test_the_docstring_states_question_answer_and_papers(name):
    text = " ".join(MODULES[name].__doc__.split())
    assert "Question:" in text
    assert "Answer:" in text
    assert re.search(r"arXiv:|Phys\. Rev\.|Nat\. |doi", text)
    assert f"Run: ``qnet study {MODULES[name].STUDY.name} " in text or "``make demo``, or" in text


def _noisy(point, seed):
    return {"twice": Estimate(2.0 * point["x"] - 1.0, 2.0 * point["x"], float("inf"), seed)}


def _study(work=_noisy, points=({"x": 1.0}, {"x": 2.5})):
    return Study(
        name="twice",
        question="How much is twice?",
        points=lambda quick: points,
        work=work,
        answer=lambda rows: f"Up to {rows[-1]['twice'].best:g}, a number large enough.",
        draw=lambda figure, rows: figure.subplots().plot(column(rows, "x")),
    )


def _lose(path, positions):
    """Take the rows of some points out of a store, as if a run had been killed before them."""
    with closing(sqlite3.connect(path)) as database, database:
        for position in positions:
            own = "(SELECT task FROM points WHERE position = ?)"
            database.execute(f"DELETE FROM batches WHERE task IN {own}", (position,))


def test_rows_do_not_depend_on_workers_nor_on_what_was_kept(tmp_path):
    """One process, two, and a store that a killed run left without its last point."""
    alone = _study().rows()
    assert _study().rows(workers=2) == alone
    path = tmp_path / "twice.db"
    for _ in range(3):
        with Store(path, create=True) as store:
            assert _study().rows(store=store) == alone
        _lose(path, [1])


def test_a_run_that_is_taken_up_writes_the_same_bytes(tmp_path):
    """Oracle: the files of a run that was not stopped; columns in the order of the work."""
    whole, resumed = tmp_path / "whole", tmp_path / "resumed"
    arguments = ["--workers", "1", "--out"]
    assert _study().main([*arguments, str(whole)]) == 0
    resumed.mkdir()
    shutil.copyfile(whole / "results.db", resumed / "results.db")
    for lost in ([0], [1], []):
        _lose(resumed / "results.db", lost)
        assert _study().main([*arguments, str(resumed)]) == 0
        for suffix in ("csv", "json", "png", "svg"):
            made = (resumed / f"twice.{suffix}").read_bytes()
            assert made == (whole / f"twice.{suffix}").read_bytes()
    table = (whole / "twice.csv").read_text(encoding="utf-8")
    assert table.startswith("x,twice,twice_low,twice_high,twice_n")


def test_points_of_a_study_are_results_like_all_others(tmp_path, capsys):
    """Oracle: the rows of the study, through the commands that read a store."""
    same = {"shape": [1, 2], "way": []}
    points = tuple({"x": x, **same} for x in (1.0, 2.5))
    assert _study(points=points).main(["--workers", "1", "--out", str(tmp_path)]) == 0
    store = str(tmp_path / "results.db")
    capsys.readouterr()
    assert main(["results", store]) == 0
    text = capsys.readouterr().out
    assert "twice: 2 of 2 points finished" in text
    assert "the same everywhere: shape 1 2, way none" in text
    assert "5 [4, inf]" in text
    assert main(["plot", store]) == 0
    assert "twice over x, 2 points" in capsys.readouterr().out
    assert main(["export", store, "--out", str(tmp_path / "all.csv")]) == 0
    with (tmp_path / "all.csv").open(newline="", encoding="utf-8") as file:
        assert [row["twice_best"] for row in csv.DictReader(file)] == ["2.0", "5.0"]


def test_the_command_lists_and_runs_studies(tmp_path, capsys):
    """Oracle: the questions of the modules; a misspelt name is answered with those there are."""
    assert main(["study"]) == 0
    listed = capsys.readouterr().out
    assert {name.rpartition(".")[2] for name in MODULES} == set(names_of_studies())
    assert all(module.STUDY.question in listed for module in MODULES.values())
    assert main(["study", "reech"]) == 2
    assert "reach" in capsys.readouterr().err
    assert main(["study", "gys", "--quick", "--workers", "1", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "results.db").exists()


def test_an_interrupt_where_stderr_is_no_file_is_heard(monkeypatch):
    """Oracle: a stderr like that of a notebook, which has no number."""
    monkeypatch.setattr("sys.stderr", io.StringIO())
    with asked_to_stop("points") as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop()


@pytest.mark.parametrize("suffix", ["csv", "json", "png", "svg"])
def test_files_in_the_way_are_found_before_any_work(tmp_path, capsys, suffix):
    """Oracle: work that would raise."""

    def never(point, seed):
        raise AssertionError

    (tmp_path / f"twice.{suffix}").mkdir()
    assert _study(work=never).main(["--workers", "1", "--out", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("twice: error: --out must hold files that can be written")
    assert "is a directory: give another folder" in error


def test_seeds_differ_between_points_and_roots_but_not_with_the_other_points():
    rows = _study().rows()
    assert rows[0]["seed"] != rows[1]["seed"]
    assert rows[0]["seed"] != _study().rows(root=2)[0]["seed"]
    assert _study(points=({"x": 2.5},)).rows()[0] == rows[1]
    assert rows[0]["twice"] == Estimate(1.0, 2.0, float("inf"), rows[0]["seed"])


def test_what_cannot_be_worked_out_ends_with_one_line(tmp_path, capsys):
    def refuse(point, seed):
        if point["x"] > 2.0:
            raise ParameterError("x", "be small", point["x"], "take\nless")
        return _noisy(point, seed)

    study = _study(work=refuse)
    assert study.main(["--workers", "1", "--out", str(tmp_path)]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("twice: error: x ")
    assert captured.err.count("\n") == 1
    with Store(tmp_path / "results.db", read_only=True) as store:
        assert [row.finished for row in results(store)] == [True, False]


def test_a_folder_that_cannot_be_made(tmp_path, capsys):
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert _study().main(["--out", str(tmp_path / "file" / "below")]) == 2
    assert "--out" in capsys.readouterr().err


def test_grouped_keeps_the_order():
    rows = [{"a": 2, "b": 1}, {"a": 1, "b": 2}, {"a": 2, "b": 3}]
    assert list(grouped(rows, "a").items()) == [(2, [rows[0], rows[2]]), (1, [rows[1]])]
