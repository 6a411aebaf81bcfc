"""Secret bits in one hour: the files, and what must be larger than what."""

import csv

import pytest

from experiments.bits_in_an_hour import bare_fibre_bits, chain_bits, main
from experiments.reach.hardware import CLOCK_HZ
from qnet.merit import plob


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bits")
    assert main(["--quick", "--out", str(folder)]) == 0
    return folder


def test_files(quick):
    assert (quick / "bits_in_an_hour.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (quick / "bits_in_an_hour.svg").read_text(encoding="utf-8")


def test_rows(quick):
    text = (quick / "bits_in_an_hour.csv").read_text(encoding="utf-8")
    found = {
        (row["line"], float(row["distance_km"])): [
            float(row[k]) for k in ("low", "secret_bits", "high")
        ]
        for row in csv.DictReader(text.splitlines())
    }
    assert len(found) == 6
    assert all(low <= best <= high for low, best, high in found.values())
    assert found["bare fibre", 200.0][1] > found["8 segments", 200.0][1] > 0.0
    assert found["8 segments", 400.0][1] > found["bare fibre", 400.0][1] == 0.0


@pytest.mark.parametrize("length_km", [50.0, 150.0, 250.0])
def test_bare_fibre_stays_below_its_capacity_and_grows_faster_than_the_block(length_km):
    hour = bare_fibre_bits(length_km, 3600.0)
    assert 0.0 < hour < plob(10 ** (-0.02 * length_km)) * CLOCK_HZ * 3600.0
    assert hour > 60.0 * bare_fibre_bits(length_km, 60.0)


def test_the_same_seed_gives_the_same_hour():
    first, again, other = (chain_bits(300.0, 8, 60.0, seed) for seed in (4, 4, 5))
    assert first == again != other
