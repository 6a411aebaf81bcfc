"""Faults around a command: one line on stderr of at most 300 characters, exit code 2."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from experiments.cli.failing import LONGEST, sentence
from experiments.cli.main import main
from qnet.errors import ParameterError
from tests.experiments.scenario_text import scenario_text

NEVER = """
kind = "chain"
shots = 1000
[chain]
segments = 2
[[links]]
scheme = "abstract"
success_probability = 0.1
attempt_time_s = 1.0
state = { werner = 0.98 }
[[links]]
scheme = "abstract"
success_probability = 0.1
attempt_time_s = 1.41421356
state = { werner = 0.98 }
[cutoff]
kind = "difference"
time_s = 0.0
"""


@pytest.fixture
def refused(tmp_path, capsys):
    """The one line with which a command on a text is refused."""

    def run(text: str, *command: str) -> str:
        file = tmp_path / "case.toml"
        file.write_text(text, encoding="utf-8")
        assert main([word.replace("FILE", str(file)) for word in command]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        lines = err.splitlines()
        assert len(lines) == 1
        assert lines[0].startswith("qnet: error: ")
        assert len(lines[0]) <= LONGEST
        return lines[0]

    return run


@pytest.mark.parametrize("command", ["run", "agree", "timeline"])
def test_h1_no_command_begins_what_never_ends(refused, command):
    """Oracle: m and 1.41421356 n coincide first beyond 10^7 attempts."""
    assert "cutoff.time_s must be large enough" in refused(NEVER, command, "FILE")


def test_h1_a_sweep_says_which_points_never_end(tmp_path, capsys):
    """Oracle: cut-off 0 never lets a round pass, cut-off 1 every fifth or so."""
    file, store = tmp_path / "never.toml", str(tmp_path / "never.db")
    file.write_text(NEVER + '[sweep]\n"cutoff.time_s" = [0.0, 1.0]\n')
    assert main(["sweep", str(file), "--store", store, "--workers", "1"]) == 0
    assert main(["results", store]) == 0
    out = capsys.readouterr().out
    assert "2 of 2 points finished" in out
    assert out.count("cutoff.time_s must be large enough") == 1


def test_h2_long_runs_are_announced(tmp_path, capsys, monkeypatch):
    """Oracle: the forecast, 10^9 draws a pair; playing them is not waited for."""

    def stopped(*arguments: object, **others: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("qnet.engines.engine.Engine.play", stopped)
    file = tmp_path / "ions.toml"
    top = "kind = 'chain'\nshots = 60\n[chain]\nsegments = 4\nlength_km = 40.0\n"
    rest = "[link]\npreset = 'trapped-ion'\n[cutoff]\nkind = 'difference'\ntime_s = 5e-3\n"
    file.write_text(top + rest)
    assert main(["run", str(file), "--json"]) == 130
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("qnet: expect about ")
    assert "for each of 60 pairs; Ctrl-C ends it\n" in err


def test_h2_a_long_sweep_is_announced(capsys, tmp_path, monkeypatch):
    """Oracle: two points of 50,000 pairs of two draws each, at 5e7 draws a second: 4 ms.

    Taken up again it is finished, and nothing is to be expected.
    """
    monkeypatch.setattr("experiments.cli.expectation.LONG_S", 1e-3)
    file, store = tmp_path / "some.toml", str(tmp_path / "some.db")
    text = scenario_text(top='kind = "chain"\nseed = 1\nshots = 50000')
    file.write_text(text + '[sweep]\n"link.success_probability" = [0.1, 0.2]\n')
    command = ["sweep", str(file), "--store", store, "--workers", "1"]
    assert main(command) == 0
    said = "qnet: expect about 0.004 s of computing of one core"
    assert capsys.readouterr().err.startswith(said)
    assert main(command) == 0
    assert capsys.readouterr().err == ""


class Clock:
    """Processor time and clock, as a test wants them."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += 1.0
        return self.now


LONG = "x" * 6000
MALFORMED = {
    "value": (scenario_text(rest=f'[cutoff]\nkind = "{LONG}"\ntime_s = 1.0'), "cutoff.kind"),
    "list": (scenario_text(rest=f"[cutoff]\nkind = {[1] * 3000}\ntime_s = 1.0"), "cutoff.kind"),
    "key": (scenario_text(rest=f"[cutoff]\n{LONG} = 1"), "cutoff.xxx"),
    "huge": (scenario_text(top='kind = "chain"\nseed = 1' + "0" * 4000), "seed"),
    "kind": (f'kind = "{LONG}"', "kind"),
    "nothing": (f'kind = "chain"\n[chain]\nsegments = {[[1]] * 2000}', "chain.segments"),
}


@pytest.mark.parametrize("command", ["run", "keyrate", "cite"])
def test_w6_a_file_that_is_no_scenario_is_not_read_through(refused, command):
    """Oracle: 2^20 bytes; three million numbers in one list take 20 s to parse."""
    line = refused("seed = [" + "1, " * 3_000_000 + "]", command, "FILE")
    assert "must have at most 1048576 bytes" in line


@pytest.mark.parametrize("text", [".".join(["a"] * 5000) + " = 1", "a = " + "[" * 5000])
def test_w6_tables_in_tables_without_end_are_one_line(refused, text):
    """Oracle: Python shows and parses no value in so many others."""
    refused(text, "run", "FILE")


@pytest.mark.parametrize("case", MALFORMED)
def test_w6_long_values_leave_the_field_and_the_cure(refused, case):
    """Oracle: 300 characters, of which the first name the field."""
    text, field = MALFORMED[case]
    assert refused(text, "run", "FILE").startswith(f"qnet: error: {field}")


def test_w6_arguments_are_cut_too(refused):
    assert "--engine" in refused(NEVER, "run", "FILE", "--engine", LONG)
    assert "scenario file must exist" in refused(NEVER, "run", "no" * 100 + ".toml")


def test_a_cut_error_keeps_all_four_parts():
    """Oracle: the wording of all errors: field, rule, value, hint."""
    error = ParameterError("a.b" * 50, "be " + "one of " * 50, "v" * 500, "do " + "this " * 200)
    line = sentence(error)
    assert len(line) <= LONGEST
    assert line.startswith("a.ba.b")
    for part in (" must be one of", "(got 'vvv", "); do this"):
        assert part in line


@pytest.mark.parametrize("seed", ["12345678901234567890123", "9" * 5000, str(2**63)])
def test_w6_a_seed_of_too_many_digits_is_refused_in_one_sentence(refused, seed):
    """Oracle: 2^63 - 1, the largest whole number that a store and TOML hold."""
    line = refused(NEVER, "run", "FILE", "--seed", seed)
    assert "argument --seed: must be a whole number, from 0 to 9223372036854775807" in line
    assert "take fewer digits" in line


BYTE_ORDER = {
    "run": scenario_text(top='kind = "chain"\nseed = 1\nshots = 50'),
    "run ": 'kind = "bb84"\npulses = 1000\n',
    "run  ": 'kind = "cv"\nsymbols = 1000\nmodulation_variance = 4.0\ntransmission = 0.5\n',
    "keyrate": 'kind = "entangled"\nmodel = "bb84"\nqber = 0.05\n',
    "cite": scenario_text(),
}


@pytest.mark.parametrize("command", BYTE_ORDER)
def test_w6_a_byte_order_mark_is_no_part_of_a_scenario(command, tmp_path, capsys):
    """Oracle: the same file without it."""
    file, said = tmp_path / "marked.toml", []
    for mark in (b"", b"\xef\xbb\xbf"):
        file.write_bytes(mark + BYTE_ORDER[command].encode())
        assert main([command.strip(), str(file)]) == 0
        said.append(capsys.readouterr())
    assert said[0] == said[1]


def program(*arguments: str, **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "experiments.cli", *arguments]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, **options)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize("arguments", [["presets"], ["--help"], ["presets", "siv"]])
def test_w2_a_full_disk_behind_stdout(arguments):
    """Oracle: /dev/full, where every write fails."""
    with Path("/dev/full").open("w") as full:
        done = program(*arguments, stdout=full)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "stdout must be writable (no space left on device)" in done.stderr


def test_w2_a_closed_stdout():
    """Oracle: a shell that closes descriptor 1."""
    command = f"{sys.executable} -m experiments.cli presets >&-"
    done = subprocess.run(["sh", "-c", command], stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == "qnet: error: stdout must be open (it is closed); send it to a file, " + (
        "or to /dev/null\n"
    )


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "not enough memory"),
        (BrokenPipeError(32, "Broken pipe"), "broken pipe"),
        (PermissionError(13, "Permission denied", "x.db"), "permission denied: x.db"),
        (RecursionError("maximum depth"), "nested too deeply"),
        (ZeroDivisionError("float division by zero"), "internal error: ZeroDivisionError at test_"),
    ],
)
def test_w2_whatever_a_command_raises_is_one_line(error, said, refused, monkeypatch):
    """Oracle: a command that raises it."""

    def fall(arguments: object) -> int:
        raise error

    monkeypatch.setattr("experiments.cli.presets.execute", fall)
    assert said in refused("", "presets")
    monkeypatch.setenv("QNET_TRACEBACK", "1")
    with pytest.raises(type(error)):
        main(["presets"])
