"""``qnet run`` of networks: the object of ``--json``, the text for people, and ready scenarios."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

import experiments
import qnet
from experiments.cli.main import main
from experiments.cli.network_text import network_text
from protocols.networks import NetworkReport
from qnet.estimate import Estimate
from qnet.metrics.security import SecurityClaim
from qnet.network import NetworkResult
from qnet.network.result import DemandResult, EdgeResult
from tests.experiments.scenario_text import network_file

READY = sorted((Path(experiments.__file__).parent / "scenarios" / "networks").glob("*.toml"))

#: What makes the ready scenarios short.
SHORT = {
    "buffer": {"run.duration_s": 200.0},
    "city-ring": {"run.duration_s": 1.0, "run.warm_up_s": 0.1},
    "double-star": {"run.duration_s": 20.0},
    "line": {"run.duration_s": 200.0},
    "national": {"run.duration_s": 20.0},
    "over-a-satellite": {"run.duration_s": 86_400.0},
    "switch": {"run.duration_s": 50.0},
}

TEXT = network_file(
    """
[controller]
discipline = "drop"
[[demand]]
ends = ["A", "B"]
rate_hz = 0.2
[[demand]]
ends = ["A", "C"]
rate_hz = 0.2
minimum_fidelity = 0.9
""",
    top="seed = 3",
    run="duration_s = 200.0\nreplicas = 3",
    topology='edges = [["A", "S", 10.0], ["B", "S"], ["C", "S", 10.0]]',
)

#: Keys of the answer and of its lists, as they are promised.
KEYS = ("engine", "seed", "replicas", "duration_s", "demands", "edges", "bounds", "warnings")
SESSIONS = ("sessions_hz", "served_hz", "refused_fraction", "waiting_time_s", "service_time_s")
PAIRS = ("pair_rate_hz", "fidelity", "qber_x", "qber_y", "qber_z", "secret_key_rate_hz")
BOUNDS = ("widest_path", "flooding", "path_flow", "stationary_flow")


@pytest.fixture
def path(scenario):
    return scenario(TEXT)


def answer(capsys, *arguments):
    assert main(["run", *arguments, "--json"]) == 0
    # No NaN and no infinity: they would be read as constants.
    return json.loads(capsys.readouterr().out, parse_constant=pytest.fail)


def check_estimate(found):
    assert set(found) == {"low", "best", "high", "n"}
    ends = [math.inf if found[end] is None else found[end] for end in ("low", "best", "high")]
    assert ends == sorted(ends)
    assert isinstance(found["n"], int)


def check_answer(found):
    """The promised keys, each of its type; what is not known is null."""
    assert set(KEYS) <= set(found)
    assert set(found["versions"]) >= {"qnet", "python"}
    for demand in found["demands"]:
        assert all(isinstance(end, str) for end in demand["ends"])
        assert all(route[0] in demand["ends"] for route in demand["routes"])
        for name in (*SESSIONS, *PAIRS):
            if demand[name] is not None:
                check_estimate(demand[name])
        for each in demand["bell_diagonal"] or ():
            check_estimate(each)
        assert demand["security"]["notion"] in ("asymptotic", "none")
    for edge in found["edges"]:
        assert len(edge["ends"]) == 2
        assert edge["length_km"] is None or edge["length_km"] >= 0.0
        for name in ("use", "pair_rate_hz", "stored"):
            if edge[name] is not None:
                check_estimate(edge[name])
    assert len(found["bounds"]) == len(found["demands"])
    for bound in found["bounds"]:
        assert set(bound) == {"ends", *BOUNDS}
        assert all(bound[name] is None or bound[name] >= 0.0 for name in BOUNDS)


def test_the_answer_holds_what_is_promised(path, capsys):
    """Oracle: the keys as the scenario's form fixes them, and the numbers by hand."""
    found = answer(capsys, path)
    check_answer(found)
    assert [found[name] for name in KEYS[:4]] == ["sampled", 3, 3, 200.0]
    assert [demand["ends"] for demand in found["demands"]] == [["A", "B"], ["A", "C"]]
    assert found["demands"][0]["routes"] == [["A", "S", "B"]]
    # Two Werner states of 0.98 and a perfect swap: F = (1 + 3 * 0.9604) / 4.
    assert found["demands"][0]["fidelity"]["best"] == pytest.approx(0.9703)
    # No length of an edge: nothing is known of the fibre there.
    assert (found["bounds"][0]["widest_path"], found["edges"][1]["length_km"]) == (None, None)
    # Ideal storage, one memory, p = 1/2 a second on both links: half a pair a second.
    assert found["bounds"][0]["stationary_flow"] == pytest.approx(0.5)
    assert "switch" not in found
    assert found["warnings"] == [
        "[swap] is missing: swaps are taken as perfect",
        "[memory] is missing: stored qubits do not decay",
    ]


def test_totals_add_up(path, capsys):
    # Oracle: sums of the demands' own numbers.
    found = answer(capsys, path)
    totals, demands = found["totals"], found["demands"]
    for name in ("sessions_hz", "served_hz", "pair_rate_hz", "secret_key_rate_hz"):
        together = sum(demand[name]["best"] for demand in demands)
        assert totals[name]["best"] == pytest.approx(together)
    arrived = sum(demand["counts"]["arrived"] for demand in demands)
    refused = sum(demand["counts"]["refused"] for demand in demands)
    assert totals["refused_fraction"]["best"] == pytest.approx(refused / arrived)


def test_the_answer_is_the_same_on_any_number_of_processes(path, capsys):
    # Oracle: one process.
    one, two = (answer(capsys, path, "--workers", str(count)) for count in (1, 2))
    assert one == two


def test_seed_engine_and_keys_may_be_set(path, capsys):
    # Oracle: what was asked for, and other draws with another seed.
    usual = answer(capsys, path)
    seeded = answer(capsys, path, "--seed", "4")
    assert seeded["seed"] == 4
    assert seeded["demands"] != usual["demands"]
    assert answer(capsys, path, "--set", "seed=4")["demands"] == seeded["demands"]
    few = answer(capsys, path, "--set", "demand.1.rate_hz=0.001", "--set", "run.replicas=2")
    assert few["replicas"] == 2
    assert few["demands"][1]["counts"]["arrived"] < 10.0


def test_the_engine_of_the_file_plays_unless_another_is_named(path, capsys):
    # Oracle: the joint circuits say who made them.
    short = ["--set", "run.duration_s=5.0", "--set", "run.replicas=1", "--set", "engine=circuit"]
    assert answer(capsys, path, *short)["engine"] == "circuit"
    assert answer(capsys, path, *short, "--engine", "sampled")["engine"] == "sampled"


def test_numbers_of_the_exact_engine_have_no_width(capsys):
    """Oracle: the switch of five users with two memories each, C = 5 (k-1) mu P(j >= 1) = 2.439024;
    the buffer that always purifies, from its two linear balances."""
    ready = {each.stem: str(each) for each in READY}
    switch = answer(capsys, ready["switch"], "--engine", "exact")
    check_answer(switch)
    rate = switch["switch"]["swap_rate_hz"]
    assert rate["low"] == rate["best"] == rate["high"] == pytest.approx(2.43902439, rel=1e-6)
    assert switch["switch"]["stored"]["best"] == pytest.approx(0.731707317, rel=1e-6)
    assert len(switch["switch"]["pairs"]) == 10
    assert switch["totals"]["pair_rate_hz"]["best"] == pytest.approx(rate["best"])
    (buffer,) = answer(capsys, ready["buffer"], "--engine", "exact")["demands"]
    assert 1.0 - buffer["refused_fraction"]["best"] == pytest.approx(0.740500736, rel=1e-6)
    assert buffer["fidelity"]["best"] == pytest.approx(0.855011933, rel=1e-6)


def test_what_no_law_is_known_of_is_refused_with_what_can_play_it(capsys):
    # Oracle: five flows over one link have no known law; replicas play them.
    ready = {each.stem: str(each) for each in READY}
    assert main(["run", ready["double-star"], "--engine", "exact"]) == 2
    assert capsys.readouterr().err.rstrip().endswith("use engine='sampled'")


@pytest.mark.parametrize("option", [["--shots", "9"], ["--engine", "exact", "--distribution"]])
def test_options_of_chains_are_refused(path, capsys, option):
    # Oracle: a network has neither; one line says so.
    assert main(["run", path, *option]) == 2
    assert "must be left out with a network" in capsys.readouterr().err


@pytest.mark.parametrize("ready", READY, ids=lambda ready: ready.stem)
def test_ready_scenarios_are_played(ready, capsys):
    """Oracle: every demand of a ready scenario gets pairs, within its bounds."""
    given = {"run.replicas": 3, **SHORT[ready.stem]}
    found = answer(capsys, str(ready), *(f"--set={path}={value}" for path, value in given.items()))
    check_answer(found)
    for demand, bound in zip(found["demands"], found["bounds"], strict=True):
        assert demand["fidelity"]["best"] > 0.5
        if bound["stationary_flow"] is not None:
            assert demand["pair_rate_hz"]["low"] <= bound["stationary_flow"]
    scenario = qnet.load(ready)
    assert qnet.loads(scenario.to_toml(), folder=str(ready.parent)).digest == scenario.digest


def test_every_ready_scenario_has_a_short_form():
    # Oracle: the folder.
    assert [path.stem for path in READY] == sorted(SHORT)


# The text for people.


def demand_result(ends, fidelity, key):
    rate = Estimate.exact(0.0 if fidelity is None else 1.0)
    figures = {"fidelity": fidelity, "secret_key_rate_hz": key, "pair_rate_hz": rate}
    claim = SecurityClaim.none("no secret key: the error rates are too high (30 % in X)")
    return DemandResult(ends=ends, routes=(ends,), figures=figures, security=claim)


def report(demands, edges=()):
    result = NetworkResult(
        engine="sampled", seed=1, replicas=4, duration_s=9.0, demands=demands, edges=edges
    )
    return NetworkReport(name="net", heading="net: a network", result=result)


def test_pairs_that_are_no_success_are_said_so():
    # Oracle: the rule: fidelity 1/2 or less, no key, and nothing delivered, each with its demands.
    zero = Estimate.exact(0.0)
    found = report(
        (
            demand_result(("A", "B"), Estimate(0.4, 0.5, 0.6, 9), zero),
            demand_result(("A", "C"), Estimate.exact(0.7), zero),
            demand_result(("B", "C"), None, None),
            demand_result(("B", "D"), Estimate.exact(0.9), Estimate.exact(0.1)),
        )
    )
    assert found.warnings == (
        "demand A-B: the mean fidelity is 1/2 or less, where a pair need not be entangled",
        "demand A-C: no secret key: the error rates are too high",
        "demand B-C: no pair was delivered in the measured time",
    )
    assert "Demand A-C: no secret key" in network_text(found)
    assert [each["fidelity"] is None for each in found.as_dict()["demands"]] == [0, 0, 1, 0]


def test_states_that_no_solver_knows_are_no_lack_of_pairs():
    # Oracle: the rate, which is 1 pair a second, of states that are not known.
    figures = {"fidelity": None, "pair_rate_hz": Estimate.exact(1.0)}
    claim = SecurityClaim.none("the states are not known")
    demand = DemandResult(ends=("A", "B"), routes=(), figures=figures, security=claim)
    assert report((demand,)).warnings == ()


@pytest.mark.parametrize(("wait_s", "is_said"), [(1.7, False), (1.9, True)])
def test_long_waits_are_remarked_on(wait_s, is_said):
    # Oracle: a fifth of the measured time of `report`, which is 9 s.
    figures = {
        "fidelity": Estimate.exact(0.9),
        "pair_rate_hz": Estimate.exact(1.0),
        "waiting_time_s": Estimate.exact(wait_s),
    }
    claim = SecurityClaim.none("not asked for")
    demand = DemandResult(ends=("A", "B"), routes=(), figures=figures, security=claim)
    said = " ".join(report((demand,)).warnings)
    assert ("demand A-B: sessions wait longer than 0.2 of the measured time" in said) == is_said


def test_the_fullest_edge_is_no_bottleneck_where_pairs_are_stored():
    # Oracle: A-S is full of pairs that wait for those of S-C, which are swapped at once.
    edges = tuple(
        EdgeResult(
            ends=ends,
            length_km=None,
            use=Estimate.exact(use),
            pair_rate_hz=None,
            stored=Estimate.exact(stored),
        )
        for ends, use, stored in ((("A", "S"), 0.8, 0.5), (("S", "C"), 0.6, 0.0))
    )
    found = report((), edges)
    assert found.bottleneck is None
    assert found.as_dict()["bottleneck"] is None
    text = network_text(found)
    assert "fullest: A - S, 80 % of its memory time is taken, stored pairs included" in text


def test_swaps_are_not_missed_where_none_can_be(scenario, capsys):
    # Oracle: one edge has no node between two others.
    one = network_file(
        '[[demand]]\nends = ["A", "B"]\narrivals = "backlog"',
        run="duration_s = 10.0\nreplicas = 2",
        topology='edges = [["A", "B", 1.0]]',
    )
    warnings = answer(capsys, scenario(one))["warnings"]
    assert warnings == ["[memory] is missing: stored qubits do not decay"]


def test_a_missing_kind_is_told_by_the_tables():
    # Oracle: only a network has [topology].
    with pytest.raises(qnet.ParameterError, match='add kind = "network"'):
        qnet.loads(TEXT.replace('kind = "network"', ""))


def test_a_long_network_is_cut_with_a_sentence():
    # Oracle: the number of demands and edges, and the one that is used most.
    names = [f"n{k}" for k in range(40)]
    demands = tuple(
        demand_result((name, "x"), Estimate.exact(0.9), Estimate.exact(0.1)) for name in names
    )
    edges = tuple(
        EdgeResult(
            ends=(name, "x"),
            length_km=1.0,
            use=Estimate(0.01 * k, 0.02 * k, 0.02 * k, 9),
            pair_rate_hz=None,
            stored=None,
        )
        for k, name in enumerate(names)
    )
    found = report(demands, edges)
    text = network_text(found)
    assert "(15 of 40 demands with the most pairs; --json lists all)" in text
    assert "(15 of 40 edges whose memories are used most; --json lists all)" in text
    assert "bottleneck: n39 - x, 78 % of its memory time is taken" in text
    assert len(text.splitlines()) < 60
    assert found.as_dict()["bottleneck"] == ["n39", "x"]
    assert len(found.as_dict()["demands"]) == 40


def test_intervals_are_shown(path, capsys):
    # Oracle: the form of an estimate, a value and two ends in brackets.
    assert main(["run", path]) == 0
    lines = capsys.readouterr().out.splitlines()
    (line,) = [line for line in lines if line.startswith("sessions ")][:1]
    assert line.rstrip().endswith("1/s")
    assert "[" in line
    assert "demand A - B, along A - S - B" in lines


def test_papers_of_a_network(path, capsys):
    # Oracle: what it uses, by eye.
    assert main(["cite", path]) == 0
    said = capsys.readouterr().out
    for key in ("Wu2021", "Kamin2023", "Dai2020", "Pirandola2019", "QiskitAer"):
        assert f"{{{key}," in said
    ready = {each.stem: str(each) for each in READY}
    assert main(["cite", ready["switch"]]) == 0
    assert "1903.04420" in capsys.readouterr().out
    assert main(["cite", ready["buffer"]]) == 0
    assert "2311.10052" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("discipline", "rate_hz", "said"),
    [("fifo", 0.25, True), ("fifo", 0.1, False), ("drop", 0.25, False)],
)
def test_a_queue_that_grows_without_end_is_told(scenario, capsys, discipline, rate_hz, said):
    """Oracle: p = 1/2: (3 - 2p)/(p(2 - p)) = 8/3 s of service for 0.5 or 0.2 sessions a second; a
    load of 1.33 or 0.53 on the edge that both need. Who is refused does not wait."""
    text = TEXT.replace('"drop"', f'"{discipline}"').replace("= 0.2", f"= {rate_hz}")
    found = answer(capsys, scenario(text.replace("replicas = 3", "replicas = 20")))["warnings"]
    grows = [each for each in found if each.startswith("the load of A - S is 1.")]
    assert bool(grows) == said
    assert any("queue grows" in each for each in found) == said


def test_the_schedule_is_told(scenario, capsys):
    """Progressive filling by hand: both take one slot of five after the other, A - B first."""
    frame = 'allocation = "tdma"\nframe_slots = 5\nslot_s = 10.0'
    file = scenario(TEXT.replace('discipline = "drop"', frame))
    assert main(["run", file, "--json"]) == 0
    slots = [{"ends": ["A", "B"], "slots": [0, 2, 4]}, {"ends": ["A", "C"], "slots": [1, 3]}]
    assert json.loads(capsys.readouterr().out)["schedule"] == slots
    assert main(["run", file]) == 0
    text = capsys.readouterr().out
    assert "A - B  3    0, 2, 4\n" in text
    assert "a frame of 5 slots of 10 s each repeats" in text
