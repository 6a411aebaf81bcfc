"""``qnet app``: its list, its files, and the shipped scenarios of applications."""

import json
from dataclasses import dataclass
from typing import ClassVar

import pytest

from experiments.cli.main import main
from protocols.applications.processors.remote_cnot import RemoteCnot
from protocols.applications.table import APPLICATIONS, FAMILIES, register_application
from qnet.schema import parse, read_text
from qnet.schema.shipped import shipped

SHIPPED = sorted(name for name in shipped() if name.startswith("applications/"))

#: What the comment of a file promises: changes, and whether they are still worth something.
CHANGES = {
    "applications/repeater-gate": ("chain.memory.t2_s=1.0", False),
    "applications/blind-cloud": ("chain.memory.t2_s=0.1", False),
    "applications/clocks": ("state.visibility=0.45", False),
    "applications/untrusted-key": ("efficiency=0.95", True),
    "applications/remote-cnot": ("state.fidelity=0.6", True),
}


@dataclass(frozen=True, kw_only=True, repr=False)
class OwnGate(RemoteCnot):
    """A gate of the user's own."""

    name: ClassVar[str] = "own-gate"
    title: ClassVar[str] = "a gate of my own"


def answer(capsys, *words):
    """What a command answers as JSON."""
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def worth(found):
    """Whether the figure of merit is more than without entanglement."""
    figure = found["figures"][found["figure_of_merit"]]
    if found["name"] == "clock-network":  # against the best that clocks do without a network
        figure = {**found["figures"]["network_gain"], "without_entanglement": 1.0}
    return figure["value"]["best"] > figure["without_entanglement"]


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_applications_are_worth_something(name, capsys):
    """Oracle: what the same parties do without the network's entanglement."""
    assert worth(answer(capsys, "run", name))


@pytest.mark.parametrize("name", list(CHANGES))
def test_changes_of_shipped_applications_do_as_told(name, capsys):
    """Oracle: the comment at the head of each file; ``qnet app`` and ``qnet run`` are the same."""
    change, is_worth = CHANGES[name]
    values = parse(read_text(shipped()[name]))
    found = answer(capsys, "app", values["name"], name, "--set", change)
    assert worth(found) is is_worth
    if is_worth:
        assert answer(capsys, "run", name, "--set", change) == found


def test_the_list_has_each_once_below_its_family(capsys, monkeypatch):
    """Oracle: the table, and the folders of its files."""
    monkeypatch.setitem(APPLICATIONS, "own-gate", OwnGate)
    register_application("own-gate", OwnGate)
    assert main(["app"]) == 0
    *groups, last = capsys.readouterr().out.split("\n\n")
    assert last.startswith("One of them: qnet app NAME")
    heads = [group.splitlines()[0].removesuffix(":") for group in groups]
    assert heads == [*FAMILIES.values(), "Of your own"]
    names = [line.split()[0] for group in groups for line in group.splitlines()[1:]]
    assert names == list(APPLICATIONS)
    places = [each.split(".")[2] for each in APPLICATIONS.values() if isinstance(each, str)]
    assert set(places) == set(FAMILIES)
    assert list(answer(capsys, "app")["applications"]) == names


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["remote-cnut"], "did you mean 'remote-cnot'?"),
        (["ghz-phase", "applications/clocks"], "name must be 'ghz-phase' here"),
        (["remote-cnot", "qkd/bbm92"], "kind must be"),
        (["remote-cnot", "--set", "state.fidelity=2"], "state.fidelity must"),
        (["remote-cnot", "--set", "parties=3"], "parties must be a key of"),
    ],
    ids=["name", "file", "kind", "value", "key"],
)
def test_bad_input_is_told_in_one_sentence(words, part, capsys):
    assert main(["app", *words]) == 2
    error = capsys.readouterr().err
    assert part in error
    assert error.count("\n") == 1


@pytest.mark.parametrize("name", [each for each in APPLICATIONS if each != "divided-circuit"])
def test_tables_fit_a_page_and_their_lines_stand_alone(name, capsys):
    """Oracle: 100 columns, and titles that point to no other line."""
    found = answer(capsys, "app", name)
    titles = [figure["title"] for figure in found["figures"].values()]
    assert len(set(titles)) == len(titles)
    assert not [title for title in titles if "the same" in title]
    assert main(["app", name]) == 0
    _, table, *_ = capsys.readouterr().out.split("\n\n")
    assert max(map(len, table.splitlines())) <= 100


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["two-segments"], "such as qnet app remote-cnot two-segments"),
        (["remote-cnot", "--seed", "1", "two-segments"], "names and files first"),
        (["clock-network", "two-segments"], "take 8 or fewer"),
        (["divided-circuit"], "--set file="),
    ],
)
def test_what_is_missing_is_said(words, said, capsys):
    """Oracle: what a reader would have to type instead."""
    assert main(["app", *words]) == 2
    assert said in capsys.readouterr().err
