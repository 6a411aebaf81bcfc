"""Sensing through ``qnet app``: values to six digits, and deliveries of a chain by every engine.

Oracles: values worked out by hand, from density matrices and closed forms, before the program.
"""

import json

import pytest

from experiments.cli.main import main
from protocols.applications.sensing.ghz_phase import GhzPhase
from protocols.applications.services.tables import ChainTable


def played(capsys, name, **keys):
    """What an application prints as JSON."""
    changes = [f"--set={key.replace('__', '.')}={value}" for key, value in keys.items()]
    assert main(["app", name, *changes, "--json"]) == 0
    return json.loads(capsys.readouterr().out)["figures"]


def best(figures, *names):
    return [figures[name]["value"]["best"] for name in names]


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({"parties": 4, "state__damping": 0.1}, [12.6767299, 3.6]),
        ({"parties": 3, "state__depolarising": 0.1}, [5.57780641, 2.43]),
    ],
)
def test_quantum_fisher_information_of_damped_and_depolarised_states(capsys, keys, expected):
    figure = played(capsys, "ghz-phase", **keys)["quantum_fisher_information"]
    found = [figure["value"]["best"], figure["without_entanglement"]]
    assert found == pytest.approx(expected, rel=1e-6)


def test_parity_of_a_white_state(capsys):
    found = played(capsys, "ghz-phase", parties=4, state__visibility=0.8, phase_rad=0.1)
    names = ("best_parity_fisher_information", "parity_fisher_information")
    assert best(found, *names) == pytest.approx([10.24, 3.39754635], rel=1e-6)


def test_frequency_with_dephasing(capsys):
    found = played(capsys, "frequency", parties=5, dephasing_rate_hz=1.0, total_time_s=100.0)
    values = best(found, "frequency_uncertainty", "interrogation_time")
    values.append(found["interrogation_time"]["without_entanglement"])
    assert values == pytest.approx([0.104274, 0.1, 0.5], rel=5e-6)


def test_clocks(capsys):
    found = played(capsys, "clock-network", cascade_levels=5, cascade_copies=11)
    names = [f"{way}fractional_uncertainty" for way in ("", "per_clock_", "product_")]
    expected = [3.70990543e-19, 1.17317511e-18, 1.17317511e-17]
    assert best(found, *names) == pytest.approx(expected, rel=1e-6)
    assert best(found, "cascade_qubits") == [341]


@pytest.mark.parametrize(
    ("weights", "expected"),
    [([0.5, 0.25, 0.25], [0.25, 0.375]), ([1 / 3, 1 / 3, 1 / 3], [1 / 9, 1 / 3])],
)
def test_sums_of_phases(capsys, weights, expected):
    figure = played(capsys, "phase-sum", weights=weights)["variance"]
    found = [figure["value"]["best"], figure["without_entanglement"]]
    assert found == pytest.approx(expected, rel=1e-6)


def test_telescopes(capsys):
    found = played(capsys, "telescope", mean_photons=0.01, visibility=0.6)
    names = [f"{of}_quantum_fisher_information" for of in ("phase", "visibility")]
    names.append("shared_photon_phase_fisher_information")
    assert best(found, *names) == pytest.approx([0.0036, 0.015625, 0.0018], rel=1e-6)
    found = played(capsys, "telescope", mean_photons=1e-3, modes=1000)
    assert best(found, "pairs_per_block", "pairs_per_photon") == pytest.approx([10, 10])


def test_engines_agree_on_a_chain():
    """Oracle: the exact engine; five standard errors of the two that draw."""
    sensors = GhzPhase(parties=2, chain=ChainTable(file="two-segments"))
    exact = sensors.play()
    for engine, shots in (("sampled", 4000), ("circuit", 200)):
        drawn = sensors.play(engine=engine, shots=shots, seed=3)
        for name in ("quantum_fisher_information", "best_parity_fisher_information"):
            value = drawn[name].value
            error = (value.high - value.low) / 2 / 1.96
            assert abs(value.best - exact[name].best) < 5 * error
