"""Secret bits in one hour: what must be larger than what."""

import pytest

from experiments.studies.bits_in_an_hour import STUDY, bare_fibre_key, chain_key, work
from protocols.repeaters.platforms import CLOCK_HZ
from qnet.metrics import plob


def test_rows():
    found = {
        (row["line"], row["distance_km"]): row["secret_bits"] for row in STUDY.rows(quick=True)
    }
    assert len(found) == 6
    assert all(bits.low <= bits.best <= bits.high for bits in found.values())
    assert found["bare fibre", 200.0].best > found["8 segments", 200.0].best > 0.0
    assert found["8 segments", 400.0].best > found["bare fibre", 400.0].best == 0.0


def test_an_interval_is_the_range_of_its_runs():
    """Three runs of their own, in order."""
    point = {"line": "8 segments", "segments": 8, "distance_km": 300.0, "duration_s": 60.0}
    bits = work({**point, "runs": 3}, 7)["secret_bits"]
    runs = sorted(chain_key(300.0, 8, 60.0, seed).value for seed in (7, 8, 9))
    assert [bits.low, bits.best, bits.high, bits.n] == [*runs, 3]
    assert bits.low < bits.best < bits.high


@pytest.mark.parametrize("length_km", [50.0, 150.0, 250.0])
def test_bare_fibre_stays_below_its_capacity_and_grows_faster_than_the_block(length_km):
    hour = bare_fibre_key(length_km, 3600.0).value
    assert 0.0 < hour < plob(10 ** (-0.02 * length_km)) * CLOCK_HZ * 3600.0
    assert hour > 60.0 * bare_fibre_key(length_km, 60.0).value


def test_the_same_seed_gives_the_same_hour():
    first, again, other = (chain_key(300.0, 8, 60.0, seed).value for seed in (4, 4, 5))
    assert first == again != other
