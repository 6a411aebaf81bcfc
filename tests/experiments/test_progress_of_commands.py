"""Progress of every command that may take long: on a real terminal and in a log, and when ended.

Patience is nothing here, so that every report is written: what is asked is what is reported.
"""

from __future__ import annotations

import os
import re
import signal
import struct
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest

from experiments.benchmarks import __main__ as benchmarks, timing
from experiments.cli.main import main
from experiments.cli.progress import SweepProgress
from qnet.progress import display
from tests.experiments.scenario_text import TOP, network_file, scenario_text
from tests.experiments.sweep_text import sweep_text

REQUEST = '[optimize]\nobjective = "secret-key-rate"\nsegments = [2]\ncutoff = "scalar"'

HARDWARE = f'{TOP}\n[chain]\nsegments = 1\nlength_km = 10\n[link]\npreset = "trapped-ion"\n'

NETWORK = network_file(
    '[controller]\nallocation = "reserve"\n[[demand]]\nends = ["A", "B"]\nrate_hz = 0.1\n',
    run="duration_s = 100.0\nreplicas = 2",
)

FILES = {
    "CHAIN": scenario_text(),
    "REQUEST": scenario_text(rest=REQUEST),
    "HARDWARE": HARDWARE,
    "NETWORK": NETWORK,
    "QKD": 'kind = "bb84"\npulses = 1000\n',
    "SWEEP": sweep_text(),
}

#: Command -> what it must say on its way, each a pattern.
COMMANDS = {
    "run CHAIN.toml --shots 20000": [r"sampled: \d+/20000 pairs, \d+ %"],
    "run CHAIN.toml --engine exact": [r"exact: 1/2 steps of the plan, 50 %.*, grid of \d+ steps"],
    "run CHAIN.toml --engine circuit --shots 3": ["circuit: 2/3 pairs, 66 %"],
    "run NETWORK.toml": ["sampled: 1/2 replicas, 50 %", r"\d of 10 blocks of the next"],
    "run QKD.toml": ["sampled: at work"],
    "agree CHAIN.toml --shots 1000 --circuit-shots 2": [
        "agree, sampled: 1000/1000 pairs",
        "agree, exact: 1/2 steps of the plan",
        "agree, circuit: 1/2 pairs",
        "agree, joint density matrices: 1/3 deliveries",
    ],
    "timeline CHAIN.toml --shot 5": ["drawing a batch: at work"],
    "timeline NETWORK.toml": [r"NETWORK, replica 0: \d/10 blocks of its time"],
    "draw CHAIN.toml --frames 3 --out OUT.gif": ["draw: 1/3 frames, 33 %", "writing the file"],
    "draw CHAIN.toml --out OUT.svg": ["draw: circuit and diagram: at work", "draw: OUT.svg"],
    "draw NETWORK.toml --out OUT.png": ["draw: 1/2 replicas", "drawing the map: at work"],
    "optimize REQUEST.toml": [r"optimize: \d+ candidates, .* s, best [\d.]+ bit/s", "proven fig"],
    "requirements HARDWARE.toml --target-rate-hz 20": [
        r"requirements: \d+ plans",
        r"factor [\d.]+: [\d.]+ of 20",
    ],
    "promise CHAIN.toml --time 10s --finite": ["exact: 1/2 steps of the plan", "finite key: at"],
    "routes NETWORK.toml": ["routes: 1/1 demands", "bounds: 1/1 demands", "flow programmes"],
    "keyrate experiments/scenarios/keyrate/cv-gg02.toml": ["qnet keyrate: at work"],
    "sweep SWEEP.toml --workers 1 --store OUT.db": [r"SWEEP: 1/3 points, 33 %.*samples/s"],
    "results STORE.db": ["results: 2/3 points, 66 %"],
    "plot STORE.db --x link.success_probability --y rate_hz --out OUT.png": ["plot: 1/3 points"],
    "export STORE.db --out OUT.csv": [
        "export, reading: 1/3 points",
        "export, figures: 2/3 points",
        "export, writing 3 lines: at work",
    ],
}


class PseudoTerminal:
    """A terminal of some columns, and all that it was sent."""

    def __init__(self, columns: int = 200) -> None:
        fcntl, termios = pytest.importorskip("fcntl"), pytest.importorskip("termios")
        self.master, self.slave = pytest.importorskip("pty").openpty()
        size = struct.pack("HHHH", 24, columns, 0, 0)
        fcntl.ioctl(self.slave, termios.TIOCSWINSZ, size)
        self.sent = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                got = os.read(self.master, 65536)
            except OSError:  # nobody has it open any longer
                return
            if not got:
                return
            self.sent += got

    def close(self) -> str:
        """What was sent, once all others have closed it."""
        self._reader.join()
        os.close(self.master)
        return self.sent.decode()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with the files, and no patience."""
    for name, text in FILES.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(display, "_GROWTH", 0.0)
    monkeypatch.setattr(display, "_INTERVAL_S", 0.0)
    monkeypatch.setenv("TERM", "xterm")
    return tmp_path


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """The store of the sweep."""
    path = tmp_path_factory.mktemp("store")
    (path / "SWEEP.toml").write_text(FILES["SWEEP"], encoding="utf-8")
    where = path / "STORE.db"
    assert main(["sweep", str(path / "SWEEP.toml"), "--workers", "1", "--store", str(where)]) == 0
    return where


def arguments_of(command, folder, store):
    """The arguments of a command whose files lie in a folder."""
    words = []
    for word in command.split():
        own = word.partition(".")[0] in {*FILES, "OUT"}
        words.append(str(store) if word == "STORE.db" else str(folder / word) if own else word)
    return words


@pytest.mark.parametrize("command", COMMANDS)
def test_a_log_says_how_far_it_is(command, folder, store, monkeypatch, capsys):
    """Oracle: plain lines, each of its own, in words that name what is counted."""
    monkeypatch.setenv("QNET_PROGRESS", "log:0")
    assert main(arguments_of(command, folder, store)) == 0
    said = capsys.readouterr().err
    for pattern in COMMANDS[command]:
        assert re.search(pattern, said), (pattern, said)
    assert not set(said) & {"\r", "\x1b"}
    assert said.splitlines()[-1].startswith("qnet ")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_terminal_says_how_far_it_is_and_is_left_clean(command, folder, store, monkeypatch):
    """Oracle: the same words, all on one line that is wiped at last."""
    terminal = PseudoTerminal()
    monkeypatch.setenv("QNET_PROGRESS", "auto:0")
    with os.fdopen(terminal.slave, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        assert main(arguments_of(command, folder, store)) == 0
        monkeypatch.undo()
    said = terminal.close()
    for pattern in COMMANDS[command]:
        assert re.search(pattern, said), (pattern, said)
    assert said.endswith("\r\x1b[K")
    assert "\n" not in said


def test_benchmarks_name_the_one_that_runs(folder, monkeypatch, capsys):
    """Oracle: a benchmark that prints one line."""
    monkeypatch.setenv("QNET_PROGRESS", "log:0")
    quick = SimpleNamespace(main=lambda quick: timing.show("one", "2 ms"))
    monkeypatch.setattr(benchmarks, "import_module", lambda name: quick)
    benchmarks.main(["qkd", "exact"])
    said = capsys.readouterr()
    assert "benchmarks: 1/2 files, 50 %, 0 s left, exact" in said.err
    assert said.out.splitlines()[0] == "== qkd"


def test_a_sweep_counts_neither_time_nor_samples_of_what_was_there(folder, monkeypatch, capsys):
    """Oracle: 1000 samples and 2 of 8 points in 10 s, so 30 s for the other 6."""
    now = [0.0]
    monkeypatch.setenv("QNET_PROGRESS", "log:0")
    monkeypatch.setattr("qnet.progress.clock.now_s", lambda: now[0])
    with SweepProgress("distance") as progress:
        progress(2, 10, 0)
        now[0] = 10.0
        progress(4, 10, 1000)
    assert "distance: 4/10 points, 40 %, 30 s left, 100 samples/s" in capsys.readouterr().err


#: Sets up a command that plays a great many pairs.
LONG = ("-m", "experiments.cli", "run", "{}", "--shots", "2000000000")


def environment(setting: str) -> dict[str, str]:
    return {**os.environ, "QNET_PROGRESS": setting, "TERM": "xterm", "OMP_NUM_THREADS": "1"}


def long_run(folder, **how) -> subprocess.Popen:
    words = [word.format(folder / "CHAIN.toml") for word in LONG]
    return subprocess.Popen([sys.executable, *words], stdout=subprocess.PIPE, **how)


def test_a_killed_command_leaves_whole_lines_in_its_log(folder):
    """Oracle: SIGKILL, which nothing can answer; every line is of the words of one report."""
    with long_run(folder, stderr=subprocess.PIPE, env=environment("log:0")) as process:
        seen = [process.stderr.readline().decode() for _ in range(6)]
        process.send_signal(signal.SIGKILL)
        seen += process.stderr.read().decode().splitlines(keepends=True)
    told = [line for line in seen if line.startswith("sampled: ")]
    pattern = r"sampled: (at work, .*|\d+/2000000000 pairs, 0 %, .* left)\n"
    assert told
    assert all(re.fullmatch(pattern, line) for line in told)


def test_an_interrupted_command_wipes_its_line(folder):
    """Oracle: Ctrl-C; what follows the last line is its end, then one sentence."""
    terminal = PseudoTerminal()
    with long_run(folder, stderr=terminal.slave, env=environment("line:0")) as process:
        os.close(terminal.slave)
        while b"pairs, 0 %" not in terminal.sent and process.poll() is None:
            threading.Event().wait(0.01)
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
    said = terminal.close()
    assert re.search(r"left\r\x1b\[Kqnet: interrupted\r?\n$", said), said[-200:]
