"""Keys of a table, taken from the fields of the dataclass that describes it."""

from __future__ import annotations

import dataclasses
import inspect
import re
import types
import typing
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import InitVar, dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Generic, Literal, TypeVar, Union, cast, get_args, get_origin

from qnet.lazy import loaded
from qnet.schema.checks import range_of

__all__ = [
    "UNITS",
    "Entry",
    "FrozenMapping",
    "Part",
    "entries",
    "options_of",
    "summary",
    "tables_beside",
    "hidden_fields",
    "is_table",
    "join",
    "key",
    "layout",
    "unit_of",
]

#: Ends of names and the units that they state, longer ends first.
UNITS = {
    "_db_per_km": "dB/km",
    "_per_km": "1/km",
    "_km_per_s": "km/s",
    "_bit_per_s": "bit/s",
    "_km": "km",
    "_hz": "Hz",
    "_deg": "degrees",
    "_nm": "nm",
    "_urad": "urad",
    "_rad": "rad",
    "_s": "s",
    "_m": "m",
}

_MARK = "qnet.schema"

T = TypeVar("T")
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a field says of its key beside type and default; see :func:`key`."""

    doc: str | None = None
    example: Any = None
    table: str | None = None
    name: str | None = None
    check: Callable[[str, Any], Any] | None = None
    range: Mapping[str, Any] | None = None
    choices: Collection[str] | Callable[[], Collection[str]] | None = None
    excludes: tuple[str, ...] = ()
    hidden: bool = False
    flat: bool = False
    inline: bool = False
    quiet: bool = False
    only: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    improve: Callable[[Any, float], Any] | None = None
    of: str | None = None
    hint: str | None = None
    read: Callable[[str, Any], Any] | None = None
    write: Callable[[Any], Any] | None = None


def key(
    default: Any = dataclasses.MISSING,  # noqa: ANN401 - whatever the field holds
    *,
    factory: Any = dataclasses.MISSING,  # noqa: ANN401
    compare: bool = True,
    hashed: bool | None = None,
    **options: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    """A dataclass field that is a key of a file; the only place where the key is described.

    Args:
        default: Value where the key is missing; without one, and without ``factory``, the key must
            be given.
        factory: Makes the default.
        compare: Whether two descriptions that differ in it are different.
        hashed: Whether it has a part in the hash; as ``compare`` unless given.
        options: Any of

            - ``doc``: a sentence; by default that of ``Args:`` in the class's docstring;
            - ``example``: a value for the error that says it is missing, and for the reference;
            - ``table``: the table of the file that the key stands in, instead of the class's own;
            - ``name``: its name in the file, where it is not that of the field;
            - ``check``: ``check(field, value) -> value``, run by :func:`check_fields`: one of
              ``qnet.errors.check_*`` or of ``qnet.schema`` (``Whole``, ``Within``); its range goes
              into the JSON Schema;
            - ``range``: the range in the words of JSON Schema, where the check does not say it;
            - ``choices``: known names, or a function that gives them (a ``Literal`` says them too);
            - ``excludes``: keys of the same table that it must not stand beside;
            - ``hidden``: no key of the file;
            - ``flat``: the keys of this field's class or `Part` stand in the same table;
            - ``only``, ``without``: the keys of its class that a `Part` has, or has not;
            - ``inline``: written as ``{ ... }`` on one line;
            - ``quiet``: left out of the canonical form where it has its default, such as a key that
              came after stores were written;
            - ``improve``: ``improve(value, k)``, the value in hardware that is k times as good; see
              `qnet.improved`;
            - ``of``: the class of this table as ``module:Class``, loaded when it is needed;
            - ``hint``: advice where one table is wanted and a list of tables is given;
            - ``read``: ``read(field, value) -> value`` instead of what the type says;
            - ``write``: ``write(value)`` gives what the file holds, or raises a `ParameterError`.

    Examples:
        >>> from dataclasses import dataclass
        >>> @dataclass(frozen=True)
        ... class Pulse:
        ...     '''A pulse.
        ...
        ...     Args:
        ...         duration_s: How long it lasts.
        ...     '''
        ...     duration_s: float = key(example=1e-9)
        >>> [(entry.name, entry.unit, entry.doc) for entry in entries(Pulse)]
        [('duration_s', 's', 'How long it lasts.')]
    """
    metadata = {_MARK: Options(**options)}
    if factory is not dataclasses.MISSING:
        return field(default_factory=factory, compare=compare, hash=hashed, metadata=metadata)
    return field(default=default, compare=compare, hash=hashed, metadata=metadata)


class FrozenMapping(Mapping[str, Any]):
    """A read-only, hashable mapping by text that prints as the ``dict`` it was made from.

    Examples:
        >>> FrozenMapping({"memory.t2_s": "Avis2023"})
        {'memory.t2_s': 'Avis2023'}
    """

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __hash__(self) -> int:
        return hash(frozenset(self._values.items()))

    def __repr__(self) -> str:
        return repr(self._values)


class Part(FrozenMapping, Generic[T]):
    """Some keys of a description: those that a file gives, where others come from elsewhere.

    Args:
        of: The class.
        values: The keys that are given.

    Examples:
        >>> from qnet.hardware import Fibre
        >>> part = Part(Fibre, {"loss_db_per_km": 0.3})
        >>> part.over(Fibre(speed_km_per_s=1e5))
        Fibre(loss_db_per_km=0.3, speed_km_per_s=100000.0)
    """

    __slots__ = ("of",)

    def __init__(self, of: type[T], values: Mapping[str, Any] | None = None) -> None:
        super().__init__(values or {})
        self.of = of

    def over(self, base: T | None = None) -> T:
        """The whole description: the keys given, the others from ``base`` or the defaults.

        Raises:
            ParameterError: If a value breaks a rule of the class.
        """
        if base is None:
            return self.of(**self._values)
        return dataclasses.replace(base, **self._values)  # type: ignore[type-var]

    def __hash__(self) -> int:
        return hash((self.of, frozenset(self._values.items())))

    def __repr__(self) -> str:
        return f"Part({self.of.__name__}, {self._values!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        return (Part, (self.of, self._values))


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One key of a table.

    Args:
        attribute: Name of the field.
        hints: Types that it may have, None left out.
        default: Where it is missing; ``dataclasses.MISSING`` where it must be given.
        options: What the field says beside.
        doc: A sentence on it.
        is_optional: Whether it may be None.
    """

    attribute: str
    hints: tuple[Any, ...]
    default: Any
    options: Options
    doc: str
    is_optional: bool

    @cached_property
    def name(self) -> str:
        """Its name in the file."""
        return self.options.name or self.attribute

    @cached_property
    def path(self) -> str:
        """Its name in the file, after that of its table if the class has it in another one."""
        return f"{self.options.table}.{self.name}" if self.options.table else self.name

    @property
    def is_required(self) -> bool:
        """Whether the file must give it."""
        return self.default is dataclasses.MISSING

    @property
    def unit(self) -> str:
        """Its unit, as the end of its name says; empty without one."""
        return unit_of(self.name)

    @property
    def meaning(self) -> str:
        """The sentence on it in Markdown, for pages and editors."""
        return re.sub(r":math:(`[^`]*`)", r"\1", self.doc).replace("``", "`")

    @cached_property
    def range(self) -> dict[str, Any]:
        """The numbers that it may be, in the words of JSON Schema; empty where it is not known."""
        own = self.options.range
        return range_of(self.options.check) if own is None else dict(own)

    @property
    def choices(self) -> tuple[str, ...]:
        """The names that it may have, if they are known."""
        known = self.options.choices
        if known is not None:
            return tuple(known() if callable(known) else known)
        literal = (hint for hint in self.hints if get_origin(hint) is Literal)
        return tuple(name for hint in literal for name in get_args(hint))

    @cached_property
    def table(self) -> type | None:
        """The class whose table it is: of its first type, of one entry where it is a list."""
        if self.options.of is not None:
            return loaded(self.options.of)
        inner = self._first
        return inner if is_table(inner) else None

    @cached_property
    def is_part(self) -> bool:
        """Whether some keys of the class are enough."""
        return bool(self.hints) and get_origin(self.hints[0]) is Part

    @cached_property
    def is_list(self) -> bool:
        """Whether it is a list of tables."""
        return bool(self.hints) and get_origin(self.hints[0]) is tuple and is_table(self._first)

    @cached_property
    def takes_several(self) -> bool:
        """Whether a tuple of ready objects may stand in place of its table."""
        return not self.is_list and any(get_origin(hint) is tuple for hint in self.hints)

    @cached_property
    def _first(self) -> Any:  # noqa: ANN401
        """The first type, that of an entry for a tuple, and the class of a part."""
        hint = self.hints[0] if self.hints else None
        if get_origin(hint) in (tuple, Part):
            return next(iter(_alternatives(get_args(hint)[0])), None)
        return hint

    @cached_property
    def ready(self) -> tuple[type, ...]:
        """Classes whose objects it may be in Python."""
        inner = (get_args(hint)[0] for hint in self.hints if get_origin(hint) is tuple)
        each_type = (*self.hints, *(kind for each in inner for kind in _alternatives(each)))
        classes = {each for each in each_type if isinstance(each, type)}
        classes -= {str, int, float, bool, Any}
        return (*classes, Part, *(() if self.options.of is None else (object,)))

    @cached_property
    def keys(self) -> tuple[Entry, ...]:
        """The keys of its table that the file may give; none where it is no table."""
        table = self.table
        if table is None:
            return ()
        only, without = self.options.only, self.options.without
        return tuple(
            entry
            for entry in entries(table)
            if (not only or entry.name in only) and entry.name not in without
        )


def is_table(hint: object) -> bool:
    """Whether a type is a dataclass, or another class that a table can be read into."""
    return isinstance(hint, type) and dataclasses.is_dataclass(hint)


def unit_of(name: str) -> str:
    """The unit that a name states, empty without one.

    Examples:
        >>> unit_of("data_rate_bit_per_s"), unit_of("segment_lengths_km[1]"), unit_of("seed")
        ('bit/s', 'km', '')
    """
    bare = name.partition("[")[0]
    return next((unit for end, unit in UNITS.items() if bare.endswith(end)), "")


def _remembered(function: Function) -> Function:
    """A function of a class, worked out once for each; mypy takes some classes as unhashable."""
    return cast("Function", lru_cache(maxsize=512)(function))


@_remembered
def entries(cls: Any) -> tuple[Entry, ...]:  # noqa: ANN401
    """The keys that a dataclass describes, in the order of its fields, with or without `key`."""
    hints = typing.get_type_hints(cls)
    docs: dict[str, str] = {}
    # A formula whose arguments are the keys describes them.
    for told in (*reversed(cls.__mro__), getattr(cls, "formula", None)):
        docs |= {} if told is None else _sentences(told)
    found = []
    for name, item in cls.__dataclass_fields__.items():
        hint = hints.get(name, Any)
        if get_origin(hint) is typing.ClassVar or hint is typing.ClassVar or not item.init:
            continue
        hint = hint.type if isinstance(hint, InitVar) else hint
        options = options_of(item)
        if options.hidden:
            continue
        default = item.default
        if item.default_factory is not dataclasses.MISSING:
            default = item.default_factory()
        found.append(
            Entry(
                attribute=name,
                hints=_alternatives(hint),
                default=default,
                options=options,
                doc=options.doc or docs.get(name, ""),
                is_optional=default is None or type(None) in get_args(hint),
            )
        )
    return tuple(found)


@_remembered
def layout(cls: Any) -> dict[str, dict[str, Entry]]:  # noqa: ANN401
    """The keys of a class by the table of the file that they stand in, its own table as ``""``.

    Keys of a flat part are among them.
    """
    tables: dict[str, dict[str, Entry]] = {"": {}}
    for entry in entries(cls):
        own = tables.setdefault(entry.options.table or "", {})
        own.update({e.name: e for e in entry.keys} if entry.options.flat else {entry.name: entry})
    return tables


def join(path: str, name: str) -> str:
    """The path of a key below a table; either may be empty."""
    return f"{path}.{name}" if path and name else path or name


def _alternatives(hint: object) -> tuple[Any, ...]:
    if get_origin(hint) in (Union, types.UnionType):
        return tuple(each for inner in get_args(hint) for each in _alternatives(inner))
    return () if hint in (type(None), None) else (hint,)


def summary(cls: type) -> str:
    """The first line of a class's docstring."""
    return (cls.__doc__ or "").strip().partition("\n")[0]


def tables_beside(cls: type) -> dict[str, type]:
    """Tables of the same file that a command of its own reads: the class attribute ``beside``."""
    return {name: loaded(where) for name, where in getattr(cls, "beside", {}).items()}


def _sentences(cls: type) -> dict[str, str]:
    """The text of each argument in the docstring of a class."""
    section = re.search(r"\nArgs:\n((?:    .*\n?|\n)+)", f"{inspect.getdoc(cls) or ''}\n")
    found: dict[str, str] = {}
    for argument in re.finditer(
        r"^    ([\w, ]+):[ \n]\s*((?:.|\n(?!    \w[\w, ]*:[ \n]))*)",
        section[1] if section else "",
        re.M,
    ):
        for name in argument[1].split(","):
            found[name.strip()] = " ".join(argument[2].split())
    return found


def hidden_fields(cls: type) -> tuple[str, ...]:
    """Fields of a description that are no keys of a file."""
    return tuple(item.name for item in dataclasses.fields(cls) if options_of(item).hidden)


def options_of(item: dataclasses.Field[Any]) -> Options:
    """What a field says of its key beside type and default."""
    found: Options = item.metadata.get(_MARK, Options())
    return found
