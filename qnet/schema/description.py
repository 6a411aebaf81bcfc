"""Base of the descriptions that scenario files hold: changed by path, written, digested."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Self

from qnet.schema.digest import canonical, digest
from qnet.schema.entries import hidden_fields
from qnet.schema.paths import override, resolve
from qnet.schema.read import read
from qnet.schema.write import to_toml, values_of

__all__ = ["Scenario"]


class Scenario:
    """Base of a frozen dataclass that describes one kind of scenario file.

    Its field ``kind``, hidden or of the class, says what ``kind = "..."`` stands in the file.
    """

    kind: str

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
        return to_toml({"kind": self.kind, **values_of(self)})

    def canonical(self) -> Any:  # noqa: ANN401
        """All that changes an answer, as JSON types."""
        return canonical(self)

    @property
    def digest(self) -> str:
        """SHA-256 of what changes an answer, in hexadecimal."""
        said = {"kind": self.kind, "scenario": self.canonical()}
        return digest(json.dumps(said, sort_keys=True, allow_nan=False))
