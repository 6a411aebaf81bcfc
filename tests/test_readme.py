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
NETWORKS = ROOT / "docs" / "networks.md"
BLOCK = re.compile(r"^```python[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)

COMMAND = re.compile(r"^    qnet (.+?)(?:  +#.*)?$", re.MULTILINE)

#: A file that is shown: its first line is a remark with its name.
FILE = re.compile(r"^```toml\n# (\S+)\n(.*?)^```", re.MULTILINE | re.DOTALL)

#: Those that serve until they are stopped have tests of their own.
SERVES = ("explore",)


def write_files(text: str, folder: Path) -> None:
    """Write the files that a Markdown text shows."""
    for name, content in FILE.findall(text):
        (folder / name).write_text(content, encoding="utf-8")


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


@pytest.mark.parametrize("page", [README, NETWORKS], ids=lambda page: page.stem)
def test_blocks_run(page, tmp_path, monkeypatch):
    text = page.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    write_files(text, tmp_path)
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
@pytest.mark.parametrize(
    ("page", "made"),
    [(README, ["results.png", "delivery.gif", "map.png"]), (NETWORKS, ["map.png", "pair.png"])],
    ids=["README", "networks"],
)
def test_commands_run(page, made, tmp_path, monkeypatch, capsys):
    text = page.read_text(encoding="utf-8")
    commands = [shlex.split(found) for found in COMMAND.findall(text)]
    assert len(commands) > 5
    monkeypatch.chdir(tmp_path)
    write_files(text, tmp_path)
    (tmp_path / "experiments").symlink_to(ROOT / "experiments")
    for command in commands:
        if command[0] not in SERVES:
            assert main(command) == 0, command
            captured = capsys.readouterr()
            assert captured.out
            assert "error" not in captured.err
    for name in made:
        start = b"GIF89a" if name.endswith("gif") else b"\x89PNG"
        assert (tmp_path / name).read_bytes().startswith(start)


def test_readme_lists_every_comparison():
    text = README.read_text(encoding="utf-8")
    table = re.findall(r"^\| .*\? \| .* \| `(\w+)` \|$", text, re.MULTILINE)
    studies = [
        path.stem
        for path in (ROOT / "experiments" / "studies").glob("*.py")
        if "\nSTUDY = " in path.read_text(encoding="utf-8")
    ]
    assert sorted(table) == sorted(studies)
