"""``qnet cite``: the papers behind what a scenario uses."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from experiments.cli.arguments import add_file, changes, say_meanings

if TYPE_CHECKING:
    from protocols.networks import NetworkScenario
    from protocols.repeaters.chain import Chain
    from protocols.repeaters.segment import Segment

__all__ = ["SUMMARY", "add_arguments", "citations", "execute"]

SUMMARY = "BibTeX of the models that a scenario uses"

add_arguments = add_file


def execute(arguments: argparse.Namespace) -> int:
    """Print BibTeX."""
    from qnet.hardware import bibtex
    from qnet.schema import load

    found = load(arguments.file, kinds=["chain", "network"], changes=changes(arguments))
    say_meanings(found)
    print(bibtex(*dict.fromkeys(citations(found))))
    return 0


def citations(scenario: Chain | NetworkScenario) -> Iterator[str]:
    """Keys of the references, most specific first; some may come twice."""
    from protocols.repeaters.chain import Chain
    from qnet.metrics import KEY_PROTOCOLS

    yield from _of_chain(scenario) if isinstance(scenario, Chain) else _of_network(scenario)
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
    from qnet.plans.distill import REFERENCES

    yield from _of_segments(chain.parts)
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
