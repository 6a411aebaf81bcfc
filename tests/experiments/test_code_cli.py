"""Codes on the command line: JSON as it is promised, text, circuits, citations, malformed input."""

import json

import pytest
from qiskit import qasm3

from experiments.cli.main import main
from qnet.codes import CODES, PauliChannel, code_of, encoder, logical_map, syndrome
from qnet.references import REFERENCES

PROMISED = {"recovery", "logical_x", "logical_y", "logical_z", "accept", "patterns", "decoder"}


@pytest.fixture
def shown(capsys):
    """What ``qnet code ... --json`` prints."""

    def run(*arguments):
        assert main(["code", *arguments, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return run


NAMES = ["repetition-5", "422", "513", "steane", "shor", "qpc-10-4", "surface-3", "tree-2-2"]


@pytest.mark.parametrize("name", [*NAMES, "tree-4-14-4", "surface-5", "gkp"])
@pytest.mark.parametrize("options", [[], ["--loss", "0.1"], ["--loss", "0"], ["--loss", "1"]])
def test_every_code_has_what_is_promised(shown, name, options):
    # Oracle: the keys; probabilities, and patterns whose sum is at most 2^n.
    if name == "gkp" and options == ["--loss", "1"]:
        return
    found = shown(name, *options)
    assert set(found) >= PROMISED
    total = found["logical_x"] + found["logical_y"] + found["logical_z"]
    assert 0.0 <= total <= 1.0
    assert 0.0 <= found["recovery"] <= 1.0
    if name != "gkp":
        assert sum(found["patterns"]) < 2 ** code_of(name).n
        ends = {"0": 1.0, "1": 0.0}
        wanted = ends.get(options[-1], found["recovery"]) if options else 1.0
        assert found["recovery"] == wanted


def test_numbers_of_the_reference(shown):
    # Oracle: P-B1.2, P-B1.4, P-B2.2, P-B2.3, P-B2.4, P-B2.6, P-B1.6, P-B4.1, P-B4.2, P-B4.8.
    assert shown("513", "--loss", "0.1")["recovery"] == pytest.approx(0.99144)
    assert shown("513", "--loss", "0.1")["patterns"] == [1, 5, 10, 0, 0, 0]
    steane = shown("steane", "--flip", "0.05")
    assert steane["logical_x"] == pytest.approx(0.0414863375, rel=1e-8)
    assert steane["patterns"] == [0, 0, 21, 7, 28, 0, 7, 1]
    assert steane["polynomial"]["failure"] == [0, 0, 21, -98, 210, -252, 168, -48]
    five = shown("513", "--depolarising", "0.01")
    assert sum(five[f"logical_{letter}"] for letter in "xyz") == pytest.approx(0.000977955081)
    four = shown("422", "--flip", "0.05")
    assert (four["accept"], four["logical_x"]) == pytest.approx((0.82805, 0.0163486504))
    assert shown("qpc-23-5", "--loss", "0.1")["recovery"] == pytest.approx(0.999770024)
    assert shown("tree-2-2", "--loss", "0.1")["recovery"] == pytest.approx(0.800442)
    ahead = shown("tree-2-2", "--loss", "0.1", "--decoder", "ranks")
    assert ahead["recovery"] == pytest.approx(0.925101)
    assert "known first" in ahead["decoder"]
    gkp = shown("gkp", "--loss", "0.1", "--squeezing", "12")
    assert gkp["logical_x"] + gkp["logical_y"] == pytest.approx(0.0282038189)


def test_losses_and_flips_together(shown):
    # Oracle: each alone, where they do not meet: patterns of both, recovery as of losses.
    found = shown("steane", "--loss", "0.1", "--flip", "0.01")
    assert found["recovery"] == pytest.approx(0.9931896)
    assert found["patterns"] == {
        "loss": [1, 7, 21, 28, 7, 0, 0, 0],
        "flip": [0, 0, 21, 7, 28, 0, 7, 1],
    }
    assert found["logical_x"] > shown("steane", "--flip", "0.01")["logical_x"]
    assert "ranks" in found["decoder"]
    assert "look-up" in found["decoder"]
    none = shown("steane", "--loss", "0", "--flip", "0.01")
    assert none["logical_x"] == shown("steane", "--flip", "0.01")["logical_x"]


def test_decoders_are_named(shown):
    # Oracle: up to 13 qubits look-up, beyond the code's own.
    assert shown("shor", "--flip", "0.01")["decoder"].startswith("look-up")
    assert shown("repetition-13", "--flip", "0.01")["decoder"].startswith("look-up")
    assert shown("repetition-15", "--flip", "0.01")["decoder"].startswith("majority")
    assert shown("qpc-10-4", "--flip", "0.01")["decoder"].startswith("majority")
    assert shown("tree-4-14-4", "--loss", "0.1")["decoder"].startswith("Varnava")
    assert shown("422", "--flip", "0.01")["decoder"].startswith("post-selection")


def test_large_surface_codes_are_sampled_with_intervals(shown):
    # Oracle: seed, shots and intervals are there; the same seed gives the same numbers.
    pytest.importorskip("pymatching")
    found = shown("surface-7", "--flip", "0.08", "--shots", "2000", "--seed", "5")
    sample = found["sampled"]
    assert (sample["shots"], sample["seed"]) == (2000, 5)
    x = sample["logical_x"]
    assert x["low"] < x["best"] == found["logical_x"] < x["high"]
    assert found == shown("surface-7", "--flip", "0.08", "--shots", "2000", "--seed", "5")
    exact = logical_map(code_of("surface-5"), PauliChannel(x=0.05)).logical_x
    assert shown("surface-5", "--flip", "0.05")["logical_x"] == exact


def test_list_of_the_codes(shown, capsys):
    # Oracle: the catalogue.
    names = [row["name"] for row in shown()["codes"]]
    assert names == [*(family.pattern for family in CODES.values()), "gkp"]
    assert main(["code"]) == 0
    text = capsys.readouterr().out
    assert all(family.example in text for family in CODES.values())


@pytest.mark.parametrize("name", ["513", "steane", "qpc-3-2"])
def test_circuits_are_printed_as_openqasm(shown, capsys, name):
    # Oracle: Qiskit's reader of OpenQASM 3.
    for which, circuit in (("encoder", encoder), ("syndrome", syndrome)):
        assert main(["code", name, "--circuit", which]) == 0
        text = capsys.readouterr().out
        assert qasm3.loads(text).count_ops() == circuit(code_of(name)).count_ops()
        assert shown(name, "--circuit", which)["openqasm3"] == text.strip()


def test_text_says_what_the_code_does(capsys):
    # Oracle: by eye.
    assert main(["code", "shor", "--loss", "0.1", "--flip", "0.01"]) == 0
    text = capsys.readouterr().out
    for words in ("[[9, 1, 3]]", "recovery from loss", "break-even loss", "Shor's own paper"):
        assert words in text


@pytest.mark.parametrize("name", [*NAMES, "gkp"])
def test_every_code_is_cited(capsys, name):
    # Oracle: the bibliography.
    assert main(["cite", name]) == 0
    keys = [
        line.partition("{")[2][:-1] for line in capsys.readouterr().out.splitlines() if "@" in line
    ]
    assert keys
    assert set(keys) <= set(REFERENCES)


@pytest.mark.parametrize(
    "arguments",
    [
        *(["stean"], ["qpc-10"], ["qpc-4-x"], ["repetition-1"], ["tree-0"], ["surface-1"]),
        *(["steane", "--loss", "1.1"], ["steane", "--loss", "-0.1"], ["steane", "--loss", "nan"]),
        *(["steane", "--flip", "2"], ["steane", "--flip", "inf"], ["513", "--depolarising", "-1"]),
        *(["513", "--flip", "0.1", "--depolarising", "0.1"], ["513", "--squeezing", "10"]),
        *(
            ["513", "--loss", "0.1", "--decoder", "best"],
            ["513", "--flip", "0", "--decoder", "ranks"],
        ),
        *(["gkp", "--flip", "0.1"], ["gkp", "--loss", "1"], ["gkp", "--squeezing", "-3"]),
        *(["gkp", "--circuit", "encoder"], ["513", "--circuit", "encoder", "--loss", "0.1"]),
        *(["--loss", "0.1"], ["--circuit", "encoder"], ["tree-4-14-4", "--flip", "0.1"]),
        *(["513", "--loss", "x"], ["513", "--circuit", "all"], ["513", "--shots", "0"]),
        *(["513", "514"], ["513", "--flip", "0", "--decoder", "ranks"]),
        *(["surface-10", "--loss", "0.1"], ["513", "--loss", "0.1", "--decoder", "blocks"]),
        *(["gkp", "--loss", "1"], ["qpc-9999-9999", "--loss", "0.1"]),
    ],
    ids=" ".join,
)
def test_malformed_input_is_one_line(capsys, arguments):
    # Oracle: exit code 2 or 1, one line, no numbers.
    code = main(["code", *arguments])
    printed = capsys.readouterr()
    assert code != 0
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert printed.err.startswith("qnet: error: ")


@pytest.mark.parametrize(
    ("name", "wanted"),
    [("tree-2-2", (0.926559, 0.998001)), ("tree-10-5", (0.999489915, 0.99999))],
)
def test_measurements_of_a_tree(shown, name, wanted):
    # Oracle: P-B4.5.
    found = shown(name, "--loss", "0.1")
    assert (found["measured_x"], found["measured_z"]) == pytest.approx(wanted, abs=5e-10)
    assert "measured_x" not in shown("steane", "--loss", "0.1")
