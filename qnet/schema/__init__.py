'''Schema of scenario files: a table is a frozen dataclass, and its fields describe the keys.

The type of a field, its default, its sentence under ``Args:`` and what :func:`key` adds are the
only place where a key is described. Reading, writing, paths, digest, JSON Schema and the reference
page come from there::

    @dataclass(frozen=True, kw_only=True)
    class Pump:                                  # a table
        """A pump laser.

Args:
            power_w: Power of the pump.
            kind: How it runs.
        """

        power_w: float = key(example=0.1, check=check_positive)      # must be given
        kind: Literal["pulsed", "continuous"] = "pulsed"

        def __post_init__(self) -> None:
            check_fields(self)                   # ranges are checked here, once, for files as well

    @dataclass(frozen=True, kw_only=True)
    class Downconversion(Scenario):              # a kind of file
        """Pairs from a crystal.

        Args: ...
        """

        name: str = key("scenario", hidden=True, compare=False)      # no key of the file
        kind: ClassVar[str] = "downconversion"
        seed: int = key(1, check=Whole())                            # at the top of the file
        length_km: float = key(0.0, table="chain")                   # in [chain]
        pump: Pump = key(factory=Pump)                               # [pump]
        detector: Detector | None = None                             # [detector], left out: None
        fibre: Part[Fibre] | None = None                             # [fibre]: some keys of Fibre
        arms: tuple[Pump, ...] = ()                                  # [[arms]]

    register_kind("downconversion", Downconversion)  # or "module:Class", loaded when needed

``qnet.load(path)``, ``qnet.loads(text)`` then read such a file, and its object has ``with_(...)``,
``to_toml()``, ``digest``. A rule between keys is a check in ``__post_init__`` that raises a
``ParameterError`` of the field; the reader puts the path of the table before it.
'''

from qnet.schema.checks import Whole, Within
from qnet.schema.description import Description, Scenario
from qnet.schema.digest import SCHEMA, canonical, digest
from qnet.schema.entries import Entry, Part, check_fields, entries, key
from qnet.schema.kinds import (
    KINDS,
    class_of,
    classes_of,
    kinds_with,
    load,
    loads,
    parse,
    read_as,
    read_kind,
    read_text,
    register_kind,
)
from qnet.schema.paths import assignment, check_path, is_path, override, paths, resolve
from qnet.schema.read import places, read
from qnet.schema.values import (
    NOTHING,
    advice,
    conflict,
    missing,
    number,
    numbers,
    table,
    whole,
    within,
)
from qnet.schema.write import to_toml, values_of

__all__ = [
    "KINDS",
    "NOTHING",
    "SCHEMA",
    "Description",
    "Entry",
    "Part",
    "Scenario",
    "Whole",
    "Within",
    "advice",
    "assignment",
    "canonical",
    "check_fields",
    "check_path",
    "class_of",
    "classes_of",
    "conflict",
    "digest",
    "entries",
    "is_path",
    "key",
    "kinds_with",
    "load",
    "loads",
    "missing",
    "number",
    "numbers",
    "override",
    "parse",
    "paths",
    "places",
    "read",
    "read_as",
    "read_kind",
    "read_text",
    "register_kind",
    "resolve",
    "table",
    "to_toml",
    "values_of",
    "whole",
    "within",
]
