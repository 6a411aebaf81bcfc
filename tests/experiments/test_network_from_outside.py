"""Additions to networks from outside, a line each: controller, sharing, format, solver, engine."""

from __future__ import annotations

import json

import pytest

import qnet
from experiments.cli.main import main
from qnet import EngineError, ParameterError
from qnet.network.controllers import CONTROLLERS
from qnet.network.exact.table import NETWORK_SOLVERS
from qnet.network.play import NETWORK_ENGINES
from qnet.network.sharing.rules import SHARING_RULES
from qnet.network.topologies.formats.table import FORMATS
from tests.network_toys import ARROWS, Boundless, FirstOnly, Nobody, play_nobody

NETWORK = """
kind = "network"
seed = 1
run = { duration_s = 2000.0, warm_up_s = 100.0, replicas = 20 }
topology.edges = [["A", "S", 10.0], ["B", "S", 10.0]]
link = { scheme = "abstract", success_probability = 0.1, attempt_time_s = 1.0, state.werner = 0.98 }
controller.allocation = "boundless"

[[demand]]
ends = ["A", "B"]
rate_hz = 0.1
pairs = 2
"""


@pytest.fixture
def boundless():
    """The toy controller."""
    CONTROLLERS["boundless"] = Boundless
    yield
    del CONTROLLERS["boundless"]


def test_a_controller_plays(boundless, scenario, capsys):
    """Oracle: two deliveries of a two-segment chain, (3 - 2p)/(p(2 - p)) attempts each; no wait at
    a load of 3, where every queue of one chain would grow. Five standard errors."""
    assert main(["run", scenario(NETWORK), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["demands"]
    assert found["waiting_time_s"]["best"] == 0.0
    assert found["refused_fraction"]["best"] == 0.0
    service = found["service_time_s"]
    expected = 2.0 * (3.0 - 2.0 * 0.1) / (0.1 * (2.0 - 0.1))
    sigma = (service["high"] - service["low"]) / (2.0 * 2.09)
    assert abs(service["best"] - expected) < 5.0 * sigma
    assert sigma < 0.02 * expected
    assert found["fidelity"]["best"] == pytest.approx((1.0 + 3.0 * 0.98**2) / 4.0)


def test_pairs_of_a_controller_are_replayed(boundless, scenario, capsys):
    """Oracle: the joint circuit of each history; the exact engine says that it cannot play it."""
    assert main(["agree", scenario(NETWORK), "--circuit-shots", "1"]) == 0
    said = capsys.readouterr().out
    assert "the engines agree" in said
    assert "exact: the exact engine cannot play this network" in said


def test_a_controller_is_named_on_the_page_of_keys(boundless, capsys):
    """Oracle: its name, beside the others, in the JSON Schema and in the message."""
    assert main(["schema", "network"]) == 0
    keys = json.loads(capsys.readouterr().out)["properties"]["controller"]["properties"]
    assert set(keys["allocation"]["enum"]) == {"reserve", "tdma", "share", "boundless"}
    with pytest.raises(ParameterError, match=r"'reserve', 'share', 'tdma'.*\(got 'boundles'\)"):
        qnet.loads(NETWORK.replace("boundless", "boundles"))


def test_a_rule_of_sharing_is_taken_by_name():
    """Oracle: the first of two flows over one link gets all, in 1/p attempts a pair; the other
    none. Five standard errors."""
    SHARING_RULES["first"] = FirstOnly
    flows = [f'[[demand]]\nends = ["A", "{end}"]\narrivals = "backlog"\n' for end in "SB"]
    text = NETWORK.partition("[[demand]]")[0].replace(
        'controller.allocation = "boundless"',
        'controller = { allocation = "share", sharing = "first" }',
    )
    try:
        first, second = qnet.loads(text + "\n".join(flows)).play().demands
    finally:
        del SHARING_RULES["first"]
    rate = first["pair_rate_hz"]
    sigma = (rate.high - rate.low) / (2.0 * 2.09)
    assert abs(rate.best - 0.1) < 5.0 * sigma
    assert sigma < 0.005
    assert second["pair_rate_hz"].best == 0.0


def test_a_format_of_topologies_is_told_by_its_content(tmp_path, scenario):
    """Oracle: the lengths that are written in the file."""
    FORMATS.append(ARROWS)
    try:
        (tmp_path / "net.txt").write_text("arrows\nA S 10\nS B 12.5\n", encoding="utf-8")
        text = NETWORK.replace('edges = [["A", "S", 10.0], ["B", "S", 10.0]]', 'file = "net.txt"')
        path = tmp_path / "net.toml"
        path.write_text(text.replace("boundless", "reserve"), encoding="utf-8")
        network = qnet.load(path).network
        assert [edge.length_km for edge in network.edges] == [10.0, 12.5]
        (tmp_path / "net.txt").write_text("arrows\nA A 10\n", encoding="utf-8")
        with pytest.raises(ParameterError, match="line 2, must join two different nodes"):
            qnet.load(path)
    finally:
        FORMATS.remove(ARROWS)
    with pytest.raises(ParameterError, match=r"topology\.file"):
        qnet.load(path)


RARE = NETWORK.replace("rate_hz = 0.1", "rate_hz = 1e-12").replace("boundless", "share")


def test_a_solver_is_asked_in_its_turn():
    """Oracle: zero sessions; without it the engine refuses, and says what plays the case."""
    with pytest.raises(EngineError, match="use engine='sampled'"):
        qnet.loads(RARE).play(engine="exact")
    NETWORK_SOLVERS["nobody"] = Nobody
    try:
        result = qnet.loads(RARE).play(engine="exact")
    finally:
        del NETWORK_SOLVERS["nobody"]
    assert (result.engine, result.demands[0]["served_hz"].best) == ("exact", 0.0)


def test_an_engine_is_played_by_name(scenario, capsys):
    """Oracle: its own zeros, by the key of the file."""
    NETWORK_ENGINES["nobody"] = play_nobody
    try:
        path = scenario('engine = "nobody"\n' + RARE)
        assert main(["run", path, "--json"]) == 0
    finally:
        del NETWORK_ENGINES["nobody"]
    (found,) = json.loads(capsys.readouterr().out)["demands"]
    assert found["served_hz"]["best"] == 0.0
    assert found["security"]["reason"] == "nobody asked"
