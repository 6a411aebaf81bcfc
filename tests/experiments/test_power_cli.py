"""``qnet power``: what it prints, draws and refuses."""

import json

import pytest

from experiments.cli.main import main

REFERENCE = ["--strength", "0.2", "--error", "0.02", "--alpha", "1e-3", "--beta", "1e-2"]

SCENARIO = """
kind = "decoy-bb84"
[source]
intensities = [0.5, 0.1]
probabilities = [0.7, 0.3]
[fibre]
length_km = 50
[detector]
efficiency = 0.2
dark_count_probability = 1e-6
misalignment = 0.01
"""


def asked(capsys, *arguments):
    code = main(["power", *arguments, "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_numbers_are_those_of_the_reference(capsys):
    """Oracle: P-A1.2 to P-A1.4."""
    code, found = asked(capsys, "--attack", "intercept-resend", *REFERENCE)
    assert code == 0
    assert (found["n_first"], found["n_safe"], found["threshold"]) == (481, 499, 20)
    assert found["size"] == pytest.approx(0.000875430371, rel=1e-8)
    assert found["power"] == pytest.approx(0.990251452, rel=1e-8)
    assert found["attacked"] == pytest.approx(found["closed_form"], rel=1e-12)
    full = ["--strength", "1", "--error", "0.02", "--n", "46"]
    code, found = asked(capsys, "--attack", "intercept-resend", *full)
    assert (found["n_first"], found["threshold"]) == (47, 5)
    assert found["at"]["n"] == 46
    assert found["at"]["power"] < 0.99


def test_decoys_are_counted_by_exact_and_normal_laws(capsys):
    """Oracle: P-A2.5, P-A2.6."""
    code, found = asked(capsys, "--attack", "photon-number-splitting")
    assert code == 0
    assert found["honest"] == pytest.approx(0.00995016625, rel=1e-8)
    assert found["attacked"] == pytest.approx(0.00252970712, rel=1e-8)
    assert found["tail"] == "fewer"
    assert found["n_normal"] == pytest.approx(3258.33273, rel=1e-8)
    assert abs(found["n_first"] / found["n_normal"] - 1.0) < 0.05
    # Three in ten pulses are decoys.
    assert found["pulses"] == pytest.approx(found["n_safe"] / 0.3, rel=1e-12)


def test_attacks_without_a_statistic_are_told_as_such(capsys):
    """Oracle: the exit codes, and the catalogue."""
    code, found = asked(capsys, "--attack", "beam-splitting")
    assert code == 1
    assert found["n_first"] is None
    assert "no statistic shows beam-splitting" in found["reason"]
    assert main(["power", "--attack", "blinding", "--statistic", "qber"]) == 1
    assert "leaves the errors as they are" in capsys.readouterr().out
    assert main(["power", "--attack", "intercept-resend", "--strength", "0"]) == 1


def test_text_says_when_the_alarm_goes(capsys):
    """Oracle: the same numbers as sentences."""
    assert main(["power", "--attack", "intercept-resend", *REFERENCE, "--n", "490"]) == 0
    text = capsys.readouterr().out
    assert "alarm when errors > 20" in text
    assert "from 499 on every larger number does." in text
    assert "power at 490" in text
    assert main(["power", "--attack", "blinding"]) == 0
    assert "The plain QBER is silent" in capsys.readouterr().out
    assert main(["power", "--attack", "shot-noise-calibration"]) == 0
    assert "is below 0.99" in capsys.readouterr().out


def test_a_device_of_a_file_is_attacked(capsys, tmp_path):
    """Oracle: gains of the line, ``1 - (1 - d)^2 exp(-eta mu)``."""
    path = tmp_path / "device.toml"
    path.write_text(SCENARIO, encoding="utf-8")
    code, found = asked(capsys, "--attack", "photon-number-splitting", "--device", str(path))
    assert code == 0
    assert found["honest"] == pytest.approx(0.1 * 0.02 + 2e-6, rel=2e-3)
    assert found["closed_form"] == pytest.approx(found["attacked"], rel=1e-9)
    path.write_text(SCENARIO + '[eve]\nattack = "blinding"\n', encoding="utf-8")
    code, other = asked(capsys, "--attack", "photon-number-splitting", "--device", str(path))
    assert other == found  # the file's eavesdropper is no part of the device
    assert main(["power", "--attack", "blinding", "--device", str(path), "--error", "0.1"]) == 2
    assert "be left out beside --device" in capsys.readouterr().err
    path.write_text('kind = "bbm92"\n', encoding="utf-8")
    assert main(["power", "--attack", "blinding", "--device", str(path)]) == 2
    assert "send photons from Alice to Bob" in capsys.readouterr().err


def test_a_power_curve_is_drawn(tmp_path, capsys):
    out = tmp_path / "curve.png"
    assert main(["power", "--attack", "intercept-resend", *REFERENCE, "--out", str(out)]) == 0
    assert out.read_bytes().startswith(b"\x89PNG")
    missing = str(tmp_path / "no" / "curve.png")
    assert main(["power", "--attack", "intercept-resend", "--out", missing]) == 2
    assert "--out must be writable" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--attack", "intercept-resent"], "did you mean 'intercept-resend'"),
        (["--attack", "blinding", "--strength", "1.5"], "lie in [0, 1] for blinding"),
        (["--attack", "blinding", "--strength", "nan"], "strength must be a finite number"),
        (["--attack", "blinding", "--alpha", "1"], "alpha must lie strictly between 0 and 1"),
        (["--attack", "blinding", "--beta", "0"], "beta must lie strictly between 0 and 1"),
        (["--attack", "blinding", "--statistic", "gber"], "did you mean 'qber'"),
        (["--attack", "blinding", "--error", "2"], "error must lie in [0, 1]"),
        (["--attack", "blinding", "--n", "0"], "whole number"),
        (["--attack", "blinding", "--out", "curve.txt"], "end in .png"),
        ([], "--attack"),
    ],
)
def test_bad_input_is_refused(capsys, arguments, text):
    assert main(["power", *arguments]) == 2
    said = capsys.readouterr().err
    assert text in said
    assert said.count("\n") == 1
