"""Frame of the course: goals, what comes before, time, and no term that is not explained.

The oracle is the text of the notebooks and of the glossary, read here.
"""

from __future__ import annotations

import json
import re

import pytest

from experiments.cli.main import main
from experiments.cli.notebooks import minutes, student_version, titles
from tests.course import (
    OPENING,
    field_terms,
    glossary,
    is_explained,
    new_words,
    prose,
    words_cell,
)
from tests.source import ROOT

PATHS = [path for path, _ in titles()]
each = pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)

#: Words of the field that open no sentence and stand in no bold letters, and are explained.
FIELD = """
attempt, basis, beam splitter, Bell pair, binary entropy, Bloch sphere, BSM, CNOT, coherence,
coupling, cut-off, dB, density matrix, dephasing, depolarising, detuning, diffraction, distillation,
entanglement, epsilon, error correction, exclusive or, fidelity, gate, global phase, Hadamard gate,
herald, interval, key rate, ket, link, load, logical qubit, measurement, memory, mixed state, mode,
multiplexing, parity, Pauli operator, phase, photon, polarisation, privacy amplification, qubit,
readout, recurrence, relaxation, repeater chain, segment, sifting, singlet, station, superposition,
swap, switch, syndrome, T1, T2, teleportation, threshold, transmission, white noise"""


def sources(path):
    return ["".join(cell["source"]) for cell in json.loads(path.read_text())["cells"]]


@each
def test_a_notebook_opens_with_goals_what_comes_before_and_time(path):
    title, frame, words = sources(path)[:3]
    number = int(path.stem.partition("_")[0])
    assert re.match(rf"# {number}\. \S", title)
    goals, before, time = frame.splitlines()
    assert re.fullmatch(r"\* \*\*Goals\*\*: \S.+; .+\.", goals)
    assert re.fullmatch(r"\* \*\*Time\*\*: \d+ minutes, exercises and all\.", time)
    assert minutes(path) == int(re.search(r"\d+", time)[0]) in range(20, 121)
    assert before.startswith("* **Before**: ")
    named = re.findall(r"\[notebook (\d+)\]\(([^)]+)\)", before)
    assert named or number == 1
    for other, name in named:
        assert int(other) < number
        assert (path.parent / name).exists()
        assert name.startswith(f"{other}_")
    assert words.startswith(OPENING)


@each
def test_the_explained_words_are_those_of_the_glossary(path):
    """Every term has its place where the course uses it first; else: python -m tests.course."""
    number = int(path.stem.partition("_")[0])
    assert sources(path)[2] == words_cell(number)
    assert new_words()[number]


@each
def test_no_term_stands_unexplained(path):
    """A stressed word, one with a capital or in capitals is plain, or the glossary has it.

    What to do about a new one: explain it in docs/glossary.md, or write it without stress.
    """
    unknown = sorted(words for words in field_terms(path) if not is_explained(words))
    assert not unknown, f"not in the glossary: {', '.join(unknown)}"


def test_the_page_of_the_course_lists_every_notebook_and_ways_that_can_be_gone():
    """Oracle: titles, times and what comes before, in the notebooks."""
    page = (ROOT / "docs" / "course.md").read_text(encoding="utf-8")
    before = {}
    for path, title in titles():
        number, _, name = title.partition(". ")
        needed = list(dict.fromkeys(re.findall(r"\[notebook (\d+)\]", sources(path)[1])))
        before[int(number)] = [int(each) for each in needed]
        place = f"(../experiments/notebooks/{path.name})"
        row = [number, f"[{name}]{place}", str(minutes(path)), ", ".join(needed) or "nothing"]
        assert f"| {' | '.join(row)} |" in page
        assert f"[{number}]{place}" in page
    ways = [line for line in page.splitlines() if line.count("../experiments/notebooks/") > 1]
    assert len(ways) == 4
    for way in ways:
        order = [int(number) for number in re.findall(r"\[(\d+)\]", way)]
        assert all(set(before[each]) <= set(order[:k]) for k, each in enumerate(order))


def test_the_words_of_the_field_are_in_the_glossary():
    assert not [term for term in map(str.strip, FIELD.split(",")) if term not in glossary()]


def test_a_term_without_an_explanation_is_noticed(tmp_path):
    cell = {"cell_type": "markdown", "source": ["We use a **squeezed state**, and an EPR pair.\n"]}
    path = tmp_path / "1_new.ipynb"
    path.write_text(json.dumps({"cells": [cell]}))
    assert not any(map(is_explained, field_terms(path)))
    assert field_terms(path) == {"squeezed state", "EPR"}
    assert "squeezed" in prose(path)


def test_copies_are_for_students_or_for_teachers(tmp_path, capsys):
    assert main(["notebooks"]) == 0
    assert len(re.findall(r"\.ipynb +\d+ min  \d+\. ", capsys.readouterr().out)) == len(PATHS)
    for options, version in (([], student_version), (["--teacher"], str)):
        folder = tmp_path / f"copies{len(options)}"
        assert main(["notebooks", "--copy", str(folder), *options]) == 0
        for path in PATHS:
            copy = (folder / path.name).read_text()
            assert copy == version(path.read_text())
            assert ('"solution"' in copy) == bool(options)
    assert main(["notebooks", "--teacher"]) != 0
