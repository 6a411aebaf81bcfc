"""``qnet estimate``: what it prints of a file of counts, and what it refuses."""

from __future__ import annotations

import json

import pytest

from experiments.cli.main import main

PAIR = {
    "XX": [4701, 345, 310, 4644],
    "YY": [371, 4622, 4618, 389],
    "ZZ": [4815, 262, 241, 4682],
}
READOUT = {"A": [0.01, 0.025], "B": [0.015, 0.02]}
FULL = {
    "pair": PAIR,
    "readout": READOUT,
    "werner": {"AB": [0.95, 0.004], "BC": [0.94, 0.004], "AC": [0.86, 0.005], "readout_flip": 0.01},
    "memory": {"t2": {"times_s": [20e-6, 100e-6], "contrasts": [0.81, 0.55]}},
    "heralds": {"successes": 37, "attempts": 1_000_000},
    "benchmarking": {"p_ref": 0.985, "p_int": 0.975},
}


def asked(tmp_path, capsys, text, *arguments):
    file = tmp_path / "counts.json"
    file.write_text(text if isinstance(text, str) else json.dumps(text), encoding="utf-8")
    code = main(["estimate", str(file), *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def answer(tmp_path, capsys, values, *arguments):
    code, out, err = asked(tmp_path, capsys, values, "--json", *arguments)
    assert (code, err) == (0, "")
    return json.loads(out)


def test_all_tables_are_answered_in_one_object(tmp_path, capsys):
    """Oracle: P-D4.1 and P-D4.3 to P-D4.6."""
    found = answer(tmp_path, capsys, FULL)
    best = [found["fidelity_raw"]["best"], found["fidelity"]["best"], found["standard_error"]]
    assert best == pytest.approx([0.9041, 0.9523305, 0.002274095], abs=1e-6)
    assert list(found["fidelity"]) == ["low", "best", "high", "n", "standard_error"]
    assert list(found["correlators"]) == ["XX", "YY", "ZZ"]
    assert len(found["bell_diagonal"]) == 4
    factor = found["werner"]["swap_factor"]
    assert factor["best"] == pytest.approx(0.963045913, abs=1e-6)
    assert factor["standard_error"] == pytest.approx(0.00803657793, abs=1e-6)
    assert found["memory"]["t2_s"]["best"] == pytest.approx(0.000206656419, abs=1e-12)
    assert found["heralds"]["success_probability"]["low"] == pytest.approx(2.60515442e-05, rel=1e-6)
    assert found["benchmarking"]["infidelity"]["best"] == pytest.approx(0.0076142132, abs=1e-9)
    assert found["scenario"] == "counts"
    assert "qnet" in found["versions"]


def test_people_read_the_same(tmp_path, capsys):
    """Oracle: the values in JSON."""
    code, out, err = asked(tmp_path, capsys, FULL)
    assert (code, err) == (0, "")
    assert "fidelity                 0.9523 [0.9479, 0.9568]" in out
    assert "success_probability  3.7e-05 [2.6e-05, 5.1e-05]" in out
    assert max(map(len, out.splitlines())) <= 100


def test_confidence_widens_the_intervals(tmp_path, capsys):
    """Oracle: quantiles of the normal distribution."""
    wide = answer(tmp_path, capsys, {"pair": PAIR}, "--confidence", "0.99")["fidelity"]
    usual = answer(tmp_path, capsys, {"pair": PAIR})["fidelity"]
    ratio = (wide["high"] - wide["best"]) / (usual["high"] - usual["best"])
    assert ratio == pytest.approx(2.575829304 / 1.959963985, rel=1e-6)


def test_a_measured_device_is_played_as_a_chain(tmp_path, capsys):
    """Oracle: the correlators of two such pairs, joined by the shipped chain's own swap."""
    arguments = ("--chain", "two-segments", "--engine", "exact", "--draws", "40")
    found = answer(tmp_path, capsys, {"pair": PAIR, "readout": READOUT}, *arguments)
    chain = found["chain"]
    assert chain["segments"] == 2
    assert chain["parameters"]["bell_diagonal"][0] == pytest.approx(0.9523305, abs=1e-6)
    fidelity = chain["figures"]["fidelity"]
    assert fidelity["low"] < fidelity["best"] < fidelity["high"]
    assert fidelity["best"] < found["fidelity"]["best"] ** 2
    code, out, _ = asked(tmp_path, capsys, {"pair": PAIR}, "--chain", "two-segments")
    assert code == 0
    assert "played as measured" in out


def test_a_file_of_counts_may_name_its_chain(tmp_path, capsys):
    """Oracle: the same chain, asked for by --chain, and one beside the file."""
    how = ("--engine", "exact", "--draws", "40")
    named = answer(tmp_path, capsys, {"pair": PAIR, "chain": "two-segments"}, *how)
    asked_for = answer(tmp_path, capsys, {"pair": PAIR}, "--chain", "two-segments", *how)
    assert named["chain"] == asked_for["chain"]
    own = 'kind = "chain"\n[chain]\nsegments = 1\nlength_km = 10\n[link]\npreset = "ideal"\n'
    (tmp_path / "own.toml").write_text(own)
    found = answer(tmp_path, capsys, {"pair": PAIR, "chain": "own.toml"}, *how)
    assert found["chain"]["segments"] == 1


def pair(**changes):
    return {"pair": {**PAIR, **changes}}


def with_readout(value):
    return {"pair": PAIR, "readout": {"A": value}}


def memory(**table):
    return {"memory": {"t2": {"times_s": [1e-5, 1e-4], **table}}}


BAD = [
    ("hello", "file of counts must be JSON"),
    ("[" * 100_000, "file of counts must be JSON"),
    ('{"pair": {}, "pair": {}}', "pair must be given once"),
    ("[]", "the file of counts must be a table"),
    ("{}", "pair must be given, or another table"),
    ({"pairs": PAIR}, "did you mean pair"),
    ({"pair": [1, 2]}, "pair must be a table"),
    ({"pair": {"XX": [1, 2, 3, 4]}}, "pair.YY must be given"),
    (pair(XZ=[1, 2, 3, 4]), "pair.XZ must be a key"),
    (pair(XX=[1, 2, 3]), "pair.XX must be a list of 4 counts"),
    (pair(XX=[[1, 2], [3, 4]]), "pair.XX must be a list of 4 counts"),
    (pair(XX=[1, 2, 3, float("nan")]), "pair.XX[3] must be a whole number (got nan)"),
    (pair(XX=[1, 2, 3, float("inf")]), "pair.XX[3] must be a whole number (got inf)"),
    (pair(XX=[1, 2, 3, 1.5]), "pair.XX[3] must be a whole number (got 1.5)"),
    (pair(XX=[1, 2, 3, True]), "pair.XX[3] must be a whole number (got True)"),
    (pair(YY=[1, -2, 3, 4]), "pair.YY[1] must be at least 0 (got -2)"),
    (pair(ZZ=[0, 0, 0, 0]), "pair.ZZ must not be zero throughout"),
    (pair(ZZ=[10**18, 0, 0, 0]), "pair.ZZ[0] must be at most 1000000000000000"),
    (pair(ZZ=["4", 0, 0, 0]), "pair.ZZ[0] must be a whole number (got '4')"),
    (with_readout([0.5, 0.5]), "readout.A must have p(1|0) + p(0|1) below 1"),
    (with_readout([0.9, 0.8]), "exchange its outcomes"),
    (with_readout([0.1]), "readout.A must be two probabilities"),
    (with_readout([-0.1, 0.1]), "readout.A[0] must lie in [0, 1]"),
    (with_readout([float("nan"), 0.1]), "readout.A[0] must be a finite number"),
    (with_readout({"0": [1, 0]}), "readout.A.1 must be given"),
    (with_readout({"0": [1, 0], "1": [0, 0]}), "readout.A.1 must not be zero throughout"),
    (with_readout({"0": [0, 9], "1": [9, 0]}), "readout.A must have p(1|0) + p(0|1) below 1"),
    ({"pair": PAIR, "readout": {"Alice": [0.1, 0.1]}}, "readout.Alice must be that of a known"),
    ({"pair": PAIR, "readout": [0.1, 0.1]}, "readout must be a table"),
    ({"pair": PAIR, "chain": {}}, "chain must be the name of a file"),
    ({"pair": PAIR, "chain": "none.toml"}, "scenario file must exist"),
    ({"pair": PAIR, "chain": "keyrate/gys"}, "kind must be"),
    ({"swap": {"AB": PAIR, "BC": PAIR}}, "swap.AC must be given"),
    ({"swap": {"AB": PAIR, "BC": PAIR, "AC": {"XX": [1]}}}, "swap.AC.XX must be a list of 4"),
    ({"werner": {"AB": [0.9, 0.1], "BC": [0.9, 0.1]}}, "werner.AC must be given"),
    ({"werner": {"AB": 0.9}}, "werner.AB must be a number and its standard error"),
    (
        {"werner": {"AB": [0, 0.1], "BC": [1, 0], "AC": [1, 0]}},
        "werner.AB must have a Werner parameter of 0.01 or more",
    ),
    ({"werner": {"AB": [2, 0.1], "BC": [1, 0], "AC": [1, 0]}}, "werner.AB[0] must lie in"),
    ({"heralds": {"successes": 3}}, "heralds.attempts must be given"),
    ({"heralds": {"successes": 3, "attempts": 2}}, "heralds.successes must be at most 2"),
    ({"heralds": {"successes": 0, "attempts": 0}}, "heralds.attempts must be at least 1"),
    ({"heralds": {"succeses": 3}}, "did you mean successes"),
    ({"memory": {}}, "memory.t2 must be given, or t1"),
    (memory(), "memory.t2.contrasts must be given, or counts"),
    (memory(contrasts=[0.5]), "memory.t2.contrasts must hold one entry for each of the 2"),
    (memory(contrasts=[0.5, -0.1]), "memory.t2.contrasts[1] must leave a positive contrast"),
    (memory(contrasts=[0.5, 1.5]), "memory.t2.contrasts[1] must lie in [-1, 1]"),
    (memory(contrasts=[0.5, 0.4], errors=[0.1, 0]), "memory.t2.errors[1] must lie in"),
    (memory(counts=[[1, 0], [0, 0]]), "memory.t2.counts[1] must not be zero throughout"),
    (memory(counts=[[9, 1], [9, 2]], qubit="Q"), "memory.t2.qubit must have a readout"),
    ({"memory": {"t2": {"times_s": [1, 1], "contrasts": [1, 1]}}}, "hold two delays that differ"),
    ({"benchmarking": {"p_ref": 0.9}}, "benchmarking.p_int must be given"),
    ({"benchmarking": {"p_ref": 1.5, "p_int": 0.9}}, "benchmarking.p_ref must lie in (0, 1]"),
    ({"benchmarking": {"lengths": [1, 2]}}, "benchmarking.reference must be given"),
]


@pytest.mark.parametrize(("values", "told"), BAD, ids=range(len(BAD)))
def test_bad_counts_are_refused_with_a_sentence(tmp_path, capsys, values, told):
    """Oracle: the rule that each breaks; field, rule, value and hint, and exit code 2."""
    code, out, err = asked(tmp_path, capsys, values, "--json")
    assert (code, out) == (2, "")
    assert told in err
    assert err.startswith("qnet: error: ")
    assert " must " in err
    assert "; " in err
    assert err.count("\n") == 1


def test_a_file_that_is_not_there_is_refused(capsys):
    """Oracle: the system's own words."""
    assert main(["estimate", "/nowhere/counts.json"]) == 2
    assert "no such file" in capsys.readouterr().err


def test_a_chain_that_cannot_be_measured_is_refused(tmp_path, capsys):
    """Oracle: the rules of measured chains."""
    heralds = {"benchmarking": {"p_ref": 0.98, "p_int": 0.97, "qubits": 1}}
    code, _, err = asked(tmp_path, capsys, heralds, "--chain", "two-segments")
    assert (code, "must be given counts of pairs or devices" in err) == (2, True)
