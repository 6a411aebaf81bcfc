"""Pages of the notebooks, with what their cells show where an executed copy is kept."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from executed import FOLDER, copy_of
from sphinx.application import Sphinx

from experiments.cli.notebooks import student_version, titles

#: The page that lists the notebooks, and the folder of their pages beside it.
_LIST = "course"

_NOTE = """:::{{note}}
This is the student's version{state}. To work in it, where answers are checked, take
[the notebook]({name}), or all of them: `qnet notebooks --copy course`.
:::"""

_TREE = "```{notebook-pages}\n```"

#: Tells what a cell prints from the cell, in front of a block.
_SHOWN = "{.shown}\n"

#: Forms of pictures, best first: type and end of the file's name.
_PICTURES = (("image/svg+xml", "svg"), ("image/png", "png"))


@dataclass
class Page:
    """A notebook as a page in Markdown, with the files of its pictures.

    Attributes:
        path: The notebook of the course.
        is_executed: Whether what its cells show is known.
        pictures: Content of each picture, by its file's name.
    """

    path: Path
    cells: list[dict[str, Any]]
    is_executed: bool
    pictures: dict[str, bytes] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The whole page."""
        parts = [part for cell in self.cells for part in self._parts(cell)]
        state = "" if self.is_executed else ", without what its cells show (`make notebooks`)"
        note = _NOTE.format(state=state, name=self.path.name)
        return "\n\n".join([parts[0], note, *parts[1:]]) + "\n"

    def _parts(self, cell: dict[str, Any]) -> Iterator[str]:
        source = _joined(cell["source"])
        if cell["cell_type"] == "markdown":
            yield re.sub(r"\]\((\d+_\w+)\.ipynb\)", r"](\1.md)", source)
            return
        yield _fenced("python", source)
        streams = ""
        for output in cell["outputs"]:
            if output["output_type"] == "stream":
                streams += _joined(output["text"])
                continue
            if streams:
                yield _SHOWN + _fenced("text", streams)
                streams = ""
            yield self._shown(output["data"])
        if streams:
            yield _SHOWN + _fenced("text", streams)

    def _shown(self, data: dict[str, Any]) -> str:
        for kind, end in _PICTURES:
            if kind in data:
                name = f"{self.path.stem}-{len(self.pictures) + 1}.{end}"
                given = _joined(data[kind])
                content = given.encode() if end == "svg" else base64.b64decode(given)
                self.pictures[name] = content
                return f"![What the cell above draws](pictures/{name})"
        if "text/html" in data:
            html = f'<div class="shown">{_joined(data["text/html"])}</div>'
            return _fenced("{raw} html", html)
        return _SHOWN + _fenced("text", _joined(data["text/plain"]))


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _fenced(language: str, text: str) -> str:
    """A block, within more backticks than it holds."""
    ticks = "`" * max(3, *(len(each) + 1 for each in re.findall("`+", text)), 0)
    return f"{ticks}{language}\n{text.rstrip()}\n{ticks}"


def page_of(notebook: Path, kept: Path) -> Page:
    """The page of a notebook: of its executed copy where that is kept."""
    executed = copy_of(notebook, kept)
    is_executed = executed.exists()
    text = (
        executed.read_text(encoding="utf-8")
        if is_executed
        else student_version(notebook.read_text(encoding="utf-8"))
    )
    return Page(notebook, json.loads(text)["cells"], is_executed)


def _write(app: Sphinx) -> None:
    """Write the pages when a build begins, and take away those of notebooks that are gone."""
    folder = Path(app.srcdir) / _LIST
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    written = set()
    for notebook, _ in titles():
        page = page_of(notebook, Path(app.config.executed_notebooks))
        files = {folder / f"{notebook.stem}.md": page.text.encode()}
        files |= {folder / "pictures" / name: each for name, each in page.pictures.items()}
        student = student_version(notebook.read_text(encoding="utf-8"))
        files[folder / notebook.name] = student.encode()
        for path, content in files.items():
            if not path.exists() or path.read_bytes() != content:
                path.write_bytes(content)
        written |= set(files)
    for path in folder.rglob("*.*"):
        if path.is_file() and path not in written:
            path.unlink()


def _fill(app: Sphinx, page: str, source: list[str]) -> None:
    """Lead from the list to the pages, in place of the files."""
    if page == _LIST:
        text = source[0].replace(_TREE, _tree(path.stem for path, _ in titles()))
        links = r"\]\(\.\./experiments/notebooks/(\d+_\w+)\.ipynb\)"
        source[0] = re.sub(links, rf"]({_LIST}/\1.md)", text)


def _tree(names: Iterable[str]) -> str:
    lines = "\n".join(f"{_LIST}/{name}" for name in names)
    return f"```{{toctree}}\n:hidden:\n:titlesonly:\n\n{lines}\n```"


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx when it loads the extension."""
    app.add_config_value("executed_notebooks", str(FOLDER), "env", types=(str,))
    app.connect("builder-inited", _write)
    app.connect("source-read", _fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
