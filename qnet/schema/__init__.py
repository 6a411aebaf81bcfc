'''Schema of scenario files: a table is a frozen dataclass, and its fields describe the keys.

The type of a field, its default, its sentence under ``Args:`` and what :func:`key` adds are the
only place where a key is described. Reading, writing, paths, digest, JSON Schema and the reference
page come from there::

    @dataclass(frozen=True, kw_only=True)
    class Pump:                                  # a table
        """A pump laser.

        Args:                                    # a sentence for each key
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

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.schema.checks import Whole as Whole, Within as Within, ranged as ranged
    from qnet.schema.description import Description as Description, Scenario as Scenario
    from qnet.schema.digest import SCHEMA as SCHEMA, canonical as canonical, digest as digest
    from qnet.schema.entries import (
        Entry as Entry,
        FrozenMapping as FrozenMapping,
        Part as Part,
        entries as entries,
        key as key,
    )
    from qnet.schema.kinds import (
        KINDS as KINDS,
        class_of as class_of,
        classes_of as classes_of,
        kinds_with as kinds_with,
        load as load,
        loads as loads,
        parse as parse,
        read_kind as read_kind,
        read_text as read_text,
        register_kind as register_kind,
        variants_of as variants_of,
    )
    from qnet.schema.paths import (
        assignment as assignment,
        check_path as check_path,
        is_path as is_path,
        override as override,
        paths as paths,
        resolve as resolve,
    )
    from qnet.schema.read import check_fields as check_fields, places as places, read as read
    from qnet.schema.values import (
        NOTHING as NOTHING,
        advice as advice,
        conflict as conflict,
        in_python as in_python,
        missing as missing,
        number as number,
        numbers as numbers,
        table as table,
        whole as whole,
        within as within,
    )
    from qnet.schema.write import to_toml as to_toml, values_of as values_of
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
