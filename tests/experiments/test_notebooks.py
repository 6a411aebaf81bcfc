"""The notebooks of the course: stored clean, run from top to bottom, every exercise solved."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import matplotlib as mpl
import nbformat
import pytest

import experiments.notebooks
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


@each
def test_runs_from_top_to_bottom(path):
    session = {"__name__": "__main__"}
    for cell in code_cells(read(path)):
        assert shown(run_cell(cell.source, f"{path.stem}, {cell.id}", session))


@each
def test_every_exercise_has_a_solution_that_is_checked(path, capsys):
    notebook = read(path)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    exercises = re.findall(r"^\*\*Exercise (\d+)\.\*\*", text, re.MULTILINE)
    assert len(exercises) >= 2
    solved = [cell for cell in code_cells(notebook) if "solution" in cell.metadata.get("tags", [])]
    assert solved == notebook.cells[-len(solved) :]
    assert all(cell.metadata.jupyter.source_hidden for cell in solved)
    for number in exercises:
        place = f"check(answer_{number}, "
        unsolved = [cell for cell in code_cells(notebook) if cell not in solved]
        assert sum(f"answer_{number} = ..." in cell.source for cell in unsolved) == 1
        assert sum(place in cell.source for cell in unsolved) == 1
        assert sum(place in cell.source for cell in solved) == 1


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
