"""``qnet keyrate``: what it prints."""

import json
from pathlib import Path

import pytest

import experiments
from experiments.cli.main import main
from tests.experiments.keyrate_text import (
    CV,
    ENTANGLED,
    LIM,
    MDI,
    PUBLISHED,
    SPDC,
    TOMAMICHEL,
    TWIN,
    gys,
)

READY = sorted((Path(experiments.__file__).parent / "scenarios" / "keyrate").glob("*.toml"))

LIM_FIGURES = {
    "single_photon_events": 611483881,
    "vacuum_events": 0.0,
    "phase_error": 0.0377929321,
    "qber": 0.0242118722,
    "secret_bits": 278777536,
    "secret_key_rate_per_pulse": 0.0007735135,
}
DECOY_NAMES = (
    "gain",
    "qber",
    "single_photon_yield",
    "single_photon_error",
    "secret_key_rate_per_pulse",
)

# Texts and the figures of table E that they must give.
PRINTED = {
    "lim2014": (PUBLISHED, LIM_FIGURES),
    "lim2014, 25 km": (
        PUBLISHED.replace("length_km = 50", "length_km = 25").replace("1e9", "1e8"),
        {
            "single_photon_events": 60623548.3,
            "vacuum_events": 0.0,
            "phase_error": 0.065472515,
            "qber": 0.0240935914,
            "secret_bits": 20471922.7,
            "secret_key_rate_per_pulse": 0.00178685114,
        },
    ),
    "infinite-decoy": (
        gys("infinite-decoy", [0.48], 50),
        dict(
            zip(
                DECOY_NAMES,
                (0.00192495021, 0.0334124263, 0.00401232922, 0.0331978651, 0.000222596118),
                strict=True,
            )
        ),
    ),
    "vacuum-weak": (
        gys("vacuum-weak", [0.48, 0.05], 100),
        dict(
            zip(
                DECOY_NAMES,
                (0.000173260181, 0.0375821261, 0.000353993351, 0.0374923832, 1.60200453e-05),
                strict=True,
            )
        ),
    ),
    "bb84": (
        ENTANGLED.replace("MODEL", "bb84").replace("0.02", "0.03"),
        {"secret_key_fraction": 0.611216284},
    ),
    "six-state": (
        ENTANGLED.replace("MODEL", "six-state").replace("0.02", "0.05"),
        {"secret_key_fraction": 0.496816268},
    ),
    "device-independent": (
        ENTANGLED.replace("MODEL", "device-independent"),
        {"secret_key_fraction": 0.612290702},
    ),
    "tomamichel2012": (TOMAMICHEL, {"deviation": 0.0163870767, "secret_bits": 735090.642}),
    "bbm92-spdc": (
        SPDC,
        {
            "gain": 0.00480282404,
            "qber": 0.0804506245,
            "secret_key_rate_per_pulse": 0.000248886389,
        },
    ),
    "cv-gg02": (
        CV,
        {
            "mutual_information": 1.04364965,
            "holevo_bound": 0.902043295,
            "secret_key_rate_per_symbol": 0.03515409,
        },
    ),
}


@pytest.mark.parametrize(("text", "figures"), PRINTED.values(), ids=PRINTED)
def test_json_gives_the_figures_of_the_reference(keyrate, text, figures):
    code, out, err = keyrate(text, "--json")
    assert (code, err) == (0, "")
    report = json.loads(out)
    found = {name: report[name] for name in figures}
    assert found == pytest.approx(figures, rel=1e-6)
    assert report["warnings"] == []
    assert report["scenario"] == "key"


def test_tables_make_no_difference_to_the_flat_kinds(keyrate):
    """mean_pair_number_half and the detector of cv-gg02 may stand at the top level as well."""
    flat = SPDC.replace("[source]\n", "")
    moved = CV.replace("[detector]\n", "")
    for text, other in ((SPDC, flat), (CV, moved)):
        assert keyrate(text, "--json") == keyrate(other, "--json")


def test_chsh_is_used(keyrate):
    text = ENTANGLED.replace("MODEL", "device-independent") + "chsh = 2.6\n"
    report = json.loads(keyrate(text, "--json")[1])
    # 1 - h(0.02) - h((1 + sqrt(0.69))/2), worked out apart.
    assert report["secret_key_fraction"] == pytest.approx(0.440139, abs=1e-6)
    assert report["chsh"] == 2.6


@pytest.mark.parametrize("model", ["asymptotic", "infinite-decoy", "no-decoy"])
def test_other_models_in_the_same_file(keyrate, model):
    """Keys that the model does not use stay where they are, and a note says so."""
    code, out, _ = keyrate(LIM.replace("lim2014", model), "--json")
    report = json.loads(out)
    assert code == 0
    assert set(DECOY_NAMES) <= set(report)
    assert any("block_size has no effect" in note for note in report["warnings"])


def test_models_are_ordered_as_they_must(keyrate):
    """A finite block gives less than the endless one, the tighter bound more."""
    texts = (
        LIM.replace("lim2014", "asymptotic"),
        LIM.replace('"hoeffding"', '"chernoff"'),
        LIM,
    )
    reports = [json.loads(keyrate(text, "--json")[1]) for text in texts]
    asymptotic, chernoff, hoeffding = (r["secret_key_rate_per_pulse"] for r in reports)
    assert asymptotic > chernoff > hoeffding > 0.0


def test_rusca(keyrate):
    text = LIM.replace("lim2014", "rusca2018").replace("[0.5, 0.1, 2e-4]", "[0.5, 0.15]")
    report = json.loads(keyrate(text.replace("[0.6, 0.3, 0.1]", "[0.7, 0.3]"), "--json")[1])
    assert set(LIM_FIGURES) <= set(report)
    assert 1e-4 < report["secret_key_rate_per_pulse"] < 1e-3


@pytest.mark.parametrize("text", [MDI, TWIN], ids=["mdi", "twin-field"])
def test_relays_give_a_rate(keyrate, text):
    report = json.loads(keyrate(text, "--json")[1])
    assert 1e-7 < report["secret_key_rate_per_pulse"] < 1e-4


def test_clock_gives_bits_per_second(keyrate):
    text = PUBLISHED.replace("[source]", "[source]\nclock_hz = 1e9")
    report = json.loads(keyrate(text, "--json")[1])
    assert report["secret_key_rate_hz"] == pytest.approx(773513.5, rel=1e-6)


def test_finite_block_of_continuous_variables(keyrate):
    rates = []
    for symbols in ("1e6", "1e9", "1e12"):
        report = json.loads(keyrate(f"symbols = {symbols}\n{CV}", "--json")[1])
        rates.append(report["secret_key_rate_per_symbol"])
    assert rates[0] == 0.0
    assert rates[0] < rates[1] < rates[2] < 0.5 * 0.03515409


# Zero with a sentence: (text, part of the sentence).
NO_KEY = {
    "too noisy": (ENTANGLED.replace("MODEL", "bb84").replace("0.02", "0.12"), "above the 11 %"),
    "small block": (LIM.replace("1e9", "1e4"), "10000 sifted bits is too small, it takes 8.3e+06"),
    "few bits": (
        TOMAMICHEL.replace("1e6", "1000").replace("1e5", "100"),
        "1000 key bits and 100 test bits are too few",
    ),
    "far": (gys("vacuum-weak", [0.48, 0.05], 150), "costs more than"),
    "bright pairs": (SPDC.replace("0.1\n", "1.0\n"), "fewer pairs"),
    "noisy field": (CV.replace("0.005", "0.5"), "Eve may know"),
}


@pytest.mark.parametrize(("text", "reason"), NO_KEY.values(), ids=NO_KEY)
def test_no_key_is_zero_with_the_reason(keyrate, text, reason):
    code, out, _ = keyrate(text, "--json")
    report = json.loads(out)
    assert code == 0
    assert reason in report["warnings"][-1]
    names = [name for name in report if name.startswith("secret_")]
    assert names
    assert all(report[name] == 0.0 for name in names)
    shown = keyrate(text)[1]
    assert reason in shown


@pytest.mark.parametrize("path", READY, ids=lambda path: path.stem)
def test_ready_scenarios_give_a_key(path, capsys):
    assert main(["keyrate", str(path)]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"{path.stem}: ")
    assert "no key" not in shown.lower()


def test_there_are_ready_scenarios():
    assert len(READY) >= 3
