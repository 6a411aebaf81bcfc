"""Reading one table of a scenario file: every key known, every value of its type and in range."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from qnet.errors import ParameterError, check_integer, check_one_of, check_real
from qnet.schema import NOTHING, advice, conflict, missing, number, within

__all__ = ["NOTHING", "REQUIRED", "Reader", "conflict", "missing", "number", "within"]


REQUIRED: Final = object()


class Reader:
    """One table of a scenario file.

    Args:
        values: The table as ``tomllib`` gives it.
        path: Its full name, such as ``link.emitter``; empty for the file itself.
        keys: The keys that it may have.
        others: Where keys that are unknown here belong: key -> table.

    Raises:
        ParameterError: If a key is unknown; the message suggests the nearest one.

    Examples:
        >>> Reader({"succes_probability": 0.1}, "link", ["success_probability", "modes"])
        Traceback (most recent call last):
        ...
        qnet.errors.ParameterError: link.succes_probability must be a key of [link] (got 0.1); \
did you mean success_probability?
    """

    def __init__(
        self,
        values: Mapping[str, Any],
        path: str,
        keys: Collection[str],
        others: Mapping[str, str] | None = None,
    ) -> None:
        self.values, self.path = values, path
        for key, value in values.items():
            if key not in keys:
                place = f"[{path}]" if path else "the scenario file"
                hint = advice(key, keys, others or {})
                raise ParameterError(self.field(key), f"be a key of {place}", value, hint)

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def field(self, key: str) -> str:
        """Full path of a key."""
        return f"{self.path}.{key}" if self.path else key

    def get(self, key: str, default: Any = REQUIRED, example: object = None) -> Any:  # noqa: ANN401
        """The raw value, or the default.

        Raises:
            ParameterError: If it is missing and there is no default.
        """
        if key in self.values:
            return self.values[key]
        if default is REQUIRED:
            raise missing(self.field(key), example)
        return default

    def number(
        self,
        key: str,
        check: Callable[[str, object], float] = check_real,
        default: Any = REQUIRED,  # noqa: ANN401
        example: object = None,
    ) -> Any:  # noqa: ANN401
        """A finite number that passes ``check``, or the default as it is.

        Examples:
            >>> Reader({"length_km": "200 km"}, "chain", ["length_km"]).number("length_km")
            Traceback (most recent call last):
            ...
            qnet.errors.ParameterError: chain.length_km must be a number (got '200 km'); \
give a number in km, without quotes and unit
        """
        value = self.get(key, default, example)
        return number(self.field(key), value, check) if key in self.values else value

    def numbers(self, key: str, check: Callable[[str, object], float]) -> tuple[float, ...]:
        """A list of numbers, each of which passes ``check``."""
        field, value = self.field(key), self.get(key)
        if not isinstance(value, list):
            raise ParameterError(field, "be a list of numbers", value, f"write {key} = [...]")
        return tuple(number(f"{field}[{k}]", each, check) for k, each in enumerate(value))

    def whole(
        self,
        key: str,
        minimum: int,
        maximum: int = 2**63 - 1,
        default: Any = REQUIRED,  # noqa: ANN401
        example: object = None,
    ) -> Any:  # noqa: ANN401
        """A whole number between ``minimum`` and ``maximum``, or the default as it is."""
        value = self.get(key, default, example)
        if key not in self.values:
            return value
        hint = None
        if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
            hint = f"write {key} = {int(value)}, without point or exponent"
        count = check_integer(self.field(key), value, minimum, hint)
        if count > maximum:
            given = count if count < 10**20 else "a huge integer"
            rule = f"be at most {maximum}"
            raise ParameterError(self.field(key), rule, given, "give a smaller whole number")
        return count

    def flag(self, key: str, default: bool) -> bool:
        """``true`` or ``false``."""
        value = self.get(key, default)
        if not isinstance(value, bool):
            hint = f"write {key} = true or {key} = false, without quotes"
            raise ParameterError(self.field(key), "be true or false", value, hint)
        return value

    def choice(self, key: str, known: Collection[str], default: Any = REQUIRED) -> Any:  # noqa: ANN401
        """One of the known names, or the default as it is."""
        example = next(iter(known))
        value = self.get(key, default, example)
        return check_one_of(self.field(key), value, known) if key in self.values else value

    def table(
        self, key: str, keys: Collection[str], others: Mapping[str, str] | None = None
    ) -> Reader:
        """The table under ``key``; an empty one when it is missing."""
        return Reader(self.mapping(key), self.field(key), keys, others)

    def mapping(self, key: str) -> Mapping[str, Any]:
        """The raw table under ``key``; an empty one when it is missing."""
        value, field = self.get(key, {}), self.field(key)
        if isinstance(value, dict):
            return value
        if isinstance(value, list) and all(isinstance(each, dict) for each in value):
            hint = f"write [{field}] with single brackets"
            if key == "link":
                hint = "write [link] for equal segments, or [[links]] for one table per segment"
            raise ParameterError(field, "be one table", value, hint)
        raise ParameterError(field, "be a table", value, f"write [{field}] and its keys below")

    def tables(self, key: str) -> list[Mapping[str, Any]]:
        """The list of tables under ``key``."""
        value, field = self.get(key), self.field(key)
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            hint = f"write [[{field}]] with double brackets before each table"
            raise ParameterError(field, "be a list of tables", value, hint)
        return value

    def exclude(self, key: str, *others: str) -> None:
        """Raise when ``key`` is given together with one of the ``others``."""
        for other in others:
            if key in self and other in self:
                raise conflict(self.field(key), self.values[key], self.field(other))
