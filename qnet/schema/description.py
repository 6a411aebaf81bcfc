"""Base of the descriptions that scenario files hold: changed by path, written, digested."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from qnet.schema.digest import canonical, digest
from qnet.schema.entries import hidden_fields, options_of
from qnet.schema.paths import override, resolve
from qnet.schema.read import check_fields, read
from qnet.schema.values import in_python
from qnet.schema.write import to_toml, values_of

__all__ = ["Description", "Scenario"]


class Description:
    """Base of frozen dataclasses: ``repr`` is the shortest constructor call.

    A field that has its default value, or an infinite one, is left out. Fields are checked as
    :func:`qnet.schema.key` says.

    Raises:
        ParameterError: If the value of a field breaks its rule.
    """

    __slots__ = ()

    def __post_init__(self) -> None:
        check_fields(self)

    def __repr__(self) -> str:
        shown = []
        for item in dataclasses.fields(self):  # type: ignore[arg-type]
            value, default = getattr(self, item.name), item.default
            if item.default_factory is not dataclasses.MISSING:
                default = item.default_factory()
            if item.repr and value not in (default, math.inf):
                shown.append(f"{item.name}={value!r}")
        return f"{type(self).__name__}({', '.join(shown)})"


class Scenario(Description):
    """Base of a frozen dataclass that describes one kind of scenario file.

    Its field ``kind``, hidden or of the class, says what ``kind = "..."`` stands in the file.
    """

    if TYPE_CHECKING:

        @property
        def kind(self) -> Any:  # noqa: ANN401 - a field, or a variable of the class
            """The kind of the file."""

    def with_(self, changes: Mapping[str, Any] | None = None, /, **named: Any) -> Self:  # noqa: ANN401
        """The description with other values.

        Args:
            changes: Path of a key, such as ``chain.length_km``, -> value; None takes it away.
            named: The same by the name of a field, or by the last name of a key that is the only
                one of it.

        Raises:
            ParameterError: If there is no such key (the message suggests the nearest), or the
                value breaks a rule.
        """
        asked = {**(changes or {}), **named}
        set_ = {resolve(type(self), name): value for name, value in asked.items()}
        values = override(values_of(self, strict=False), set_)
        hidden = {name: getattr(self, name) for name in hidden_fields(type(self))}
        return read(type(self), values, **hidden)

    def to_toml(self) -> str:
        """The text of a file that is read as this description.

        Raises:
            ParameterError: If a part was made in Python and no file can hold it.
        """
        for item in dataclasses.fields(self):  # type: ignore[arg-type]
            is_python = options_of(item).hidden and item.compare and item.name != "kind"
            if is_python and getattr(self, item.name) != item.default:
                raise in_python(item.name, getattr(self, item.name))
        return to_toml({**self.head, **values_of(self)})

    @property
    def head(self) -> dict[str, Any]:
        """The keys that tell what the file describes."""
        return {"kind": self.kind}

    def canonical(self) -> Any:  # noqa: ANN401
        """All that changes an answer, as JSON types."""
        return canonical(self)

    @property
    def digest(self) -> str:
        """SHA-256 of what changes an answer, in hexadecimal."""
        said = {"kind": self.kind, "scenario": self.canonical()}
        return digest(json.dumps(said, sort_keys=True, allow_nan=False))
