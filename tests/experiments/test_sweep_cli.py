"""``qnet sweep``, ``results``, ``plot`` and ``export`` as they are typed."""

from __future__ import annotations

import csv
from pathlib import Path

import matplotlib.image
import pytest
from matplotlib.figure import Figure

from experiments.cli.main import main
from experiments.sweep import Store, load, results
from experiments.sweep.plot import draw
from qnet.errors import ParameterError
from tests.experiments.sweep_text import sweep_text

SCENARIOS = Path(__file__).parents[2] / "experiments" / "scenarios"

TEXT = sweep_text(
    '"chain.length_km" = [10, 200, 400]\n"chain.strategy" = ["nested", "swap-asap"]\n'
    '"link.success_probability" = [0.5, 0.05, 0.0]\n'
    'zip = [["chain.length_km", "link.success_probability"]]'
)


@pytest.fixture
def path(tmp_path, capsys):
    """A finished store; the last distance is infeasible."""
    file = tmp_path / "lengths.toml"
    file.write_text(TEXT)
    store = tmp_path / "results.db"
    assert main(["sweep", str(file), "--store", str(store), "--workers", "1"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("lengths: 6 points finished, 12000 fresh samples in ")
    return store


def test_results_is_a_table_with_intervals_and_reasons(path, capsys):
    assert main(["results", str(path)]) == 0
    head, _, names, *lines, _, notion, first, second = capsys.readouterr().out.splitlines()
    assert head.startswith("lengths: 6 of 6 points finished, seed 7, 12000 samples")
    assert names.split("  ")[0] == "chain.length_km"
    assert len(lines) == 6
    with Store(path) as store:
        for line, row in zip(lines, results(store), strict=True):
            if row.reason:
                assert line.endswith(row.reason)
            else:
                assert str(row.figure("rate_hz")) in line
                assert str(row.figure("secret_key_rate_hz")) in line
    assert sum("no pair would ever come" in line for line in lines) == 2
    assert (notion, first.split(": ")[0].strip()) == ("security: asymptotic", "assumes")
    assert second.endswith("post-processing one-way")


def test_results_claim_nothing_where_no_key_is_shown(path, capsys):
    """Oracle: without a key figure there is nothing to claim."""
    assert main(["results", str(path), "--figures", "rate_hz", "fidelity"]) == 0
    assert "security" not in capsys.readouterr().out


def test_taken_up_again_nothing_is_played(path, tmp_path, capsys):
    file = tmp_path / "lengths.toml"
    assert main(["sweep", str(file), "--store", str(path), "--workers", "1"]) == 0
    assert "6 points finished, 0 fresh samples" in capsys.readouterr().out


@pytest.mark.parametrize("suffix", [".png", ".svg", ".pdf"])
def test_plot_writes_a_picture(path, tmp_path, capsys, suffix):
    out = tmp_path / f"picture{suffix}"
    command = ["plot", str(path), "--x", "chain.length_km", "--y", "secret_key_rate_hz"]
    assert main([*command, "--by", "chain.strategy", "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}: 4 points (2 points have no secret_key_rate_hz)\n"
    assert out.stat().st_size > 5000
    if suffix == ".png":
        assert matplotlib.image.imread(out).std() > 0.05


def test_lines_bands_and_bound_are_those_of_the_rows(path):
    with Store(path) as store:
        rows = results(store)
    axes = Figure().add_subplot()
    assert draw(axes, rows, x="chain.length_km", y="secret_key_rate_per_mode") == 2
    nested, asap, bound = axes.get_lines()
    for line, strategy in ((nested, "nested"), (asap, "swap-asap")):
        found = [
            (row.axes["chain.length_km"], row.figure("secret_key_rate_per_mode").best)
            for row in rows
            if row.axes["chain.strategy"] == strategy and not row.reason
        ]
        assert [tuple(point) for point in line.get_xydata()] == found
        assert line.get_label() == strategy
    assert bound.get_label() == "PLOB bound"
    assert list(bound.get_ydata()) == pytest.approx(plob(10, 200))
    assert len(axes.collections) == 2
    assert axes.get_xlabel() == "length (km)"
    assert axes.get_ylabel() == "asymptotic secret-key rate per mode (bit/(attempt mode))"
    assert axes.get_yscale() == "log"


def plob(*lengths_km: float) -> list[float]:
    """-log2(1 - eta) of fibre with 0.2 dB/km."""
    import math

    return [-math.log2(1.0 - 10.0 ** (-0.02 * length)) for length in lengths_km]


def test_columns_of_words_stand_side_by_side(path):
    with Store(path) as store:
        rows = [row for row in results(store) if row.axes["chain.length_km"] == 200]
    axes = Figure().add_subplot()
    draw(axes, rows, x="chain.strategy", y="fidelity")
    assert [label.get_text() for label in axes.get_xticklabels()] == ["nested", "swap-asap"]


def test_rows_at_one_place_must_be_told_apart(path):
    with Store(path) as store:
        rows = results(store)
    with pytest.raises(ParameterError, match=r"add chain\.strategy to it"):
        draw(Figure().add_subplot(), rows, x="chain.length_km", y="fidelity", by=["segments"])


def test_export_of_points_and_batches(path, tmp_path, capsys):
    out = tmp_path / "out.csv"
    assert main(["export", str(path), "--out", str(out)]) == 0
    assert main(["export", str(path), "--batches", "--out", str(tmp_path / "b.parquet")]) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("b.parquet: 4 batches")
    with out.open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == 6
    assert lines[-1]["rate_hz_best"] == ""
    assert "no pair would ever come" in lines[-1]["reason"]
    assert float(lines[0]["rate_hz_low"]) < float(lines[0]["rate_hz_high"])
    for line in lines:
        keyed = line["secret_key_rate_hz_best"] not in ("", "0.0")
        notion = "asymptotic" if keyed else "none" if line["rate_hz_best"] else ""
        assert line["security_notion"] == notion
        assert bool(line["security_assumes"]) == keyed


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["results", "{}", "--figures", "rate"], "did you mean 'rate_hz'?"),
        (["results", "{}", "--sweep", "other"], "the store has these sweeps: lengths"),
        (["results", "{}-missing"], "store must exist"),
        (["plot", "{}", "--x", "chain.lenght_km", "--y", "rate_hz"], "did you mean 'chain.length"),
        (["plot", "{}", "--x", "chain.length_km", "--y", "rat"], "--y must be one of"),
        (["plot", "{}", "--x", "segments", "--y", "chsh", "--out", "p.doc"], "end in .png"),
        (["export", "{}", "--out", "o.xlsx"], "end in .csv or .parquet"),
    ],
)
def test_what_is_wrong_is_said_on_one_line(path, capsys, command, words):
    assert main([argument.format(path) for argument in command]) == 2
    said = capsys.readouterr().err
    assert said.startswith("qnet: error: ")
    assert said.count("\n") == 1
    assert words in said


def test_a_malformed_file_leaves_no_store(tmp_path, capsys):
    file, store = tmp_path / "bad.toml", tmp_path / "results.db"
    file.write_text(sweep_text('"chain.length_km" = 50'))
    assert main(["sweep", str(file), "--store", str(store), "--workers", "1"]) == 2
    assert "be a list or a range" in capsys.readouterr().err
    assert not store.exists()


def test_the_example_is_a_sweep_whose_every_point_is_well_formed():
    sweep = load(SCENARIOS / "sweep" / "distance.toml")
    assert sweep.size == 10
    assert {sweep.point(k).task.scenario.length_km for k in range(10)} == {40, 80, 120, 160, 200}
