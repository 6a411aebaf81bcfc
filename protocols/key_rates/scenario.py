"""Scenarios of analytic key rates, and how they are read.

Keys of the kinds here stand at the top of the file, or in a table of one of four names, whichever
reads better. A formula's own scenario stands beside it, with one line in the table of kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Self

from protocols.key_rates.checks import check_clock
from protocols.key_rates.result import KeyRate
from qnet.errors import ParameterError
from qnet.schema import Scenario, check_fields, conflict, key, read, read_kind
from qnet.schema.values import table

__all__ = [
    "FlatScenario",
    "read_rate",
]

#: Tables in which the keys of these kinds may stand, instead of at the top of the file.
TABLES = ("source", "fibre", "detector", "security")

#: Keys of ``qnet run`` that an analysis has no use for.
DRAWN = ("seed", "shots", "pulses", "rounds")


def read_rate(values: Mapping[str, Any], name: str = "scenario") -> tuple[Any, tuple[str, ...]]:
    """The description of a key rate, and a sentence for each key that only runs follow.

    Args:
        values: What the file holds, as ``tomllib`` gives it.
        name: What to call it.

    Returns:
        A description with ``key_rate()``, ``model`` and ``clock_hz``; and the sentences.

    Raises:
        ParameterError: If something in it is wrong, or no key rate of its kind is known.

    Examples:
        >>> scenario, _ = read_rate({"kind": "entangled", "model": "bb84", "qber": 0.05})
        >>> round(scenario.key_rate().value, 6)
        0.427206
    """
    rest = {each: value for each, value in values.items() if each not in DRAWN}
    notes = tuple(f"{each} has no effect: nothing is drawn" for each in DRAWN if each in values)
    return read_kind(rest, name, use="key_rate"), notes


@dataclass(frozen=True, kw_only=True)
class FlatScenario(Scenario):
    """Base of the descriptions of key rates, each of which names its ``model``.

    Args:
        name: What to call it: the name of its file.
        kind: As the file calls it.
        clock_hz: Pulses, pairs of pulses or symbols per second.
    """

    flat_tables: ClassVar[tuple[str, ...]] = TABLES
    #: Works out the rate from the keys, which its docstring describes.
    formula: ClassVar[Callable[..., KeyRate]]
    #: Keys, in ``qnet.references.REFERENCES``, of the works that it is from.
    references: ClassVar[tuple[str, ...]] = ()

    name: str = key("scenario", hidden=True, compare=False)
    kind: str = key("", hidden=True)
    clock_hz: float | None = key(None, check=check_clock, example=1e9)

    def __post_init__(self) -> None:
        check_fields(self)

    def key_rate(self) -> KeyRate:
        """The rate, with the figures on the way to it and the reason where it is zero."""
        return self.formula(**self.numbers())

    def cited(self) -> Iterator[str]:
        """Keys of the works behind the rate, in ``qnet.references.REFERENCES``."""
        yield from self.references

    def numbers(self, *without: str) -> dict[str, Any]:
        """The keys by name, as arguments of the formula.

        Args:
            without: Keys that the formula does not take.
        """
        names = {each.name for each in fields(self)} - {"name", "kind", "clock_hz", *without}
        return {name: getattr(self, name) for name in names}

    @classmethod
    def of_file(cls, values: Mapping[str, Any], **hidden: Any) -> Self:  # noqa: ANN401
        """The description of what a file holds, its keys at the top or in tables.

        Args:
            values: Keys and tables.
            hidden: Fields that are no keys.

        Raises:
            ParameterError: If a key is unknown, given twice, of the wrong type or out of range.
        """
        _refuse_unequal(values)
        merged = {key_: value for key_, value in values.items() if key_ not in TABLES}
        places: dict[str, str] = {}
        for place in TABLES:
            for name, value in table(place, values.get(place, {})).items():
                own = f"{place}.{name}"
                if name in merged:
                    raise conflict(own, value, places.get(name, name))
                merged[name], places[name] = value, own
        with _placed(places):
            return read(cls, merged, **hidden)


@contextmanager
def _placed(places: Mapping[str, str]) -> Iterator[None]:
    """Say an error with the path at which a key stands in the file."""
    try:
        yield
    except ParameterError as error:
        head = error.field.partition("[")[0]
        if head in places:
            place = places[head].rpartition(".")[0]
            error.field = places[head] + error.field[len(head) :]
            error.rule = error.rule.replace("a key of the scenario file", f"a key of [{place}]")
            error.hint = error.hint.replace("the keys are kind, ", "the keys are ")
        raise


def _refuse_unequal(values: Mapping[str, Any]) -> None:
    """Unequal detectors are no key like any other: formulas that presume equal ones refuse them."""
    tables = {each: values[each] for each in TABLES if isinstance(values.get(each), Mapping)}
    for place, own in {"": values, **tables}.items():
        if "efficiency_1" in own:
            field = f"{place}.efficiency_1" if place else "efficiency_1"
            hint = "this formula presumes equal detectors; kind decoy-bb84 and qnet run thin clicks"
            raise ParameterError(field, "be left out with this kind", own["efficiency_1"], hint)
