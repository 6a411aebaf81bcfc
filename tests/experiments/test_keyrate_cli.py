"""``qnet keyrate``: what it prints, and what it refuses."""

import json
from pathlib import Path

import pytest

import experiments
from experiments.cli.main import main
from experiments.scenario.keyrate import loads
from qnet.errors import ParameterError

READY = sorted((Path(experiments.__file__).parent / "scenarios" / "keyrate").glob("*.toml"))

SOURCE = """
[source]
intensities = [0.5, 0.1, 2e-4]
probabilities = [0.6, 0.3, 0.1]
"""
FIBRE = """
[fibre]
length_km = 50
loss_db_per_km = 0.2
"""
DETECTOR = """
[detector]
efficiency = 0.1
dark_count_probability = 6e-7
afterpulse_probability = 0.04
misalignment = 5e-3
"""
SECURITY = """
[security]
model = "lim2014"
bound = "hoeffding"
basis_bias = 0.9
block_size = 1e9
epsilon_secrecy = 1e-10
epsilon_correctness = 1e-15
error_correction_efficiency = 1.16
"""
LIM = 'kind = "decoy-bb84"\n' + SOURCE + FIBRE + DETECTOR + SECURITY

GYS = """
kind = "decoy-bb84"
[source]
intensities = INTENSITIES
[fibre]
length_km = LENGTH
loss_db_per_km = 0.21
[detector]
efficiency = 0.045
background_yield = 1.7e-6
misalignment = 0.033
[security]
model = "MODEL"
sifting = 0.5
"""
ENTANGLED = 'kind = "entangled"\nmodel = "MODEL"\nqber = 0.02\n'
TOMAMICHEL = """
kind = "entangled"
model = "tomamichel2012"
key_bits = 1e6
test_bits = 1e5
qber = 0.01
epsilon_secrecy = 1e-10
epsilon_correctness = 1e-10
error_correction_efficiency = 1.1
"""
SPDC = """
kind = "bbm92-spdc"
transmission = [0.2, 0.1]
background_yield = 1e-5
misalignment = 0.015
[source]
mean_pair_number_half = 0.1
"""
CV = """
kind = "cv-gg02"
modulation_variance = 18.5
transmission = 0.302
excess_noise = 0.005
reconciliation_efficiency = 0.898
detection = "homodyne"
[detector]
efficiency = 0.606
electronic_noise = 0.041
"""
MDI = """
kind = "mdi"
intensities = [0.4, 0.4]
transmission = [0.01, 0.01]
dark_count_probability = 1e-7
misalignment = 0.01
"""
TWIN = """
kind = "twin-field"
intensity = 0.03
arm_transmission = 1e-3
dark_count_probability = 1e-9
"""


def gys(model, intensities, length_km):
    text = GYS.replace("MODEL", model).replace("INTENSITIES", str(intensities))
    return text.replace("LENGTH", str(length_km))


@pytest.fixture
def keyrate(tmp_path, capsys):
    """Run ``qnet keyrate`` on a text: exit code, stdout, stderr."""

    def run(text, *options):
        file = tmp_path / "key.toml"
        file.write_text(text, encoding="utf-8")
        code = main(["keyrate", str(file), *options])
        return code, *capsys.readouterr()

    return run


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
    "lim2014": (LIM, LIM_FIGURES),
    "lim2014, 25 km": (
        LIM.replace("length_km = 50", "length_km = 25").replace("1e9", "1e8"),
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
    text = LIM.replace("[source]", "[source]\nclock_hz = 1e9")
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
    "small block": (LIM.replace("1e9", "1e4"), "10000 sifted bits is too small, it takes 1.7e+07"),
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


def lim(old, new):
    assert old in LIM
    return LIM.replace(old, new)


# What is wrong: (text, field, part of the message).
MALFORMED = {
    "empty": ("", "kind", 'add kind = "decoy-bb84" at the top'),
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
        ENTANGLED.replace("MODEL", "bb84").replace("0.02", "0.6"),
        "qber",
        "flip the bits",
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
        loads(text)
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
