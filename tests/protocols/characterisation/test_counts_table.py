"""Counts in CSV files, against the same counts in JSON."""

from __future__ import annotations

import json

import pytest

from protocols.characterisation import read_counts
from qnet.errors import ParameterError

COUNTS = {
    "pair": {
        "XX": [4701, 345, 310, 4644],
        "YY": [371, 4622, 4618, 389],
        "ZZ": [4815, 262, 241, 4682],
    },
    "readout": {"A": {"0": [9900, 100], "1": [250, 9750]}},
    "memory": {"t2": {"times_s": [2e-5, 1e-4], "counts": [[905, 95], [775, 225]]}},
    "heralds": {"successes": 37, "attempts": 1_000_000, "attempt_time_s": 5.5e-6},
}


def rows(delimiter=","):
    """The counts as lines of a table."""
    found = [["table", "setting", "outcome", "count"]]
    for basis, four in COUNTS["pair"].items():
        found += [["pair", basis, f"{k:02b}", str(count)] for k, count in enumerate(four)]
    for bit, two in COUNTS["readout"]["A"].items():
        found += [["readout.A", bit, str(k), str(count)] for k, count in enumerate(two)]
    decay = COUNTS["memory"]["t2"]
    for time, two in reversed(list(zip(decay["times_s"], decay["counts"], strict=True))):
        found += [["memory.t2", f"{time:g}", str(k), str(count)] for k, count in enumerate(two)]
    found += [["heralds", "", name, str(value)] for name, value in COUNTS["heralds"].items()]
    return [delimiter.join(each) for each in found]


def written(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_says_what_json_says(delimiter, tmp_path):
    """Oracle: the estimates of the JSON file, intervals included."""
    table = read_counts(written(tmp_path, "c.csv", "\ufeff" + "\n".join(rows(delimiter)) + "\n\n"))
    plain = read_counts(written(tmp_path, "c.json", json.dumps(COUNTS)))
    assert table.as_dict() == plain.as_dict()


def test_rows_of_the_same_outcome_add_up_and_a_pair_needs_no_table(tmp_path):
    """Oracle: two halves of the counts are the counts."""
    lines = ["basis,outcome,counts"]
    for basis, four in COUNTS["pair"].items():
        for k, count in enumerate(four):
            lines += [f"{basis},{k:02b},{count // 2}", f"{basis},{k:02b},{count - count // 2}"]
    table = read_counts(written(tmp_path, "c.csv", "\n".join(lines)))
    plain = read_counts(written(tmp_path, "c.json", json.dumps({"pair": COUNTS["pair"]})))
    assert table.as_dict() == plain.as_dict()


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("", "line 1 must have known columns"),
        ("basis,outcome,colour", "line 1 must have known columns .*colour"),
        ("basis,outcome", "line 1 must have one column count"),
        ("basis,outcome,count\nXX,00", "line 2 must have 3 cells"),
        ("basis,outcome,count\nXX,0,5", "line 2 must have an outcome of 00, 01, 10, 11"),
        ("basis,outcome,count\nXX,00,many", "line 2 must count a number"),
        ("basis,outcome,count\nXX,00,1.5", "line 2 must count a whole number"),
        ("basis,outcome,count\nXX,00,5", "pair"),
        ("table,setting,outcome,count\npears,XX,00,5", "pears must be a table of counts"),
        (
            "table,setting,outcome,count\nheralds,,successes,5\nheralds,,successes,6",
            "line 3 must say",
        ),
    ],
)
def test_what_cannot_be_read_names_the_line(lines, message, tmp_path):
    with pytest.raises(ParameterError, match=message):
        read_counts(written(tmp_path, "c.csv", lines))
