"""``qnet noise``: powers and counts as JSON and as text, searches, and what it refuses."""

from __future__ import annotations

import json

import pytest

from experiments.cli.main import main
from tests.protocols.lit_scenarios import ALONE, CHAIN, CV, GYS, KEY_NETWORK


def asked(tmp_path, capsys, text, *arguments):
    file = tmp_path / "lit.toml"
    file.write_text(text, encoding="utf-8")
    code = main(["noise", str(file), *arguments])
    out, err = capsys.readouterr()
    return code, out, err


def found(tmp_path, capsys, text, *arguments):
    code, out, err = asked(tmp_path, capsys, text, "--json", *arguments)
    assert (code, err) == (0, "")
    return json.loads(out)


def test_powers_and_counts_of_a_fibre(tmp_path, capsys):
    """P-N1, forward and backward."""
    forward = found(tmp_path, capsys, ALONE)
    assert forward["raman_forward_w"] == pytest.approx(9e-12, rel=1e-6)
    assert forward["counts_per_gate"] == pytest.approx(0.003815026, rel=1e-6)
    assert (forward["raman_backward_w"], forward["fwm_w"], forward["leakage_w"]) == (0.0, 0.0, 0.0)
    backward = found(tmp_path, capsys, ALONE.replace('"forward"', '"backward"'))
    assert backward["raman_backward_w"] == pytest.approx(1.934782e-11, rel=1e-6)
    assert backward["counts_per_gate"] == pytest.approx(0.008201381, rel=1e-6)
    (channel,) = backward["channels"]
    assert channel["direction"] == "backward"
    assert channel["raman_w"] == backward["raman_backward_w"]


@pytest.mark.parametrize("text", [GYS, CV, CHAIN, ALONE], ids=["decoy", "cv", "chain", "alone"])
def test_kinds_that_have_noise(tmp_path, capsys, text):
    noise = found(tmp_path, capsys, text)
    parts = sum(noise[f"{name}_w"] for name in ("raman_forward", "raman_backward", "fwm"))
    assert parts > 0.0
    low, high = noise["uncertainty"]["counts_per_gate"]
    assert low <= noise["counts_per_gate"] <= high
    code, out, _ = asked(tmp_path, capsys, text)
    assert code == 0
    assert "counts per gate" in out


def test_largest_power_of_gys(tmp_path, capsys):
    """P-N4."""
    set_50 = ("--set", "fibre.length_km=50", "--largest-power")
    power = found(tmp_path, capsys, GYS, *set_50)["largest_power"]
    assert power["powers_dbm"] == pytest.approx([-10.266959], abs=2e-6)
    assert power["total_dbm"] == pytest.approx(-10.266959, abs=2e-6)
    _, out, _ = asked(tmp_path, capsys, GYS, *set_50)
    assert "largest launch power with a key: -10.266959 dBm" in out


def test_powers_that_always_or_never_leave_a_key_come_with_a_sentence(tmp_path, capsys):
    far = found(tmp_path, capsys, GYS, "--set", "fibre.length_km=200", "--largest-power")
    assert far["largest_power"]["gain_db"] is None
    assert far["largest_power"]["reason"].startswith("no key even with")
    clear = ("--set", "coexistence.raman_per_km_nm=0.0", "--largest-power")
    assert "even with a channel" in found(tmp_path, capsys, GYS, *clear)["largest_power"]["reason"]


def test_best_wavelength_of_a_table(tmp_path, capsys):
    """Worth at the best place is the greatest of all that were scanned."""
    text = GYS.replace("raman_per_km_nm = 3e-9\n", "")
    best = found(tmp_path, capsys, text, "--best-wavelength", "1400", "1600")["best_wavelength"]
    assert best["worth"] == max(each["worth"] for each in best["scanned"]) > 0.0
    assert best["worth_of"] == "secret bits per pulse"
    drowned = ("--set", "fibre.length_km=150", "--best-wavelength", "1540", "1550")
    none = found(tmp_path, capsys, text, *drowned)["best_wavelength"]
    assert none["wavelength_nm"] is None
    assert none["reason"].startswith("no key at any wavelength; noise is least at ")


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        (GYS.partition("[coexistence]")[0], (), "coexistence.channels must be given"),
        (GYS, ("--best-wavelength", "1600", "1500"), "must be sought upwards"),
        (GYS, ("--best-wavelength", "1559.9", "1560.1"), "must lie outside the filters"),
        (ALONE, ("--largest-power",), "--largest-power must be asked of a kind whose key"),
        (KEY_NETWORK, (), "play this file with qnet run"),
    ],
)
def test_what_is_refused(tmp_path, capsys, text, arguments, said):
    code, out, err = asked(tmp_path, capsys, text, *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_a_spectrum_is_drawn(tmp_path, capsys):
    file, picture = tmp_path / "lit.toml", tmp_path / "spectrum.svg"
    file.write_text(ALONE, encoding="utf-8")
    assert main(["draw", str(file), "--out", str(picture)]) == 0
    text = picture.read_text(encoding="utf-8")
    assert "quantum channel" in text
    assert main(["draw", str(file), "--out", str(tmp_path / "no.gif")]) == 2
    assert main(["draw", str(file), "--out", str(picture), "--shot", "1"]) == 2
    assert "be given for a chain or a network alone" in capsys.readouterr().err
