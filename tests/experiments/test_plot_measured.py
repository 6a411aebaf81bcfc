"""``qnet plot`` with measured points, fixed parameters in its title, and media of journals.

Oracles: what was typed into the files, and the widths of journals.
"""

from __future__ import annotations

import re

import pytest
from matplotlib.figure import Figure

from experiments.cli.main import main
from experiments.sweep import Store, results
from experiments.sweep.fixed import fixed_parameters, fixed_text
from experiments.sweep.measured import read_measured
from experiments.sweep.plot import draw
from qnet import Estimate, ParameterError
from tests.experiments.sweep_text import sweep_text

TEXT = sweep_text(
    '"chain.length_km" = [10, 200]\n"chain.strategy" = ["nested", "swap-asap"]\n'
    '"link.success_probability" = [0.5, 0.05]\n'
    'zip = [["chain.length_km", "link.success_probability"]]'
)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """A finished store."""
    folder = tmp_path_factory.mktemp("sweep")
    (folder / "lengths.toml").write_text(TEXT)
    store = folder / "results.db"
    command = ["sweep", str(folder / "lengths.toml"), "--store", str(store), "--workers", "1"]
    assert main([*command, "--set", "shots=200"]) == 0
    return store


def read(tmp_path, text):
    file = tmp_path / "mine.csv"
    file.write_text(text, encoding="utf-8")
    return read_measured(file)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("x,y\n1,2\n", [(2.0, 2.0, 2.0)]),
        ("x,y,error\n1,2,0.5\n3,4,\n", [(1.5, 2.0, 2.5), (4.0, 4.0, 4.0)]),
        ("\ufeffx , y,y_low,y_high\n# mine\n\n1, 2, 1.5, 4\n", [(1.5, 2.0, 4.0)]),
    ],
)
def test_points_are_read_with_their_bars(tmp_path, text, values):
    points = read(tmp_path, text)
    assert points.name == "mine"
    assert [(each.low, each.best, each.high) for each in points.y] == values
    assert points.x[0] == 1.0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "hold at least one point"),
        ("x,y\n", "hold at least one point"),
        ("x;y\n1;2\n", r"columns of mine\.csv must be among .* separate them by commas"),
        ("x,y,eror\n1,2,3\n", "did you mean error"),
        ("x,error\n1,2\n", r"must hold y \(got 'x,error'\)"),
        ("x,y,y\n1,2,3\n", "must be there once"),
        ("x,y,y_low\n1,2,1\n", "y_low and y_high together"),
        ("x,y,y_low,y_high,error\n1,2,1,3,1\n", "y_low and y_high together"),
        ("x,y\n1\n", r"line 2 of mine\.csv must have 2 cells"),
        ("x,y\n1,two\n", r"y in line 2 of mine\.csv must be a finite number \(got 'two'\)"),
        ("x,y\n1,inf\n", "must be a finite number"),
        ("x,y,error\n1,2,-1\n", r"error in line 2 of mine\.csv must be 0 or more"),
        ("x,y,y_low,y_high\n1,2,0.5,0.5\n", "ends of the bar, not its lengths"),
    ],
)
def test_bad_files_are_refused_with_their_line(tmp_path, text, words):
    with pytest.raises(ParameterError, match=words):
        read(tmp_path, text)


def test_a_missing_file_and_one_of_bytes_are_refused(tmp_path, path, capsys):
    command = ["plot", str(path), "--x", "chain.length_km", "--y", "rate_hz", "--data"]
    assert main([*command, str(tmp_path / "none.csv")]) == 2
    assert "--data must be readable" in capsys.readouterr().err
    (tmp_path / "bytes.csv").write_bytes(b"\xff\xfe\x00x,y")
    assert main([*command, str(tmp_path / "bytes.csv")]) == 2
    assert "--data must be CSV in UTF-8" in capsys.readouterr().err


def test_measured_points_stand_beside_the_model(tmp_path, path):
    points = read(tmp_path, "x,y,error\n10,100,20\n200,50,5\n")
    with Store(path) as store:
        rows = results(store)
    axes = Figure().subplots()
    draw(axes, rows, x="chain.length_km", y="rate_hz", measured=[points])
    (bars,) = axes.containers
    assert bars.get_label() == "mine"
    assert bars.lines[0].get_xydata().tolist() == [[10.0, 100.0], [200.0, 50.0]]
    ends = [segment[:, 1].tolist() for segment in bars.lines[2][0].get_segments()]
    assert ends == [[80.0, 120.0], [45.0, 55.0]]
    some = [row for row in rows if row.axes["chain.length_km"] == 10]
    with pytest.raises(ParameterError, match="--data must stand over an axis of numbers"):
        draw(Figure().subplots(), some, x="chain.strategy", y="rate_hz", measured=[points])


def test_the_title_says_what_is_not_varied(path):
    """Oracle: the keys of the file above, but those that the figure shows."""
    with Store(path) as store:
        rows, text = results(store), store.sweeps()[0].text
    fixed = fixed_parameters(rows, text, without=["chain.length_km", "chain.strategy"])
    assert "chain.length_km" not in fixed
    assert "chain.strategy" not in fixed
    assert "link.success_probability" not in fixed  # it goes in step with the length
    assert not {"kind", "seed", "shots"} & set(fixed)
    nested = [row for row in rows if row.axes["chain.strategy"] == "nested"]
    assert fixed_parameters(nested, text)["chain.strategy"] == "nested"
    axes = Figure().subplots()
    draw(axes, nested, x="chain.length_km", y="fidelity", text=text)
    assert "strategy nested" in axes.get_title().replace("\n", " ")
    assert "segments" in axes.get_title()


def test_what_set_changed_is_told_as_it_was_played():
    text = "[chain]\nsegments = 2\n# --set chain.segments=4\n"
    assert fixed_parameters([], text) == {"chain.segments": 4}
    assert fixed_parameters([], "not toml at all [") == {}


def test_many_parameters_end_in_dots():
    told = fixed_text({f"table.key_{k}": k for k in range(99)}, width=40, lines=3)
    lines = told.split("\n")
    assert len(lines) == 3
    assert lines[-1].endswith("...")
    assert max(map(len, lines)) <= 40


@pytest.mark.parametrize(("medium", "width_mm"), [("column", 86.0), ("page", 178.0)])
def test_a_figure_for_a_journal_is_a_vector_file_of_its_width(path, capsys, medium, width_mm):
    command = ["plot", str(path), "--x", "chain.length_km", "--y", "rate_hz", "--for", medium]
    assert main(command) == 0
    file = path.with_suffix(".pdf")
    assert capsys.readouterr().out.startswith(f"{file}: ")
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ", file.read_bytes())
    assert float(box[1]) == pytest.approx(width_mm / 25.4 * 72.0, abs=0.01)


def test_an_estimate_without_a_bar_is_exact(tmp_path):
    assert read(tmp_path, "x,y\n1,2\n").y == (Estimate.exact(2.0),)
