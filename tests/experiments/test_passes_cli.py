"""``qnet passes``: its JSON object and its table."""

import pytest

from experiments.cli.main import main
from tests.protocols.satellite_scenarios import BASE


@pytest.fixture
def passes(printed):
    """Run ``qnet passes`` on a text: what it prints, as JSON if asked for."""
    return lambda text, *arguments: printed("passes", text, *arguments, name="leo")


def test_the_object_of_a_month(passes):
    # Oracle: P-K4, P-K5, and the names that the object has.
    found = passes(BASE, "--json")
    assert {"passes", "total", "orbit", "reason", "warnings", "scenario", "versions"} == set(found)
    first, total = found["passes"][0], found["total"]
    names = {"station", "start", "end", "duration_s", "maximum_elevation_deg", "usable_s"}
    assert names <= set(first)
    assert (first["station"], first["start"]) == ("OGS", "2026-06-01T00:08:22.941Z")
    assert (total["passes"], len(found["passes"])) == (65, 65)
    assert total["seconds"] == pytest.approx(15010.793, rel=1e-6)
    assert total["longest_s"] == pytest.approx(291.94907, rel=1e-6)
    assert total["best_elevation_deg"] == pytest.approx(80.956915, rel=1e-6)
    assert found["orbit"]["inclination_deg"] == 97.4
    assert found["orbit"]["period_s"] == pytest.approx(5668.14437, rel=1e-8)
    assert found["orbit"]["eclipse_fraction"] == pytest.approx(0.377817325, rel=1e-8)
    assert sum(each["maximum_elevation_deg"] >= 60.0 for each in found["passes"]) == 20


def test_the_table_for_people(passes):
    # Oracle: P-K4, and a line for each of the first 40 passes.
    lines = passes(BASE).splitlines()
    assert lines[0] == "leo: 1 satellite, 1 station"
    assert "passes               65" in lines
    assert any(line.startswith("2026-06-01 00:08:22  OGS") for line in lines)
    assert sum(line.startswith("2026-06-") for line in lines) == 40
    assert lines[-1] == "... and 25 more; --json gives all"


def test_keys_set_otherwise_and_no_pass(passes):
    # Oracle: a satellite over the equator is not seen from 40 degrees.
    words = ("--set", "orbit.inclination_deg=0")
    found = passes(BASE, "--json", *words)
    assert (found["passes"], found["total"]["best_elevation_deg"]) == ([], None)
    assert found["reason"].startswith("no pass: the satellite is seen at 20 degrees")
    assert found["warnings"] == [found["reason"]]
    assert passes(BASE, *words).splitlines()[-1].startswith("No pass: the satellite is seen")


def test_what_is_wrong_is_said_in_a_line(tmp_path, capsys):
    path = tmp_path / "leo.toml"
    path.write_text(BASE.replace("days = 30", "days = 30\nminimum_elevation_deg = 95"), "utf-8")
    assert main(["passes", str(path), "--json"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "period.minimum_elevation_deg must lie in 0 to 89.9 degrees (got 95)" in said.err
