"""SeQUeNCe's configurations: whole files, played, against what their numbers say by hand."""

from __future__ import annotations

import copy
import json

import pytest

from experiments.cli.main import main
from protocols.interchange import import_configuration
from qnet.errors import ParameterError

#: Two fibres over a router, each with a station half way: the shape of SeQUeNCe's own examples.
LINE = {
    "templates": {
        "router": {
            "MemoryArray": {
                "fidelity": 0.95,
                "efficiency": 0.6,
                "coherence_time": 2,
                "decoherence_errors": [1 / 3, 1 / 3, 1 / 3],
            },
            "EntanglementSwapping": {"swapping_success_prob": 0.9, "swapping_degradation": 0.99},
        },
        "station": {
            "SingleHeraldedBSM": {"detectors": [{"efficiency": 0.95}, {"efficiency": 0.95}]}
        },
    },
    "nodes": [
        {"name": name, "type": "QuantumRouter", "memo_size": 4, "template": "router"}
        | {"gate_fidelity": 0.99, "measurement_fidelity": 0.98}
        for name in ("left", "middle", "right")
    ]
    + [{"name": name, "type": "BSMNode", "template": "station"} for name in ("bsm1", "bsm2")],
    "qchannels": [
        {"source": one, "destination": two, "distance": 2500.0, "attenuation": 0.0002}
        for one, two in (
            ("left", "bsm1"),
            ("middle", "bsm1"),
            ("middle", "bsm2"),
            ("right", "bsm2"),
        )
    ],
    "cchannels": [{"source": "left", "destination": "right", "delay": 1e9}],
    "stop_time": 1e12,
    "formalism": "bell_diagonal",
}


def changed(path, value):
    """The line with one value set otherwise, by the keys that lead to it."""
    found = copy.deepcopy(LINE)
    place = found
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return found


def test_links_swaps_and_memories_are_those_of_the_file():
    """Oracle: (0.6 * 0.95)**2 / 2 at 1 dB, 5 km of fibre, three Paulis at 1/(3 * 2 s) each."""
    network = import_configuration(LINE).scenario()
    found = import_configuration(LINE).values
    assert found["link"]["success_probability"] == pytest.approx(0.57**2 / 2 * 10**-0.1)
    assert found["link"]["attempt_time_s"] == pytest.approx(5000 / 2e8)
    assert found["memory"] == {"depolarizing_time_s": 1.5}
    assert found["swap"] == pytest.approx(
        {"success_probability": 0.9, "cnot_depolarizing": 0.01, "readout_flip": 0.02}
    )
    assert [each["memories"] for each in found["nodes"]] == [4, 2, 4]
    assert network.demand[0].ends == ("left", "right")


def test_a_whole_configuration_runs(tmp_path, capsys):
    """Oracle: F = (1 + 2 XX + YY)/4 of a swap of two Werner pairs; storage takes a little more."""
    (tmp_path / "line.json").write_text(json.dumps(LINE), encoding="utf-8")
    out = tmp_path / "line.toml"
    assert main(["import", str(tmp_path / "line.json"), "--out", str(out)]) == 0
    command = ["run", str(out), "--json", "--set", "run.duration_s=0.02"]
    command += ["--set", "run.replicas=4"]
    capsys.readouterr()
    assert main(command) == 0
    (demand,) = json.loads(capsys.readouterr().out)["demands"]
    square, read = ((4 * 0.95 - 1) / 3) ** 2 * 0.99, 1 - 2 * 0.02
    oracle = (1 + square * (2 * read + read**2)) / 4
    assert oracle - 2e-3 < demand["fidelity"]["best"] < oracle


def test_a_memory_without_errors_is_emptied_at_its_age():
    """Oracle: SeQUeNCe's memories expire; [0, 0, 1] are phase flips at the rate 1/T."""
    place = ("templates", "router", "MemoryArray")
    memory = LINE["templates"]["router"]["MemoryArray"]
    plain = {name: value for name, value in memory.items() if name != "decoherence_errors"}
    assert import_configuration(changed(place, plain)).values["cutoff"] == {
        "kind": "age",
        "time_s": 2.0,
    }
    flips = changed(place, {**plain, "decoherence_errors": [0, 0, 1]})
    assert import_configuration(flips).values["memory"] == {"dephasing_time_s": 1.0}
    forever = changed(place, {**plain, "coherence_time": -1})
    assert not {"memory", "cutoff"} & set(import_configuration(forever).values)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("nodes", 0, "template"), "nothing", r"nodes\[0\]\.template must be a template"),
        (("nodes", 0, "gate_fidelity"), 0.5, "nodes must have equal memories"),
        (("qchannels", 0, "attenuation"), 0.1, "qchannels must have equal attenuation"),
        (("qchannels", 0, "distance"), -1, "distance of zero or more"),
        (
            ("templates", "router", "MemoryArray", "decoherence_errors"),
            [0.5, 0.5, 0],
            "be depolarising or dephasing",
        ),
        (("templates", "router", "MemoryArray", "fidelity"), 2, "fidelity must lie in"),
    ],
)
def test_what_is_not_taken_is_refused_in_words(path, value, message):
    with pytest.raises(ParameterError, match=message):
        import_configuration(changed(path, value))
