"""The notebooks of the course: stored clean, run from top to bottom, every exercise solved."""

from __future__ import annotations

import ast
import re
from importlib import import_module
from pathlib import Path

import matplotlib as mpl
import nbformat
import pytest
from qiskit import QuantumCircuit

import experiments.notebooks
from experiments.cli.notebooks import student_version
from experiments.notebooks.exercise import exercise
from experiments.notebooks.kinds import NumberExercise
from protocols import Chain
from qnet.errors import ParameterError
from qnet.figures import style

FOLDER = Path(experiments.notebooks.__file__).parent
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"), key=lambda path: int(path.stem.partition("_")[0]))
each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


def read(path):
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def run_cell(source, name, session):
    """Run a cell and return the value of its last expression, as a notebook shows it."""
    tree = ast.parse(source, name)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = ast.Expression(tree.body.pop().value)
    exec(compile(tree, name, "exec"), session)
    return None if last is None else eval(compile(last, name, "eval"), session)


def shown(value):
    """What a notebook shows of a value; a figure has HTML only with some backends."""
    html = value._repr_html_() if hasattr(value, "_repr_html_") else None
    return repr(value) if html is None else html


@pytest.fixture(autouse=True)
def _no_window(tmp_path, monkeypatch):
    """Draw to memory, anywhere but in the repository, and leave no figure behind."""
    monkeypatch.chdir(tmp_path)
    # Local import: the backend is chosen first.
    mpl.use("Agg")
    from matplotlib import pyplot

    yield
    pyplot.close("all")


def test_the_notebooks_are_numbered_in_order():
    numbers = [int(path.stem.partition("_")[0]) for path in NOTEBOOKS]
    assert numbers == list(range(1, len(NOTEBOOKS) + 1))
    assert numbers


@each
def test_stored_clean(path):
    notebook = read(path)
    nbformat.validate(notebook)
    assert set(notebook.metadata) == {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert dict(notebook.metadata.language_info) == {"name": "python"}
    assert [cell.id for cell in notebook.cells] == [
        f"cell-{k:02d}" for k in range(1, len(notebook.cells) + 1)
    ]
    for cell in code_cells(notebook):
        assert cell.outputs == []
        assert cell.execution_count is None


def is_solution(cell):
    return "solution" in cell.metadata.get("tags", [])


def said(source, session, capsys):
    """What a cell prints."""
    capsys.readouterr()
    run_cell(source, "cell", session)
    return capsys.readouterr().out


def spoilt(answer):
    """An answer that is wrong, of the same kind."""
    if isinstance(answer, QuantumCircuit):
        return QuantumCircuit(answer.num_qubits, answer.num_clbits)
    if isinstance(answer, list):
        return [-1.0 for _ in answer]
    if isinstance(answer, Chain):
        return answer.with_(segments=4)
    return (lambda *_: None) if callable(answer) else 3.7 * answer + 1


@each
def test_both_versions_run_and_answers_are_told_right_from_wrong(path, capsys):
    """The teacher's version is the student's and then the solutions, so one run plays both.

    Oracles: the solutions, closed forms by hand, against the answers of the engines; wrong answers
    are made of right ones.
    """
    notebook = read(path)
    student = nbformat.reads(student_version(path.read_text()), as_version=4)
    nbformat.validate(student)
    assert notebook.cells[: len(student.cells)] == student.cells
    solutions = notebook.cells[len(student.cells) :]
    assert all(is_solution(cell) for cell in solutions)

    session = {"__name__": "__main__"}
    for cell in code_cells(student):
        assert shown(run_cell(cell.source, f"{path.stem}, {cell.id}", session))
    told = capsys.readouterr().out
    assert "Right:" not in told
    asked = exercises(student)
    assert told.count("Not answered yet") == len(asked) >= 2
    for cell, number in zip(
        [each for each in solutions if each.cell_type == "code"], asked, strict=True
    ):
        out = said(cell.source, session, capsys)
        assert "Right: " in out, out
        assert "Not yet" not in out, out
        answer = f"answer_{number}"
        session[answer] = spoilt(session[answer])
        question = cell_of(student, number)
        call = question.source[question.source.index(f"check({answer}") :]
        wrong = said(call, session, capsys)
        assert re.match(r"Not yet: .+\. Hint: .+", wrong), wrong


def cell_of(notebook, number):
    """The cell that asks for the answer of an exercise."""
    (cell,) = [each for each in code_cells(notebook) if f"answer_{number} = ..." in each.source]
    return cell


def exercises(notebook):
    """Numbers of the exercises, in order."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return [int(k) for k in re.findall(r"^\*\*Exercise (\d+)[.:]", text, re.MULTILINE)]


@each
def test_a_students_file_names_its_exercises_and_holds_no_answer(path):
    notebook = nbformat.reads(student_version(path.read_text()), as_version=4)
    number = int(path.stem.partition("_")[0])
    asked = exercises(notebook)
    assert asked == list(range(1, len(asked) + 1))
    for k in asked:
        cell = cell_of(notebook, k)
        name = rf'^check\(answer_{k}, "{number}\.{k}"(, [A-Za-z_]+)*\)$'
        assert re.search(name, cell.source, re.MULTILINE)
        assert exercise(f"{number}.{k}").hint
    module = import_module(f"experiments.notebooks.answers.{path.stem.partition('_')[2]}")
    assert set(module.EXERCISES) == set(asked)
    hidden = [cell for cell in read(path).cells if is_solution(cell) and cell.cell_type == "code"]
    assert len(hidden) == len(asked)
    assert all(cell.metadata.jupyter.source_hidden for cell in hidden)


def test_a_name_without_an_exercise_is_refused():
    for name in ("1", "1.99", "99.1", "x.y"):
        with pytest.raises(ParameterError, match="exercise must be one of the course"):
            exercise(name)


def test_whatever_is_no_number_is_met_with_words():
    for answer in (None, float("nan"), "many", [1.0], 1j, 10**400):
        said = NumberExercise(lambda: 1.0, "count").judge(answer).sentence
        assert re.fullmatch(r"Not yet: .+\. Hint: count", said), said


def test_the_style_leaves_a_notebook_interactive():
    with mpl.rc_context({"interactive": False}):
        with style():
            mpl.interactive(True)  # as the backend of notebooks does when it draws its first figure
        assert mpl.is_interactive()
        with style():
            pass
        assert mpl.is_interactive()


def test_a_wrong_cell_and_a_value_are_noticed():
    assert run_cell("x = 1\nx + 1", "cell", {}) == 2
    assert run_cell("x = 1", "cell", {}) is None
    with pytest.raises(NameError):
        run_cell("y", "cell", {})
