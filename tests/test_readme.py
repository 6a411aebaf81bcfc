"""Every Python block of the README runs, in order, in one session, as a reader would run it."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

README = Path(__file__).resolve().parents[1] / "README.md"
BLOCK = re.compile(r"^```python[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def run_blocks(text: str) -> int:
    """Run the blocks of a Markdown text and return how many there were.

    Line numbers in a traceback are those of the text. A block with prompts is compared with the
    output that it shows.
    """
    session: dict[str, object] = {"__name__": "__main__"}
    found = list(BLOCK.finditer(text))
    for match in found:
        source, line = match[1], text.count("\n", 0, match.start(1))
        if ">>> " in source:
            test = doctest.DocTestParser().get_doctest(source, {}, "README.md", "README.md", line)
            test.globs = session
            doctest.DebugRunner(optionflags=doctest.ELLIPSIS).run(test, clear_globs=False)
        else:
            exec(compile("\n" * line + source, "README.md", "exec"), session)
    return len(found)


def test_readme_blocks_run(tmp_path, monkeypatch):
    text = README.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    assert run_blocks(text) > 0


def test_a_broken_block_is_noticed():
    good = "# Title\n```python\nx = 1\n```\n```sh\nrm x\n```\n```python\n>>> x + 1\n2\n```\n"
    assert run_blocks(good) == 2
    for broken in (good.replace("x = 1", "x = y"), good.replace("\n2\n", "\n3\n")):
        try:
            run_blocks(broken)
        except (NameError, doctest.DocTestFailure):
            continue
        raise AssertionError(broken)
