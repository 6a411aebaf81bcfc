"""The GYS comparison: the order of its curves, and how far they reach."""

import pytest

from experiments.studies.gys import CURVES, STUDY, gys_channel, reach_km
from protocols.key_rates import infinite_decoy, vacuum_weak


@pytest.fixture(scope="module")
def quick():
    return STUDY.rows(quick=True)


def test_order_of_the_curves(quick):
    """More decoys give more, longer blocks too; without decoys the key ends first."""
    rates = {}
    for row in quick:
        if row["of"] == "rate":
            value = row["secret_key_rate_per_pulse"]
            rates.setdefault(row["curve"], {})[row["distance_km"]] = value
            assert (value == 0.0) == bool(row["reason"])
    for length in (0.0, 30.0, 60.0, 100.0):
        infinite, weak = rates["infinite-decoy"][length], rates["vacuum-weak"][length]
        long, short = rates["lim2014-1e10"][length], rates["lim2014-1e07"][length]
        assert infinite > weak > long > short > 0.0
        assert long > rates["rusca2018-1e10"][length] > rates["rusca2018-1e07"][length] > 0.0
    assert rates["no-decoy"][30.0] < rates["rusca2018-1e07"][30.0]
    assert rates["no-decoy"][60.0] == 0.0


def test_distances():
    infinite = reach_km(lambda x: infinite_decoy(gys_channel(x), intensity=0.48))
    weak = reach_km(lambda x: vacuum_weak(gys_channel(x), signal=0.48, weak=0.05))
    assert [infinite, weak] == pytest.approx([142.01452, 140.6194], rel=1e-6)


def test_reach_of_the_curves(quick):
    """That of Ma et al.'s decoys is known; the best of infinitely many reaches farther than 0.48.

    One that is optimised cannot end before one that is not, nor without decoys after one with them.
    """
    reach = {row["curve"]: row["reach_km"] for row in quick if row["of"] == "reach"}
    assert reach["vacuum-weak"] == pytest.approx(140.6194, abs=0.01)
    assert 142.01 <= reach["infinite-decoy"] < 143.0
    assert reach["no-decoy"] < reach["vacuum-weak"]
    assert "140.6 km" in STUDY.answer(quick)


def test_names_are_unique():
    assert len({curve.name for curve in CURVES}) == len(CURVES) == 11
