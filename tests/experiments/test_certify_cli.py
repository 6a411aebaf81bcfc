"""``qnet certify``: exit codes, keys, files."""

import json
import re
from html.parser import HTMLParser

import pytest

from experiments.cli.main import main

DEVICE = """
kind = "bb84"
pulses = 10_000_000
[source]
mean_photon_number = 0.5
[fibre]
length_km = 20
[detector]
efficiency = 0.2
dark_count_probability = 1e-6
misalignment = 0.01
"""

SUITE = """
kind = "certify"
seed = 1
device = "device.toml"
checks = "all"
false_alarm = 1e-3
miss = 1e-2
"""

ATTACK = '[[attack]]\nname = "intercept-resend"\nstrength = {}\n'

NUMBERS = ["statistic", "value", "threshold", "alpha", "power", "n"]
CHECK_KEYS = ["id", "title", "pointer", "sub_layer", *NUMBERS, "decision", "sentence"]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a device and a scenario."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "device.toml").write_text(DEVICE)
    (tmp_path / "suite.toml").write_text(SUITE + ATTACK.format(0.1))
    return tmp_path


def run(capsys, *arguments):
    """Exit code, and what was printed."""
    code = main(["certify", *map(str, arguments)])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_json_has_the_keys_that_others_read(folder, capsys):
    """Oracle: the keys, written out."""
    code, out, _ = run(capsys, "suite.toml", "--json")
    found = json.loads(out)
    assert code == 0
    assert list(found) == ["decision", "checks", "attacks", "evidence", "versions"]
    assert found["decision"] == "met"
    for check in found["checks"]:
        assert sorted(check) == sorted(CHECK_KEYS)
        assert list(check["value"]) == ["low", "best", "high"]
        assert check["alpha"] <= 1e-3
    (attack,) = found["attacks"]
    assert list(attack) == ["name", "strength", "detected", "statistic", "n", "power"]
    assert (attack["name"], attack["strength"], attack["detected"]) == (
        "intercept-resend",
        0.1,
        True,
    )
    assert attack["power"] > 0.99
    assert sum(check["n"] > 0 for check in found["checks"]) >= 20
    assert len(found["evidence"]["sha256"]) == 64
    assert "qnet" in found["versions"]


def test_what_is_not_found_falls_short(folder, capsys):
    """Oracle: an attack that is far too weak for the run, and exit code 1."""
    (folder / "suite.toml").write_text(SUITE + ATTACK.format(1e-6))
    code, out, _ = run(capsys, "suite.toml", "--json")
    found = json.loads(out)
    assert (code, found["decision"]) == (1, "fell short")
    (attack,) = found["attacks"]
    assert (attack["detected"], attack["statistic"] == "none") == (False, False)
    assert attack["power"] < 0.01


def test_a_claimed_key_that_is_too_long_falls_short(folder, capsys):
    """Oracle: no analysis gives so many bits; the line is named on its row."""
    code, out, _ = run(capsys, "suite.toml", "--set", "claim.key_bits=10000000")
    assert code == 1
    assert re.search(r"^KEY-1 +fell short +10000000 bits are claimed", out, re.M)
    assert out.startswith("suite: fell short, 10000000 pulses")
    assert out.endswith("not kept: give --out DIR\n")


def test_evidence_tells_what_was_set_otherwise(folder, capsys):
    """Oracle: the argument; the digest of the file alone would not tell it."""
    code, _, _ = run(capsys, "suite.toml", "--set", "pulses=2000000", "--out", "kept", "--json")
    kept = json.loads((folder / "kept" / "evidence.json").read_text())
    assert code in (0, 1)
    assert kept["predicate"]["qnet"]["run"]["changes"] == ["pulses=2000000"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["nowhere.toml"], "scenario file must exist"),
        (["suite.toml", "--set", 'device="nowhere.toml"'], "must exist"),
        (["suite.toml", "--set", "false_alarm=0"], "false_alarm must lie strictly between 0 and 1"),
        (["suite.toml", "--set", 'checks=["QBER-W"]'], "did you mean"),
        (["suite.toml", "--out", "device.toml/here"], "--out must be a folder to write in"),
    ],
)
def test_bad_input_ends_with_two(folder, capsys, arguments, text):
    """Oracle: the form of every error."""
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert text in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("has_decoys", [True, False])
def test_a_device_is_tested_by_itself_with_all_attacks(folder, capsys, has_decoys):
    """Oracle: photon-number splitting that keeps the gain is found by decoys, and by them alone."""
    if has_decoys:
        light = "intensities = [0.5, 0.1, 1e-3]\nprobabilities = [0.6, 0.3, 0.1]"
        text = DEVICE.replace("mean_photon_number = 0.5", light)
        (folder / "device.toml").write_text(text.replace("bb84", "decoy-bb84"))
    code, out, _ = run(capsys, "device.toml", "--json")
    found = json.loads(out)
    attacks = {attack["name"]: attack for attack in found["attacks"]}
    assert code == int(not has_decoys)
    assert {"intercept-resend", "blinding", "time-shift"} <= attacks.keys()
    assert attacks["beam-splitting"]["statistic"] == "none"
    splitting = attacks.pop("photon-number-splitting")
    assert splitting["detected"] == has_decoys
    assert (splitting["power"] > 0.99) == has_decoys
    assert all(each["detected"] for each in attacks.values() if each["statistic"] != "none")
    assert {check["decision"] for check in found["checks"]} == {"met", "not applicable"}


class Page(HTMLParser):
    """What a page refers to, and the tags that are open."""

    def __init__(self):
        super().__init__()
        self.references, self.tags = [], []

    def handle_starttag(self, tag, attributes):
        """Keep what would be fetched."""
        self.tags.append(tag)
        self.references += [
            value for name, value in attributes if name in ("src", "href") and value[0] != "#"
        ]


def test_report_stands_alone_and_evidence_is_unchanged(folder, capsys):
    """Oracle: the page names nothing elsewhere; the digests are those of another command."""
    code, out, _ = run(capsys, "suite.toml", "--out", "found")
    assert code == 0
    assert "evidence: found/evidence.json, report: found/report.html" in out
    text = (folder / "found" / "report.html").read_text()
    page = Page()
    page.feed(text)
    assert [each for each in page.references if not each.startswith("data:")] == []
    assert page.tags.count("svg") == 2
    assert "certifies nothing" in text
    assert "QBER-Z" in text
    assert main(["evidence", "verify", "found/evidence.json"]) == 0
    capsys.readouterr()
    statement = json.loads((folder / "found" / "evidence.json").read_text())
    assert statement["predicate"]["result"] == "PASSED"
    assert {each["name"] for each in statement["predicate"]["configuration"]} == {
        "../suite.toml",
        "../device.toml",
    }
    (folder / "device.toml").write_text(DEVICE.replace("20", "21"))
    assert main(["evidence", "verify", "found/evidence.json"]) == 1
