"""Keys of a foreign table: read one by one, as numbers where they are; the rest is refused."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from qnet.errors import ParameterError, check_non_negative, check_probability
from qnet.schema import advice

__all__ = ["GivenKeys", "entries_of"]


class GivenKeys:
    """A table of another program's configuration, with the place where it stands.

    Args:
        place: Path of the table, for errors.
        values: What stands in it; None is an empty table.

    Raises:
        ParameterError: If it is no table.

    Examples:
        >>> keys = GivenKeys("cfg", {"fidelity": "9e-1", "colour": "red"})
        >>> keys.probability("fidelity")
        0.9
        >>> keys.ignore(("colour",))
        ['colour']
        >>> keys.refuse_rest()
    """

    def __init__(self, place: str, values: object) -> None:
        if values is not None and not isinstance(values, Mapping):
            raise ParameterError(place, "be a table", values, "give keys and values")
        self.place = place
        self.values: dict[str, Any] = {str(key): each for key, each in (values or {}).items()}
        self._used: set[str] = set()

    def path(self, name: str) -> str:
        """The path of a key."""
        return f"{self.place}.{name}" if self.place else name

    def raw(self, name: str, default: Any = None) -> Any:  # noqa: ANN401
        """A value as it stands; the default where the key is missing or null."""
        self._used.add(name)
        value = self.values.get(name)
        return default if value is None else value

    def number(
        self,
        name: str,
        default: float | None = None,
        check: Callable[[str, object], float] = check_non_negative,
    ) -> float:
        """A number, zero or more; texts such as ``10e6``, which YAML 1.1 reads as such, are taken.

        Args:
            name: The key.
            default: Where it is not given; None where it must be.
            check: What holds of it.

        Raises:
            ParameterError: If it is missing, no number, or breaks the rule.
        """
        value = self.raw(name, default)
        if value is None:
            raise ParameterError(self.path(name), "be given", None, "it has no default there")
        if isinstance(value, str):
            try:
                value = float(value)
            except ValueError:
                hint = "write it as 10.0e+6, or 10000000"
                raise ParameterError(self.path(name), "be a number", value, hint) from None
        return check(self.path(name), value)

    def probability(self, name: str, default: float | None = None) -> float:
        """A number from 0 to 1."""
        return self.number(name, default, check_probability)

    def seconds(self, name: str, default_ns: float | None = None) -> float:
        """A time that is given in nanoseconds, in s."""
        return self.number(name, default_ns) / 1e9

    def decay_time(self, name: str, default_ns: float) -> float:
        """A decay time in nanoseconds, in s; zero there means that nothing decays."""
        return self.seconds(name, default_ns) or math.inf

    def text(self, *names: str) -> str:
        """A text, under the first of some names that is there.

        Raises:
            ParameterError: If none is there, or it is no text.
        """
        name = next((each for each in names if each in self.values), names[0])
        value = self.raw(name)
        if not isinstance(value, str) or not value:
            raise ParameterError(self.path(name), "be a name", value, f"write {name}: Alice")
        return value

    def table(self, name: str) -> GivenKeys:
        """A table in this one."""
        return GivenKeys(self.path(name), self.raw(name))

    def ignore(self, names: Iterable[str]) -> list[str]:
        """Those of some keys that are there, which now count as read."""
        found = [name for name in names if name in self.values]
        self._used.update(found)
        return found

    def refuse_rest(self, hints: Mapping[str, str] | None = None) -> None:
        """Refuse a key that nothing has read.

        Args:
            hints: Name of a known key -> why it is not taken.

        Raises:
            ParameterError: If there is one.
        """
        for name, value in self.values.items():
            if name not in self._used:
                why = (hints or {}).get(name)
                hint = why or f"{advice(name, sorted(self._used), {})}, or leave it out"
                raise ParameterError(self.path(name), "be a key that is taken", value, hint)


def entries_of(keys: GivenKeys, *names: str) -> Iterator[GivenKeys]:
    """The tables of a list, under the first of some names that is there.

    Args:
        keys: The table that the list stands in.
        names: What it may be called.

    Raises:
        ParameterError: If it is no list.
    """
    name = next((each for each in names if each in keys.values), names[0])
    value = keys.raw(name, [])
    if not isinstance(value, list):
        raise ParameterError(keys.path(name), "be a list", value, "give one entry for each")
    for number, each in enumerate(value):
        yield GivenKeys(f"{keys.path(name)}[{number}]", each)
