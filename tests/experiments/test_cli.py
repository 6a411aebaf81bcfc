"""The command line: what it prints, and how it ends."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys

import pytest

import experiments.cli.run
import qnet
from experiments.cli import draw, presets
from experiments.cli.main import main
from tests.experiments.scenario_text import TOP, abstract, scenario_text

POOR = scenario_text(link=abstract(0.5, "{ werner = 0.5 }"))
DECAYING = scenario_text(
    link=abstract(0.5, "{ werner = 0.98 }"), rest="[memory]\npair_depolarizing_time_s = 50.0"
)
FIGURES = (
    "delivery_time_s",
    "rate_hz",
    "fidelity",
    "qber_x",
    "qber_y",
    "qber_z",
    "secret_key_fraction",
    "secret_key_rate_hz",
)


def test_json_has_every_figure_with_its_interval(qnet_run):
    report = qnet_run(DECAYING)
    assert (report["engine"], report["seed"], report["shots"]) == ("sampled", 1, 1000)
    for figure in (*(report[name] for name in FIGURES), *report["bell_diagonal"]):
        assert sorted(figure) == ["best", "high", "low", "n"]
        assert figure["low"] < figure["best"] < figure["high"]
        assert figure["n"] == 1000
    assert len(report["bell_diagonal"]) == 4
    assert sum(figure["best"] for figure in report["bell_diagonal"]) == pytest.approx(1.0)
    assert report["bell_diagonal"][0] == report["fidelity"]
    assert report["plob_bits_per_use"] is None
    assert report["warnings"] == ["[swap] is missing: swaps are taken as perfect"]
    assert report["versions"]["qnet"] == qnet.__version__
    assert {"qiskit", "qiskit-aer", "numpy", "python"} <= set(report["versions"])


def test_exact_figures_have_no_samples(qnet_run):
    report = qnet_run(scenario_text(link=abstract(0.5, "{ fidelity = 0.9 }")))
    fidelity = report["fidelity"]
    assert fidelity["n"] == 0
    assert fidelity["low"] == fidelity["best"] == fidelity["high"]
    # Two Werner pairs of fidelity 0.9 swapped: 0.8133 (P-C2).
    assert fidelity["best"] == pytest.approx(0.813333333, abs=1e-9)


def test_infinite_numbers_become_null_with_a_warning(qnet_run):
    report = qnet_run(scenario_text(chain="segments = 2\nlength_km = 0"))
    assert report["plob_bits_per_use"] is None
    assert "plob_bits_per_use is infinite, shown as null" in report["warnings"]


def test_zero_key_rate_is_explained(qnet_run, scenario, capsys):
    *_, warning = qnet_run(POOR)["warnings"]
    # Werner parameter 1/4: error rate 3/8 in each basis.
    assert warning.startswith("no secret key: the error rates are too high (37.5 % in X, 37.5 ")
    assert main(["run", scenario(POOR)]) == 0
    assert "No secret key: the error rates are too high" in capsys.readouterr().out


def test_table_for_people(scenario, capsys):
    text = scenario_text(chain="segments = 2\nlength_km = 100")
    assert main(["run", scenario(text), "--shots", "500"]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0] == "mine: 2 segments, 100 km, nested"
    assert lines[1] == "500 pairs, engine sampled, seed 1; 95 % intervals"
    assert re.search(r"^delivery time +1[45]\.\d+ \[\d+\.\d+, \d+\.\d+\] +s$", out, re.MULTILINE)
    assert re.search(r"^PLOB bound +0\.0144996 +bit/use$", out, re.MULTILINE)
    assert err == ""


def test_arguments_replace_what_the_file_says(qnet_run):
    report = qnet_run(DECAYING, "--shots", "300", "--seed", "9")
    assert (report["seed"], report["shots"], report["fidelity"]["n"]) == (9, 300, 300)
    assert report["delivery_time_s"] != qnet_run(DECAYING, "--shots", "300")["delivery_time_s"]


def test_same_seed_same_output_for_any_number_of_workers(qnet_run):
    text = scenario_text(chain="segments = 4", link=abstract(0.1), top=TOP + "0" * 2)
    one = qnet_run(text, "--workers", "1")
    assert one["shots"] == 100_000
    assert one == qnet_run(text, "--workers", "1") == qnet_run(text, "--workers", "2")


def test_circuit_engine(qnet_run):
    """It plays the timelines of the sampled engine: the figures are the same."""
    one = qnet_run(DECAYING, "--shots", "3", "--engine", "circuit")
    two = qnet_run(DECAYING, "--shots", "3")
    assert (one["engine"], two["engine"]) == ("circuit", "sampled")
    for name in FIGURES:
        assert one[name]["best"] == pytest.approx(two[name]["best"], rel=1e-9)


def test_key_table_changes_the_key(qnet_run):
    fraction = qnet_run(DECAYING)["secret_key_fraction"]["best"]
    worse = qnet_run(DECAYING + "[key]\nerror_correction_efficiency = 1.2\n")
    better = qnet_run(DECAYING + '[key]\nprotocol = "six-state"\n')
    assert worse["secret_key_fraction"]["best"] < fraction
    assert better["secret_key_fraction"]["best"] > fraction


def bad_file(tmp_path, kind):
    if kind == "missing":
        return tmp_path / "none.toml", "must exist"
    if kind == "directory":
        return tmp_path, "must be a file, not a directory"
    path = tmp_path / "bad.toml"
    if kind == "not UTF-8":
        path.write_bytes(b'kind = "\xff"')
        return path, "must be UTF-8 text"
    if kind == "name with NUL":
        return "a\0b", "must be readable"
    path.write_text('kind = "chain"\nshots = = 1')
    return path, "must be valid TOML at line 2"


@pytest.mark.parametrize("kind", ["missing", "directory", "not UTF-8", "name with NUL", "no TOML"])
@pytest.mark.parametrize("command", ["run", "cite", "timeline", "agree", "draw"])
def test_bad_file_is_one_line_on_stderr(tmp_path, capsys, kind, command):
    path, rule = bad_file(tmp_path, kind)
    more = ["--out", str(tmp_path / "x.png")] if command == "draw" else []
    assert main([command, str(path), *more]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("qnet: error: scenario file must ")
    assert rule in err
    assert err.count("\n") == 1


BAD_ARGUMENTS = {
    "no command": ([], "give a command: run, "),
    "unknown command": (["rnu", "x.toml"], "invalid choice: 'rnu'; did you mean 'run'?"),
    "no file": (["run"], "the following arguments are required: FILE.toml"),
    "zero shots": (["run", "x.toml", "--shots", "0"], "--shots: must be a whole number, 1 or more"),
    "shots a text": (["run", "x.toml", "--shots", "many"], "(got 'many'); write it in digits"),
    "negative seed": (["run", "x.toml", "--seed=-1"], "--seed: must be a whole number, 0 or more"),
    "no workers": (["run", "x.toml", "--workers", "0"], "--workers: must be a whole number, 1"),
    "engine": (["run", "x.toml", "--engine", "exakt"], "choice: 'exakt'; did you mean 'exact'?"),
    "preset": (["presets", "traped-ion"], "did you mean 'trapped-ion'?"),
    "unknown option": (["run", "x.toml", "--shot", "5", "--sed", "1"], "--sed"),
}


@pytest.mark.parametrize(("arguments", "part"), BAD_ARGUMENTS.values(), ids=list(BAD_ARGUMENTS))
def test_bad_arguments_are_one_line_on_stderr(capsys, arguments, part):
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("qnet: error: ")
    assert part in err
    assert err.count("\n") == 1


def test_wrong_value_and_hopeless_plan(scenario, capsys):
    assert main(["run", scenario(scenario_text(link=abstract(1.5)))]) == 2
    expected = (
        "qnet: error: link.success_probability must lie in [0, 1] (got 1.5); "
        "give a probability between 0 and 1\n"
    )
    assert capsys.readouterr().err == expected
    assert main(["run", scenario(scenario_text(link=abstract(1e-15)))]) == 2
    err = capsys.readouterr().err
    assert "the expected time to one delivered pair is" in err
    assert err.count("\n") == 1


def test_interruption(scenario, capsys, monkeypatch):
    def interrupt(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(experiments.cli.run, "execute", interrupt)
    assert main(["run", scenario(POOR)]) == 130
    assert capsys.readouterr().err == "qnet: interrupted\n"


def test_version_and_help(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"qnet {qnet.__version__}\n"
    assert main(["--help"]) == 0
    assert "space-time diagram" in capsys.readouterr().out


def test_presets(capsys):
    assert main(["presets"]) == 0
    out = capsys.readouterr().out
    assert all(line.split()[0] in out for line in ("nv-2019", "trapped-ion", "blueprint"))
    assert main(["presets", "trapped-ion"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"emitter\.window_acceptance +0\.12 +QIALinkModel: penalty factor", out)
    assert presets.execute.__doc__


def test_cite(scenario, capsys):
    text = scenario_text(
        chain='segments = 2\nlength_km = 20\nstrategy = "swap-asap"',
        link='preset = "nv-2019"',
        rest='[distill]\nscheme = "bbpssw"\n[key]\nprotocol = "six-state"',
    )
    assert main(["cite", scenario(text)]) == 0
    keys = re.findall(r"^@\w+\{(\w+),$", capsys.readouterr().out, re.MULTILINE)
    assert len(keys) == len(set(keys))
    assert keys[0] == "Cabrillo1999"
    assert {
        "NetSquidNV",
        "Humphreys2018",
        "Kamin2023",
        "Bennett1996",
        "Bruss1998",
        "Pirandola2017",
        "Qiskit",
        "QiskitAer",
    } <= set(keys)


def test_timeline(scenario, capsys):
    assert main(["timeline", scenario(DECAYING), "--shot", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["pair", "step", "nodes", "begun_s", "ready_s", "waited_s",
                                "attempts", "made", "of"]  # fmt: skip
    assert [line.split()[0] for line in lines[1:]] == ["3.0", "3.1", "3"]
    left, right = (float(line.split()[4]) for line in lines[1:3])
    assert float(lines[3].split()[4]) == max(left, right)


def test_agree(scenario, capsys):
    assert main(["agree", scenario(DECAYING), "--circuit-shots", "4"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[-1] == "the engines agree"
    assert len(re.findall(r"^\w+ +exact .* [+-]\d+\.\d\d standard errors$", out, re.MULTILINE)) == 6
    assert len(re.findall(r"^\w+ +circuit .* standard errors$", out, re.MULTILINE)) == 6


@pytest.mark.parametrize(
    ("suffix", "magic"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")]
)
def test_draw(scenario, tmp_path, capsys, suffix, magic):
    out = tmp_path / f"picture{suffix}"
    assert main(["draw", scenario(DECAYING), "--out", str(out), "--shot", "1"]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    assert out.read_bytes().startswith(magic)


def test_draw_shows_the_delivery_and_its_circuit():
    from experiments.scenario import loads

    figure = draw.picture(loads(DECAYING).delivery())
    diagram, circuit = figure.axes
    assert diagram.get_xlabel() == "time (s)"
    kinds = {artist.get_gid() for artist in diagram.get_children()}
    assert {"attempts", "herald", "swap", "delivery"} <= kinds
    texts = [text.get_text() for text in circuit.texts]
    assert {"L1", "L2"} <= set(texts)


def test_draw_the_circuit_alone(scenario, tmp_path, capsys):
    out = tmp_path / "circuit.svg"
    assert main(["draw", scenario(DECAYING), "--circuit", "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    assert "<svg" in out.read_text(encoding="utf-8")
    arguments = ["draw", scenario(DECAYING), "--circuit", "--out", str(tmp_path / "a.gif")]
    assert main(arguments) == 2
    assert "--circuit must be given for a still picture alone" in capsys.readouterr().err


BAD_PICTURES = {
    "suffix": (
        "x.jpg",
        "--out must be one of '.gif', '.pdf', '.png', '.qasm', '.svg' (got '.jpg')",
    ),
    "no suffix": ("x", "--out must be one of"),
    "no directory": ("none/x.png", "--out must lie in a directory that exists"),
}


@pytest.mark.parametrize(("name", "part"), BAD_PICTURES.values(), ids=list(BAD_PICTURES))
def test_bad_picture(scenario, tmp_path, capsys, name, part):
    assert main(["draw", scenario(DECAYING), "--out", str(tmp_path / name)]) == 2
    err = capsys.readouterr().err
    assert part in err
    assert err.count("\n") == 1


def test_draw_an_animation(scenario, tmp_path, capsys):
    """Oracle: Pillow reads back as many pictures as were asked for, and the same bytes twice."""
    from PIL import Image

    files = [tmp_path / name for name in ("a.gif", "b.GIF")]
    for out in files:
        arguments = ["--out", str(out), "--shot", "2", "--frames", "6", "--time", "events"]
        assert main(["draw", scenario(DECAYING), *arguments]) == 0
        assert capsys.readouterr().out == f"{out}\n"
    with Image.open(files[0]) as image:
        assert (image.format, image.n_frames) == ("GIF", 6)
    assert files[0].read_bytes() == files[1].read_bytes()


@pytest.mark.parametrize(("option", "value"), [("--frames", "5"), ("--time", "linear")])
def test_options_of_an_animation_are_refused_for_a_picture(
    scenario, tmp_path, capsys, option, value
):
    out = str(tmp_path / "x.png")
    assert main(["draw", scenario(DECAYING), "--out", out, option, value]) == 2
    assert f"{option} must be given for an animation alone" in capsys.readouterr().err


def test_animation_of_too_many_nodes_or_pictures(scenario, tmp_path, capsys):
    path, out = scenario(scenario_text(chain="segments = 32")), str(tmp_path / "x.gif")
    assert main(["draw", path, "--out", out]) == 2
    assert "nodes must be at most 17 (got 33)" in capsys.readouterr().err
    assert main(["draw", path, "--out", out, "--frames", "1"]) == 2
    assert not (tmp_path / "x.gif").exists()


def test_picture_of_too_many_qubits(scenario, tmp_path, capsys):
    path = scenario(scenario_text(chain="segments = 64"))
    assert main(["draw", path, "--out", str(tmp_path / "x.png")]) == 2
    assert "qubits" in capsys.readouterr().err


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        return True


def python(*arguments):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)


def test_as_a_program(scenario):
    done = python("-m", "experiments.cli", "run", scenario(DECAYING), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["shots"] == 1000
    done = python("-m", "experiments.cli", "run", "nowhere.toml")
    assert (done.returncode, done.stdout) == (2, "")


def test_reading_a_scenario_loads_neither_aer_nor_matplotlib(scenario):
    path = scenario(DECAYING)
    code = (
        "import sys\nfrom experiments.cli.main import main\n"
        f"assert main(['cite', {path!r}]) == 0\n"
        "heavy = {'qiskit_aer', 'matplotlib', 'scipy.stats'} & set(sys.modules)\n"
        "print(sorted(heavy), file=sys.stderr)"
    )
    assert python("-c", code).stderr == "[]\n"


def test_broken_pipe_is_quiet():
    code = (
        "import subprocess, sys\n"
        "reader = subprocess.Popen(['true'], stdin=subprocess.PIPE)\n"
        "reader.wait()\n"
        "program = [sys.executable, '-m', 'experiments.cli', 'presets']\n"
        "done = subprocess.run(program, stdout=reader.stdin, stderr=subprocess.PIPE)\n"
        "sys.exit(f'{done.returncode} {done.stderr!r}')"
    )
    assert python("-c", code).stderr == "0 b''\n"
