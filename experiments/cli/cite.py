"""``qnet cite``: the works behind what a scenario uses, and the whole bibliography."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.cli.arguments import add_changes, changes, say_meanings, scenario_file
from qnet.errors import ParameterError

if TYPE_CHECKING:
    from protocols.networks import NetworkScenario
    from protocols.repeaters.chain import Chain
    from protocols.repeaters.segment import Segment
    from qnet.schema import Scenario

__all__ = ["SUMMARY", "add_arguments", "citations", "execute"]

SUMMARY = "BibTeX of the models that a scenario uses, or of any work of the bibliography"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet cite``."""
    parser.add_argument(
        "what",
        nargs="*",
        metavar="FILE.toml|KEY|CODE",
        help="a scenario file, for what it uses; a key, for that work; an error-correcting code, "
        "such as steane, for those on it; nothing, for a list of all",
    )
    parser.add_argument("--all", action="store_true", help="the whole bibliography in BibTeX")
    add_changes(parser)


def execute(arguments: argparse.Namespace) -> int:
    """Print BibTeX, or the list of all works."""
    from qnet.references import REFERENCES, bibtex

    if arguments.all:
        if arguments.what:
            raise ParameterError("--all", "stand alone", arguments.what[0], "leave one of them out")
        print(bibtex())
    elif arguments.what:
        keys = [key for what in arguments.what for key in _keys(what, arguments)]
        print(bibtex(*dict.fromkeys(keys)))
    else:
        for key, work in REFERENCES.items():
            print(f"{key:26} {work}")
        print("\nBibTeX of one: qnet cite KEY; of all: qnet cite --all")
    return 0


def _keys(what: str, arguments: argparse.Namespace) -> Iterator[str]:
    """The key itself, or the keys of what a scenario file uses."""
    from qnet.references import REFERENCES

    path = scenario_file(what)
    if not path.exists() and (of_code := _of_code(what)):
        yield from of_code
    elif what in REFERENCES or (what.isalnum() and not path.exists()):
        yield what
    else:
        for found in _scenarios(path, changes(arguments)):
            say_meanings(found)
            yield from citations(found)


def _of_code(name: str) -> tuple[str, ...]:
    """Keys of the works on an error-correcting code, none where no code has this name."""
    from qnet.codes import code_of
    from qnet.codes.gkp import GKP_REFERENCES

    if name == "gkp":
        return GKP_REFERENCES
    try:
        return code_of(name).references
    except ParameterError:
        return ()


def _scenarios(path: Path, changed: Mapping[str, Any]) -> Iterator[Scenario]:
    """What a file describes: a scenario, or that of every point of a sweep."""
    from qnet.schema import parse, read_text

    if "sweep" in parse(read_text(path)):
        from experiments.sweep import load as load_sweep

        sweep = load_sweep(path, changes=changed)
        for number in range(sweep.size):
            task: Any = sweep.point(number).task
            yield task.scenario
    else:
        yield _described(path, changed)


def _described(path: Path, changed: Mapping[str, Any]) -> Scenario:
    """The run that a file describes, or the key rate where that is described otherwise."""
    from qnet.schema import load

    found: Scenario
    try:
        found = load(path, changes=changed)
    except ParameterError as error:
        try:
            found = load(path, use="key_rate", changes=changed)
        except ParameterError:
            raise error from None
    return found


def citations(scenario: Scenario) -> Iterator[str]:
    """Keys of the references, most specific first; some may come twice.

    Args:
        scenario: A chain, a network, or of another kind: what its ``cited()`` gives.

    Raises:
        ParameterError: If its kind does not say what it rests on.
    """
    from protocols.networks import NetworkScenario
    from protocols.networks.link_tables import channels_cited
    from protocols.repeaters.chain import Chain
    from qnet.metrics import KEY_PROTOCOLS

    if not isinstance(scenario, Chain | NetworkScenario):
        if not hasattr(scenario, "cited"):
            hint = "give its class a method cited() that yields keys of the bibliography"
            raise ParameterError("kind", "say what it rests on", scenario.kind, hint)
        yield from scenario.cited()
        for source in getattr(scenario, "delivering", ()):
            yield from citations(source)
        return
    yield from _of_chain(scenario) if isinstance(scenario, Chain) else _of_network(scenario)
    yield from channels_cited(scenario.coexistence, getattr(scenario, "edge", ()))
    yield from KEY_PROTOCOLS[scenario.key.protocol].references
    if not isinstance(scenario, Chain):
        yield from ("Chakraborty2020", "Dai2020", "Pirandola2019")
    elif scenario.plob_bits_per_use is not None:
        yield "Pirandola2017"
    yield from ("Qiskit", "QiskitAer")


def _of_segments(segments: Iterable[Segment]) -> Iterator[str]:
    """Keys of the references of links and presets."""
    from qnet.links import SCHEMES

    for segment in segments:
        if segment.scheme in SCHEMES:
            yield from SCHEMES[segment.scheme].references
        if segment.preset is not None:
            yield from segment.preset.references


def _of_chain(chain: Chain) -> Iterator[str]:
    from protocols.repeaters.chain_notes import generation_tables
    from qnet.plans.distill import REFERENCES

    yield from _of_segments(chain.parts)
    for table in generation_tables(chain):
        yield from (*table.cited, "Muralidharan2016")
    if chain.segments > 1:
        yield from chain.way.references
        if any(station.success_probability < 1.0 for station in chain.stations):
            yield "Shchukin2019"
    if chain.distill is not None:
        yield REFERENCES[chain.distill.scheme]


def _of_network(scenario: NetworkScenario) -> Iterator[str]:
    from protocols.repeaters import STRATEGIES
    from qnet.plans.distill import REFERENCES

    controller = scenario.controller
    yield from _of_segments(part.segment for part in scenario.edge_parts)
    if scenario.is_any_pair:
        yield "Vardoyan2019"
    if controller.purify:
        yield "Davies2023"
        yield REFERENCES["bbpssw" if scenario.distill is None else scenario.distill.scheme]
    if controller.allocation == "reserve":
        yield "Wu2021"
    if controller.allocation != "share":
        yield from STRATEGIES[controller.strategy].references
        if scenario.distill is not None:
            yield REFERENCES[scenario.distill.scheme]
    if controller.routing == "evaluated":
        yield "Caleffi2017"
    if scenario.swap is not None and scenario.swap.success_probability < 1.0:
        yield "Shchukin2019"
