"""Certification scenarios and recorded counts: what they read, refuse, and find."""

import numpy as np
import pytest

import qnet
from protocols.certification.recorded import COLUMNS, read_counts
from protocols.certification.scenario import CertifyScenario
from qnet.errors import ParameterError

DEVICE = """
kind = "decoy-bb84"
pulses = 200_000_000
[source]
intensities = [0.5, 0.1, 1e-3]
probabilities = [0.6, 0.3, 0.1]
[fibre]
length_km = 50
loss_db_per_km = 0.2
[detector]
efficiency = 0.2
dark_count_probability = 1e-6
misalignment = 0.01
"""
LETTERS = np.array(list("ZXY"))


@pytest.fixture
def folder(tmp_path):
    """A folder with a device and counts that it made."""
    (tmp_path / "device.toml").write_text(DEVICE)
    scenario = qnet.load(tmp_path / "device.toml")
    write(tmp_path / "counts.csv", scenario.protocol)
    return tmp_path


def write(path, protocol, seed=4):
    """Counts of a protocol, in the columns of a real system's file."""
    counts = protocol.table().count(200_000_000, np.random.default_rng(seed))
    columns, found = counts.table.columns, {}
    for place, number in enumerate(counts.counts):
        row = {name: int(column[place]) for name, column in columns.items()}
        said = (
            LETTERS[row["basis_alice"]],
            row["bit_alice"],
            LETTERS[row["basis_bob"]],
            row["bit_bob"] if row["click_bob"] else "",
            row["intensity"],
        )
        found[said] = found.get(said, 0) + int(number)
    lines = ["basis_alice,bit_alice,basis_bob,bit_bob,intensity,count"]
    lines += [",".join(map(str, (*said, number))) for said, number in found.items()]
    path.write_text("\n".join(lines) + "\n")


def certify(folder, **fields):
    """The result of a scenario in a folder."""
    return CertifyScenario(folder=str(folder), **fields).certify()


def test_recorded_counts_of_the_described_device_pass(folder):
    """Oracle: counts drawn apart from the suite, of the device that is described."""
    found = certify(folder, device="device.toml", counts="counts.csv")
    assert found.decision == "met"
    by_id = {each.id: each for each in found.checks}
    assert by_id["QBER-Z"].n > 100_000
    assert by_id["DETECT-3"].decision == "not applicable"
    assert "do not hold" in by_id["DETECT-3"].sentence
    assert found.pulses == 200_000_000
    assert all(each.result.power is not None or not each.result.detected for each in found.attacks)


def test_recorded_counts_of_another_device_fall_short(folder):
    """Oracle: the same file of an intercepted link."""
    from dataclasses import replace

    from protocols.qkd import InterceptResend

    protocol = replace(
        qnet.load(folder / "device.toml").protocol, eve=InterceptResend(fraction=0.1)
    )
    write(folder / "counts.csv", protocol)
    found = certify(folder, device="device.toml", counts="counts.csv")
    assert found.decision == "fell short"
    short = {each.id for each in found.checks if each.decision == "fell short"}
    assert {"QBER-Z", "QBER-X"} <= short


def test_counts_alone_are_tested_where_no_description_is_needed(folder):
    """Oracle: balances are one half of any device; a skewed file is found without a description."""
    found = certify(folder, counts="counts.csv")
    by_id = {each.id: each.decision for each in found.checks}
    assert by_id["BITS-1"] == by_id["BALANCE-Z"] == "met"
    assert by_id["QBER-Z"] == "not applicable"
    assert found.attacks == ()
    text = (folder / "counts.csv").read_text().replace("\nZ,1,Z,1,0,", "\nZ,1,Z,1,0,1")
    (folder / "counts.csv").write_text(text)
    skewed = {each.id: each.decision for each in certify(folder, counts="counts.csv").checks}
    assert skewed["BALANCE-Z"] == "fell short"


GOOD = "basis_alice,bit_alice,basis_bob,bit_bob,count\nZ,0,Z,0,10\nZ,1,X,,5\n"


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("Z,0,Z,0,10", "Q,0,Z,0,10", "line 2, column basis_alice must be one of Z, X, Y (got 'Q')"),
        ("Z,0,Z,0,10", "Z,2,Z,0,10", "line 2, column bit_alice must be one of 0, 1 (got '2')"),
        ("Z,1,X,,5", "Z,1,X,-,5", "line 3, column bit_bob must be one of 0, 1, empty (got '-')"),
        ("10", "-1", "line 2, column count must be a whole number from 0 to 1e+15 (got '-1')"),
        ("10", "1e3", "line 2, column count must be a whole number"),
        ("10", "", "line 2, column count must be a whole number"),
        ("10", "9" * 30, "line 2, column count must be a whole number"),
        ("Z,0,Z,0,10", "Z,0,Z,0", "line 2, column fields must be 5 (got '4')"),
        ("bit_bob", "bit_eve", "line 1, column bit_eve must be a known column"),
        ("bit_bob", "bit_alice", "line 1, column bit_alice must stand once"),
        (",count", "", "line 1, column count must be there"),
        (GOOD, "", "must hold a line of names and lines of counts"),
        ("10\nZ,1,X,,5", "0", "counts must hold a round"),
        ("10", "0" * 21 + "9" * 30, "line 2, column count must be a whole number"),
        ("10", "1" * 200_000, "counts must be separated by commas"),
        (GOOD[46:], "Z,0,Z,0,1000000000000000\n" * 9300, "counts must hold at most 1e+15 rounds"),
    ],
)
def test_malformed_counts_are_refused_with_line_and_column(tmp_path, old, new, text):
    """Oracle: the columns of the docstring."""
    path = tmp_path / "counts.csv"
    path.write_text(GOOD.replace(old, new))
    with pytest.raises(ParameterError) as caught:
        read_counts(path)
    assert text in str(caught.value)


@pytest.mark.parametrize("end", ["", "\n \n", "\r\n\r\n"])
def test_empty_lines_at_the_end_say_nothing(tmp_path, end):
    """Oracle: the same file without them; a count may have zeros before it."""
    path = tmp_path / "counts.csv"
    path.write_bytes((GOOD.replace("10", "000000000000000000000010") + end).encode())
    assert read_counts(path).pulses == 15


@pytest.mark.parametrize(
    ("device", "line", "text"),
    [
        ("qkd/single-photons", "Y,0,Y,0,0,9", "hold settings of the device only (got 'basis_ali"),
        ("qkd/single-photons", "Z,0,Z,0,1,9", "hold settings of the device only (got 'intensit"),
        ("qkd/mdi", "Z,0,Z,0,0,9", "device must be one that prepares and measures"),
        ("qkd/bbm92", "Z,0,Z,0,0,9", "device must be one that prepares and measures"),
        ("qkd/decoy-bb84", "Z,0,Z,0,9", "counts must have a column intensity"),
    ],
)
def test_rounds_that_the_device_never_has_are_refused(tmp_path, device, line, text):
    """Oracle: bases and intensities of the device; no check would look at such rounds."""
    names = "basis_alice,bit_alice,basis_bob,bit_bob,intensity,count"
    names = names if line.count(",") == 5 else names.replace("intensity,", "")
    (tmp_path / "counts.csv").write_text(f"{names}\n{line}\n")
    with pytest.raises(ParameterError) as caught:
        certify(tmp_path, device=device, counts="counts.csv")
    assert text in str(caught.value)


def test_a_mark_on_a_round_without_a_click_is_refused(tmp_path):
    """Oracle: what did not click can be neither late nor double."""
    path = tmp_path / "counts.csv"
    path.write_text("basis_alice,bit_alice,basis_bob,bit_bob,count,late\nZ,0,Z,,10,1\n")
    with pytest.raises(ParameterError, match="line 2, column late must be 0 where nothing clicked"):
        read_counts(path)
    assert set(path.read_text().split("\n")[0].split(",")) <= set(COLUMNS)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"\xff\xfe\x00", "it is no utf-8 text"),
        (None, "no such file or directory"),
    ],
)
def test_files_that_cannot_be_read_are_named(tmp_path, content, text):
    """Oracle: the system's own words."""
    path = tmp_path / "counts.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ParameterError, match=text):
        read_counts(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "device must be given"),
        ('device = "qkd/cv"\ncounts = "a.csv"', "device must count photons"),
        ('device = "qkd/cv"\nactual = "qkd/cv"', "actual must be of photons"),
        ('device = "qkd/e91"\nactual = "qkd/bbm92"', "actual must be of kind e91 (got 'bbm92')"),
        ('device = "qkd/e91"\nactual = "a.toml"\ncounts = "b.csv"', "actual must not be given"),
        ('device = "network.toml"', "must exist"),
        ('device = "two-segments"', "device must be a protocol that is played (got 'chain')"),
        ('device = "qkd/e91"\nfalse_alarm = 0.0', "false_alarm must lie strictly between 0 and 1"),
        ('device = "qkd/e91"\nmiss = 2', "miss must lie strictly between 0 and 1"),
        ('device = "qkd/e91"\nchecks = []', "checks must name a requirement"),
        ('device = "qkd/e91"\nchecks = ["QBER"]', "checks must be one of"),
        ('device = "qkd/e91"\nchecks = 3', "checks must be all or ids"),
        ('device = "qkd/e91"\npulses = 0', "pulses must be a whole number between 1 and 1e15"),
        ('counts = "a.csv"\npulses = 10', "pulses must be left out with counts"),
        ('device = "qkd/e91"\n[[attack]]\nname = "pns"', "attack[0].name must be one of"),
        (
            'device = "qkd/e91"\n[[attack]]\nname = "intercept-resend"\nstrength = 2.0',
            "must lie in [0, 1] for intercept-resend",
        ),
        ('counts = "a.csv"\n[[attack]]\nname = "blinding"', "attack must come with a device"),
        ('device = "qkd/cv"\n[[attack]]\nname = "blinding"', "must act on quadratures"),
        ('device = "qkd/e91"\n[[attack]]\nname = "saturation"', "must act on photons"),
        ('device = "qkd/e91"\nfalse_alrm = 0.1', "did you mean false_alarm"),
    ],
)
def test_malformed_scenarios_are_refused(text, message):
    """Oracle: the rules of the docstring, in the form of every error."""
    with pytest.raises(ParameterError) as caught:
        qnet.loads('kind = "certify"\n' + text).certify()
    assert message in str(caught.value)


def test_claims_about_keys_are_held_against_analysis_line_and_budget(folder):
    """Oracle: more than the analysis, the line, or the promised year allow falls short."""
    ids = ["KEY-1", "KEY-2", "KEY-3"]

    def decisions(**claim):
        found = certify(folder, device="device.toml", checks=ids, claim=claim)
        return {each.id: each.decision for each in found.checks}

    assert decisions() == {"KEY-1": "not applicable", "KEY-2": "met", "KEY-3": "not applicable"}
    modest = {"key_bits": 1000, "blocks_per_day": 1e-3, "failure_per_year": 1e-2}
    assert set(decisions(**modest).values()) == {"met"}
    bold = {"key_bits": 10**9, "blocks_per_day": 1e9}
    assert set(decisions(**bold).values()) == {"fell short"}


def test_an_eavesdropper_in_the_file_is_played_and_not_described(folder):
    """Oracle: the makers describe no attack; what [eve] does must be found."""
    with (folder / "device.toml").open("a") as file:
        file.write('[eve]\nattack = "intercept-resend"\nfraction = 0.1\n')
    found = certify(folder, device="device.toml", checks=["QBER-Z", "BITS-1", "KEY-1"])
    assert [each.decision for each in found.checks] == ["fell short", "met", "not applicable"]
    assert found.decision == "fell short"


def test_a_device_that_is_not_as_described_falls_short(folder):
    """Oracle: a detector that has lost a tenth of its efficiency since it was described."""
    text = DEVICE.replace("efficiency = 0.2\n", "efficiency = 0.2\nefficiency_1 = 0.18\n")
    (folder / "faulty.toml").write_text(text)
    ids = ["DETECT-1", "QBER-Z", "CHOICE-1"]
    found = certify(folder, device="device.toml", actual="faulty.toml", checks=ids)
    by_id = {each.id: each.decision for each in found.checks}
    assert (by_id["DETECT-1"], by_id["CHOICE-1"]) == ("fell short", "met")
    same = certify(folder, device="device.toml", actual="device.toml", checks=ids)
    assert same.as_dict() == certify(folder, device="device.toml", checks=ids).as_dict()


def test_the_same_seed_gives_the_same_run_and_another_one_another():
    """Oracle: a run is a function of its seed."""
    run = qnet.loads(
        'kind = "certify"\ndevice = "qkd/single-photons"\nchecks = ["QBER-X", "RNG-1"]'
    )
    assert run.certify().as_dict() == run.certify().as_dict()
    assert run.certify(seed=2).as_dict() != run.certify(seed=1).as_dict()


def test_an_attack_that_may_be_missed_is_no_clear_answer():
    """Oracle: its power in so short a run, which the remark tells."""
    run = qnet.loads(
        'kind = "certify"\ndevice = "qkd/single-photons"\npulses = 10000\nchecks = ["QBER-Z"]\n'
        '[[attack]]\nname = "intercept-resend"\nstrength = 0.2'
    )
    found = run.certify()
    (played,) = found.attacks
    assert 0.01 < played.result.power < 0.99
    assert found.decision == ("inconclusive" if played.result.detected else "fell short")
    assert "send more pulses" in " ".join(found.remarks)


@pytest.mark.parametrize(
    ("name", "decision"), [("time-shift", "fell short"), ("beam-splitting", "met")]
)
def test_an_attack_that_was_asked_for_and_that_no_check_shows_is_missed(name, decision):
    """Oracle: the error rate alone is silent on it; of beam splitting the proof knows."""
    run = qnet.loads(
        'kind = "certify"\ndevice = "qkd/decoy-bb84"\nchecks = ["QBER-Z"]\n'
        f'[[attack]]\nname = "{name}"'
    )
    found = run.certify()
    assert found.decision == decision
    assert found.attacks[0].result.statistic == "none"
