"""Every page that people read, done as a reader would do it.

The oracle is the page itself: what it shows is what must happen. See ``tests/pages.py``.
"""

from __future__ import annotations

import builtins
import doctest
import re
import symtable

import pytest

from tests.pages import (
    ROOT,
    PageError,
    Reader,
    agrees,
    all_pages,
    blocks,
    empty_folder,
    is_known,
    pictures,
)

PAGES = all_pages()


def names(page):
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_every_block_is_run_or_need_not_be(page):
    """Oracle: the list of languages that something runs, or that hold nothing to run."""
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"^[ \t]+```", text, re.MULTILINE), "a fence inside a list is not seen"
    unknown = {block.language for block in blocks(text) if not is_known(block.language)}
    assert not unknown


#: Pages that start servers go one after the other: some have ports in common.
_RUN = [
    pytest.param(page, marks=pytest.mark.xdist_group("served pages"))
    if "kme up" in page.read_text(encoding="utf-8")
    else page
    for page in PAGES
]


@pytest.mark.slow
@pytest.mark.parametrize("page", _RUN, ids=names)
def test_page_does_what_it_shows(page, tmp_path, monkeypatch):
    """Oracle: the page: its files, sessions and commands in order, and what it shows of each."""
    text = page.read_text(encoding="utf-8")
    monkeypatch.setenv("MPLBACKEND", "Agg")
    with empty_folder(tmp_path):
        Reader(page.name).read(text)
    for name in pictures(text):
        start = b"GIF89a" if name.endswith("gif") else b"\x89PNG"
        assert (tmp_path / name).read_bytes().startswith(start)


GOOD = """# Title
```python
x = 1
```
```toml
# y.toml
z = 2
```
    qnet presets ideal   # perfect
```console
$ cat y.toml
z = 2
$ qnet run nowhere.toml
qnet: error: scenario file must exist (got 'nowhere.toml'); ...
```
```python
>>> x + 1
2

```
"""


def test_a_good_page_is_read_to_its_end(tmp_path):
    """Oracle: the number of blocks that are no file, counted by hand."""
    with empty_folder(tmp_path):
        assert Reader("good.md").read(GOOD) == 4


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("x = 1", "x = y"),
        ("\n2\n", "\n3\n"),
        ("cat y.toml\nz = 2", "cat y.toml\nz = 3"),
        ("presets ideal", "presets idle"),
        ("run nowhere.toml", "--version"),
        ("must exist", "may exist"),
        ("cat y.toml", "cat x.toml"),
    ],
)
def test_a_broken_page_is_noticed(old, new, tmp_path):
    """Oracle: one thing on a good page that is no longer true."""
    assert old in GOOD
    with empty_folder(tmp_path), pytest.raises((NameError, PageError)):
        Reader("broken.md").read(GOOD.replace(old, new))


def test_languages_that_nothing_runs_are_noticed():
    """Oracle: a fence that the tests have no idea of, and one without a language."""
    assert all(map(is_known, ("python", "{glossary}", "text")))
    assert not any(map(is_known, ("", "julia")))
    assert [block.language for block in blocks("```julia\n1\n```\n")] == ["julia"]


def test_what_is_shown_may_be_cut():
    """Oracle: three dots stand for anything, spaces at ends of lines for nothing."""
    assert agrees("a\n...\nd", "a \nb\nc\nd\n")
    assert not agrees("a\n...\nd", "a\nb\nc\n")


TEN = ROOT / "docs" / "howto" / "ten-tasks.md"

#: Most lines that a reader has to type for a task.
FEW_LINES = 15


def sections(text):
    """Title of each section of a page, and its text."""
    parts = re.split(r"^## (.+)\n", text, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_ten_tasks_take_fifteen_lines_each():
    """Oracle: the lines that begin with a prompt, counted; each task has one block, and says what
    it prints and where more stands."""
    tasks = sections(TEN.read_text(encoding="utf-8"))
    assert len(tasks) == 10
    for title, text in tasks.items():
        (block,) = blocks(text)
        lines = block.text.splitlines()
        given = [line for line in lines if line.startswith((">>> ", "... "))]
        assert len(given) <= FEW_LINES, title
        assert block.language == "python"
        assert len(given) < len(lines) or "savefig" in given[-1], title
        before, after = text.split("```python")[0], text.rsplit("```", 1)[1]
        assert before.strip(), title
        assert re.search(r"Longer: \[", after), title


def test_each_of_ten_tasks_stands_alone():
    """Oracle: Python's own table of names: a task uses none that it does not make or import."""
    for title, text in sections(TEN.read_text(encoding="utf-8")).items():
        (block,) = blocks(text)
        source = "".join(e.source for e in doctest.DocTestParser().get_examples(block.text))
        table = symtable.symtable(source, title, "exec")
        made = {each.get_name() for each in table.get_symbols() if each.is_assigned()}
        made |= {each.get_name() for each in table.get_symbols() if each.is_imported()}
        used = {name for inner in within(table) for name in global_names(inner)}
        assert used - made - set(dir(builtins)) == set(), title


def within(table):
    """A table of names, and those of the functions and classes in it."""
    yield table
    for child in table.get_children():
        yield from within(child)


def global_names(table):
    """Names that a table takes from the session."""
    is_session = table.get_type() == "module"
    return [
        each.get_name()
        for each in table.get_symbols()
        if each.is_referenced() and (is_session or each.is_global())
    ]


def test_the_index_names_each_of_ten_tasks():
    """Oracle: the titles of the page."""
    index = (TEN.parent / "index.md").read_text(encoding="utf-8")
    named = re.findall(r"^- \[(.+)\]\(ten-tasks\.md#.+\)$", index, re.MULTILINE)
    assert named == list(sections(TEN.read_text(encoding="utf-8")))
