"""Chains as users write them: ready parts, names, mappings, arrays, slips of the hand."""

from __future__ import annotations

import copy
import pickle
import random
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

import qnet
from experiments.cli.main import main
from protocols.repeaters import Chain, ChainLink
from protocols.repeaters.segment import LinkDescription, PairState
from protocols.repeaters.tables import CutoffTimes, Distillation, Exact, Swapping
from qnet.engines import Key
from qnet.hardware import PRESETS, Detector, Fibre, FreeSpace, Gates, Memory, preset
from qnet.links import Abstract, SingleClick
from qnet.plans import Cutoff, Station
from qnet.schema import KINDS, Part, assignment, register_kind

ABSTRACT = {
    "scheme": "abstract",
    "success_probability": 0.1,
    "attempt_time_s": 1.0,
    "state": {"werner": 0.98},
}
DESCRIBED = LinkDescription(**{**ABSTRACT, "state": PairState(werner=0.98)})
PERFECT = Station(perfect=True, success_probability=0.5)

#: Two ways to say the same chain.
PAIRS = {
    "a preset by its name": ({"link": "siv"}, {"link": preset("siv")}),
    "a preset in a link": ({"link": LinkDescription(preset=preset("siv"))}, {"link": "siv"}),
    "presets in a list": (
        {"links": [preset("siv"), preset("nv-2019")]},
        {"links": ["siv", "nv-2019"]},
    ),
    "a mapping": ({"link": ABSTRACT}, {"link": DESCRIBED}),
    "mappings": ({"links": [ABSTRACT, ABSTRACT]}, {"links": (DESCRIBED, DESCRIBED)}),
    "a station": (
        {"link": DESCRIBED, "swap": PERFECT},
        {"link": DESCRIBED, "swap": {"success_probability": 0.5, "gates": {}}},
    ),
    "cut-offs": (
        {"link": DESCRIBED, "cutoff": [Cutoff(kind="age", time_s=5)]},
        {"link": DESCRIBED, "cutoff": {"kind": "age", "time_s": [5.0]}},
    ),
    "a memory": (
        {"link": DESCRIBED, "memory": Memory(dephasing_time_s=10)},
        {"link": DESCRIBED, "memory": {"pair_dephasing_time_s": 5.0}},
    ),
    "arrays": (
        {"link": DESCRIBED, "segment_lengths_km": np.array([1.0, 2.0]), "length_km": None},
        {"link": DESCRIBED, "segment_lengths_km": [1, 2], "length_km": None},
    ),
    "whole numbers of NumPy": (
        {"link": DESCRIBED, "tree": [np.int64(0), np.int64(1)], "shots": np.int32(7)},
        {"link": DESCRIBED, "tree": np.array([0, 1]), "shots": 7},
    ),
}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS)
def test_two_ways_to_say_it_are_one_chain(pair):
    """Oracle: the other way."""
    first, second = (Chain(**{"segments": 2, "length_km": 10, **each}) for each in pair)
    assert first == second
    assert hash(first) == hash(second)
    assert repr(first) == repr(second)
    assert qnet.loads(first.to_toml()) == second


#: What is wrong, and how the refusal begins.
WRONG = {
    "link, a number": ({"link": 3}, "link must be a table"),
    "link, unknown name": ({"link": "sivv"}, "preset must be one of"),
    "link and links": ({"links": [DESCRIBED] * 2}, "link must not be given together with links"),
    "no list of links": ({"link": None, "links": [None, DESCRIBED]}, "links must be a list"),
    "strategy, none": ({"strategy": None}, "strategy must be one of"),
    "strategy, misspelt": ({"strategy": "nestd"}, "strategy must be one of 'nested', 'seq"),
    "tree without a tree": ({"strategy": "tree"}, "strategy must be one of"),
    "tree and strategy": ({"tree": [0, 1], "strategy": "swap-asap"}, "strategy must not be given"),
    "cut-off, a number": ({"cutoff": 5.0}, "cutoff must be a table"),
    "memory, a name": ({"memory": "siv"}, "memory must be a table"),
    "memory, a fibre": ({"memory": Part(Fibre, {"loss_db_per_km": 1.0})}, "memory.loss_db_per_km"),
    "fibre, free space": (
        {"fibre": FreeSpace(length_km=3, wavelength_nm=1550, waist_m=0.1, receiver_radius_m=0.2)},
        "fibre must be a table",
    ),
    "lengths, a number": ({"segment_lengths_km": 5}, "segment_lengths_km must be a list"),
    "latency, a number": ({"classical_latency": 1}, "classical_latency must be true or false"),
    "distillation": ({"distill": 1}, "distill must be a table"),
    "gates said twice": ({"swap": {"gates": {}, "readout_flip": 0.1}}, "swap.gates must not"),
    "key": ({"key": None}, "key must be a table"),
    "exact": ({"exact": None}, "exact must be a table"),
    "optimize": ({"optimize": 3}, "optimize must be a table"),
    "improve": ({"improve": 3}, "improve must be a mapping"),
}


@pytest.mark.parametrize(("given", "begins"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_refused(given, begins):
    """Oracle: the rule of the key."""
    with pytest.raises(qnet.ParameterError) as refusal:
        Chain(**{"segments": 2, "link": DESCRIBED, **given})
    assert str(refusal.value).startswith(begins)


#: What no file can hold.
PYTHON = {
    "scheme": {"link": SingleClick(preset("nv-2019"), Fibre(length_km=5.0))},
    "numbers": {"link": Abstract(success_probability=0.1, fidelity=0.9)},
    "stations": {"segments": 3, "swap": (PERFECT, Station(perfect=True))},
    "cut-offs": {"segments": 4, "cutoff": (Cutoff(kind="age", time_s=5), None)},
    "improve": {"improve": {0: lambda pair: pair}},
}


@pytest.mark.parametrize("given", PYTHON.values(), ids=PYTHON)
def test_what_no_file_can_hold_is_played_changed_and_not_written(given):
    """Oracle: the chain itself; another number of shots changes nothing else."""
    chain = Chain(**{"segments": 2, "link": DESCRIBED, **given})
    assert chain.plan() == chain.with_(shots=5).plan()
    assert chain.with_(shots=chain.shots) == chain
    assert isinstance(hash(chain), int)
    with pytest.raises(qnet.ParameterError, match="be something that a file can hold"):
        chain.to_toml()


def test_a_scheme_is_the_link_that_it_makes():
    """Oracle: the plan of its link."""
    scheme = Abstract(success_probability=0.1, fidelity=0.9)
    given = Chain(segments=2, link=scheme)
    assert given.plan() == Chain(segments=2, link=scheme.link()).plan()


def test_a_function_is_in_no_digest():
    """Oracle: two chains that differ in it must not pass for one another."""
    chain = Chain(segments=2, link=DESCRIBED, improve={0: lambda pair: pair})
    with pytest.raises(qnet.ParameterError, match="improve must be something"):
        chain.digest  # noqa: B018


def _link(draw: random.Random) -> LinkDescription:
    if draw.random() < 0.5:
        state = draw.choice([{"werner": 0.9}, {"bell_diagonal": (0.7, 0.1, 0.1, 0.1)}])
        modes = draw.choice([None, 1, 3])
        return LinkDescription(
            scheme="abstract",
            success_probability=draw.random(),
            attempt_time_s=draw.choice([1, 1e-6]),
            state=PairState(**state),
            modes=modes,
        )
    parts = {
        "modes": draw.choice([1, 2]),
        "gates": Part(Gates, {"two_qubit_depolarizing": 0.01}),
        "memory": Part(Memory, {"efficiency": 0.5}),
        "detector": Part(Detector, {"efficiency": 0.5}),
    }
    given = {name: value for name, value in parts.items() if draw.random() < 0.3}
    return LinkDescription(preset=draw.choice(sorted(PRESETS)), **given)


def _tree(draw: random.Random, first: int, end: int):
    if end - first == 1:
        return first
    middle = draw.randint(first + 1, end - 1)
    return [_tree(draw, first, middle), _tree(draw, middle, end)]


def _chain(seed: int) -> Chain:
    draw = random.Random(seed)
    count = draw.choice([2, 3, 4, 5])
    links = {"links": [_link(draw) for _ in range(count)]}
    given = draw.choice([links, {"link": _link(draw), "segments": count}])
    lengths = {"segment_lengths_km": [draw.uniform(1, 30) for _ in range(count)]}
    given |= draw.choice([lengths, {"length_km": 33.3}])
    tree = {"tree": _tree(draw, 0, count)}
    given |= draw.choice([tree, {"strategy": draw.choice(["nested", "sequential", "swap-asap"])}])
    tables = {
        "fibre": [Fibre(loss_db_per_km=0.3), {"speed_km_per_s": 1.9e5}],
        "memory": [Memory(t1_s=3), Memory(dephasing_time_s=1 / 3), {"depolarizing_time_s": 0.1}],
        "swap": [PERFECT, Swapping(readout_flip=0.01), Station(gates=Gates(readout_flip_0=0.1))],
        "cutoff": [Cutoff(kind="difference", time_s=3), CutoffTimes(kind="age", time_s=1)],
        "distill": [Distillation(), Distillation(rounds=2, gates=Gates(readout_flip_0=0.1))],
        "key": [Key(protocol="six-state")],
        "exact": [Exact(tolerance=1e-6)],
        "seed": [draw.randint(0, 2**62)],
        "shots": [draw.randint(1, 2**40)],
        "classical_latency": [True],
    }
    given |= {name: draw.choice(each) for name, each in tables.items() if draw.random() < 0.4}
    return Chain(**given)


@pytest.mark.parametrize("seed", range(40))
def test_a_random_chain_is_written_read_copied_and_changed(seed):
    """Oracle: the chain itself."""
    chain = _chain(seed)
    read = qnet.loads(chain.to_toml())
    assert read == chain
    assert hash(read) == hash(chain)
    assert read.digest == chain.digest
    assert read.plan() == chain.plan()
    assert read.to_toml() == chain.to_toml()
    names = {each.__name__: each for each in (Chain, LinkDescription, PairState, Part, Memory)}
    names |= {each.__name__: each for each in (Fibre, Gates, Detector, Swapping, CutoffTimes)}
    names |= {each.__name__: each for each in (ChainLink, Distillation, Exact, Key)}
    assert eval(repr(chain), names) == chain
    assert pickle.loads(pickle.dumps(chain)) == chain
    assert copy.deepcopy(chain) == chain
    assert chain.with_(shots=chain.shots) == chain


@pytest.mark.parametrize("text", ["seed=1\nshots=2", "seed=1\n[chain]\nsegments=2"])
def test_an_assignment_sets_one_key(text):
    """Oracle: what stands on a second line would be lost."""
    with pytest.raises(qnet.ParameterError, match="set one key"):
        assignment(text)


@pytest.mark.parametrize("command", [["promise", "--time", "100s"], ["cite"], ["timeline"]])
def test_every_command_says_which_keys_mean_something_else_now(command, capsys):
    """Oracle: version 0.1 read the key as a stored pair's time."""
    name, *rest = command
    file = "experiments/scenarios/two-segments.toml"
    assert main([name, file, *rest, "--set", "memory={dephasing_time_s=5}"]) == 0
    assert "version 0.1 read it as a stored pair's" in capsys.readouterr().err
    assert main([name, file, *rest, "--set", "memory={pair_dephasing_time_s=5}"]) == 0
    assert "version 0.1" not in capsys.readouterr().err


def test_names_of_version_0_1_say_where_they_went():
    """Oracle: what the names are now."""
    with pytest.raises(AttributeError, match=r"now it is SingleClick\(\.\.\.\)\.link\(\)"):
        qnet.single_click_link  # noqa: B018
    with pytest.raises(AttributeError, match="now it is metrics"):
        qnet.merit  # noqa: B018
    with pytest.raises(AttributeError, match="did you mean 'SwapAsap'"):
        qnet.SwapAsp  # noqa: B018
    assert not hasattr(qnet, "nothing_of_the_sort")


def test_a_kind_is_registered_once_and_as_a_dataclass():
    """Oracle: the table as it was; a kind of the package is not put out of its place."""
    before = dict(KINDS)
    with pytest.raises(qnet.ParameterError, match="kind must be new"):
        register_kind("chain", "somewhere:Else")
    for wrong in (3, int, "nowhere", None):
        with pytest.raises(qnet.ParameterError, match="class of kind ring must describe a file"):
            register_kind("ring", wrong)
    register_kind("chain", KINDS["chain"])
    assert before == KINDS


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise ValueError('of no\\n use')", "ValueError: of no use"),
        ("def half(:", "SyntaxError: invalid syntax"),
        ("import nowhere_at_all", "No module named 'nowhere_at_all'"),
        (
            "from qnet.schema import register_kind\nregister_kind('chain', 'some:Where')",
            "kind must be new (got 'chain')",
        ),
    ],
)
def test_a_module_from_outside_that_fails_is_named(text, said, tmp_path, monkeypatch, capsys):
    """Oracle: what the module raises."""
    name = f"odd_plugin_{len(text)}"
    (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("QNET_PLUGINS", name)
    assert main(["cite", "two-segments"]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert "internal error" not in error


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Gaussian(Memory):
    """A memory whose coherence falls as a Gaussian."""

    rates: ClassVar[None] = None

    def pauli_transfer(self, t):
        t = np.asarray(t, dtype=float)
        matrix = np.zeros((*t.shape, 4, 4))
        matrix[..., 0, 0] = matrix[..., 3, 3] = 1.0
        matrix[..., 1, 1] = matrix[..., 2, 2] = np.exp(-((t / self.t2_s) ** 2))
        return matrix


@pytest.mark.parametrize("link", ["siv", ABSTRACT], ids=["preset", "abstract"])
def test_a_memory_of_another_decay_is_not_taken_for_an_exponential_one(link):
    """Oracle: the memory that was given."""
    memory = Gaussian(t2_s=10.0)
    chain = Chain(segments=2, length_km=10, link=link, memory=memory)
    ends = {end for each in chain.plan().links() for end in (each.left, each.right)}
    assert ends == {memory}
    assert {type(end) for end in ends} == {Gaussian}
    assert chain.with_(shots=5).plan() == chain.plan()
    with pytest.raises(qnet.ParameterError, match="memory must be something that a file"):
        chain.to_toml()


def test_a_given_link_has_the_length_of_its_segment():
    """Oracle: a link of 5 km does not span 50 km; the capacity of the fibre would be of another."""
    link = SingleClick(preset("nv-2019"), Fibre(length_km=5.0))
    chain = Chain(segments=2, length_km=10.0, link=link)
    with pytest.raises(qnet.ParameterError, match="length of a segment must be that of the given"):
        chain.with_(length_km=100.0)
    assert Chain(segments=2, link=link).plan() == chain.plan()
