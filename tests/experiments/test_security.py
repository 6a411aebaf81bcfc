"""Notion, assumptions and reasons beside every key figure that ``qnet run`` prints."""

from __future__ import annotations

from pathlib import Path

import pytest

import experiments
from experiments.cli.main import main
from qnet.metrics import binary_entropy
from qnet.metrics.security import ASSUMPTIONS, NOTIONS

FOLDER = Path(experiments.__file__).parent / "scenarios" / "qkd"
READY = sorted(path for path in FOLDER.glob("*.toml") if path.stem != "cv")

EQUAL = "equal-detectors"

CHAIN = """
kind = "chain"
shots = 1000
[chain]
segments = 1
[link]
scheme = "abstract"
success_probability = 0.5
attempt_time_s = 1.0
state = {{ bell_diagonal = {state} }}
[key]
protocol = "{protocol}"
"""


def claim_is_whole(report: dict) -> None:
    """Notion, epsilon, assumptions and reason, each where it belongs."""
    claim, key = report["security"], report["secret_key_fraction"]
    assert list(claim) == ["notion", "epsilon", "assumes", "reason"]
    assert claim["notion"] in NOTIONS
    assert (claim["epsilon"] is not None) is (claim["notion"] == "composable")
    assert (claim["reason"] is not None) is (claim["notion"] == "none")
    assert (key is not None and key["best"] > 0.0) is (claim["notion"] != "none")
    assert bool(claim["assumes"]) is (claim["notion"] != "none")
    if claim["notion"] != "composable":
        assert set(claim["assumes"]) <= set(ASSUMPTIONS.values())


@pytest.mark.parametrize("path", READY, ids=lambda path: path.stem)
def test_every_ready_scenario_says_what_its_key_claims(path, qnet_run, capsys):
    report = qnet_run(path.read_text())
    claim_is_whole(report)
    assert main(["run", str(path)]) == 0
    assert f"\nsecurity: {report['security']['notion']}" in capsys.readouterr().out


def test_s1_a_detector_that_never_clicks(qnet_run):
    """Oracle: every registered bit is 0."""
    text = 'kind = "bb84"\npulses = 100_000\n[detector]\nefficiency = 1.0\nefficiency_1 = 0.0'
    report = qnet_run(text)
    claim_is_whole(report)
    assert report["secret_bits"]["best"] == report["secret_bits"]["high"] == 0.0
    assert report["security"]["reason"] in report["warnings"]


@pytest.mark.parametrize("kind", ["bb84", "six-state"])
@pytest.mark.parametrize(
    ("zero", "one", "wrong", "mutual"), [(0.9, 0.1, 0.05, 0.298), (0.5, 0.25, 0.0, 0.918)]
)
def test_s1_unequal_detectors_stay_below_the_mutual_information(
    kind, zero, one, wrong, mutual, qnet_run
):
    """Oracle: I(A;B) of the two channels, and at least 2 r/(1 + r) (1 - 2 h(e)) by thinning."""
    text = f'kind = "{kind}"\npulses = 1e9\n[detector]\nefficiency = {zero}\n'
    report = qnet_run(f"{text}efficiency_1 = {one}\nmisalignment = {wrong}")
    claim_is_whole(report)
    least = 2 * min(zero, one) / (zero + one) * (1 - 2 * binary_entropy(wrong))
    assert least - 1e-3 < report["secret_key_fraction"]["best"] < mutual


@pytest.mark.parametrize(
    ("extra", "broken"),
    [
        (
            '[eve]\nattack = "faked-states"\n[detector]\nefficiency_mismatch = 0.02',
            "equal-detectors",
        ),
        ('[eve]\nattack = "time-shift"\n[detector]\nefficiency_mismatch = 0.5', "equal-detectors"),
        ('[eve]\nattack = "blinding"\nfraction = 0.3', "no-blinding"),
        (
            "[fibre]\nlength_km = 20\n[source]\nmean_photon_number = 0.1\n"
            '[eve]\nattack = "photon-number-splitting"',
            "single-photons",
        ),
    ],
)
@pytest.mark.parametrize("kind", ["bb84", "six-state"])
def test_s7_attacks_on_assumptions_leave_no_bits_and_name_them(kind, extra, broken, qnet_run):
    report = qnet_run(f'kind = "{kind}"\npulses = 1_000_000\n{extra}')
    claim_is_whole(report)
    assert report["secret_bits"]["high"] == 0.0
    assert ASSUMPTIONS[broken] in report["security"]["reason"]
    assert report["security"]["reason"] in report["warnings"]


def test_s6_loss_makes_it_fair_sampling(qnet_run):
    whole = qnet_run('kind = "e91"\npulses = 1_000_000')
    lossy = qnet_run('kind = "e91"\npulses = 1_000_000_000\n[fibre]\nlength_km = 50')
    for report, notion in ((whole, "device-independent-asymptotic"), (lossy, "fair-sampling")):
        claim_is_whole(report)
        assert report["security"]["notion"] == notion


@pytest.mark.parametrize("protocol", ["bb84", "six-state"])
def test_s9_flipped_pairs_have_one_answer_in_bbm92_and_chain(protocol, qnet_run):
    """Oracle: Psi- is Phi+ after a Pauli operation: one secret bit a sifted bit."""
    text = CHAIN.format(state=[0.0, 0.0, 1.0, 0.0], protocol=protocol)
    chain, exact = qnet_run(text), qnet_run(text, "--engine", "exact")
    pairs = qnet_run('kind = "bbm92"\npulses = 100_000\n[pair]\nbell_diagonal = [0, 0, 1, 0]')
    for report in (chain, exact, pairs):
        claim_is_whole(report)
        assert report["secret_key_fraction"]["best"] == pytest.approx(1.0, abs=1e-12)
        assert any("Bob flips his there" in warning for warning in report["warnings"])
    for report in (chain, exact):
        assert report["secret_key_fraction"]["low"] == pytest.approx(1.0, abs=1e-12)


def test_a_chain_without_key_says_none(qnet_run):
    report = qnet_run(CHAIN.format(state=[0.25, 0.25, 0.25, 0.25], protocol="bb84"))
    claim_is_whole(report)
    assert report["security"]["reason"].startswith("no secret key: the error rates are too high")


@pytest.mark.parametrize(
    ("kind", "table", "key"),
    [
        *((kind, "[security]\nsifting = 0.1", "sifting") for kind in ("bb84", "e91", "mdi")),
        ("six-state", '[security]\nbound = "chernoff"', "bound"),
        ("bbm92", "[security]\nepsilon_secrecy = 1e-9", "epsilon_secrecy"),
        ("bb84", "[security]\nepsilon_correctness = 1e-9", "epsilon_correctness"),
        ("bb84", "[security]\nblock_size = 1e6", "block_size"),
        ("bb84", '[detector]\nafterpulses = "any-round"', "afterpulses"),
        ("bb84", "[detector]\nefficiency_mismatch = 0.5", "efficiency_mismatch"),
    ],
)
def test_w4_keys_without_effect_are_named(kind, table, key, qnet_run):
    """Oracle: the figures without the key."""
    plain, given = (qnet_run(f'kind = "{kind}"\npulses = 10000\n{t}') for t in ("", table))
    (note,) = set(given["warnings"]) - set(plain["warnings"])
    assert f"{key} plays no part" in note
    assert given["secret_bits"] == plain["secret_bits"]


def test_w4_shots_take_the_place_of_a_block(qnet_run):
    """A block is filled by as many pulses as it takes, unless the command line says how many."""
    text = 'kind = "bb84"\n[security]\nblock_size = 1e6'
    filled, given = qnet_run(text), qnet_run(text, "--shots", "1000")
    assert any("fill a block" in warning for warning in filled["warnings"])
    assert (given["pulses"], given["warnings"]) == (
        1000,
        ["[security] block_size plays no part: the number of pulses is given"],
    )


def test_w4_keys_with_effect_are_not_named(qnet_run):
    text = """
    kind = "decoy-bb84"
    [source]
    intensities = [0.5, 0.1, 0.0]
    probabilities = [0.6, 0.3, 0.1]
    [security]
    model = "lim2014"
    bound = "chernoff"
    basis_bias = 0.9
    block_size = 1e6
    epsilon_secrecy = 1e-9
    epsilon_correctness = 1e-12
    error_correction_efficiency = 1.1
    """
    report = qnet_run(text)
    assert not any("plays no part" in warning for warning in report["warnings"])
    assert report["security"]["epsilon"] == pytest.approx(1.001e-9)
