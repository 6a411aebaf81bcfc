"""Benchmarks against peers: the frame with a toy peer, the models, the statistics, the page.

Oracles: a toy package whose numbers are known, enumeration of the clicks, closed forms, order
statistics of the binomial distribution. No peer is installed.
"""

import ast
import itertools
import math
import os
import shutil
import sys
import sysconfig
import venv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from experiments.benchmarks.peers import workers
from experiments.benchmarks.peers.__main__ import main, selected
from experiments.benchmarks.peers.comparison import (
    PeerWork,
    compare,
    difference,
    figure_of,
    median_estimate,
)
from experiments.benchmarks.peers.environment import PeerEnvironment, default_cache
from experiments.benchmarks.peers.peer import PEERS, Peer
from experiments.benchmarks.peers.report import page_of, text_lines
from experiments.benchmarks.peers.works import (
    WORKS,
    barrett_kok_link,
    geometric_chain,
    heralded_link,
    weak_bb84,
)
from qnet.errors import ParameterError
from qnet.estimate import Estimate
from tests.source import ROOT

WORKERS = Path(workers.__file__).parent
PAGE = (ROOT / "docs" / "explanation" / "peers.md").read_text(encoding="utf-8")

#: A package that flips coins and has a version, and its worker.
TOY = """
def flips(count, seed):
    return [(seed + each) % 2 for each in range(count)]
"""
TOY_WORKER = """
PACKAGES = ("toypeer",)


def coins(settings, seed):
    from toypeer import flips

    found = flips(settings["coins"], seed)
    figures = {"heads": {"hits": sum(found), "of": len(found)}, "value": found}
    return {"seconds": 0.5, "count": len(found), "figures": figures}


def broken(settings, seed):
    raise RuntimeError("the coin rolled away")


WORKS = {"coins": coins, "broken": broken}
"""


def toy(name="toypeer"):
    return Peer(name=name, requirement=f"{name}==2.0", worker="with_toy")


def copied(folder, python, peer):
    """An environment with the toy in it, made without pip."""
    venv.create(folder, with_pip=False, symlinks=os.name != "nt")
    scheme = {"base": str(folder), "platbase": str(folder)}
    site = Path(sysconfig.get_path("purelib", "venv", scheme))
    (site / "toypeer").mkdir()
    (site / "toypeer" / "__init__.py").write_text(TOY)
    about = site / "toypeer-2.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: toypeer\nVersion: 2.0\n")
    return ""


def worth(settings, count, seed):
    """Our coins: what is timed."""
    return sum((seed + each) % 2 for each in range(count))


def coins(work="coins"):
    return PeerWork(
        name="toy-coins",
        peer="requsim",
        work=work,
        title="coins",
        settings={"coins": 1000},
        counted="coins",
        ours=worth,
        expected=lambda settings: dict.fromkeys(("heads", "value"), Estimate.exact(0.5)),
        unequal="The coins.",
    )


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """The environment of the toy, and its program."""
    folder = tmp_path_factory.mktemp("peers")
    shutil.copy(WORKERS / "play.py", folder / "play.py")
    (folder / "with_toy.py").write_text(TOY_WORKER)
    return PeerEnvironment(
        peer=toy(), cache=folder / "cache", install=copied, play=folder / "play.py"
    )


def test_toy_peer_is_played_in_its_own_python(environment):
    """Oracle: half of a thousand alternating coins are heads; its version is 2.0."""
    found = compare(coins(), environment, runs=2, seed=3)
    assert environment.python.is_relative_to(environment.cache)
    assert Path(sys.executable) != environment.python
    assert not found.reason
    assert found.versions["toypeer"] == "2.0"
    assert (found.count, found.seconds) == (2000, 1.0)
    assert found.theirs["heads"].best == found.theirs["value"].best == 0.5
    assert found.ratio.low > 1.0
    told = "\n".join(text_lines(found))
    assert "time, theirs over ours" in told
    assert told.count("holds 0: yes") == 2


def test_environment_is_made_once(environment):
    assert environment.made() == ""

    def never(folder, python, peer):
        raise AssertionError("made again")

    assert replace(environment, install=never).made() == ""


def test_failures_are_sentences(environment, tmp_path):
    """Oracle: the last line of what the worker, or pip, wrote about it."""
    broken = compare(coins("broken"), environment, runs=6, seed=1)
    assert broken.reason == "toypeer at work 'broken' failed: RuntimeError: the coin rolled away"
    assert "not played: toypeer at work" in "\n".join(text_lines(broken))
    absent = PeerEnvironment(peer=PEERS["netsquid"], cache=tmp_path)
    assert "server of their own" in absent.made()
    refused = replace(environment, cache=tmp_path, install=lambda *_: "pip install toy failed: no")
    assert compare(coins(), refused, runs=1, seed=1).reason == "pip install toy failed: no"
    assert not list(tmp_path.glob("*/complete"))
    nowhere = PeerEnvironment(peer=toy("gone"), cache=tmp_path)
    assert "did not start" in nowhere.answer("coins", {}, 1).reason


@pytest.mark.parametrize("path", sorted(WORKERS.glob("*.py")), ids=lambda path: path.stem)
def test_workers_compile_and_import_only_the_standard_library(path):
    """A peer's Python has nothing of this project: what is not in Python is loaded by name."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    compile(tree, str(path), "exec")
    doors = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name).partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert doors <= set(sys.stdlib_module_names)


def test_every_work_has_its_function_and_every_peer_its_release():
    for work in WORKS.values():
        peer = PEERS[work.peer]
        assert "==" in peer.requirement
        tree = ast.parse((WORKERS / f"{peer.worker}.py").read_text(encoding="utf-8"))
        (names,) = (
            [key.value for key in node.value.keys]
            for node in tree.body
            if isinstance(node, ast.Assign) and node.targets[0].id == "WORKS"
        )
        assert work.work in names
    for peer in PEERS.values():
        assert bool(peer.missing) != bool(peer.requirement)
        assert peer.better


def test_command_names_what_cannot_be_had_and_refuses_what_is_unknown(capsys):
    main(["netsquid", "papers"])
    told = capsys.readouterr().out
    assert told.count("not played") == 2
    with pytest.raises(SystemExit):
        main(["simulaqron"])
    assert "no peer or work 'simulaqron'" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main(["requsim", "--runs", "0"])
    assert selected([]) == list(WORKS)
    assert default_cache().parts[-2:] == ("qnet", "peers")


def test_median_interval_is_that_of_order_statistics():
    """Oracle: tables of the sign test: all of 6 to 8 values, 2nd to 8th of 9, 6th to 16th of 21."""
    for n, least in {5: 1, 6: 1, 8: 1, 9: 2, 12: 3, 21: 6, 30: 10}.items():
        found = median_estimate([float(each) for each in range(1, n + 1)][::-1])
        assert (found.low, found.high) == (least, n + 1 - least)
        assert found.best == (n + 1) / 2
    with pytest.raises(ParameterError, match="values"):
        median_estimate([])


def test_figures_and_differences_have_the_intervals_of_their_samples():
    """Oracle: the standard error of NumPy, and the root of the sum of squares of two of them."""
    values = np.random.default_rng(1).exponential(2.0, 400)
    found = figure_of([len(values), values.sum(), (values**2).sum()])
    half = 1.959964 * values.std(ddof=1) / math.sqrt(400)
    assert math.isclose(found.best, values.mean())
    assert math.isclose(found.high - found.best, half, rel_tol=1e-5)
    gap = difference(found, found)
    assert gap.best == 0.0
    assert math.isclose(gap.high, math.sqrt(2.0) * half, rel_tol=1e-5)


def test_heralded_link_is_the_model_of_the_peer():
    """Oracle: a Werner pair of both of whose qubits err at rates 1/(3 T), for 100 us."""
    settings = WORKS["sequence-link"].settings
    link = heralded_link(settings)
    share = (4.0 * settings["fidelity"] - 1.0) / 3.0 * math.exp(-8.0 * 1e-4 / (3.0 * 0.01))
    assert np.allclose(np.abs(np.diag(link.fano)), [1.0, share, share, share])
    assert math.isclose(link.success_probability, 0.5 * 10**-0.4)
    assert math.isclose(link.attempt_time_s, 4e-4)


def test_attempt_of_two_rounds_has_its_mean_length():
    """Oracle: enumeration of emissions, losses and detectors for exactly one click."""
    settings = WORKS["sequence-chain-2"].settings
    kept = 10**-0.2
    single = 0.0
    for bright, detectors in itertools.product(itertools.product((0, 1), repeat=2), repeat=2):
        for arrived in itertools.product((0, 1), repeat=2):
            if any(a and not b for a, b in zip(arrived, bright, strict=True)):
                continue
            chance = 1.0 / 16.0
            for photon, there in zip(bright, arrived, strict=True):
                chance *= (kept if there else 1.0 - kept) if photon else 1.0
            hit = {d for d, there in zip(detectors, arrived, strict=True) if there}
            single += chance * (len(hit) == 1)
    link = barrett_kok_link(settings)
    assert math.isclose(link.attempt_time_s, 1e-4 * (4.0 + 3.0 * single))
    assert math.isclose(link.success_probability, kept**2 / 2.0)


def test_chains_and_pulses_are_those_of_the_settings():
    plan = geometric_chain(WORKS["requsim-chain-4"].settings)
    links = list(plan.links())
    assert len(links) == 4
    assert (links[0].success_probability, links[0].left.t2_s) == (0.05, 0.1)
    assert (plan.cutoff.kind, plan.cutoff.time_s) == ("age", 0.03)
    protocol = weak_bb84(WORKS["sequence-bb84"].settings)
    assert math.isclose(protocol.line.transmission, 10**-0.5)
    assert math.isclose(protocol.line.detectors.dark_probability, 2000.0 / 8e6)


def test_page_is_of_this_frame(environment):
    """Oracle: head and tail of a page written now; works, releases and anchors of the table."""
    found = compare(coins(), environment, runs=1, seed=1)
    page = page_of([found], date="2026-11-27", where="two cores")
    assert "Measured on 2026-11-27 on two cores" in page
    assert "| heads | 0.5 [" in page
    assert page.split("Measured on")[0] == PAGE.split("Measured on")[0]
    tail = "## What they do better"
    assert page.split(tail)[1] == PAGE.split(tail)[1]
    for work in WORKS.values():
        assert f"(peer-{work.name})=" in PAGE
        assert f"Not equal: {work.unequal}" in PAGE
        assert PEERS[work.peer].requirement.replace("==", " ") in PAGE
