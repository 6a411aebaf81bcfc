"""The README's examples and commands, run as a reader would run them.

Every Python block, in order, in one session; every ``qnet`` command, in order, in one folder.
"""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest

from experiments.cli.main import main

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
BLOCK = re.compile(r"^```python[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)

COMMAND = re.compile(r"^    qnet (.+?)(?:  +#.*)?$", re.MULTILINE)

#: Those that serve until they are stopped have tests of their own.
SERVES = ("explore",)


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


@pytest.mark.slow
def test_readme_commands_run(tmp_path, monkeypatch, capsys):
    commands = [shlex.split(found) for found in COMMAND.findall(README.read_text(encoding="utf-8"))]
    assert len(commands) > 10
    monkeypatch.chdir(tmp_path)
    (tmp_path / "experiments").symlink_to(ROOT / "experiments")
    for command in commands:
        if command[0] not in SERVES:
            assert main(command) == 0, command
            captured = capsys.readouterr()
            assert captured.out
            assert "error" not in captured.err
    assert (tmp_path / "results.png").exists()
    assert (tmp_path / "delivery.gif").read_bytes().startswith(b"GIF89a")


def test_readme_lists_every_comparison():
    text = README.read_text(encoding="utf-8")
    table = re.findall(r"^\| .*\? \| .* \| `(\w+)` \|$", text, re.MULTILINE)
    studies = [
        path.stem
        for path in (ROOT / "experiments" / "studies").glob("*.py")
        if "\nSTUDY = " in path.read_text(encoding="utf-8")
    ]
    assert sorted(table) == sorted(studies)
