"""Pages of the project, run as a reader would type them: shown files, Python sessions, commands.

A page is read from top to bottom in an empty folder that holds ``experiments/`` alone. What a block
is, its fence says:

=========== ======================================================================================
``python``  typed into one session per page; where there are prompts, the output is compared
``sh``      commands that end well; indented lines that begin with ``COMMANDS`` are such, too
``console`` commands after ``$``, and what they print; the last may end with the error that it shows
``toml``    a scenario; without a name it must be TOML
=========== ======================================================================================

A block of any of these whose first line is a remark with a file's name (``# NAME.py``) is written
to that file instead; a script must be one that ``bash -n`` accepts. ``...`` in what is shown stands
for anything. ``python -m tests.pages PAGE.md`` puts what is printed now where a page shows
something else, and the pictures that its commands make into ``docs/pictures/``.
"""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from experiments.cli.main import main

ROOT = Path(__file__).resolve().parents[1]

#: Fences that hold nothing to run.
NOT_RUN = ("text", "json", "bibtex", "csv", "mermaid")

#: What no two runs print alike: how long they took, and batches that were under way at the end.
_VARYING = re.compile(
    r"(?<=finished, )\d+(?= fresh)|(?<= in )[\d.]+(?= s$)|[\d.e-]+(?= s of comp)", re.M
)

#: Words that a line of four spaces begins with where it is a command.
COMMANDS = ("qnet", "python", "make", "ruff", "mypy", "pytest", "git", "pip")

#: Commands that install, that serve until they are stopped, or that need other machines.
ELSEWHERE = re.compile(
    r"(python3?(\.11)? -m venv|\. \.venv/bin/activate|pip install|sbatch|jupyter|qnet explore"
    r"|(OMP_NUM_THREADS=1 )?(dask (scheduler|worker)|mpiexec)|qnet sweep .* --dask)\b.*"
)

_FENCE = re.compile(r"^(`{3,})([^\n`]*)\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(rf"(?:^    (?:{'|'.join(COMMANDS)})(?=[ \n]).*\n)+", re.MULTILINE)
_PICTURE = re.compile(r"!\[[^\]]*\]\((?:\.\./)*pictures/([\w.-]+)\)")
_NAME = re.compile(r"# ([\w-]+\.\w+)\n")
_SHELL = re.compile(r"[|<>&;$`*]")
_SHOWN = doctest.ELLIPSIS


class PageError(AssertionError):
    """A page shows something else than what happens."""


@dataclass(frozen=True)
class Block:
    """One block of a page: its language, its text, and where that begins."""

    language: str
    text: str
    start: int
    line: int

    @property
    def name(self) -> str | None:
        """The file that it is, if it is one."""
        found = _NAME.match(self.text)
        return found[1] if found and self.language != "console" else None


def all_pages() -> list[Path]:
    """Every page that is written by hand: of the site, the README, the rules for contributors."""
    site = (ROOT / "docs").rglob("*.md")
    found = [page for page in site if not {"_build", "course"} & set(page.parts)]
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(found)]


def blocks(text: str) -> list[Block]:
    """The blocks of a page in order; an indented run of commands is one of ``sh``."""
    found = []
    for match in _FENCE.finditer(text):
        found.append(
            Block(
                match[2].strip(), match[3], match.start(3), text.count("\n", 0, match.start(3)) + 1
            )
        )
    bare = _FENCE.sub(lambda match: re.sub(r"[^\n]", ".", match[0]), text)
    for match in _INDENTED.finditer(bare):
        line = text.count("\n", 0, match.start()) + 1
        found.append(Block("sh", re.sub("(?m)^    ", "", match[0]), match.start(), line))
    return sorted(found, key=lambda block: block.start)


def pictures(text: str) -> list[str]:
    """Pictures that a page shows of those that its own commands make."""
    return _PICTURE.findall(text)


def is_known(language: str) -> bool:
    """Whether something runs blocks of this language, or nothing has to."""
    return language in (*NOT_RUN, *Reader.RUN) or language.startswith("{")


def lines_of(script: str) -> Iterator[str]:
    """The commands of a script, a line each, continued lines joined, remarks left out."""
    for line in script.replace("\\\n", " ").splitlines():
        if line.strip() and not line.startswith("#"):
            yield re.sub(r"\s+#.*", "", line.strip())


def typed(console: str) -> Iterator[tuple[str, str]]:
    """The commands of a block of a console, each with what is shown below it."""
    for part in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        command, _, shown = re.sub(r"\\\n>? *", "", part).partition("\n")
        yield re.sub(r"\s+#.*", "", command), shown


def agrees(shown: str, printed: str) -> bool:
    """Whether something was printed as shown, spaces at the ends of lines apart."""
    return doctest.OutputChecker().check_output(_tidy(shown), _tidy(printed), _SHOWN)


def _tidy(text: str) -> str:
    return re.sub(r"[ \t]+$", "", text.strip("\n"), flags=re.MULTILINE) + "\n"


def _lasting(printed: str) -> str:
    return _VARYING.sub("...", _tidy(printed))


def run(command: str) -> tuple[int, str]:
    """Run a command as typed: its exit code, and what it printed, or why it failed.

    ``qnet`` alone runs in this process, which saves its start; all else in a shell.
    """
    words = shlex.split(command)
    if words[0] == "qnet" and not _SHELL.search(command):
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main(words[1:])
        if code == 1 and not err.getvalue():
            code = 0  # no error: the answer is no
        return code, (err if code else out).getvalue()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    there = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, env=there)
    return done.returncode, done.stderr if done.returncode else done.stdout


@dataclass
class Reader:
    """Somebody who types all that a page shows, in the current folder."""

    page: str
    session: dict[str, object] = field(default_factory=lambda: {"__name__": "__main__"})
    corrected: dict[Block, str] | None = None
    done: int = 0

    def read(self, text: str) -> int:
        """Do what the page says; the number of blocks that were run.

        Raises:
            PageError: If something else happens than what is shown.
        """
        for block in blocks(text):
            if block.name:
                self._write(block, block.name)
            elif block.language in self.RUN:
                self.RUN[block.language](self, block)
                self.done += 1
        return self.done

    def _wrong(self, block: Block, what: str) -> PageError:
        """What is wrong, with the ends of what servers of the page have noted so far."""
        logs = [f"{log}: {log.read_text()[-2000:]}" for log in sorted(Path().glob("*.log"))]
        return PageError("\n".join([f"{self.page}, block of line {block.line}: {what}", *logs]))

    def _write(self, block: Block, name: str) -> None:
        Path(name).write_text(block.text.partition("\n")[2], encoding="utf-8")
        if block.language in ("sh", "bash") and run(f"bash -n {name}")[0]:
            raise self._wrong(block, f"{name} is no script")

    def _toml(self, block: Block) -> None:
        tomllib.loads(block.text)

    def _sh(self, block: Block) -> None:
        for command in lines_of(block.text):
            self._type(block, command)

    def _type(self, block: Block, command: str) -> tuple[int, str]:
        if ELSEWHERE.fullmatch(command):
            return 0, ""
        if command.split()[0] in ("make", "ruff", "mypy", "pytest"):
            return self._tool(block, command)
        code, printed = run(command)
        if code and not printed.startswith("qnet: error: "):
            raise self._wrong(block, f"{command} ends with {code}: {printed}")
        if code and block.language == "sh":
            raise self._wrong(block, f"{command}: {printed}")
        return code, printed

    def _tool(self, block: Block, command: str) -> tuple[int, str]:
        """What the gate runs is not run again, but must be that; the demonstration is, in short."""
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        if command == "make demo":
            recipe = re.search(r"^demo:.*\n\t\$\(BIN\)/(qnet study .*)", makefile, re.MULTILINE)
            return run(f"{recipe[1] if recipe else 'false'} --quick")
        for part in command.split(" && "):
            tool, _, rest = part.partition(" ")
            target = rf"^{re.escape(rest)}:" if tool == "make" else rf"\b{re.escape(part)}"
            is_file = tool in ("pytest", "ruff") and (ROOT / rest).exists()
            if not is_file and not re.search(target, makefile, re.MULTILINE):
                raise self._wrong(block, f"the Makefile knows no {part}")
        return 0, ""

    def _console(self, block: Block) -> None:
        text = block.text
        for command, shown in typed(block.text):
            code, printed = self._type(block, command)
            if agrees(shown, printed) and bool(code) == shown.startswith("qnet: error: "):
                continue
            if self.corrected is None:
                raise self._wrong(block, f"{command} prints\n{printed}\nnot\n{shown}")
            text = text.replace(f"{command}\n{shown}", f"{command}\n{_lasting(printed)}", 1)
            self.corrected[block] = text

    def _python(self, block: Block) -> None:
        if ">>> " not in block.text:
            source = "\n" * (block.line - 1) + block.text
            exec(compile(source, self.page, "exec"), self.session)
            return
        test = doctest.DocTestParser().get_doctest(block.text, {}, self.page, self.page, block.line)
        test.globs = self.session
        runner = _Typist(optionflags=_SHOWN, verbose=False)
        runner.run(test, clear_globs=False)
        if runner.printed and self.corrected is None:
            example, printed = runner.printed[0]
            raise self._wrong(block, f"{example.source}prints\n{printed}\nnot\n{example.want}")
        if runner.printed and self.corrected is not None:
            lines = block.text.splitlines(keepends=True)
            for example, printed in reversed(runner.printed):
                first = example.lineno + example.source.count("\n")
                lines[first : first + example.want.count("\n")] = [printed]
            self.corrected[block] = "".join(lines)

    RUN: ClassVar[dict[str, Callable[[Reader, Block], None]]] = {
        "python": _python,
        "sh": _sh,
        "console": _console,
        "toml": _toml,
    }


class _Typist(doctest.DocTestRunner):
    """Keeps what examples printed that show something else."""

    def __init__(self, **options) -> None:
        super().__init__(**options)
        self.printed: list[tuple[doctest.Example, str]] = []

    def report_failure(self, out: Callable, test, example, got: str) -> None:
        self.printed.append((example, got))

    def report_unexpected_exception(self, out: Callable, test, example, exc_info) -> None:
        raise exc_info[1]


def correct(page: Path) -> int:
    """Put what is printed now where a page shows something else; how many blocks changed."""
    text = page.read_text(encoding="utf-8")
    reader = Reader(page.name, corrected={})
    reader.read(text)
    assert reader.corrected is not None
    for block, found in sorted(reader.corrected.items(), key=lambda item: -item[0].start):
        text = text[: block.start] + found + text[block.start + len(block.text) :]
    page.write_text(text, encoding="utf-8")
    return len(reader.corrected)


@contextlib.contextmanager
def empty_folder(folder: Path) -> Iterator[Path]:
    """A folder with nothing in it but the scenarios, as the current one."""
    (folder / "experiments").symlink_to(ROOT / "experiments")
    with contextlib.chdir(folder):
        yield folder


def _correct_each(names: list[str]) -> None:
    """Correct pages, each in a process of its own: workers outlive the folder of a page."""
    for name in names:
        if len(names) > 1:
            subprocess.run([sys.executable, "-m", "tests.pages", name], check=True)
            continue
        with tempfile.TemporaryDirectory() as made, empty_folder(Path(made)):
            print(f"{name}: {correct(ROOT / name)} blocks changed")
            for picture in pictures((ROOT / name).read_text(encoding="utf-8")):
                shutil.copy(picture, ROOT / "docs" / "pictures" / picture)


if __name__ == "__main__":
    _correct_each(sys.argv[1:])
