"""Queries of a page: a frozen table of controls from the texts of an address, and back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, ClassVar, Self

from qnet.errors import ParameterError, check_integer, check_one_of, check_real

__all__ = ["QuerySettings", "AllowedRange", "seed_of"]

#: Longer texts are no number, and no name.
_LONGEST = 40

#: Seeds of a page are below this.
_LARGEST_SEED = 2**31


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedRange:
    """Least and greatest value of a number, and what to give.

    Args:
        low: Least value.
        high: Greatest value.
        hint: What to give instead.
        whole: Whether it is a whole number.
    """

    low: float
    high: float
    hint: str
    whole: bool = False


@dataclass(frozen=True, kw_only=True)
class QuerySettings:
    """Base of a page's controls: each is a number with a span, one of some words, or a text.

    Attributes:
        spans: Name -> span, of the numbers.
        words: Name -> words, of those that have a choice.
        named: Name -> word -> value that it stands for, such as ``off`` for none.

    Raises:
        ParameterError: If a number is out of its span, or a word is unknown.
    """

    spans: ClassVar[Mapping[str, AllowedRange]] = {}
    words: ClassVar[Mapping[str, Sequence[str]]] = {}
    named: ClassVar[Mapping[str, Mapping[str, Any]]] = {}

    def __post_init__(self) -> None:
        for name, known in self.words.items():
            check_one_of(name, getattr(self, name), known)
        for name, span in self.spans.items():
            value = getattr(self, name)
            if value in self.named.get(name, {}).values():
                continue
            if not span.low <= check_real(name, value, span.hint) <= span.high:
                rule = f"lie in [{span.low:g}, {span.high:g}]"
                raise ParameterError(name, rule, value, span.hint)
            if span.whole:
                check_integer(name, value, 0)

    @classmethod
    def from_query(cls, query: Mapping[str, Sequence[str]]) -> Self:
        """The controls of a query, as ``urllib.parse.parse_qs`` gives it.

        Args:
            query: Every control once.

        Raises:
            ParameterError: If a control is missing, unknown, given twice, or breaks its rule.
        """
        names = [field.name for field in fields(cls)]
        for name in query:
            check_one_of("query", name[:_LONGEST], names)
        values: dict[str, Any] = {}
        for name in names:
            given = query.get(name, ())
            if len(given) != 1:
                hint = f"write it once, such as {name}={cls().as_query()[name]}"
                raise ParameterError(name, "be given once", len(given), hint)
            values[name] = cls._read(name, given[0])
        return cls(**values)

    def as_query(self) -> dict[str, str]:
        """The texts that :meth:`from_query` reads, always the same for the same controls."""
        return {field.name: self._text(field.name) for field in fields(self)}

    @classmethod
    def _read(cls, name: str, text: str) -> Any:  # noqa: ANN401 - a number or a text
        """What a text stands for."""
        named, span = cls.named.get(name, {}), cls.spans.get(name)
        if named and span is None:
            check_one_of(name, text, named)
        if text in named:
            return named[text]
        if span is None:
            return text
        try:
            if len(text) > _LONGEST:
                raise ValueError
            number = check_real(name, float(text), span.hint)
        except ValueError:
            rule = "be a finite number"
            raise ParameterError(name, rule, text[:_LONGEST], span.hint) from None
        if not span.whole:
            return number
        if number != int(number):
            raise ParameterError(name, "be whole", text, span.hint)
        return int(number)

    def _text(self, name: str) -> str:
        """The word for a value, or the shortest text that is read back as the same.

        It is the text that JavaScript writes, so that a setting is one and the same query
        everywhere.
        """
        value = getattr(self, name)
        named = {meaning: word for word, meaning in self.named.get(name, {}).items()}
        if value in named:
            return named[value]
        if isinstance(value, str):
            return value
        if 1e-6 <= abs(value) < 1e-3:
            return format(Decimal(repr(value)), "f")
        return re.sub(r"e-0?", "e-", repr(value)).removesuffix(".0")


def seed_of(query: Mapping[str, Sequence[str]]) -> tuple[int, dict[str, Sequence[str]]]:
    """The seed of a query, 1 unless given, and the rest of it.

    Raises:
        ParameterError: If it is no whole number from 0 to 2**31, or given twice.

    Examples:
        >>> seed_of({"seed": ["7"], "share": ["0.5"]})
        (7, {'share': ['0.5']})
    """
    rest = {name: texts for name, texts in query.items() if name != "seed"}
    texts = query.get("seed", ["1"])
    hint = f"give a whole number below {_LARGEST_SEED}"
    if len(texts) != 1:
        raise ParameterError("seed", "be given once", len(texts), hint)
    given = texts[0]
    if not (given.isascii() and given.isdigit()) or len(given) > 10 or int(given) >= _LARGEST_SEED:
        raise ParameterError("seed", "be a whole number", given[:_LONGEST], hint)
    return int(given), rest
