"""Progress where it is looked at: on a terminal, in a notebook, in a log; and when things go wrong.

Time is a clock that the tests set, so that nothing depends on how busy the machine is.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import struct
import sys
import threading
from types import ModuleType, SimpleNamespace
from xml.etree import ElementTree

import pytest

import qnet
from protocols.planning.optimise import Problem, SearchSpace, optimise
from qnet.engines.agree import agree
from qnet.errors import ParameterError
from qnet.pool import map_unordered
from qnet.progress import Progress, board, cleared, clock, display, note, opened, phase

#: Far longer than any test: the watching thread does not look.
NEVER_S = 1e6


class Time:
    """A clock by hand, and the computing time of the process beside it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.used = 0.0

    def go(self, seconds: float, share: float = 1.0) -> None:
        self.now += seconds
        self.used += share * seconds


@pytest.fixture(autouse=True)
def time(monkeypatch):
    monkeypatch.delenv("QNET_PROGRESS", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(board, "_LOOK_S", NEVER_S)
    found = Time()
    monkeypatch.setattr(clock, "now_s", lambda: found.now)
    monkeypatch.setattr(clock, "used_s", lambda: found.used)
    return found


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def pseudo_terminal():
    """A stream that is a terminal of 30 columns, and what reads what it shows."""
    fcntl, termios = pytest.importorskip("fcntl"), pytest.importorskip("termios")
    pty = pytest.importorskip("pty")
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 30, 0, 0))
    stream = os.fdopen(slave, "w")

    def shown() -> str:
        """All of it, once nothing more can come."""
        stream.close()
        sent = b""
        with contextlib.suppress(OSError):  # at its end, on Linux
            while got := os.read(master, 10_000):
                sent += got
        return sent.decode()

    yield stream, shown
    stream.close()
    os.close(master)


def failing(progress: Progress, time: Time) -> None:
    """Half a minute of work that ends badly."""
    with progress:
        time.go(30.0)
        progress(1, 10)
        raise ValueError("inside")


def lines_of(shown: str) -> list[str]:
    """What a terminal shows, one line after another in the same place."""
    return [line for line in re.split("\r\x1b\\[K", shown) if line]


def test_a_terminal_shows_one_line_within_its_width_and_nothing_at_the_end(pseudo_terminal, time):
    """Oracle: 30 columns, of which the last stays free; five lines a second; a second of peace."""
    stream, shown = pseudo_terminal
    with Progress("sampled", "pairs", stream=stream) as progress:
        for done in range(1, 31):
            time.go(0.1)
            progress(1000 * done, 1_000_000)
    text = shown()
    # At 1.0 s and then every 0.2 s up to 3.0 s; 0.1 s a thousand, so 99 s are left after the first.
    assert text.count("\r\x1b[K") == 12
    assert lines_of(text)[0] == "sampled: 10000/1000000 pairs,"
    assert text.endswith("\r\x1b[K")
    assert "\n" not in text


def test_a_terminal_of_one_column_shows_nothing(monkeypatch, pseudo_terminal, time):
    """Oracle: its one column stays free; a longer line would run down the screen."""
    stream, shown = pseudo_terminal
    size = SimpleNamespace(columns=1)
    monkeypatch.setattr(os, "get_terminal_size", lambda descriptor: size)
    with Progress("sampled", "pairs", stream=stream) as progress:
        time.go(5.0)
        progress(1, 2)
    assert shown() == ""


def test_short_work_shows_nothing_anywhere(time):
    terminal, log = Terminal(), io.StringIO()
    for stream in (terminal, log):
        with Progress("sampled", "pairs", stream=stream) as progress:
            time.go(0.9)
            progress(10, 10)
    assert (terminal.getvalue(), log.getvalue()) == ("", "")


def test_time_left_is_that_of_what_was_not_there_before(time):
    """Oracle: 20 of 60 fresh points took 30 s, so the other 40 take 60 s."""
    with Progress("sweep", "points", stream=io.StringIO()) as progress:
        progress.keep(40)
        time.go(30.0)
        progress(60, 100)
        assert progress.text == "sweep: 60/100 points, 60 %, 60 s left"
        # Counted anew, as by the next engine: time begins again.
        progress(0, 10)
        time.go(4.0)
        progress(2, 10)
        assert progress.text == "sweep: 2/10 points, 20 %, 16 s left"


def test_no_total_says_what_is_done_and_how_long_it_took(time):
    with Progress("optimize", "candidates", stream=io.StringIO()) as progress:
        time.go(12.0)
        assert progress.text == "optimize: at work, 12 s"
        progress.note("best 3.2\nbit/s")
        assert progress.text == "optimize: best 3.2 bit/s, 12 s"
        progress(17, 0)
        assert progress.text == "optimize: 17 candidates, 12 s, best 3.2 bit/s"
        progress.phase("proven figures")
        assert progress.text == "proven figures: best 3.2 bit/s, 0 s"


def test_a_log_speaks_after_ten_seconds_of_computing_then_ever_more_rarely(time):
    """Oracle: a line at 10 s, then when half as much again has passed, at least 10 s."""
    log, at = io.StringIO(), []
    with Progress("sampled", "pairs", stream=log) as progress:
        for second in range(1, 1000):
            before = len(log.getvalue())
            time.go(1.0)
            progress(second, 1000)
            if len(log.getvalue()) > before:
                at.append(second)
    assert at == [10, 20, 30, 45, 68, 102, 153, 230, 345, 518, 777]
    lines = log.getvalue().splitlines()
    assert lines[3] == "sampled: 45/1000 pairs, 4 %, 15.9 minutes left"
    assert lines[-1] == "sampled: 999/1000 pairs, 99 %, 1 s left"
    assert "\r" not in log.getvalue()
    assert "\x1b" not in log.getvalue()


@pytest.mark.parametrize(("share", "first"), [(1.0, 10), (0.01, 20)])
def test_a_log_waits_longer_where_others_compute(time, share, first):
    """Oracle: ten seconds of this process, or twenty by the clock, and no total is known."""
    log = io.StringIO()
    with Progress("qnet sweep", stream=log) as progress:
        for second in range(1, first + 1):
            assert log.getvalue() == ""
            time.go(1.0, share)
            progress._board.look()
            assert bool(log.getvalue()) == (second == first)
    assert log.getvalue().splitlines() == [
        f"qnet sweep: at work, {first} s",
        f"qnet sweep: done in {first} s",
    ]


def test_the_watching_thread_says_that_the_work_goes_on(monkeypatch, time):
    """Oracle: nothing is reported, and yet a line comes."""
    monkeypatch.setattr(board, "_LOOK_S", 1e-3)
    written = threading.Event()

    class Watched(Terminal):
        def write(self, text: str) -> int:
            written.set()
            return super().write(text)

    stream = Watched()
    with Progress("exact", stream=stream):
        time.go(5.0)
        assert written.wait(600.0)
    assert lines_of(stream.getvalue())[0] == "exact: at work, 5 s"
    assert not [each for each in threading.enumerate() if each.name == "qnet-progress"]


@pytest.fixture
def notebook(monkeypatch):
    """A stand-in for IPython in a kernel; what it displays, display by display."""
    displays: list[list[str]] = []

    def display(data, *, raw, display_id):
        assert (raw, display_id) == (True, True)
        shown = [data["text/plain"]]
        displays.append(shown)
        return SimpleNamespace(update=lambda new, raw: shown.append(new["text/plain"]))

    module, shown = ModuleType("IPython"), ModuleType("IPython.display")
    module.get_ipython = lambda: SimpleNamespace(kernel=object())
    shown.display = display
    monkeypatch.setitem(sys.modules, "IPython", module)
    monkeypatch.setitem(sys.modules, "IPython.display", shown)
    return displays


def test_a_notebook_has_one_display_that_stays_at_the_end(notebook, capsys, time):
    progress = Progress("sampled", "pairs")
    with opened(progress):
        for done in range(1, 5):
            time.go(1.0)
            progress(25 * done, 100)
    assert notebook == [
        [
            "sampled: 25/100 pairs, 25 %, 3 s left",
            "sampled: 50/100 pairs, 50 %, 2 s left",
            "sampled: 75/100 pairs, 75 %, 1 s left",
            "sampled: 100/100 pairs, 100 %",
            "sampled: 100/100 pairs, 100 %, done in 4 s",
        ]
    ]
    with pytest.raises(ValueError, match="inside"):
        failing(progress, time)
    assert notebook[1][-1] == "sampled: 1/10 pairs, 10 %, 4.5 minutes left (ended early)"
    assert capsys.readouterr() == ("", "")


def test_long_calls_show_themselves_in_a_notebook_and_nowhere_else(notebook, monkeypatch, capsys):
    """Oracle: the number of shots and candidates; nothing where progress is off, or no kernel."""
    monkeypatch.setenv("QNET_PROGRESS", "auto:0")
    chain = qnet.load("experiments/scenarios/two-segments.toml")
    link = qnet.Abstract(success_probability=0.5, attempt_time_s=1.0).link()
    calls = {
        "sampled: 3/3 pairs, 100 %": lambda: chain.play(shots=3),
        "proven figures of the best": lambda: optimise(Problem.of_links(link), SearchSpace()),
        "agree, ": lambda: agree(link, shots=3, seed=1, timelines=0),
    }
    for words, call in calls.items():
        notebook.clear()
        call()
        (shown,) = notebook
        assert words in shown[-1]
    chain.play(shots=3, progress=lambda done, wanted: None)
    assert len(notebook) == 1
    monkeypatch.setenv("QNET_PROGRESS", "off")
    chain.play(shots=3)
    monkeypatch.setenv("QNET_PROGRESS", "auto:0")
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: None)
    chain.play(shots=3)
    assert len(notebook) == 1
    assert capsys.readouterr() == ("", "")


def test_a_notebook_draws_a_bar(monkeypatch, time):
    """Oracle: an HTML parser's attributes; words of others are no HTML."""
    seen = []
    monkeypatch.setattr(
        display,
        "_notebook_display",
        lambda: lambda data, **how: seen.append(data) or SimpleNamespace(update=lambda *a, **k: 0),
    )
    for done in (30, None):
        with Progress("a<b", "pairs") as progress:
            time.go(2.0)
            progress.note("at & work") if done is None else progress(done, 40)
    bar, none = ElementTree.fromstring(f"<p>{seen[0]['text/html']}</p>"), seen[1]["text/html"]
    assert bar.find("progress").attrib["value"] == "75"
    assert bar.find("span").text == seen[0]["text/plain"]
    assert "<progress" not in none
    assert "a&lt;b: at &amp; work" in none


def test_without_a_kernel_ipython_is_no_notebook(notebook, monkeypatch, time):
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: SimpleNamespace())
    monkeypatch.setattr(sys, "stderr", Terminal())
    with Progress("sampled") as progress:
        time.go(2.0)
        progress(1, 2)
    assert notebook == []
    assert "sampled: 1/2, 50 %" in sys.stderr.getvalue()


def test_nested_progress_shares_the_line(time):
    stream = Terminal()
    with Progress("study", "points", stream=stream) as outer:
        outer(1, 4)
        with Progress("sampled", "pairs", stream=stream) as inner:
            time.go(2.0)
            inner(50, 100)
        time.go(2.0)
        outer(2, 4)
    shown = lines_of(stream.getvalue())
    assert shown == [
        "study: 1/4 points, 25 %, 6 s left | sampled: 50/100 pairs, 50 %, 2 s left",
        "study: 2/4 points, 50 %, 4 s left",
    ]


def test_an_error_inside_leaves_the_terminal_clean_and_adds_nothing_to_a_log(time):
    for stream in (Terminal(), io.StringIO()):
        with pytest.raises(ValueError, match="inside"):
            failing(Progress("sampled", "pairs", stream=stream), time)
        said = stream.getvalue()
        assert said.endswith("left\r\x1b[K" if stream.isatty() else "left\n")
        assert said.count("1/10") == 1


def test_a_long_label_with_letters_that_move_the_cursor_stays_on_its_line(pseudo_terminal, time):
    """Oracle: 29 columns, two for each Chinese letter, none for an accent of its own."""
    stream, shown = pseudo_terminal
    with Progress("e\u0301" + "\u6f22" * 20 + "\x1b[2J\n\r", stream=stream):
        time.go(2.0)
        board._boards[0].look()
    assert lines_of(shown())[0] == "e\u0301" + "\u6f22" * 14
    assert "\n" not in Progress("a\nb", "c\rd").text


def test_a_dumb_terminal_gets_no_escapes(monkeypatch, time):
    """Oracle: carriage returns and spaces alone clear what was there."""
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()
    with Progress("a", stream=stream) as progress:
        time.go(2.0)
        progress(1, 2)
    assert stream.getvalue() == "a: 1/2, 50 %, 2 s left\r" + " " * 22 + "\r"


def test_the_environment_forces_a_mode_and_a_patience(monkeypatch, time):
    for setting, stream, expected in (
        ("off", Terminal(), ""),
        ("log:0", Terminal(), "a: at work, 0 s\na: done in 0 s\n"),
        ("line:0", io.StringIO(), "\r\x1b[Ka: at work, 0 s\r\x1b[K"),
        ("log:60", io.StringIO(), ""),
        ("auto:0", io.StringIO(), "a: at work, 0 s\na: done in 0 s\n"),
    ):
        monkeypatch.setenv("QNET_PROGRESS", setting)
        with Progress("a", stream=stream) as progress:
            progress.note("")
        assert stream.getvalue() == expected, setting


@pytest.mark.parametrize("setting", ["loud", "log:", "log:soon", "log:-1", "line:nan", ":3"])
def test_a_setting_that_is_none_is_refused(monkeypatch, setting):
    monkeypatch.setenv("QNET_PROGRESS", setting)
    with pytest.raises(ParameterError, match="QNET_PROGRESS must be auto, off, line or log"):
        Progress("a").__enter__()


def test_a_stream_that_is_gone_ends_nothing(monkeypatch, time):
    class Full(Terminal):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    class Simple:
        """All that ``print`` asks of a stream."""

        def write(self, text: str) -> int:
            return len(text)

    closed = io.StringIO()
    closed.close()
    for stream in (Full(), closed, Simple()):
        with Progress("a", stream=stream) as progress:
            time.go(30.0)
            progress(1, 2)
            progress(2, 2)
    monkeypatch.setattr(sys, "stderr", None)
    with Progress("a") as progress:
        progress(1, 2)


def test_called_without_a_context_it_ends_when_all_is_done(time):
    stream = Terminal()
    progress = Progress("laps", stream=stream)
    for lap in range(1, 4):
        progress(lap, 3)
        time.go(2.0)
        assert progress.is_open == (lap < 3)
    assert stream.getvalue() == "\r\x1b[Klaps: 2/3, 66 %, 1 s left\r\x1b[Klaps: 3/3, 100 %\r\x1b[K"


def test_helpers_leave_other_callbacks_alone():
    seen = []
    call = lambda done, wanted: seen.append((done, wanted))  # noqa: E731
    for each in (call, None):
        with opened(each):
            note(each, "best")
            phase(each, "other", "things")
    call(1, 2)
    assert seen == [(1, 2)]


def test_other_words_do_not_run_into_the_line(time):
    stream = Terminal()
    with Progress("a", stream=stream) as progress:
        time.go(2.0)
        progress(1, 2)
        with cleared():
            stream.write("expect an hour\n")
        time.go(2.0)
        progress(1, 2)
    assert "left\r\x1b[Kexpect an hour\n\r\x1b[Ka: 1/2" in stream.getvalue()


def _shown_in_worker(setting: str) -> str:
    os.environ["QNET_PROGRESS"] = setting
    stream = io.StringIO()
    with Progress("worker", stream=stream) as progress:
        progress(1, 2)
    return stream.getvalue()


def test_workers_are_silent(monkeypatch):
    """Oracle: the process that started them says how far they are."""
    monkeypatch.setenv("QNET_PROGRESS", "auto")  # what was set before is set again at the end
    assert "worker: 1/2" in _shown_in_worker("log:0")
    found = dict(map_unordered(_shown_in_worker, {k: ("log:0",) for k in range(2)}, 2))
    assert found == {0: "", 1: ""}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="the system has no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_says_nothing_and_does_not_hang(time):
    """Oracle: the lock is held when the process is forked; the child reports and ends."""
    stream = io.StringIO()
    with Progress("a", stream=stream) as progress, board._boards[0].lock:
        time.go(100.0)
        child = os.fork()
        if child == 0:
            progress(1, 2)
            progress.close()
            os._exit(len(stream.getvalue()))
        assert os.waitpid(child, 0)[1] == 0


def test_threads_report_side_by_side(time):
    """Oracle: all of them are there at once, and none is left."""
    stream, gate = Terminal(), threading.Barrier(4)

    def work(name: str) -> None:
        with Progress(name, "laps", stream=stream) as progress:
            for lap in range(200):
                progress(lap, 200)
            gate.wait()
            gate.wait()

    threads = [threading.Thread(target=work, args=(f"t{k}",)) for k in range(3)]
    for thread in threads:
        thread.start()
    gate.wait()
    time.go(10.0)
    (only,) = board._boards
    only.look()
    gate.wait()
    for thread in threads:
        thread.join()
    last = lines_of(stream.getvalue())[-1]
    assert sorted(re.findall(r"(t\d): 199/200 laps", last)) == ["t0", "t1", "t2"]
    assert board._boards == []


def test_what_takes_long_in_python_takes_a_progress(time):
    """Oracle: the number of shots; a progress that is not begun is begun and ended by the run."""
    chain = qnet.load("experiments/scenarios/two-segments.toml")
    for engine in ("sampled", "exact", "circuit"):
        stream = io.StringIO()
        progress = qnet.Progress("two segments", "pairs", stream=stream)
        chain.play(shots=3, engine=engine, progress=progress)
        assert not progress.is_open
        assert progress.done == progress.wanted == (2 if engine == "exact" else 3)
