"""``qnet randomness``: its JSON, its exit codes, and what it refuses."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace

import pytest

from experiments.cli.main import main
from protocols.postprocessing.bits import pack, text_from_bits
from protocols.randomness import BIT_TESTS, ENTROPY_ESTIMATORS, MOST_BYTES, own_stream
from tests.protocols.constants import pi_bits

KEYS = {"statistic", "p_value", "min_entropy", "n", "threshold", "decision", "sentence"}


def ask(capsys, *words):
    code = main(["randomness", *words])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_hundred_bits_of_pi(tmp_path, capsys):
    """Oracle: SP 800-22 revision 1a: the p-values of the first 100 bits of pi."""
    file = tmp_path / "pi.txt"
    file.write_text(text_from_bits(pi_bits(100)) + "\n", encoding="ascii")
    code, out, _ = ask(capsys, str(file), "--json")
    found = json.loads(out)
    assert (code, found["decision"], found["failed"]) == (0, "pass", [])
    assert (found["format"], found["n"]) == ("bits", 100)
    rows = found["estimators"]
    assert rows["frequency"]["p_value"] == pytest.approx(0.109599, abs=6e-7)
    assert rows["runs"]["p_value"] == pytest.approx(0.500798, abs=6e-7)
    sums = rows["cumulative_sums"]["p_values"]
    assert sums == pytest.approx({"forward": 0.219194, "backward": 0.114866}, abs=6e-7)
    assert rows["rank"]["decision"] == "not applicable"
    assert "at least 1024" in rows["rank"]["sentence"]
    assert all(set(row) >= KEYS for row in rows.values())
    exact = {"exact_frequency", "exact_runs"}
    assert set(rows) >= (set(BIT_TESTS) - exact) | set(ENTROPY_ESTIMATORS)
    assert rows[found["min_entropy_estimator"]]["min_entropy"] == found["min_entropy"]
    assert any("never proves entropy" in remark for remark in found["remarks"])
    assert found["seed"]["raw_bits"] >= 384 / found["min_entropy"] - 1e-6
    assert "qnet" in found["versions"]


def test_text_says_the_same(tmp_path, capsys):
    """Oracle: the JSON of the same file."""
    file = tmp_path / "bits.bin"
    file.write_bytes(pack(own_stream("words", 4000, 3).bits))
    code, out, _ = ask(capsys, str(file))
    assert code == 0
    assert f"{file}: 4000 bits (bytes, as it holds other bytes" in out
    found = json.loads(ask(capsys, str(file), "--json")[1])
    for row in found["estimators"].values():
        line = next(line for line in out.splitlines() if line.startswith(row["title"] + " "))
        assert line.endswith(row["decision"])
    assert f"decision           {found['decision']}" in out


def test_bits_that_fall_short_end_with_one(tmp_path, capsys):
    """Oracle: constant bits, and a claim above what a share of 0.6 can have."""
    file = tmp_path / "bits.txt"
    file.write_text("1" * 3000, encoding="ascii")
    code, out, _ = ask(capsys, str(file), "--json")
    assert code == 1
    found = json.loads(out)
    assert found["min_entropy"] == 0.0
    assert found["seed"]["raw_bits"] is None
    assert {"frequency", "runs", "repetition_count", "adaptive_proportion"} <= set(found["failed"])
    file.write_text("11010" * 600, encoding="ascii")
    assert ask(capsys, str(file), "--claim", "0.8")[0] == 1
    words = ("--claim", "0.001", "--independent", "--permutations", "300", "--alpha", "0.05")
    code, out, _ = ask(capsys, str(file), *words, "--json")
    found = json.loads(out)
    assert code == 1
    assert found["estimators"]["permutation"]["p_value"] == pytest.approx(1 / 301)
    assert {"independence", "longest_repetition"} <= set(found["failed"])


def test_bits_from_stdin(monkeypatch, capsys):
    """Oracle: the same bits as text and as bytes."""
    bits = own_stream("words", 2000, 3).bits
    found = []
    for data in (text_from_bits(bits).encode(), pack(bits)):
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(data)))
        code, out, _ = ask(capsys, "-", "--json")
        found.append(json.loads(out)["estimators"])
        assert code == 0
    assert found[0] == found[1]


def test_own_streams_of_the_emulator(capsys):
    """Oracle: fair bits; all together fail in one run of 10,000, with this seed never."""
    code, out, _ = ask(capsys, "--own", "3000", "--seed", "2", "--alpha", "1e-4", "--json")
    found = json.loads(out)
    assert code == 0
    assert list(found["streams"]) == ["words", "uniform", "spawned", "post-processing"]
    assert {each["alpha"] for each in found["streams"].values()} == {1e-4 / 4}
    code, out, _ = ask(
        capsys, "--own", "3000", "--stream", "operating-system", "--alpha", "1e-9", "--json"
    )
    assert code == 0
    assert list(json.loads(out)["streams"]) == ["operating-system"]


@pytest.mark.parametrize(
    ("content", "words", "said"),
    [
        (b"", [], "hold bits"),
        (b"010", [], "be at least 10"),
        (b"0101x", [], "hold 0 and 1 alone, as line 1 does not (got 'x')"),
        (b"01" * 50, ["--first", "101"], "be at most 100"),
        (b"01" * 50, ["--alpha", "0"], "lie between 0 and 1"),
        (b"01" * 50, ["--claim", "2"], "be at most 1"),
        (b"01" * 50, ["--blocks", "3"], "be at least 55"),
        (b"01" * 50, ["--own", "100"], "not both"),
        (b"0" * (MOST_BYTES + 1), [], "--first"),
    ],
)
def test_bad_input_ends_with_two(content, words, said, tmp_path, capsys):
    """Oracle: one line on stderr that names what is wrong."""
    file = tmp_path / "bits.txt"
    file.write_bytes(content)
    code, out, err = ask(capsys, str(file), *words)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert said in err


def test_what_is_no_file_ends_with_two(tmp_path, capsys):
    """Oracle: no file, a folder, no name at all, and a stream that is none."""
    assert "no such file" in ask(capsys, str(tmp_path / "none.txt"))[2]
    assert "directory" in ask(capsys, str(tmp_path))[2]
    assert ask(capsys)[0] == 2
    assert "must be one of" in ask(capsys, "--own", "100", "--stream", "dice")[2]
