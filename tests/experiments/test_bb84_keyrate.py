"""``qnet keyrate`` of real BB84 systems, and what ``qnet run`` says of them."""

from __future__ import annotations

import json
import math

import pytest
from jsonschema import Draft202012Validator

import qnet
from experiments.cli.main import main
from protocols.key_rates.sdp import extra
from protocols.qkd import BB84, DecoyBB84, Line
from qnet.errors import ParameterError
from qnet.schema.json_schema import json_schema

UNEQUAL = """
kind = "bb84"
[detector]
efficiency = 1.0
efficiency_1 = 0.5
misalignment = 0.05
"""
PLAIN = 'kind = "bb84"\n[detector]\nmisalignment = 0.02\n'
GYS = """
kind = "decoy-bb84"
[source]
intensities = [0.48, 0.05]
intensity_uncertainty = 0.02
[fibre]
length_km = 50
loss_db_per_km = 0.21
[detector]
efficiency = 0.045
background_yield = 1.7e-6
misalignment = 0.033
[security]
model = "vacuum-weak"
"""
FIXED = (
    "secret_key_fraction",
    "certified_lower",
    "certified_upper",
    "detected_fraction",
    "method",
)


@pytest.fixture
def keyrate(tmp_path, capsys):
    def run(text, *options, command="keyrate"):
        path = tmp_path / "device.toml"
        path.write_text(text, encoding="utf-8")
        code = main([command, str(path), *options])
        return code, *capsys.readouterr()

    return run


def report(keyrate, text, *options):
    code, out, err = keyrate(text, "--json", *options)
    assert (code, err) == (0, "")
    return json.loads(out)


def test_the_published_mismatch(keyrate):
    """Oracle: published bounds and key of detectors with efficiencies 1 and 1/2."""
    found = report(keyrate, UNEQUAL)
    assert set(FIXED) <= set(found)
    numbers = [found[name] for name in FIXED[:4]]
    assert numbers == pytest.approx([0.278091, 0.492889, 0.492889, 0.75], abs=2e-5)
    assert found["certified_lower"] <= found["certified_upper"]
    assert (found["method"], found["security"]["notion"]) == ("sdp", "asymptotic")
    assert "bb84, asymptotic, sdp" in keyrate(UNEQUAL)[1]


@pytest.mark.parametrize(
    ("options", "method", "fraction"),
    [
        ((), "analytic", 0.717118915),
        (("source.trojan_mean_photons=0",), "analytic", 0.717118915),
        (("source.trojan_mean_photons=1e-6", "detector.misalignment=0.01"), "coin", 0.836540868),
        (("source.modulation_error_rad=0.126", "security.method=loss-tolerant"), "loss-tolerant",
         0.701251922),
    ],
)  # fmt: skip
def test_methods(keyrate, options, method, fraction):
    """Oracle: published values; ``1 - 2 h(Q)`` where nothing is wrong."""
    changes = [part for each in options for part in ("--set", each)]
    found = report(keyrate, PLAIN, *changes)
    assert found["method"] == method
    assert found["secret_key_fraction"] == pytest.approx(fraction, rel=1e-6)


def test_flawed_states_by_the_programme(keyrate):
    """Oracle: published bounds."""
    found = report(keyrate, PLAIN, "--set", "source.modulation_error_rad=0.126")
    bounds = [found["certified_lower"], found["certified_upper"]]
    assert found["method"] == "sdp"
    assert bounds == pytest.approx([0.858998] * 2, abs=2e-5)


def test_a_combination_without_a_proof_gives_no_key_and_the_reason(keyrate):
    """Oracle: none of the proofs covers both."""
    found = report(keyrate, UNEQUAL, "--set", "source.trojan_mean_photons=1e-6")
    assert (found["secret_key_fraction"], found["certified_lower"]) == (0.0, 0.0)
    assert found["method"] == "none"
    assert "unequal efficiency and leaking light" in found["security"]["reason"]


def test_intensities_known_roughly(keyrate):
    """Oracle: the published bound of the single-photon yield at two per cent."""
    found = report(keyrate, GYS)
    assert found["single_photon_yield"] == pytest.approx(0.00384622566, rel=1e-6)
    sure = report(keyrate, GYS, "--set", "source.intensity_uncertainty=0")
    assert 0.0 < found["secret_key_rate_per_pulse"] < sure["secret_key_rate_per_pulse"]
    one = report(keyrate, GYS, "--set", "security.model=one-decoy")
    assert 0.0 < one["secret_key_rate_per_pulse"] < found["secret_key_rate_per_pulse"]
    changes = ("security.model=no-decoy", "source.intensities=[0.48]")
    other = report(keyrate, GYS, *(part for each in changes for part in ("--set", each)))
    assert other["secret_key_rate_per_pulse"] == 0.0
    assert "take vacuum-weak or one-decoy" in other["security"]["reason"]
    weak = PLAIN + "[source]\nmean_photon_number = 0.01\n"
    rates = [
        report(keyrate, weak, "--set", f"source.intensity_uncertainty={share}")
        for share in (0.0, 0.1)
    ]
    fractions = [each["secret_key_fraction"] for each in rates]
    assert 0.0 < fractions[1] < fractions[0]


@pytest.mark.parametrize(
    ("change", "field", "part"),
    [
        ("detector.efficiency_1=1.5", "detector.efficiency_1", "between 0 and 1"),
        ("source.trojan_mean_photons=-1", "source.trojan_mean_photons", "negative"),
        ("source.modulation_error_rad=3", "source.modulation_error_rad", "quarter turn"),
        ("source.intensity_uncertainty=0.1", "source.intensity_uncertainty", "weak pulses"),
        ("security.method='sdp2'", "security.method", "did you mean 'sdp'"),
        ("detector.dead_time_s=1e-6", "detector.dead_time_s", "key rate"),
        ("eve.attack='intercept-resend'", "eve.attack", "key rate"),
        ("detector.misalignment=0.7", "detector.misalignment", "at most 0.5"),
        ("source.trojan_photons=1", "source.trojan_photons", "trojan_mean_photons"),
    ],
)
def test_what_is_wrong_is_said_on_one_line(keyrate, change, field, part):
    """Oracle: field, rule, value and advice on one line, exit code 2."""
    options = ["--set", "source.clock_hz=1e9"] if "dead_time" in change else []
    code, out, err = keyrate(PLAIN, "--set", change, *options)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"qnet: error: {field} ")
    assert part in err


def test_without_the_solver_analytic_proofs_stand(keyrate, monkeypatch):
    """Oracle: the name of the extra, and that of a proof that needs none."""
    monkeypatch.setattr(extra, "find_spec", lambda name: None)
    code, out, err = keyrate(UNEQUAL)
    assert (code, out) == (2, "")
    assert "pip install 'qnet-emulator[sdp]'" in err
    assert "security.method" in err
    found = report(keyrate, UNEQUAL, "--set", "security.method=thinning")
    assert found["certified_lower"] == pytest.approx(0.356802, abs=1e-6)


def test_the_schema_knows_the_keys():
    """Oracle: a validator of JSON Schema that knows nothing of qnet."""
    validator = Draft202012Validator(json_schema("bb84"))
    flaws = {"trojan_mean_photons": 1e-6, "modulation_error_rad": 0.1}
    assert validator.is_valid({"kind": "bb84", "source": flaws})
    assert not validator.is_valid({"kind": "bb84", "source": {"trojan_mean_photons": -1}})
    assert not validator.is_valid({"kind": "bb84", "security": {"method": "magic"}})


def test_a_run_with_flaws_claims_no_key(keyrate):
    """Oracle: the assumption of the plain proof that they break."""
    for change in ("trojan_mean_photons=1e-3", "modulation_error_rad=0.126"):
        options = ("--set", f"source.{change}", "--set", "pulses=10000", "--json")
        found = json.loads(keyrate(PLAIN, *options, command="run")[1])
        assert found["security"]["notion"] == "none"
        assert "as described" in found["security"]["reason"]
    assert DecoyBB84(intensity_uncertainty=0.02).apparatus().broken == ("decoys",)


def test_flawed_states_are_played():
    """Oracle: the error rate of angles that are off, ``(1 - cos delta)/2`` of the state at pi."""
    delta = 0.4
    table = BB84(modulation_error_rad=delta, line=Line()).table()
    columns = table.columns
    here = (columns["basis_alice"] == 0) & (columns["basis_bob"] == 0) & (columns["bit_alice"] == 1)
    wrong = table.probabilities[here & (columns["bit_bob"] == 0)].sum()
    share = wrong / table.probabilities[here].sum()
    assert share == pytest.approx((1.0 - math.cos(delta)) / 2.0, abs=1e-12)


def test_several_intensities_belong_to_another_kind():
    """Oracle: this kind's proof has no decoys."""
    text = PLAIN + "[source]\nintensities = [0.5, 0.1]\nprobabilities = [0.5, 0.5]\n"
    with pytest.raises(ParameterError, match="take kind decoy-bb84"):
        qnet.loads(text).key_rate()
