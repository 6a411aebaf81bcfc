"""``qnet keyrate``: what it refuses, on one line each."""

import json

import pytest

from experiments.cli.main import main
from protocols.key_rates.scenario import read_rate
from qnet.errors import ParameterError
from qnet.schema import parse
from tests.experiments.keyrate_text import (
    CV,
    ENTANGLED,
    LIM,
    MDI,
    SECURITY,
    SPDC,
    TOMAMICHEL,
    TWIN,
    gys,
)


def lim(old, new):
    assert old in LIM
    return LIM.replace(old, new)


# What is wrong: (text, field, part of the message).
MALFORMED = {
    "empty": ("", "kind", 'add kind = "bb84" at the top'),
    "no TOML": ("kind = = 1", "scenario file", "valid TOML at line 1"),
    "unknown kind": ('kind = "decoy-b84"', "kind", "did you mean 'decoy-bb84'?"),
    "a chain": ('kind = "chain"', "kind", "be one of"),
    "unknown table": (LIM + "\n[sources]\n", "sources", "did you mean source?"),
    "key at the top": ("length_km = 5\n" + LIM, "length_km", "belongs in [fibre]"),
    "key in the wrong table": (
        lim("[fibre]", "[fibre]\nmisalignment = 0.1"),
        "fibre.misalignment",
        "belongs in [detector]",
    ),
    "near-miss key": (
        lim("afterpulse_probability", "afterpuls_probability"),
        "detector.afterpuls_probability",
        "did you mean afterpulse_probability?",
    ),
    "near-miss model": (lim("lim2014", "lim2041"), "security.model", "did you mean 'lim2014'?"),
    "near-miss bound": (lim('"hoeffding"', '"hoefding"'), "security.bound", "did you mean 'hoe"),
    "no intensities": (
        lim("intensities = [0.5, 0.1, 2e-4]", ""),
        "source.intensities",
        "add intensities = [0.5, 0.1, 0.0002]",
    ),
    "no probabilities": (lim("probabilities = [0.6, 0.3, 0.1]", ""), "source.probabilities", "add"),
    "two intensities": (lim("[0.5, 0.1, 2e-4]", "[0.5, 0.1]"), "source.intensities", "be 3 with"),
    "rising intensities": (lim("[0.5, 0.1, 2e-4]", "[0.1, 0.5, 0]"), "source.intensities", "fall"),
    "negative intensity": (
        lim("[0.5, 0.1, 2e-4]", "[0.5, 0.1, -1]"),
        "source.intensities[2]",
        "not be negative",
    ),
    "intensities a number": (lim("[0.5, 0.1, 2e-4]", "0.5"), "source.intensities", "be a list"),
    "intensity a text": (lim("2e-4", '"2e-4"'), "source.intensities[2]", "without quotes"),
    "first not above the sum": (
        lim("[0.5, 0.1, 2e-4]", "[0.5, 0.3, 0.2]"),
        "source.intensities",
        "above the sum",
    ),
    "probabilities too few": (lim("[0.6, 0.3, 0.1]", "[0.6, 0.4]"), "source.probabilities", "3"),
    "probabilities sum": (lim("[0.6, 0.3, 0.1]", "[0.6, 0.3, 0.2]"), "source.probabilities", "sum"),
    "probability of zero": (
        lim("[0.6, 0.3, 0.1]", "[0.6, 0.4, 0.0]"),
        "source.probabilities[2]",
        "at least 1e-09",
    ),
    "length with unit": (lim("length_km = 50", 'length_km = "50 km"'), "fibre.length_km", "in km"),
    "no length": (lim("length_km = 50", ""), "fibre.length_km", "add length_km = 50"),
    "efficiency above one": (
        lim("efficiency = 0.1", "efficiency = 1.1"),
        "detector.efficiency",
        "[0, 1]",
    ),
    "dark counts above one half": (
        lim("6e-7", "0.6"),
        "detector.dark_count_probability",
        "at most 0.5",
    ),
    "dark counts and background": (
        lim("[detector]", "[detector]\nbackground_yield = 1e-6"),
        "detector.background_yield",
        "keep one of them",
    ),
    "bias of one": (lim("basis_bias = 0.9", "basis_bias = 1.0"), "security.basis_bias", "(0, 1)"),
    "no block": (lim("block_size = 1e9", ""), "security.block_size", "add block_size"),
    "block of zero": (
        lim("block_size = 1e9", "block_size = 0"),
        "security.block_size",
        "at least 1",
    ),
    "epsilon of zero": (
        lim("epsilon_secrecy = 1e-10", "epsilon_secrecy = 0"),
        "security.epsilon_secrecy",
        "[1e-100, 1)",
    ),
    "efficiency below Shannon": (
        lim("1.16", "0.9"),
        "security.error_correction_efficiency",
        "Shannon limit",
    ),
    "infinite block": (
        lim("block_size = 1e9", "block_size = inf"),
        "security.block_size",
        "be a finite number",
    ),
    "clock true": (lim("[source]", "[source]\nclock_hz = true"), "source.clock_hz", "in Hz"),
    "security no table": (
        "security = 3\n" + LIM.replace(SECURITY, ""),
        "security",
        "be a table",
    ),
    "chernoff with one decoy": (
        lim("lim2014", "rusca2018")
        .replace("[0.5, 0.1, 2e-4]", "[0.5, 0.1]")
        .replace("[0.6, 0.3, 0.1]", "[0.6, 0.4]")
        .replace("hoeffding", "chernoff"),
        "security.bound",
        "be 'hoeffding' with model rusca2018",
    ),
    "vacuum as weak decoy": (
        gys("vacuum-weak", [0.48, 0.0], 50),
        "source.intensities",
        "at least 1e-6",
    ),
    "sifting above one": (
        gys("vacuum-weak", [0.48, 0.05], 50).replace("sifting = 0.5", "sifting = 2"),
        "security.sifting",
        "[0, 1]",
    ),
    "no qber": ('kind = "entangled"\nmodel = "bb84"', "qber", "add qber = 0.02"),
    "no model": ('kind = "entangled"\nqber = 0.02', "model", 'add model = "bb84"'),
    "qber above one half": (
        ENTANGLED.replace("MODEL", "six-state").replace("0.02", "0.6"),
        "qber",
        "not of all three: no state does that",
    ),
    "chsh above Tsirelson": (
        ENTANGLED.replace("MODEL", "device-independent") + "chsh = 2.9",
        "chsh",
        "2 sqrt(2)",
    ),
    "chsh for bb84": (ENTANGLED.replace("MODEL", "bb84") + "chsh = 2.6", "chsh", "be left out"),
    "key bits missing": (TOMAMICHEL.replace("key_bits = 1e6", ""), "key_bits", "add key_bits"),
    "negative test bits": (TOMAMICHEL.replace("1e5", "-1"), "test_bits", "be at least 1"),
    "three transmissions": (
        SPDC.replace("[0.2, 0.1]", "[0.2, 0.1, 0.1]"),
        "transmission",
        "be two numbers",
    ),
    "one transmission": (SPDC.replace("[0.2, 0.1]", "0.2"), "transmission", "be a list"),
    "no pairs": (
        SPDC.replace("half = 0.1", "half = 0"),
        "source.mean_pair_number_half",
        "positive",
    ),
    "twice the same key": (
        "mean_pair_number_half = 0.2\n" + SPDC,
        "source.mean_pair_number_half",
        "keep one of them",
    ),
    "near-miss variance": (
        CV.replace("modulation_variance", "modulation_varianse"),
        "modulation_varianse",
        "did you mean modulation_variance?",
    ),
    "near-miss detection": (CV.replace("homodyne", "homodine"), "detection", "did you mean 'homo"),
    "no transmission": (CV.replace("transmission = 0.302", ""), "transmission", "add transmission"),
    "opaque": (CV.replace("0.302", "0"), "transmission", "at least 1e-9"),
    "negative noise": (CV.replace("0.041", "-0.1"), "detector.electronic_noise", "not be negative"),
    "epsilon without block": ("epsilon = 1e-10\n" + CV, "epsilon", "come with symbols"),
    "bright twin fields": (TWIN.replace("0.03", "1.5"), "intensity", "at most 1"),
    "bright pulses": (MDI.replace("[0.4, 0.4]", "[0.4, 40]"), "intensities[1]", "at most 20"),
    "huge block": (lim("1e9", "1e19"), "security.block_size", "be at most 1e18"),
    "huge modulation": (CV.replace("18.5", "1e12"), "modulation_variance", "be at most 1e+09"),
    "one intensity for mdi": (MDI.replace("[0.4, 0.4]", "[0.4]"), "intensities", "[Alice, Bob]"),
}


@pytest.mark.parametrize(("text", "field", "part"), MALFORMED.values(), ids=MALFORMED)
def test_what_is_wrong_is_said_on_one_line(keyrate, text, field, part):
    with pytest.raises(ParameterError) as refusal:
        read_rate(parse(text))[0].key_rate()
    assert refusal.value.field == field
    code, out, err = keyrate(text)
    assert (code, out) == (2, "")
    assert err.startswith(f"qnet: error: {field} must ")
    assert err.count("\n") == 1
    assert part in err


def test_a_missing_file_is_said_on_one_line(capsys):
    assert main(["keyrate", "nowhere.toml"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_notes_name_keys_without_effect(keyrate):
    report = json.loads(keyrate("seed = 1\npulses = 1000\n" + LIM, "--json")[1])
    assert report["warnings"] == [
        "seed has no effect: nothing is drawn",
        "pulses has no effect: nothing is drawn",
    ]
