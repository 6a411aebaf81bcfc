"""Security claims of ``qnet keyrate``, of CV runs and of ``qnet promise``, in JSON and text."""

import json
import math

import pytest

from experiments.cli.main import main
from protocols.key_rates.scenario import read_rate
from qnet import loads
from qnet.errors import ParameterError
from qnet.schema import parse
from tests.experiments.keyrate_text import CV, ENTANGLED, LIM, MDI, SPDC, TOMAMICHEL, TWIN, gys
from tests.experiments.scenario_text import abstract, scenario_text

CLAIMS = {
    "lim2014": (LIM, "composable"),
    "tomamichel2012": (TOMAMICHEL, "composable"),
    "cv-gg02, finite": ("symbols = 1e12\n" + CV, "composable"),
    "cv-gg02": (CV, "asymptotic"),
    "bb84": (ENTANGLED.replace("MODEL", "bb84"), "asymptotic"),
    "device-independent": (
        ENTANGLED.replace("MODEL", "device-independent"),
        "device-independent-asymptotic",
    ),
    "vacuum-weak": (gys("vacuum-weak", [0.48, 0.05], 50), "asymptotic"),
    "spdc": (SPDC, "asymptotic"),
    "mdi": (MDI, "asymptotic"),
    "twin-field": (TWIN, "asymptotic"),
    "no key": (ENTANGLED.replace("MODEL", "bb84").replace("0.02", "0.2"), "none"),
}
CV_RUN = 'kind = "cv"\nmodulation_variance = 18.5\ntransmission = 0.8\nsymbols = 400000\n'
CHAIN = scenario_text(chain="segments = 1", link=abstract(0.5, "{ werner = 0.99 }", 1e-3))


@pytest.mark.parametrize(("text", "notion"), CLAIMS.values(), ids=CLAIMS)
def test_every_key_rate_says_what_it_claims(keyrate, text, notion):
    """Oracle: what each paper proves; epsilon is given exactly where the claim is composable."""
    report = json.loads(keyrate(text, "--json")[1])
    claim = report["security"]
    assert set(claim) == {"notion", "epsilon", "assumes", "reason"}
    assert claim["notion"] == notion
    assert (claim["epsilon"] is not None) is (notion == "composable")
    assert (claim["reason"] is not None) is (notion == "none")
    assert all(isinstance(sentence, str) for sentence in claim["assumes"])
    assert claim["assumes"]
    shown = keyrate(text)[1]
    assert f"security: {notion}" in shown
    assert "assumes: " in shown
    assert max(map(len, shown.splitlines())) <= 100 or notion == "none"


def test_s9_flipped_error_rates_are_remarked(keyrate):
    """h(e) = h(1 - e): the same key, with a sentence; refused where the formula has no symmetry."""
    straight, turned = (
        json.loads(keyrate(ENTANGLED.replace("MODEL", "bb84").replace("0.02", e), "--json")[1])
        for e in ("0.02", "0.98")
    )
    assert turned["secret_key_fraction"] == pytest.approx(straight["secret_key_fraction"])
    assert any("flips its bits" in text for text in turned["warnings"])
    with pytest.raises(ParameterError, match="background errs half the time") as refusal:
        read_rate(parse(LIM.replace("5e-3", "0.9")))[0].key_rate()
    assert refusal.value.field == "detector.misalignment"


def test_w5_an_efficiency_of_zero_is_a_zero_with_its_reason(keyrate):
    for model in ("lim2014", "asymptotic", "no-decoy"):
        text = LIM.replace("efficiency = 0.1", "efficiency = 0.0").replace("lim2014", model)
        code, out, _ = keyrate(text.replace("6e-7", "0.0"), "--json")
        report = json.loads(out)
        assert (code, report["secret_key_rate_per_pulse"]) == (0, 0.0)
        assert "nothing is ever detected" in report["security"]["reason"]


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("background_yield = 1.7e-6", "background_yield = 1.0", "detector.background_yield"),
        ("background_yield = 1.7e-6", "afterpulse_probability = 1.0", "afterpulse_probability"),
    ],
)
def test_w5_gains_above_one_are_refused(keyrate, old, new, field):
    text = gys("infinite-decoy", [5.0], 0).replace(old, new).replace("0.045", "1.0")
    code, out, err = keyrate(text)
    assert (code, out) == (2, "")
    assert field in err
    assert "leave the gain at most 1" in err
    assert err.count("\n") == 1


def test_w6_few_symbols_are_refused_in_sensible_words(keyrate, tmp_path, capsys):
    code, _, err = keyrate("symbols = 1\n" + CV)
    assert code == 2
    assert "symbols must be at least 200 (got 1)" in err
    code, _, err = keyrate("symbols = 1000\ndisclosed_share = 0.01\n" + CV)
    assert code == 2
    assert "disclosed_share must disclose at least 100 of the 1000 symbols" in err
    with pytest.raises(ParameterError, match="symbols must be at least 200"):
        loads(CV_RUN.replace("400000", "1"))
    file = tmp_path / "cv.toml"
    file.write_text(CV_RUN, encoding="utf-8")
    assert main(["run", str(file), "--shots", "50"]) == 2
    assert "shots must be at least 200" in capsys.readouterr().err


def test_w3_the_largest_modulation_over_no_loss(keyrate):
    text = 'kind = "cv-gg02"\nmodulation_variance = 1e9\ntransmission = 1.0\n'
    report = json.loads(keyrate(text, "--json")[1])
    # Eve knows nothing: 0.95 I(A:B).
    wanted = 0.95 * 0.5 * math.log2(1e9 + 1.0)
    assert report["secret_key_rate_per_symbol"] == pytest.approx(wanted, rel=1e-9)
    assert report["holevo_bound"] == 0.0


def test_s1_unequal_detectors_are_thinned_or_refused(keyrate):
    """Clicks of the better detector are thinned: the rate is that of two like the worse."""
    unequal = LIM.replace("efficiency = 0.1\n", "efficiency = 0.1\nefficiency_1 = 0.05\n")
    equal = LIM.replace("efficiency = 0.1\n", "efficiency = 0.05\n")
    found, wanted = (json.loads(keyrate(text, "--json")[1]) for text in (unequal, equal))
    assert found["secret_key_rate_per_pulse"] == wanted["secret_key_rate_per_pulse"] > 0.0
    assert any("thinned" in text for text in found["warnings"])
    assert (
        "the efficiencies of the detectors are in the stated ratio" in found["security"]["assumes"]
    )
    blind = unequal.replace("efficiency_1 = 0.05", "efficiency_1 = 0.0")
    dead = json.loads(keyrate(blind.replace("6e-7", "0.0"), "--json")[1])
    assert dead["secret_key_rate_per_pulse"] == 0.0
    for text in (ENTANGLED.replace("MODEL", "bb84"), SPDC, CV, MDI, TWIN):
        code, _, err = keyrate("efficiency_1 = 0.5\n" + text)
        assert code == 2
        assert "presumes equal detectors" in err


def test_s3_cv_runs_claim_what_the_block_gives(tmp_path, capsys):
    """A composable key, four failures of epsilon each; a short block claims nothing."""
    file = tmp_path / "cv.toml"
    for symbols, notion in (("4e6", "composable"), ("1000", "none")):
        file.write_text(CV_RUN.replace("400000", symbols), encoding="utf-8")
        assert main(["run", str(file), "--json"]) == 0
        report = json.loads(capsys.readouterr().out)
        assert report["security"]["notion"] == notion
        assert (report["secret_bits"]["best"] > 0.0) is (notion == "composable")
        assert main(["run", str(file)]) == 0
        assert f"security: {notion}" in capsys.readouterr().out


def promise(tmp_path, capsys, *options):
    file = tmp_path / "chain.toml"
    file.write_text(CHAIN, encoding="utf-8")
    code = main(["promise", str(file), "--time", "60s", *options])
    return code, *capsys.readouterr()


def test_s4_a_promise_says_asymptotic_or_gives_a_finite_key(tmp_path, capsys):
    """The finite key is shorter, composable with the epsilon asked for, and has its block."""
    endless = json.loads(promise(tmp_path, capsys, "--json")[1])
    finite = json.loads(promise(tmp_path, capsys, "--json", "--finite", "--epsilon", "1e-9")[1])
    assert endless["security"]["notion"] == "asymptotic"
    assert finite["security"]["notion"] == "composable"
    assert finite["security"]["epsilon"] == pytest.approx(1e-9, rel=1e-12)
    assert 0.0 < finite["secret_bits"]["low"] < endless["secret_bits"]["low"]
    block = finite["block"]
    assert block["key_bits"] + block["test_bits"] < block["pairs"] <= finite["pairs"]["low"]
    assert ", asymptotic" in promise(tmp_path, capsys)[1]
    shown = promise(tmp_path, capsys, "--finite")[1]
    assert "finite key of BBM92" in shown
    assert "security: composable, epsilon 1e-10" in shown


def test_s4_an_epsilon_needs_a_finite_key(tmp_path, capsys):
    code, _, err = promise(tmp_path, capsys, "--epsilon", "1e-9")
    assert code == 2
    assert "--epsilon must come with --finite" in err
