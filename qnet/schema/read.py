"""Reader of descriptions, strict: every key of a table known, every value of its type."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Literal, TypeVar, get_args, get_origin

from qnet.errors import ParameterError, check_integer, check_real
from qnet.schema.entries import Entry, Part, entries, join, layout
from qnet.schema.values import (
    advice,
    conflict,
    flag,
    items,
    missing,
    number,
    numbers,
    renamed,
    table,
    tables,
    text,
    whole,
)

__all__ = ["check_fields", "places", "read"]

T = TypeVar("T")

#: Longest text of a table that a message repeats; of a longer one it counts the keys.
_MOST_SHOWN = 40


def read(
    cls: type[T],
    values: Mapping[str, Any],
    path: str = "",
    *,
    root: type | None = None,
    elsewhere: Mapping[str, str] | None = None,
    **extra: Any,  # noqa: ANN401
) -> T:
    """The description that a table holds.

    Types are checked here, ranges by the description's own ``__post_init__``; either error names
    the key by its full path.

    Args:
        cls: The dataclass that describes the table.
        values: The table as ``tomllib`` gives it; objects made in Python may stand in it.
        path: Its full name, such as ``link.emitter``; empty for the file itself.
        root: The class of the whole file, by which a misplaced key is told where it belongs.
        elsewhere: Other keys of the file -> where they belong.
        extra: Fields of ``cls`` that are no keys.

    Examples:
        >>> from qnet.hardware import Fibre
        >>> read(Fibre, {"loss_db_per_km": 0.3}, "fibre")
        Fibre(loss_db_per_km=0.3)
        >>> read(Fibre, {"loss_db_km": 0.3}, "fibre")
        Traceback (most recent call last):
        ...
        qnet.errors.ParameterError: fibre.loss_db_km must be a key of [fibre] (got 0.3); did you \
mean loss_db_per_km?
    """
    found, raw = _given(cls, values, path, root or cls, elsewhere or {})
    names = {entry.attribute: join(path, entry.path) for entry in entries(cls)}
    with renamed(names, path, raw):
        return cls(**found, **extra)


def places(root: type) -> dict[str, str]:
    """Keys of a file -> where they belong, in words; the first place where there are several.

    Examples:
        >>> from protocols.repeaters.chain import Chain
        >>> places(Chain)["loss_db_per_km"]
        '[fibre]'
    """
    found: dict[str, str] = {}

    def visit(known: Collection[Entry], place: str) -> None:
        for entry in known:
            own = entry.options.table or place
            if entry.options.flat:
                visit(entry.keys, own)
                continue
            found.setdefault(entry.name, f"[{own}]" if own else "the top of the file")
            if entry.table is not None and not entry.options.inline and not entry.is_list:
                visit(entry.keys, join(own, entry.name))

    visit(entries(root), "")
    return found


def check_fields(owner: object, *, derived: Collection[str] = ()) -> None:
    """Check every field of a frozen dataclass, for its ``__post_init__``, as a file is read.

    A table may be a mapping, which is read, an array a list. A field that may be None and is stays
    as it is; each number of a tuple is checked.

    Args:
        owner: The description.
        derived: Fields that the class itself sets beside the keys that exclude them.

    Raises:
        ParameterError: If a value is of the wrong type, breaks its rule, or stands beside another
            that says the same.
    """
    cls: Any = type(owner)
    known = {entry.name: entry for entry in entries(cls)}
    for entry in known.values():
        check, value = entry.options.check, getattr(owner, entry.attribute)
        if value is None and entry.is_optional:
            continue
        excluded = () if entry.attribute in derived else entry.options.excludes
        for both in ((entry, known[other]) for other in excluded if other in known):
            if all(getattr(owner, each.attribute) != each.default for each in both):
                raise conflict(entry.name, value, both[1].name)
        checked = _typed(entry, value, cls)
        if check is not None and isinstance(checked, tuple | list):
            checked = tuple(check(f"{entry.name}[{k}]", v) for k, v in enumerate(checked))
        elif check is not None:
            checked = check(entry.name, checked)
        if checked is not value:
            object.__setattr__(owner, entry.attribute, checked)


def _typed(entry: Entry, value: Any, root: type) -> Any:  # noqa: ANN401
    """A value given in Python, of the type that the entry says; numbers are left to their check."""
    if entry.options.flat:
        return value
    if entry.table is not None or entry.options.read is not None:
        return _value(entry, value, entry.name, root)
    if isinstance(value, entry.ready) and not isinstance(value, tuple):
        return value
    if hasattr(value, "tolist"):
        value = value.tolist()
    is_sequence = any(get_origin(hint) is tuple for hint in entry.hints)
    if is_sequence or entry.choices or entry.hints == (str,):
        return _plain(entry, value, entry.name)
    return value


def _given(
    cls: type, values: Mapping[str, Any], path: str, root: type, elsewhere: Mapping[str, str]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the table gives: by field, and as it stands in the file by key."""
    found: dict[str, Any] = {}
    raw: dict[str, Any] = {}
    given_tables = {}
    for place, known in layout(cls).items():
        own = join(path, place)
        given = given_tables[place] = table(own, values.get(place, {})) if place else values
        if not known.keys() >= given.keys():
            names = known if place else _top_names(cls, path)
            _check_names(given, own, names, root, elsewhere)
        raw |= given if place else {name: each for name, each in given.items() if name in known}
    for entry in entries(cls):
        place = entry.options.table or ""
        value = _entry(entry, given_tables[place], join(path, place), root)
        if value is not _LEFT_OUT:
            found[entry.attribute] = value
    return found, raw


def _top_names(cls: type, path: str) -> list[str]:
    """Names in a table: keys, tables, and the kind of the file at its top."""
    names = [] if path else ["kind"]
    for entry in entries(cls):
        inner = [each.name for each in entry.keys]
        names += inner if entry.options.flat else [entry.options.table or entry.name]
    return list(dict.fromkeys(names))


_LEFT_OUT = object()


def _entry(entry: Entry, given: Mapping[str, Any], path: str, root: type) -> Any:  # noqa: ANN401
    """The value of one key, or that it is left out."""
    if entry.options.flat:
        return _flat(entry, given, path, root)
    field = join(path, entry.name)
    if entry.name not in given:
        if entry.is_required and entry.table is not None and not entry.is_list:
            return _value(entry, {}, field, root)
        if entry.is_required:
            raise missing(field, _example(entry))
        return _LEFT_OUT
    for other in entry.options.excludes:
        if other in given:
            raise conflict(field, given[entry.name], join(path, other))
    return _value(entry, given[entry.name], field, root)


def _flat(entry: Entry, given: Mapping[str, Any], path: str, root: type) -> Any:  # noqa: ANN401
    """The keys of a class, or some of them, that stand in the same table."""
    cls, whole = entry.table or root, entry.is_required and not entry.is_part
    found = {
        each.attribute: _entry(each, given, path, root)
        for each in entry.keys
        if each.name in given or (whole and each.is_required)
    }
    if not (found or whole):
        return _LEFT_OUT
    if entry.is_part:
        return Part(cls, found)
    with renamed({each.attribute: join(path, each.path) for each in entry.keys}, path, given):
        return cls(**found)


def _value(entry: Entry, value: Any, field: str, root: type) -> Any:  # noqa: ANN401
    """A value of the type that the entry says."""
    if entry.options.read is not None:
        return entry.options.read(field, value)
    cls = entry.table
    if cls is None:
        return value if isinstance(value, entry.ready) else _plain(entry, value, field)
    if entry.is_list:
        return tuple(
            _table(entry, cls, each, f"{field}[{k}]", root)
            for k, each in enumerate(tables(field, value))
        )
    return _table(entry, cls, value, field, root)


def _table(entry: Entry, cls: type, value: Any, field: str, root: type) -> Any:  # noqa: ANN401
    if _is_ready(entry, value):
        return value
    is_several = isinstance(value, list | tuple) and entry.takes_several
    if is_several and all(each is None or _is_ready(entry, each) for each in value):
        return tuple(value)
    given = table(field, value, entry.options.hint)
    if not entry.is_part:
        return read(cls, given, field, root=root)
    known = [each.name for each in _all_keys(entry)]
    _check_names(given, field, known, root, getattr(cls, "elsewhere", {}))
    part = {
        each.attribute: value
        for each in entry.keys
        if (each.options.flat or each.name in given)
        and (value := _entry(each, given, field, root)) is not _LEFT_OUT
    }
    return Part(cls, part)


def _all_keys(entry: Entry) -> list[Entry]:
    """The keys of its table, those of a flat part among them."""
    return [own for each in entry.keys for own in (each.keys if each.options.flat else (each,))]


_PLAIN = (dict, list, tuple, str, int, float)


def _is_ready(entry: Entry, value: object) -> bool:
    """Whether it is an object made in Python that may stand where the table is."""
    if isinstance(value, Part):
        return value.of is entry.table and value.keys() <= {each.attribute for each in entry.keys}
    return isinstance(value, entry.ready) and not isinstance(value, _PLAIN)


def _plain(entry: Entry, value: Any, field: str) -> Any:  # noqa: ANN401
    """A value that is no table."""
    for hint in entry.hints:
        if get_origin(hint) is tuple and (isinstance(value, list | tuple) or len(entry.hints) == 1):
            return _sequence(hint, value, field, entry)
    if entry.choices:
        return text(field, value, entry.choices)
    for hint in entry.hints:
        if hint is bool:
            return flag(field, value)
        if hint is int:
            check = entry.options.check or check_integer
            return whole(field, value, check)
        if hint is float:
            return number(field, value)
        if hint is str or get_origin(hint) is Literal:
            return text(field, value)
    if Any in entry.hints:
        return value
    message = f"no file can hold {entry.name}: its field needs a type that the schema reads"
    raise TypeError(message)


def _sequence(hint: object, value: Any, field: str, entry: Entry) -> Any:  # noqa: ANN401
    inner = get_args(hint)[0]
    if inner is float:
        return numbers(field, value, check_real)
    given = [(f"{field}[{k}]", each) for k, each in enumerate(items(field, value))]
    if entry.choices:
        return tuple(text(place, each, entry.choices) for place, each in given)
    if inner is int:
        check = entry.options.check or check_integer
        return tuple(whole(place, each, check) for place, each in given)
    if inner is str:
        return tuple(text(place, each) for place, each in given)
    return tuple(each for _, each in given)


def _check_names(
    given: Mapping[str, Any],
    path: str,
    known: Collection[str],
    root: type,
    elsewhere: Mapping[str, str],
) -> None:
    for name, value in given.items():
        if name in known:
            continue
        place = f"[{path}]" if path else "the scenario file"
        others = {**places(root), **elsewhere}
        others = {each: where for each, where in others.items() if each not in known}
        hint = advice(name, known, others)
        is_long = isinstance(value, dict) and len(str(value)) > _MOST_SHOWN
        told = f"a table of {len(value)} keys" if is_long else value
        raise ParameterError(join(path, name), f"be a key of {place}", told, hint)


def _example(entry: Entry) -> object:
    if entry.options.example is not None or not entry.choices:
        return entry.options.example
    return entry.choices[0]
