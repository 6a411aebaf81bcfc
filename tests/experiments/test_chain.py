"""One description of a chain: files, Python, changes, identity; a strategy from outside."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

import experiments
import qnet
from experiments.cli.cite import citations
from experiments.sweep import ScenarioTask
from experiments.sweep.read import load as load_sweep, loads as sweep_of
from protocols import from_tree, nested, recurrence, swap_asap
from protocols.planning.optimise import Problem, SearchSpace
from protocols.planning.optimise.request import SearchRequest
from protocols.repeaters import STRATEGIES, Strategy
from protocols.repeaters.chain import Chain
from protocols.repeaters.chain_link import ChainLink
from protocols.repeaters.segment import LinkDescription, PairState
from protocols.repeaters.tables import CutoffTimes, Distillation, Exact, Swapping
from qnet import Cutoff, Fibre, Gates, Key, Memory, Station, improved
from qnet.errors import ParameterError, QnetError
from qnet.hardware import PRESETS
from qnet.links import HeraldedAttempt
from qnet.schema import Part
from tests.experiments import scenario_fuzz
from tests.experiments.scenario_text import abstract, links, scenario_text

FOLDER = Path(experiments.__file__).parent / "scenarios"

#: Identities of the tasks that version 0.1 made of its scenarios, sampled in batches of 1000.
VERSION_0_1 = {
    "best-500-km": "c8355922ff27dec45e5ea8387d76e4b23438c7bedf7e1cb607f1dd73f07a3f49",
    "dejmps": "d49cf845063a705ecbb91f401b5484b712f4748dff2b6c268bece6cc1498b6a9",
    "nested-cutoff": "427ad10fc5057af33c26cc526fa48261c5774cedc100b31acc2bcbe87b3abd2b",
    "single-click": "28896d2c04c632e3695a3fb3aff96b0222bf4a5067b42ebe0f020c60d8fae4dd",
    "swap-asap-8": "6b1046d73069f5ee9c52a39402ebc40da154b3441889b261359d70d880627d2b",
    "trapped-ion": "9ae6245eb82216ce4ba0a5dd5005abb3b732cf7a92a4ba7d9484bc65ddd4e921",
    "two-segments": "3be77b4afdeea1d542a71d0c30c7fc5f0dfb5f830c077bf565d74bc8642c34c1",
}
LINK = LinkDescription(preset="ideal")
PAIR_TIMES = ("dejmps", "nested-cutoff", "swap-asap-8", "two-segments")


def text_of(name: str) -> str:
    return (FOLDER / f"{name}.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(("name", "identity"), VERSION_0_1.items())
def test_scenarios_are_those_of_version_0_1(name, identity):
    """Oracle: version 0.1, whose stores and seeds hang on the identity."""
    chain = qnet.load(name)
    assert chain.name == name
    assert ScenarioTask(scenario=chain, batch_shots=1000).identity == identity
    assert not any("version 0.1" in note for note in chain.notes)


@pytest.mark.parametrize("name", PAIR_TIMES)
def test_files_of_version_0_1_are_read_with_the_time_of_one_qubit(name):
    """Oracle: the same file with half the time of a pair; the note says what 0.1 did."""
    text = text_of(name)
    old = qnet.loads(text.replace("pair_de", "de"))
    path = "memory." + next(iter(old.memory))
    half = qnet.loads(text).with_({f"memory.pair_{old_key(old)}": old.memory[old_key(old)] / 2})
    assert old.plan() == half.plan()
    assert old.digest == half.digest
    assert ScenarioTask(scenario=old, batch_shots=1000).identity != VERSION_0_1[name]
    assert sum("version 0.1 read it as a stored pair's" in note for note in old.notes) == 1
    assert path in old.notes[-1]


def old_key(chain: Chain) -> str:
    (key,) = chain.memory
    return key


def test_points_of_a_sweep_are_those_of_version_0_1_and_its_meaning_is_not_mistaken():
    """Oracle: identities that version 0.1 made of points 3 and 9 and of the sweep."""
    sweep = load_sweep(FOLDER / "sweep" / "distance.toml")
    assert sweep.point(3).task.identity.startswith("3d47253d868be40a3e2669c016a97c97")
    assert sweep.point(9).task.identity.startswith("3068f1e8fe10e95e5b3e41894e5ca0dc")
    old = sweep.text.replace("pair_de", "de")
    neutral = old.replace("dephasing_time_s", "t2_s")
    found = sweep_of(old, name="distance").identity
    assert found != sweep.identity
    assert found != "3c237105c7bea88596ba800285dd8a608545bec06d60bcc323058c719c826dcd"
    assert len({found, sweep.identity, sweep_of(neutral, name="distance").identity}) == 3


@pytest.mark.parametrize("name", VERSION_0_1)
def test_what_is_written_is_read_back(name):
    """Oracle: the description itself."""
    chain = qnet.load(name)
    again = qnet.loads(chain.to_toml(), name=name)
    assert again == chain
    assert again.to_toml() == chain.to_toml()
    assert (again.digest, again.notes, again.plan()) == (chain.digest, chain.notes, chain.plan())


#: Names in the text of a chain.
NAMES = {
    kind.__name__: kind
    for kind in (Chain, LinkDescription, PairState, Part, HeraldedAttempt, Memory, Fibre, Key)
}
NAMES |= {
    kind.__name__: kind
    for kind in (ChainLink, Swapping, CutoffTimes, Distillation, Exact, SearchRequest)
}


@given(st.integers(0, 10**6))
def test_any_chain_is_written_and_read_back(seed):
    """Oracle: the description itself, for random files."""
    try:
        chain = qnet.loads(scenario_fuzz.toml(scenario_fuzz.chain(random.Random(seed))))
    except QnetError:
        return
    again = qnet.loads(chain.to_toml())
    assert again == chain
    assert (again.digest, again.notes) == (chain.digest, chain.notes)
    assert eval(repr(chain), NAMES) == chain  # what is shown makes it


def test_a_chain_of_python_is_that_of_the_file():
    """Oracle: the file."""
    made = Chain(
        segments=4,
        length_km=200,
        classical_latency=True,
        link=LinkDescription(preset="trapped-ion", emitter=Part(qnet.Emitter, {"visibility": 0.9})),
        fibre=Fibre(loss_db_per_km=0.25),
        memory=Memory(pair_dephasing_time_s=3.0),
        swap=Station(success_probability=0.5, gates=Gates(two_qubit_depolarizing=0.01)),
        cutoff=Cutoff(kind="age", time_s=2.0),
        distill=Distillation(rounds=2, level=1),
    )
    text = """
    kind = "chain"
    [chain]
    segments = 4
    length_km = 200
    classical_latency = true
    [link]
    preset = "trapped-ion"
    [link.emitter]
    visibility = 0.9
    [fibre]
    loss_db_per_km = 0.25
    [memory]
    pair_dephasing_time_s = 3
    [swap]
    success_probability = 0.5
    cnot_depolarizing = 0.01
    [cutoff]
    kind = "age"
    time_s = 2
    [distill]
    rounds = 2
    level = 1
    """
    assert made.canonical() == qnet.loads(text).canonical()
    assert made == qnet.loads(made.to_toml())
    plan = made.plan()
    assert plan == qnet.loads(text).plan()


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_with_other_numbers_is_written_as_what_differs(name):
    """Oracle: the parts of the preset itself."""
    better = improved(PRESETS[name], 3.0)
    chain = Chain(segments=2, length_km=20.0, link=better)
    again = qnet.loads(chain.to_toml())
    assert again == chain
    (segment, _) = again.parts
    assert replace(segment.preset.node, memory=segment.memory) == better.node
    assert again.stations == (Station(gates=better.node.gates),)


def test_ready_parts():
    """Oracle: the plan that the builders make of the same parts."""
    link = qnet.Abstract(success_probability=0.1, attempt_time_s=1.0, fidelity=0.98).link()
    other = replace(link, success_probability=0.2)
    stations = (Station(success_probability=0.5, perfect=True), Station(perfect=True))
    rules = (None, Cutoff(kind="age", time_s=3.0))
    chain = Chain(links=(link, other, link), swap=stations, cutoff=rules)
    assert chain.plan() == nested([link, other, link], stations=stations, cutoffs=rules)
    better = {0: lambda pair: recurrence(pair, rounds=1)}
    asap = Chain(segments=3, link=link, strategy="swap-asap", improve=better)
    assert asap.plan() == swap_asap([recurrence(link)] * 3)
    assert asap.with_(segments=2).plan() == swap_asap([recurrence(link)] * 2)
    assert Chain(segments=1, link=link).plan() == link
    for ready in (chain, asap):
        with pytest.raises(ParameterError, match="something that a file can hold"):
            ready.to_toml()
    with pytest.raises(ParameterError, match="not be given together"):
        Chain(segments=2, link=link, improve=better, distill=Distillation())


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Chain(segments=2, strategy="swapasap", link=LINK), "strategy must be one of"),
        (lambda: Chain(segments=2, strategy="tree", link=LINK), "strategy must be one of"),
        (
            lambda: Chain(segments=2, strategy="swap-asap", tree=[0, 1], link=LINK),
            "strategy must not be given together with",
        ),
        (lambda: LinkDescription(scheme="doubleclick"), "did you mean 'double-click'"),
        (lambda: LinkDescription(preset="traped-ion"), "did you mean 'trapped-ion'"),
        (lambda: Distillation(scheme="dejmp"), "did you mean 'dejmps'"),
        (lambda: CutoffTimes(kind="agee", time_s=1.0), "did you mean 'age'"),
        (lambda: Chain(link=LINK), r"chain\.segments must be given"),
        (lambda: Chain(segments=2), r"link\.scheme must be given"),
        (lambda: Chain(segments=2, memory=Memory(efficiency=0.5), link=LINK), "must be 1"),
    ],
)
def test_what_is_wrong_in_python_is_said(make, words):
    """Oracle: the sentence; the same rules as in a file."""
    with pytest.raises(ParameterError, match=words):
        make()


def test_changes():
    """Oracle: the file with the other value in it."""
    chain = qnet.loads(scenario_text("segments = 2\nlength_km = 20"))
    assert chain.with_(length_km=200) == qnet.loads(scenario_text("segments = 2\nlength_km = 200"))
    assert chain.with_({"chain.segments": 4, "link.modes": 3}).parts[3].modes == 3
    assert chain.with_(cutoff={"kind": "age", "time_s": 1}).cutoffs == Cutoff(
        kind="age", time_s=1.0
    )
    assert chain.with_(cutoff=CutoffTimes(kind="age", time_s=1.0)).plan() != chain.plan()
    unequal = qnet.loads(links(2 * f"[[links]]\n{abstract(0.1)}\n"))
    made = unequal.with_({"links[1].success_probability": 0.3}).plan()
    assert [link.success_probability for link in made.links()] == [0.1, 0.3]
    for name, near in {
        "lenght_km": "length_km",
        "chain.lenght_km": r"chain\.length_km",
        "links[0].mods": r"links\[0\]\.modes",
    }.items():
        with pytest.raises(ParameterError, match=f"did you mean {near}"):
            chain.with_({name: 1})
    with pytest.raises(ParameterError, match="must name one key"):
        chain.with_(success_probability=0.5)
    with pytest.raises(ParameterError, match=r"chain\.length_km must not be negative"):
        chain.with_(length_km=-1)


def test_a_strategy_from_outside_is_one_entry(monkeypatch):
    """Oracle: the tree that it stands for, in files, search and citations."""

    def outside_in(links, **options):
        tree = len(links) - 1
        for link in reversed(range(len(links) - 1)):
            tree = [link, tree]
        return from_tree(links, tree, **options)

    mine = Strategy(
        name="outside-in", join=outside_in, depth=lambda n: n - 1, references=("Rozpedek2018",)
    )
    monkeypatch.setitem(STRATEGIES, mine.name, mine)

    file = scenario_text('segments = 4\nstrategy = "outside-in"')
    chain = qnet.loads(file)
    expected = qnet.loads(scenario_text("segments = 4\ntree = [0, [1, [2, 3]]]"))
    assert chain.plan() == expected.plan()
    assert qnet.loads(chain.to_toml()) == chain
    assert "Rozpedek2018" in set(citations(chain))
    space = SearchSpace(segments=(4,), strategies=("outside-in",))
    (candidate,) = space.choices()
    assert candidate.depth == 3
    assert Problem.of_chain(chain).plan(candidate) == expected.plan()
    with pytest.raises(ParameterError, match="'outside-in'"):
        qnet.loads(scenario_text('segments = 4\nstrategy = "inside-out"'))


def test_play():
    """Oracle: the engines themselves."""
    chain = qnet.loads(scenario_text(rest="[swap]\nsuccess_probability = 0.5"))
    drawn = chain.play(shots=300, seed=4)
    assert drawn.delivery_time_s == qnet.play(chain.plan(), shots=300, seed=4).delivery_time_s
    closed = (3 - 2 * 0.1) / (0.5 * 0.1 * (2 - 0.1))
    assert chain.play(engine="exact").delivery_time_s.best == pytest.approx(closed, rel=1e-9)
    assert chain.swap == Swapping(success_probability=0.5)
