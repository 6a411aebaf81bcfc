"""The GYS figure: its files, and the distances that it prints."""

import csv

import pytest

from experiments.gys import CURVES, gys_channel, main, reach_km
from protocols.key_rates import infinite_decoy, vacuum_weak


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    folder = tmp_path_factory.mktemp("gys")
    assert main(["--quick", "--out", str(folder)]) == 0
    return folder


def test_files(quick):
    assert (quick / "gys.png").read_bytes().startswith(b"\x89PNG")
    assert "<svg" in (quick / "gys.svg").read_text(encoding="utf-8")
    assert sorted(path.name for path in quick.iterdir()) == ["gys.csv", "gys.png", "gys.svg"]


def test_order_of_the_curves(quick):
    """More decoys give more, longer blocks too; without decoys the key ends first."""
    rows = list(csv.DictReader((quick / "gys.csv").read_text(encoding="utf-8").splitlines()))
    rates = {}
    for row in rows:
        value = float(row["secret_key_rate_per_pulse"])
        rates.setdefault(row["curve"], {})[float(row["distance_km"])] = value
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


def test_names_are_unique():
    assert len({curve.name for curve in CURVES}) == len(CURVES) == 11
