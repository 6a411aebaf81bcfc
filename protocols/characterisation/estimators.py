"""Table of estimators: what each table of a file of counts says of a device."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

from protocols.characterisation.measured import Characterised, EstimationSettings

__all__ = ["ESTIMATORS", "Estimator", "estimator_of"]


class Estimator(Protocol):
    """A table of counts that knows what it says: a `qnet.schema.Description` of its keys."""

    def characterise(self, settings: EstimationSettings) -> Characterised:
        """The values that the counts say, with their intervals."""


#: Name of the table in the file -> the class that describes it, loaded when it is needed.
ESTIMATORS: dict[str, str] = {
    "pair": "protocols.characterisation.pair:MeasuredPair",
    "swap": "protocols.characterisation.swap:MeasuredSwap",
    "werner": "protocols.characterisation.werner:WernerSwap",
    "memory": "protocols.characterisation.memory:MeasuredMemory",
    "heralds": "protocols.characterisation.heralds:Heralds",
    "benchmarking": "protocols.characterisation.benchmarking:Benchmarking",
}


def estimator_of(name: str) -> type[Any]:
    """The class of a table, by its name.

    Examples:
        >>> estimator_of("pair").__name__
        'MeasuredPair'
    """
    module, _, owner = ESTIMATORS[name].partition(":")
    found: type[Any] = getattr(import_module(module), owner)
    return found
