"""Studies of plans: their rows against closed forms, and what they are worked out from."""

import math

import pytest

from experiments.studies import (
    repeaters_of_a_country,
    shared_fibre_in_a_city,
    technologies_over_distance,
    with_or_without_satellites,
)
from qnet.errors import ParameterError

#: Four end nodes in a row of sites 50 km apart, as files of the Topology Zoo have them.
ROW = ("Delft 1", "x", "Groningen 1", "y", "Maastricht", "z", "Enschede 2")


def test_a_bit_over_a_distance_costs_the_yearly_cost_over_its_bits():
    """Oracle: the annuity of 4 % over ten years and 12 %, over 100 bit/s in the time it flows."""
    point = {"way": "trusted nodes", "other": "", "distance_km": 500.0, "quick": True}
    row = technologies_over_distance.work(point, 1)
    hops = row["hops"]
    assert row["capital"] == 100.0 * (hops - 1) + 50.0 * hops * row["devices"]
    up = (8760.0 / 8772.0) ** hops * (43800.0 / 43804.0) ** (hops - 1)
    yearly = row["capital"] * (0.04 / (1.0 - 1.04**-10) + 0.12)
    assert row["availability"] == pytest.approx(up)
    assert row["cost_per_bit"] == pytest.approx(yearly / (100.0 * up * 365.25 * 86400.0))
    assert "the trusted nodes on the way are honest" in row["security"]["assumes"]


def test_a_fibre_ends_where_a_twin_field_hop_becomes_cheaper():
    """Oracle: prices; five pairs of devices cost as much as a pair with a station, six more."""
    row = technologies_over_distance.work(
        {"way": "fibre, direct", "other": "twin-field", "distance_km": None, "quick": True}, 1
    )
    end = row["break_even_km"]
    near, far = (
        technologies_over_distance.compared(["fibre, direct"], [km]).of("trusted nodes, direct")[0]
        for km in (end - 0.2, end + 0.2)
    )
    assert 50.0 <= near.capital <= 50.0 + 200.0 < far.capital


def test_repeaters_of_a_network_that_the_user_has(tmp_path, monkeypatch):
    """Oracle: by hand; hops of 100 km over sites 50 km apart go from end node to end node."""
    nodes = "".join(f'node [ id {k} label "{name}" ]\n' for k, name in enumerate(ROW))
    edges = "".join(f"edge [ source {k} target {k + 1} length 50.0 ]\n" for k in range(6))
    file = tmp_path / "SurfnetCore.gml"
    file.write_text(f"graph [\n{nodes}{edges}]\n", encoding="utf-8")
    monkeypatch.setenv(repeaters_of_a_country.SURFNET, str(file))
    points = repeaters_of_a_country.points(True)
    assert [each["network"] for each in points].count("SURFnet") == len(points) / 2
    point = {"network": "SURFnet", "file": str(file), "digest": "", "ways": 1, "hop_km": 100.0}
    row = repeaters_of_a_country.work(point, 1)
    # End nodes hold no repeater: the way past one goes over sites that are 100 km apart.
    assert row["repeaters"] == 3
    assert row["longest_way_km"] == 300.0
    monkeypatch.setenv(repeaters_of_a_country.SURFNET, str(tmp_path / "nowhere.gml"))
    with pytest.raises(ParameterError, match="name a file that can be read"):
        repeaters_of_a_country.points(True)


def test_satellites_of_a_network_cost_what_is_said():
    """Oracle: the prices in the study's text: 50 000 and 2000, or a tenth."""
    for way, (kinds, price) in with_or_without_satellites.WAYS.items():
        scenario = with_or_without_satellites.network("a country", way, 100.0)
        assert {each.kind for each in scenario.technology} == set(kinds)
        for each in scenario.technology:
            if each.kind == "satellite":
                assert (each.costs.node, each.costs.pair) == (50e3 * price, 2e3 * price)
        assert sum(each.key_rate_hz for each in scenario.asked) == pytest.approx(100.0)


def test_rings_have_what_is_known_of_the_cities():
    """Oracle: nine nodes and 130 km of fibre (arXiv:2409.01069); 82 km over two spans in Berlin."""
    cities = shared_fibre_in_a_city.CITIES
    (madrid, (_, chord)), (berlin, _) = cities["like Madrid"], cities["like Berlin"]
    assert (len(madrid), math.fsum(madrid) + chord) == (9, 130.0)
    assert 2.0 * max(berlin) == 82.0
    dark, shared = (
        shared_fibre_in_a_city.work({"city": "like Madrid", "fibre": way, "total_key_hz": 1e5}, 1)
        for way in ("dark", "shared")
    )
    assert dark["shared_km"] == 0.0
    assert shared["shared_km"] == shared["fibre_km"]
    assert shared["capital"] < dark["capital"]
    assert shared["per_pair_hz"] < dark["per_pair_hz"]
    # Each key goes over two ways that share no node: those of far ends are relayed.
    assert "the trusted nodes are honest" in dark["security"]["assumes"]
