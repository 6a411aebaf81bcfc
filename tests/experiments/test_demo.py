"""The demonstration end to end: files, intervals, bounds, resuming, and numbers known otherwise."""

from __future__ import annotations

import csv
import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from experiments.studies.reach import FIGURES, QUICK_LENGTHS_KM, STUDY, answer, table, work
from protocols.repeaters.platforms import CLOCK_HZ, HARDWARE, Platform
from qnet import Estimate, play
from tests.experiments.study_killing import check_every_way, command, kept_in

#: One process builds what all tests of this file read.
pytestmark = pytest.mark.xdist_group("demo")

ROOT = Path(__file__).resolve().parents[2]
SMALL = ["--quick", "--seed", "7"]

#: Hardware: target; five platforms, as they are and improved. Bare fibre, two segments, and two
#: strategies for four and for eight, over three distances.
SIZE = (1 + 5 * 2) * 6 * 3


def worked_out(hardware, strategy, segments, length_km, improvement=1.0):
    """The row of a point, with few samples."""
    way = {"strategy": strategy, "segments": segments, "length_km": length_km}
    return work({"hardware": hardware, "improvement": improvement, **way, "most_shots": 500}, 1)


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "reach.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A whole run in one process, and what it printed."""
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        command(folder, 1), cwd=ROOT, capture_output=True, text=True, timeout=600, check=True
    )
    return folder, done


def test_writes_its_files_and_prints_table_and_answer(finished):
    folder, done = finished
    assert {"reach.csv", "reach.json", "reach.png", "reach.svg"} <= {
        path.name for path in folder.iterdir()
    }
    assert (folder / "reach.png").read_bytes().startswith(b"\x89PNG")
    data = json.loads((folder / "reach.json").read_text())
    assert len(data["rows"]) == len(rows_of(folder)) == SIZE
    assert data["answer"] in done.stdout
    assert data["security"]["notion"] == "asymptotic"
    assert "\nsecurity: asymptotic\n  assumes: preparation" in done.stdout
    for row in data["rows"]:
        keyed = (row["secret_key_rate_hz"] or 0.0) > 0.0
        assert row["security_notion"] == ("asymptotic" if keyed else "none")
    assert "8 segments, swap-ASAP" in done.stdout
    assert "\r" not in done.stderr  # no terminal, no line that is written over


def test_every_figure_has_its_interval(finished):
    folder, _ = finished
    sampled = 0
    for row in rows_of(folder):
        assert None not in row.values()
        assert row["secret_key_rate_hz"] or row["reason"].startswith("not sampled")
        for name in FIGURES:
            if not row[name]:
                continue
            low, best, high = (float(row[f"{name}{part}"]) for part in ("_low", "", "_high"))
            assert low <= best <= high
            sampled += row["strategy"] != "direct" and name == "rate_hz" and low < best < high
        no_key = row["secret_key_rate_hz"] in ("", "0.0")
        assert bool(row["reason"]) == no_key
    assert sampled > 20


def test_nothing_exceeds_its_bound(finished):
    folder, _ = finished
    for row in rows_of(folder):
        if row["secret_key_per_mode"]:
            assert float(row["secret_key_per_mode"]) < float(row["bound_per_mode"])
            assert float(row["secret_key_rate_hz"]) < float(row["bound_hz"])


@pytest.mark.parametrize("name", HARDWARE)
@pytest.mark.parametrize("improvement", [1.0, 1e6])
def test_no_link_makes_more_pairs_than_its_capacity(name, improvement):
    # A pair gives at most one secret bit; nearly perfect hardware comes closest to the bound.
    hardware = Platform(name=name, improvement=improvement)
    for length in (5.0, 50.0):
        link = hardware.link(length, 1)
        pairs = link.success_probability / hardware.optical_modes
        assert pairs < hardware.chain_bound(1, length)


@pytest.mark.slow
def test_a_run_ended_in_every_way_at_random_times_and_taken_up_is_the_same(finished, tmp_path):
    """Oracle: the files of a run in one process that nobody ended, byte for byte."""
    check_every_way(tmp_path, finished[0], seed=3)


def test_a_small_picture_from_what_is_there(finished, tmp_path, capsys):
    """Oracle: the store of a whole run, from which nothing is worked out again."""
    shutil.copyfile(finished[0] / "results.db", tmp_path / "results.db")
    small = tmp_path / "small.png"
    arguments = ["--out", str(tmp_path), "--workers", "1", "--picture", str(small)]
    assert STUDY.main([*SMALL, *arguments]) == 0
    assert 0 < small.stat().st_size < (tmp_path / "reach.png").stat().st_size
    assert f"{SIZE} of {SIZE} points" in capsys.readouterr().err


def test_ion_link_makes_the_rate_of_its_model():
    link = Platform(name="trapped-ion").link(50.0, 2)
    assert link.success_probability / link.attempt_time_s == pytest.approx(0.0290165236, rel=1e-6)


@pytest.mark.parametrize("length", [50.0, 200.0, 300.0])
def test_bare_fibre_by_hand(length):
    # eta = 0.9 * 10^(-L/50); 10 dark counts a second in gates of 1 ns at each of two detectors. A
    # dark count makes the outcome random, whether it stands alone or beside the photon.
    eta, dark = 0.9 * 10.0 ** (-length / 50.0), 1e-8
    clicks = 1.0 - (1.0 - eta) * (1.0 - dark) ** 2
    error = (0.5 * dark * eta + 0.5 * (1.0 - eta) * (1.0 - (1.0 - dark) ** 2)) / clicks
    entropy = -error * np.log2(error) - (1.0 - error) * np.log2(1.0 - error)
    wanted = CLOCK_HZ * clicks * (1.0 - 2.16 * entropy)
    figures = worked_out("blueprint", "direct", 1, length)
    assert figures["qber_z"].best == pytest.approx(error, rel=1e-4)
    assert figures["secret_key_rate_hz"].best == pytest.approx(wanted, rel=1e-5)


def test_two_segments_take_their_known_time():
    # (3 - 2p)/(p(2 - p)) attempts, then the Bell measurement, then the way to the users.
    hardware = Platform(name="blueprint")
    link = hardware.link(100.0, 2)
    p = link.round_success_probability
    attempts = (3.0 - 2.0 * p) / (p * (2.0 - p))
    wanted = attempts * link.attempt_time_s + hardware.station.duration_s + 100.0 / 2e5
    plan = hardware.chain("nested", 2, 200.0).plan()
    time_s = play(plan, shots=20_000, seed=3).delivery_time_s
    sigma = (time_s.high - time_s.low) / 3.92
    assert abs(time_s.best - wanted) < 5.0 * sigma


@pytest.mark.parametrize(
    ("hardware", "segments", "length", "reason"),
    [
        (("trapped-ion", 1.0), 2, 50.0, "QBER too high"),
        (("rare-earth-multimode", 20.0), 2, 200.0, "memory lost while"),
        (("siv", 20.0), 2, 500.0, "fewer than one pair a day"),
        (("rubidium-atoms", 20.0), 4, 500.0, "not sampled"),
    ],
)
def test_zeros_say_why(hardware, segments, length, reason):
    name, improvement = hardware
    row = worked_out(name, "nested", segments, length, improvement)
    assert row["reason"].startswith(reason)
    key = row["secret_key_rate_hz"]
    assert key is None if reason == "not sampled" else key is not None and key.best == 0.0


def made_up_rows(chain_rate: float, fibre_rate: float, name: str = "blueprint"):
    return [
        {
            "hardware": name,
            "improvement": 1.0,
            "strategy": strategy,
            "segments": segments,
            "length_km": length_km,
            "secret_key_rate_hz": Estimate.exact(rate),
            "bound_hz": 0.29,
            "reason": "QBER too high: 50%" if rate == 0.0 else "",
        }
        for strategy, segments, rate in (("direct", 1, fibre_rate), ("nested", 4, chain_rate))
        for length_km in QUICK_LENGTHS_KM
    ]


@pytest.mark.parametrize(
    ("chain", "fibre", "name", "begins", "holds"),
    [
        (
            58.4,
            0.0,
            "blueprint",
            "Yes, but not with models of today's hardware",
            "more than any repeaterless",
        ),
        (0.1, 0.0, "blueprint", "Yes, but not with models", "no more than any repeaterless"),
        (0.1, 0.2, "blueprint", "No:", "0.2 bit/s"),
        (0.0, 0.0, "trapped-ion", "No:", "no key"),
        (1.0, 0.2, "trapped-ion", "Yes, with models of today's hardware", "1 bit/s"),
    ],
)
def test_the_answer_follows_the_data(chain, fibre, name, begins, holds):
    text = answer(made_up_rows(chain, fibre, name))
    assert text.startswith(begins)
    assert holds in text


def test_zeros_stand_in_the_table_with_their_reason():
    text = table(made_up_rows(0.0, 0.0))
    assert "0 (a)" in text
    assert "(a) QBER too high" in text


@pytest.mark.parametrize("arguments", [["--shots", "0"], ["--seed", "-1"], ["--workers", "x"]])
def test_bad_arguments_are_refused(arguments, capsys):
    with pytest.raises(SystemExit) as stop:
        STUDY.main(arguments)
    assert stop.value.code == 2
    assert arguments[0] in capsys.readouterr().err


def test_no_worker_outlives_a_killed_run(tmp_path):
    arguments = ["--out", str(tmp_path), "--workers", "2"]
    run = subprocess.Popen(
        [sys.executable, "-m", "experiments.studies.reach", *arguments],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    give_up = time.monotonic() + 600.0
    while len(kept_in(tmp_path)) < 2:
        assert time.monotonic() < give_up
        time.sleep(0.05)
    run.kill()
    # The workers share the pipe: its end comes when the last of them is gone.
    run.communicate(timeout=600.0)
    assert run.returncode == -signal.SIGKILL
