"""``qnet routes``: its JSON object and its tables, of networks in scenario files."""

import math

import pytest

from experiments.cli.main import main

TOP = 'kind = "network"\nseed = 1\n[run]\nduration_s = 10.0\n'
LINK = """
[link]
scheme = "abstract"
success_probability = 0.1
attempt_time_s = 1.0
state = { fidelity = 0.98 }
"""

#: Two routes whose sums of seconds per pair mislead: PN-C2.
TWO_WAYS = f"""{TOP}
[topology]
edges = [["A", "B", 10.0], ["B", "D", 10.0], ["A", "C", 10.0], ["C", "D", 10.0]]
{LINK}
[[edge]]
ends = ["A", "C"]
link = {{ success_probability = 0.066 }}
[[edge]]
ends = ["C", "D"]
link = {{ success_probability = 1.0 }}
[controller]
routing = "evaluated"
metric = "delivery-time"
[[demand]]
ends = ["A", "D"]
rate_hz = 0.01
"""


@pytest.fixture
def routes(printed):
    """Run ``qnet routes`` on a text: what it prints, as JSON if asked for."""
    return lambda text, *arguments: printed("routes", text, *arguments, name="net")


def test_routes_are_considered_and_chosen(routes):
    # Oracle: PN-C2: 14.7368421 slots over B, 15.1515152 over C.
    found = routes(TWO_WAYS, "--json")
    (demand,) = found["demands"]
    assert demand["ends"] == ["A", "D"]
    assert demand["chosen"]["route"] == ["A", "B", "D"]
    assert {tuple(each["route"]) for each in demand["considered"]} == {
        ("A", "B", "D"),
        ("A", "C", "D"),
    }
    times = {each["route"][1]: each["delivery_time_s"]["best"] for each in demand["considered"]}
    assert times == pytest.approx({"B": 14.7368421, "C": 15.1515152}, rel=1e-6)
    assert demand["chosen"] == {
        "route": ["A", "B", "D"],
        "hops": 2,
        "length_km": 20.0,
        "delivery_time_s": {**dict.fromkeys(("low", "best", "high"), times["B"]), "n": 0},
        "fidelity": demand["chosen"]["fidelity"],
        "secret_key_rate_hz": demand["chosen"]["secret_key_rate_hz"],
    }
    w = (4 * 0.98 - 1) / 3
    assert demand["chosen"]["fidelity"]["best"] == pytest.approx((1 + 3 * w**2) / 4, abs=1e-9)
    assert found["warnings"] == []


def test_bounds_of_the_demand(routes):
    # Oracle: by hand: two ways of capacity -log2(1 - 10^-0.2), of 0.1 and 0.066 pairs a second.
    found = routes(TWO_WAYS, "--json")
    capacity = -math.log2(1 - 10**-0.2)
    assert found["bounds"] == [
        {
            "ends": ["A", "D"],
            "widest_path": pytest.approx(capacity),
            "flooding": pytest.approx(2 * capacity),
            "path_flow": pytest.approx(0.166),
            "stationary_flow": pytest.approx(0.166),
        }
    ]
    assert "no bound" in found["assumptions"]["path_flow"]
    duals = {tuple(each["ends"]): each for each in found["duals"]}
    assert duals["A", "C"]["per_pair"] == pytest.approx(1.0)
    assert duals["A", "C"]["per_memory_hz"] == pytest.approx(0.066)
    assert duals["C", "D"]["per_pair"] == pytest.approx(0.0, abs=1e-9)
    assert found["together"]["total_hz"] == pytest.approx(0.166)


def test_n2_of_the_reference(routes):
    # Oracle: PN-C1.
    text = f"""{TOP}
[topology]
edges = [["A","B",50.0], ["B","D",80.0], ["A","C",60.0], ["C","D",62.0], ["B","C",20.0]]
{LINK}
[controller]
metric = "length"
[[demand]]
ends = ["A", "D"]
rate_hz = 0.01
"""
    found = routes(text, "--json")
    assert found["demands"][0]["chosen"]["route"] == ["A", "C", "D"]
    assert found["bounds"][0]["widest_path"] == pytest.approx(0.0855028198, rel=1e-6)
    assert found["bounds"][0]["flooding"] == pytest.approx(0.122204589, rel=1e-6)
    without = text.replace(",62.0]", "]").replace('metric = "length"', "")
    found = routes(without, "--json")
    assert (found["bounds"][0]["widest_path"], found["bounds"][0]["flooding"]) == (None, None)


def test_demand_without_a_good_route_gets_a_reason(routes):
    # Oracle: by hand: .98^2 + .02^2 / 3, alike on both ways: that of the smaller sum is named.
    text = TWO_WAYS.replace("rate_hz = 0.01", "rate_hz = 0.01\nminimum_fidelity = 0.97")
    found = routes(text, "--json")
    assert found["demands"][0]["chosen"] is None
    reason = (
        "no route between A and D reaches a fidelity of 0.97; the best, A - C - D, has 0.960533"
    )
    assert found["demands"][0]["reason"].startswith(reason)
    assert found["warnings"] == [found["demands"][0]["reason"]]
    assert len(found["demands"][0]["considered"]) == 2


def test_pairs_at_random_times_have_a_bound_and_no_chain(routes):
    # Oracle: by hand: links of 2 pairs a second, without end of memories.
    text = f"""{TOP}
[topology]
shape = "star"
leaves = 3
length_km = 10.0
[link]
scheme = "abstract"
rate_hz = 2.0
state = {{ werner = 0.98 }}
[node]
memories = "unlimited"
[controller]
allocation = "share"
[[demand]]
ends = ["1", "2"]
arrivals = "backlog"
"""
    found = routes(text, "--json")
    assert found["bounds"][0]["stationary_flow"] == pytest.approx(2.0)
    assert found["demands"][0]["chosen"]["route"] == ["1", "hub", "2"]
    assert found["demands"][0]["chosen"]["fidelity"] is None
    assert "makes its pairs at random times" in found["warnings"][0]
    assert {gain["per_memory_hz"] for gain in found["duals"]} == {None}


def test_switch_has_a_bound_for_every_pair(routes):
    # Oracle: PN-C9 and section 1: with storage k mu / 2 in total, mu for one pair alone.
    text = f"""demand = "all-pairs"
{TOP}
[topology]
shape = "star"
leaves = 3
length_km = 10.0
{LINK.replace("0.1", "1.0")}
[controller]
allocation = "share"
"""
    found = routes(text, "--json")
    assert [each["stationary_flow"] for each in found["bounds"]] == pytest.approx([1.0] * 3)
    assert found["together"]["total_hz"] == pytest.approx(1.5)
    assert found["together"]["equal_hz"] == pytest.approx(0.5)


def test_tables_for_people(routes):
    # Oracle: by eye.
    out = routes(TWO_WAYS)
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[0] == "net: 1 demand, routing evaluated"
    assert "A - D * A - B - D 2 20 14.7368 0.960533 0.0440338" in lines
    assert any(line.startswith("A - D 1.43") and line.endswith("0.166 0.166") for line in lines)
    assert "A - C 1 0.066" in lines
    assert any(line.startswith("stationary flow: pairs per second") for line in lines)


def test_other_kinds_have_no_routes(tmp_path, capsys):
    path = tmp_path / "chain.toml"
    path.write_text('kind = "chain"\n', encoding="utf-8")
    assert main(["routes", str(path)]) == 2
    assert "kind must be 'network' here (got 'chain')" in capsys.readouterr().err


def test_best_fidelity_and_chain_of_the_reference(routes):
    # Oracle: PN-C7: 0.941456 over A B C D; PN-C5: eight links of one pair a second, q = 1/2: 0.125.
    links = {"AB": 0.98, "BC": 0.97, "CD": 0.99, "AD": 0.93, "BD": 0.95}
    tables = "".join(
        f'[[edge]]\nends = ["{a}", "{b}"]\nlink = {{ state = {{ fidelity = {value} }} }}\n'
        for (a, b), value in links.items()
    )
    edges = ", ".join(f'["{a}", "{b}", 10.0]' for a, b in links)
    text = f"""{TOP}
[topology]
edges = [{edges}]
{LINK}{tables}
[controller]
routing = "fidelity"
[[demand]]
ends = ["A", "D"]
rate_hz = 0.01
"""
    (demand,) = routes(text, "--json")["demands"]
    assert demand["chosen"]["route"] == ["A", "B", "C", "D"]
    assert demand["chosen"]["fidelity"]["best"] == pytest.approx(0.941456, abs=1e-6)
    line = f"""{TOP}
[topology]
shape = "line"
nodes = 9
length_km = 10.0
{LINK.replace("attempt_time_s = 1.0", "attempt_time_s = 0.1")}
[swap]
success_probability = 0.5
[[demand]]
ends = ["1", "9"]
rate_hz = 0.01
"""
    (bounds,) = routes(line, "--json")["bounds"]
    assert bounds["stationary_flow"] == pytest.approx(0.125, rel=1e-6)
    assert bounds["path_flow"] == pytest.approx(0.5**7, rel=1e-6)
