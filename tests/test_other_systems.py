"""Systems other than Linux: what Windows and macOS lack is not needed to emulate."""

from __future__ import annotations

import ast
import io
import json
import re
import subprocess
import sys

import pytest

from experiments.cli.main import main
from experiments.cli.output import guarded_output
from qnet import loads
from qnet.schema.shipped import shipped
from tests.source import modules, tree

#: Modules of Python that Windows has not: https://docs.python.org/3/library/unix.html, and others.
POSIX_ONLY = ("fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty")

#: Functions and constants that Windows has not.
LACKING = {
    "os": ("O_CLOEXEC", "fork", "getuid", "killpg", "register_at_fork", "sched_getaffinity"),
    "signal": ("SIGHUP", "SIGKILL", "SIGUSR1", "alarm", "setitimer"),
    "select": ("poll",),
}

#: A process without any of these, but for what others' packages need on Linux; it prints what the
#: commands do.
WITHOUT = f"""
import contextlib, importlib, io, json, multiprocessing, sys
import psutil, qiskit_aer, scipy.sparse.csgraph
for module in {POSIX_ONLY!r}:
    sys.modules[module] = None
for module, names in {LACKING!r}.items():
    for name in names:
        vars(importlib.import_module(module)).pop(name, None)
multiprocessing.get_all_start_methods = lambda: ["spawn"]
from experiments.cli.main import main
found = []
for command in json.loads(sys.argv[1]):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(command)
    found.append([code, out.getvalue(), err.getvalue()])
print(json.dumps(found))
"""


def at_the_top(module):
    """Modules that are imported when this one is, wherever an import stands but in functions."""
    left = [*tree(module).body]
    while left:
        node = left.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            left += ast.iter_child_nodes(node)


@pytest.mark.parametrize("package", ["qnet", "protocols", "experiments"])
def test_no_module_needs_posix_to_be_imported(package):
    """Oracle: Python's list of modules that are there on Unix alone."""
    names = re.compile(rf"^\s*(?:import|from)\b.*\b(?:{'|'.join(POSIX_ONLY)})\b", re.MULTILINE)
    ours = [name for name in modules() if name.partition(".")[0] == package]
    assert len(ours) > 50
    # To parse all of them takes long; a module that has no such line has no such import.
    some = [name for name in ours if names.search(modules()[name].read_text(encoding="utf-8"))]
    assert [name for name in some if set(at_the_top(name)) & set(POSIX_ONLY)] == []
    assert package != "protocols" or "protocols.key_management.nodes.supervisor" in some


def test_commands_work_without_what_windows_lacks(tmp_path, capsys):
    """Oracle: the same commands on this system, in a process that has all of it."""
    swept = tmp_path / "swept.toml"
    text = shipped()["two-segments"].read_text(encoding="utf-8")
    swept.write_text(text + '[sweep]\n"chain.segments" = [1, 2]\n', encoding="utf-8")
    store = ["--store", str(tmp_path / "x.db"), "--workers", "1"]
    commands = [
        ["run", "two-segments", "--shots", "50", "--json"],
        ["sweep", str(swept), "--set", "shots=20", *store],
        ["init", "bb84"],
        ["kme", "state", "--dir", str(tmp_path)],
    ]
    call = [sys.executable, "-c", WITHOUT, json.dumps(commands)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    *found, kme = json.loads(done.stdout)
    for number in (0, 2):
        assert main(commands[number]) == 0
        assert found[number] == [0, capsys.readouterr().out, ""]
    assert found[1][0] == 0, found[1]
    assert kme[0] == 2
    assert "qnet kme must run on Linux or macOS" in kme[2]
    assert "WSL" in kme[2]


@pytest.mark.parametrize("page", ["cp1252", "cp437", "ascii"])
def test_files_get_utf_8_whatever_the_code_page(page, monkeypatch):
    """Oracle: the text; scenario files are read as UTF-8."""
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding=page, newline="\n"))
    with guarded_output():
        print("# Dürr, 0.5 µs, ≤ 1 × 2")
    assert raw.getvalue().decode("utf-8") == "# Dürr, 0.5 µs, ≤ 1 × 2\n"
    raw.seek(0), raw.truncate()
    assert main(["init", "chain"]) == 0
    sys.stdout.flush()
    assert loads(raw.getvalue().decode("utf-8")).kind == "chain"


def test_a_terminal_shows_what_it_has_letters_for(monkeypatch):
    """Oracle: ASCII, which has no Greek letter."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii", newline="\n")
    stream.isatty = lambda: True
    monkeypatch.setattr(sys, "stdout", stream)
    with guarded_output():
        print("0.5 µs")
    assert raw.getvalue() == b"0.5 ?s\n"
