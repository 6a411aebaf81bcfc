"""Generations on the command line: run, optimize, cite, sweep, requirements, and shipped files.

Oracles: the reference values P-B5, chains played one by one, the bibliography.
"""

import json
import math

import pytest

import qnet
from experiments.cli.main import main
from experiments.sweep import Store, results
from protocols.repeaters.cost import cost_of
from qnet.references import REFERENCES

FIRST = """
kind = "chain"
[chain]
segments = 16
length_km = 1000
[encode]
code = "none"
coupling = 0.9
attempts = 100
fidelity = 0.995
[optimize]
objective = "cost"
segments = [16, 19, 20, 21, 24]
cutoff = "none"
"""


def said(capsys, *arguments):
    """What a command prints as JSON."""
    assert main([*arguments, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def first(tmp_path):
    path = tmp_path / "first.toml"
    path.write_text(FIRST)
    return str(path)


@pytest.mark.parametrize(
    ("name", "wanted", "qubits", "stations"),
    [
        ("generations/encoded", 0.00531238084, 140.0, 32),
        ("generations/one-way", 7.74197815e-05, 56.0, 1000),
    ],
)
def test_run_says_what_a_bit_costs(capsys, name, wanted, qubits, stations):
    """Oracle: P-B5.2 and P-B5.3."""
    found = said(capsys, "run", name, "--engine", "exact")
    cost = found["cost_qubit_s_per_bit_km"]
    assert cost["best"] == pytest.approx(wanted, rel=1e-6)
    assert cost["low"] <= cost["best"] <= cost["high"]
    assert (found["qubits_per_station"], found["stations"]) == (qubits, stations)
    assert "cost_reason" not in found
    assert main(["run", name, "--engine", "exact"]) == 0
    assert "qubit s/(bit km)" in capsys.readouterr().out


def test_a_sampled_cost_has_an_interval_around_the_exact_one(capsys, first):
    """Oracle: P-B5.1, at 5 standard errors (2.55 half widths of 95 %)."""
    cost = said(capsys, "run", first, "--shots", "4000")["cost_qubit_s_per_bit_km"]
    assert cost["n"] == 4000
    assert abs(cost["best"] - 0.00456969145) < 2.55 * (cost["high"] - cost["low"]) / 2.0


def test_without_key_or_length_the_cost_is_null_with_a_reason(capsys, first, tmp_path):
    """Oracle: there is nothing to divide by."""
    found = said(capsys, "run", first, "--engine", "exact", "--set", "encode.fidelity=0.9")
    assert found["cost_qubit_s_per_bit_km"] is None
    assert found["cost_reason"] == "no cost: there is no secret key to share it"
    assert any("error rates are too high" in warning for warning in found["warnings"])
    path = tmp_path / "short.toml"
    link = 'scheme = "abstract"\nsuccess_probability = 0.5\nattempt_time_s = 1.0\n'
    link += "state = { fidelity = 0.99 }\n"
    path.write_text(f'kind = "chain"\n[chain]\nsegments = 2\n[link]\n{link}')
    found = said(capsys, "run", str(path), "--engine", "exact")
    assert found["cost_qubit_s_per_bit_km"] is None
    assert found["cost_reason"] == "no cost: the chain has no length"


def test_optimize_finds_the_least_cost(capsys, first):
    """Oracle: P-B5.4."""
    found = said(capsys, "optimize", first)
    assert found["plan"]["segments"] == 20
    assert found["cost_qubit_s_per_bit_km"]["best"] == pytest.approx(0.00385463015, rel=1e-6)
    assert found["value"] == pytest.approx(1.0 / 0.00385463015, rel=1e-6)


def test_optimize_chooses_code_and_spacing(capsys):
    """Oracle: every choice played on its own."""
    name, codes, spacings = "generations/one-way", ["qpc-5-3", "qpc-10-4"], [1.0, 2.0]
    options = [f"optimize.codes={json.dumps(codes)}", f"optimize.spacings_km={spacings}"]
    found = said(capsys, "optimize", name, "--set", options[0], "--set", options[1])
    costs = {}
    for code in codes:
        for spacing_km in spacings:
            changes = {"one_way.code": code, "one_way.n": None, "one_way.m": None}
            chain = qnet.load(name, changes={**changes, "one_way.spacing_km": spacing_km})
            result = chain.play(engine="exact")
            cost, _ = cost_of(result.plan, result.secret_key_rate_hz, 1000.0)
            costs[code, spacing_km] = math.inf if cost is None else cost.best
    # The plan of the file is among those that choose.
    costs["qpc-7-4", 1.0] = 7.74197815e-05
    plan = found["plan"]
    best = min(costs, key=costs.get)
    assert found["cost_qubit_s_per_bit_km"]["best"] == pytest.approx(costs[best], rel=1e-6)
    # The plan of the file has no name of its own.
    assert best == (plan.get("code", "qpc-7-4"), plan.get("spacing_km", 1.0))


def test_optimize_chooses_the_code_of_the_memories(capsys):
    """Oracle: with good hardware the smaller code is the cheaper one, and no code leaves no key."""
    options = ["optimize.segments=[32]", 'optimize.codes=["none", "513", "steane"]']
    found = said(capsys, "optimize", "generations/encoded", *_set(options))
    assert found["plan"]["code"] == "513"
    assert found["qubits_per_station"] == 100.0


def _set(options):
    return [each for option in options for each in ("--set", option)]


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("purified", {"Muralidharan2016", "Deutsch1996"}),
        ("encoded", {"Jiang2009", "Steane1996", "Muralidharan2016"}),
        ("one-way", {"Munro2012", "Muralidharan2014", "Ralph2005"}),
        ("all-photonic", {"Azuma2015", "Varnava2006"}),
    ],
)
def test_cite_names_scheme_and_code(capsys, name, keys):
    """Oracle: the papers, by their keys."""
    assert main(["cite", f"generations/{name}"]) == 0
    out = capsys.readouterr().out
    assert keys <= set(REFERENCES)
    for key in keys:
        assert f"{{{key}," in out


def test_a_code_and_a_coupling_are_axes_of_a_sweep(first, tmp_path):
    """Oracle: the same chains, loaded with these values."""
    sweep = tmp_path / "sweep.toml"
    text = FIRST.partition("[optimize]")[0]
    axes = '[sweep]\nengine = "exact"\n"encode.code" = ["none", "513"]\n"encode.coupling" = [0.9]\n'
    sweep.write_text(text + axes)
    store = tmp_path / "kept.db"
    assert main(["sweep", str(sweep), "--store", str(store), "--workers", "1"]) == 0
    with Store(store) as kept:
        rates = [row.figure("secret_key_rate_hz").best for row in results(kept)]
    for code, rate in zip(("none", "513"), rates, strict=True):
        chain = qnet.load(first, changes={"encode.code": code})
        assert rate == pytest.approx(chain.play(engine="exact").secret_key_rate_hz.best, rel=1e-9)


def test_requirements_of_hardware_that_holds_a_code(capsys, tmp_path):
    """Oracle: the preset as it is makes pairs so often, code or none: a factor of 1 is enough."""
    path = tmp_path / "coded.toml"
    path.write_text(
        'kind = "chain"\n[chain]\nsegments = 2\nlength_km = 10\n[link]\npreset = "trapped-ion"\n'
        '[encode]\ncode = "repetition-3"\n'
    )
    rate = said(capsys, "run", str(path), "--engine", "exact")["rate_hz"]["best"]
    found = said(capsys, "requirements", str(path), "--target-rate-hz", str(rate * 0.99))
    assert found["uniform_factor"] == 1.0
