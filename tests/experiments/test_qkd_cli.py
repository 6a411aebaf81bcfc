"""``qnet run`` of key-distribution scenarios: what it prints, and what it refuses."""

import json
import math
from pathlib import Path

import pytest

import experiments
import qnet
from experiments.cli.main import main
from qnet import loads
from qnet.errors import ParameterError
from qnet.schema import kinds_with

FOLDER = Path(experiments.__file__).parent / "scenarios" / "qkd"
READY = sorted(path for path in FOLDER.glob("*.toml") if path.stem != "cv")

#: The file of the documentation.
DECOY = """
kind = "decoy-bb84"
[source]
intensities = [0.5, 0.1, 2e-4]
probabilities = [0.6, 0.3, 0.1]
clock_hz = 1e9
[fibre]
length_km = 50
loss_db_per_km = 0.2
[detector]
efficiency = 0.1
dark_count_probability = 6e-7
afterpulse_probability = 0.04
misalignment = 5e-3
[security]
model = "lim2014"
bound = "hoeffding"
basis_bias = 0.9
block_size = 1e9
epsilon_secrecy = 1e-10
epsilon_correctness = 1e-15
error_correction_efficiency = 1.16
"""

FIGURES = ("qber", "sifted_bits", "secret_bits", "secret_key_rate_per_pulse")


def inside(figure: dict, truth: float, widths: float = 2.5) -> bool:
    """Whether the truth lies within five standard errors (2.5 half-widths of 95 %)."""
    half = (figure["high"] - figure["low"]) / 2
    return abs(figure["best"] - truth) < widths * half


@pytest.mark.parametrize("path", READY, ids=lambda path: path.stem)
def test_ready_scenarios_run(path, capsys):
    assert main(["run", str(path), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["scenario"] == path.stem
    for name in FIGURES:
        figure = report[name]
        assert sorted(figure) == ["best", "high", "low", "n"]
        assert figure["low"] <= figure["best"] <= figure["high"]
    has_key = path.stem not in ("intercept-resend", "photon-number-splitting")
    assert (report["secret_bits"]["best"] > 0.0) is has_key
    assert any("no key" in warning for warning in report["warnings"]) is not has_key
    assert (report["chsh"] is not None) is (report["kind"] == "e91")
    assert report["versions"]["qnet"] == qnet.__version__


def test_every_kind_has_a_ready_scenario():
    """Oracle: the kinds that are played; those of other rooms have folders of their own."""
    kinds = {loads(path.read_text()).kind for path in READY}
    others = {"application", "chain", "cv", "key-network", "network", "satellite"}
    assert kinds == set(kinds_with("play")) - others


def test_the_file_of_the_documentation(qnet_run):
    """Without ``pulses``, as many as fill the block; gains and QBER as the reference has them."""
    report = qnet_run(DECOY)
    assert (report["kind"], report["engine"], report["seed"]) == ("decoy-bb84", "sampled", 1)
    assert "fill a block of 1e+09" in report["warnings"][0]
    # P-E11: the pulses of a block, and the QBER of the key basis (double clicks left out there).
    eta = 0.1 * 10**-1.0
    gains = [1.04 * (1 - (1 - 1.2e-6) * math.exp(-eta * k)) for k in (0.5, 0.1, 2e-4)]
    pulses = 1e9 / (0.81 * (0.6 * gains[0] + 0.3 * gains[1] + 0.1 * gains[2]))
    assert report["pulses"] == pytest.approx(pulses, rel=1e-5)
    assert report["qber_z"]["best"] == pytest.approx(0.0242118722, rel=1e-3)
    for figure, gain in zip(report["yields"], gains, strict=True):
        assert inside(figure, gain)
    # The block is drawn: its key is that of the expected counts up to their spread. P-E11, lower
    # limits of counts cut at zero: 293741489 where the table, not cut, has 278777536.
    assert report["secret_bits"]["best"] == pytest.approx(293741489, rel=0.01)
    per_pulse = report["secret_key_rate_per_pulse"]["best"]
    assert per_pulse == pytest.approx(0.0008150334, rel=0.01)
    assert report["secret_key_rate_hz"]["best"] == pytest.approx(1e9 * per_pulse)


def test_models_of_the_same_pulses(qnet_run):
    """A finite block gives less than an endless one; a small one nothing, and says how many."""
    finite = qnet_run(DECOY, "--shots", "10000000000")
    endless = qnet_run(DECOY.replace('"lim2014"', '"asymptotic"'), "--shots", "10000000000")
    assert 0.0 < finite["secret_bits"]["best"] < endless["secret_bits"]["best"]
    small = qnet_run(DECOY, "--shots", "10000000")
    assert small["secret_bits"]["best"] == 0.0
    assert any("sifted bits of the key basis are too few, it takes" in w for w in small["warnings"])
    two = DECOY.replace("[0.5, 0.1, 2e-4]", "[0.5, 0.1]").replace("[0.6, 0.3, 0.1]", "[0.6, 0.4]")
    one_decoy = qnet_run(two.replace("lim2014", "rusca2018"), "--shots", "10000000000")
    assert one_decoy["secret_bits"]["best"] > 0.0
    with pytest.raises(ParameterError, match="have 3 intensities"):
        loads(two).play()


def test_intercept_resend_is_seen(qnet_run):
    report = qnet_run('kind = "bb84"\nrounds = 1e6\n[eve]\nattack = "intercept-resend"')
    assert report["pulses"] == 10**6
    assert inside(report["qber"], 0.25)
    assert report["secret_bits"]["best"] == 0.0
    six = 'kind = "six-state"\npulses = 1000000\n[eve]\nattack = "intercept-resend"\n'
    assert inside(qnet_run(six + 'bases = ["X", "Y", "Z"]')["qber"], 1 / 3)


def test_e91_reports_chsh(qnet_run):
    report = qnet_run('kind = "e91"\npulses = 1000000\n[pair]\nwerner = 0.9')
    assert inside(report["chsh"], 0.9 * math.sqrt(8))
    assert inside(report["qber"], 0.05)
    assert inside(report["sifted_bits"], 10**6 * 2 / 9)


def test_seed_and_pulses_of_the_command_line(qnet_run):
    text = 'kind = "bbm92"\npulses = 1000\n[pair]\nfidelity = 0.9'
    first, again = (qnet_run(text, "--seed", "7", "--shots", "5000") for _ in range(2))
    assert first == again
    assert (first["seed"], first["pulses"]) == (7, 5000)
    assert qnet_run(text)["pulses"] == 1000


def test_text_says_what_json_says(tmp_path, capsys):
    path = tmp_path / "mine.toml"
    path.write_text('kind = "bb84"\npulses = 1000\n[eve]\nattack = "faked-states"')
    assert main(["run", str(path)]) == 0
    text = capsys.readouterr().out
    assert text.startswith("mine: bb84\n1000 pulses, seed 1; 95 % intervals\n\nQBER ")
    assert "No key: the error rates are too high" in text


@pytest.mark.parametrize(
    ("text", "field", "hint"),
    [
        ('kind = "bb84"\npulse = 10', "pulse", "did you mean pulses?"),
        ('kind = "bb84"\npulses = 0.5', "pulses", "1e9 are the same"),
        ('kind = "bb84"\npulses = 1e16', "pulses", "1e9 are the same"),
        ('kind = "bb84"\npulses = 10\nrounds = 10', "pulses", "keep one of them"),
        ('kind = "bb84"\nlength_km = 5', "length_km", "it belongs in [fibre]"),
        ('kind = "bb84"\n[detector]\nefficency = 0.1', "detector.efficency", "efficiency"),
        ('kind = "bb84"\n[detector]\nefficiency = 1.1', "detector.efficiency", "between 0 and 1"),
        (
            'kind = "bb84"\n[detector]\nbackground_yield = 1e-6\ndark_count_probability = 1e-6',
            "detector.background_yield",
            "keep one of them",
        ),
        ('kind = "bb84"\n[detector]\ndead_time_s = 1e-8', "source.clock_hz", "clock_hz = 1e9"),
        ('kind = "bb84"\n[pair]\nwerner = 0.9', "pair", "the keys are"),
        (
            'kind = "bb84"\n[source]\nmean_pair_number_half = 0.1',
            "source.mean_pair_number_half",
            "",
        ),
        ('kind = "bb84"\n[source]\ng2 = 0.6', "source.g2", "WeakPulses"),
        ('kind = "decoy-bb84"', "source.intensities", "under [source]"),
        (
            'kind = "decoy-bb84"\n[source]\nintensities = [0.5, 0.1]',
            "source.probabilities",
            "under [source]",
        ),
        (
            'kind = "decoy-bb84"\n[source]\nintensities = [0.1, 0.5]\nprobabilities = [0.5, 0.5]',
            "source.intensities",
            "signal first",
        ),
        (
            'kind = "decoy-bb84"\n[source]\nintensities = [0.5, 0.1]\nprobabilities = [0.5, 0.4]',
            "source.probabilities",
            "scale",
        ),
        ('kind = "bb84"\n[security]\nmodel = "lim2014"', "security.model", "choose one"),
        ('kind = "bb84"\n[security]\nbasis_bias = 1.0', "security.basis_bias", "0.9 is usual"),
        ('kind = "e91"\n[security]\nbasis_bias = 0.9', "security.basis_bias", "are even"),
        (
            'kind = "bb84"\n[security]\nerror_correction_efficiency = 0.9',
            "security.error_correction_efficiency",
            "Shannon",
        ),
        ('kind = "bb84"\n[eve]\nattack = "intercept"', "eve.attack", "'intercept-resend'"),
        (
            'kind = "bb84"\n[eve]\nattack = "intercept-resend"\nstrength = 0.1',
            "eve.strength",
            "fraction, bases",
        ),
        ('kind = "bb84"\n[eve]\nattack = "beam-splitting"', "eve.attack", "[source]"),
        (
            'kind = "bb84"\n[eve]\nattack = "entangling-probe"\nstrength = 0.5',
            "eve.strength",
            "1/3",
        ),
        ('kind = "bbm92"\n[pair]\nwerner = 0.9\nfidelity = 0.9', "pair.werner", "keep one"),
        ('kind = "bb84"\n[fibre]\nloss_db_per_km = 0.2', "fibre.length_km", "length_km = 50"),
        ('kind = "bb84"\n[free_space]\ndistance_km = 5', "free_space.wavelength_nm", "785"),
    ],
)
def test_what_is_wrong_is_said(text, field, hint):
    with pytest.raises(ParameterError) as caught:
        loads(text).play()
    assert caught.value.field == field
    assert hint in caught.value.hint


def test_unknown_kinds_and_engines_end_with_one_line(tmp_path, capsys):
    path = tmp_path / "mine.toml"
    path.write_text('kind = "bb48"')
    assert main(["run", str(path)]) == 2
    assert "did you mean 'bb84'?" in capsys.readouterr().err
    path.write_text('kind = "bb84"')
    assert main(["run", str(path), "--engine", "circuit"]) == 2
    assert capsys.readouterr().err.startswith("qnet: error: engine must be 'sampled'")


def test_free_space_takes_the_place_of_fibre(qnet_run):
    text = """
    kind = "bb84"
    pulses = 1000000
    [free_space]
    distance_km = 400
    wavelength_nm = 780
    waist_m = 0.0827605704
    receiver_radius_m = 0.5
    pointing_urad = 1
    """
    assert inside(qnet_run(text)["yields"][0], 0.213053995)


CV = """
kind = "cv"
symbols = 1e6
modulation_variance = 18.5
transmission = 0.302
excess_noise = 0.005
reconciliation_efficiency = 0.898
[detector]
efficiency = 0.606
electronic_noise = 0.041
"""


def test_continuous_variables(qnet_run, capsys):
    report = qnet_run((FOLDER / "cv.toml").read_text())
    assert inside(report["transmission"], 0.302)
    assert inside(report["excess_noise"], 0.005)
    # P-E14; the Holevo bound of the worst channel is above that of the true one.
    assert report["mutual_information"] == pytest.approx(1.04364965, abs=1e-8)
    assert report["holevo_bound"] > 0.902043295
    assert 0.0 < report["secret_key_rate_per_pulse"]["best"] < 0.6 * 0.03515409
    assert report["qber"] is report["chsh"] is None
    assert main(["run", str(FOLDER / "cv.toml")]) == 0
    assert "cv: cv\n40000000 symbols" in capsys.readouterr().out
    small = qnet_run(CV.replace("transmission", "# ") + "[fibre]\nlength_km = 26")
    assert small["secret_bits"]["best"] == 0.0
    assert "too small" in small["warnings"][0]


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (CV.replace("1e6", "100"), "symbols"),
        (CV.replace("1e6", "1e12"), "disclosed_share"),
        (CV.replace("transmission = 0.302", ""), "transmission"),
        (CV + "[fibre]\nlength_km = 5", "transmission"),
        (CV.replace("18.5", "-1"), "modulation_variance"),
        (CV.replace("electronic_noise", "electronic_nose"), "detector.electronic_nose"),
    ],
)
def test_continuous_variables_refused(text, field):
    with pytest.raises(ParameterError) as caught:
        loads(text)
    assert caught.value.field == field
