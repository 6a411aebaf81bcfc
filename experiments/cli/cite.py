"""``qnet cite``: the papers behind what a scenario uses."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from experiments.cli.arguments import add_file, chain

if TYPE_CHECKING:
    from protocols.repeaters.chain import Chain

__all__ = ["SUMMARY", "add_arguments", "citations", "execute"]

SUMMARY = "BibTeX of the models that a scenario uses"

add_arguments = add_file


def execute(arguments: argparse.Namespace) -> int:
    """Print BibTeX."""
    from qnet.hardware import bibtex

    print(bibtex(*dict.fromkeys(citations(chain(arguments)))))
    return 0


def citations(scenario: Chain) -> Iterator[str]:
    """Keys of the references, most specific first; some may come twice."""
    from qnet.links import SCHEMES
    from qnet.metrics import KEY_PROTOCOLS
    from qnet.plans.distill import REFERENCES

    for segment in scenario.parts:
        if segment.scheme in SCHEMES:
            yield from SCHEMES[segment.scheme].references
        if segment.preset is not None:
            yield from segment.preset.references
    if scenario.segments > 1:
        yield from scenario.way.references
        if any(station.success_probability < 1.0 for station in scenario.stations):
            yield "Shchukin2019"
    if scenario.distill is not None:
        yield REFERENCES[scenario.distill.scheme]
    yield from KEY_PROTOCOLS[scenario.key.protocol].references
    if scenario.plob_bits_per_use is not None:
        yield "Pirandola2017"
    yield from ("Qiskit", "QiskitAer")
