"""Kinds of scenario file, and from a file to the description of its kind: read once, forwards."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from qnet.errors import ParameterError, UnknownNameError, check_one_of
from qnet.lazy import loaded
from qnet.schema.entries import hidden_fields, is_table
from qnet.schema.paths import override
from qnet.schema.read import read
from qnet.schema.shipped import find, missing_file_hint
from qnet.schema.values import missing

__all__ = [
    "KINDS",
    "LARGEST",
    "RATES",
    "VARIANTS",
    "class_of",
    "classes_of",
    "kinds_with",
    "load",
    "loads",
    "parse",
    "read_kind",
    "read_text",
    "register_kind",
    "variants_of",
]

#: Most bytes of a scenario file: a larger one is no scenario, and takes long to read.
LARGEST = 1 << 20

#: Every kind by name: the class that describes it as ``module:Class``, loaded when it is needed.
KINDS: dict[str, str | type] = {
    "chain": "protocols.repeaters.chain:Chain",
    "network": "protocols.networks.scenario:NetworkScenario",
    "bb84": "protocols.qkd.bb84:Bb84Scenario",
    "decoy-bb84": "protocols.qkd.decoy_scenario:DecoyScenario",
    "e91": "protocols.qkd.e91:E91Scenario",
    "bbm92": "protocols.qkd.bbm92:Bbm92Scenario",
    "six-state": "protocols.qkd.six_state:SixStateScenario",
    "mdi": "protocols.qkd.mdi:MdiScenario",
    "cv": "protocols.postprocessing.quadratures.scenario:DistilledCvScenario",
    "coexistence": "qnet.coexistence.scenario:SharedFibreScenario",
    "entangled": "protocols.key_rates.entangled:EntangledRate",
    "bbm92-spdc": "protocols.key_rates.bbm92_spdc:SpdcRate",
    "cv-gg02": "protocols.key_rates.gg02_scenario:Gg02Rate",
    "twin-field": "protocols.key_rates.twin_field:TwinFieldRate",
    "certify": "protocols.certification.scenario:CertifyScenario",
    "key-network": "protocols.key_networks.scenario:KeyNetworkScenario",
    "satellite": "protocols.satellite.scenario:SatelliteScenario",
    "plan": "protocols.planning.scenario:PlanScenario",
    "application": "protocols.applications.application:Application",
}

#: Kinds with a class for each value of one of their keys: that key, and the table of the classes.
VARIANTS: dict[str, tuple[str, str]] = {
    "application": ("name", "protocols.applications.table:APPLICATIONS"),
}

#: Kinds whose key rate is described otherwise than their run.
RATES: dict[str, str | type] = {
    "cv": "protocols.key_rates.gg02_scenario:Gg02Rate",
    "mdi": "protocols.key_rates.mdi:MdiRate",
}

_ELSEWHERE = {"sweep": "a file for qnet sweep"}


def register_kind(name: str, cls: str | type) -> None:
    """Add a kind of scenario file.

    Args:
        name: What ``kind = "..."`` says.
        cls: A dataclass whose fields are the keys, or where to find it: ``module:Class``.

    Raises:
        ParameterError: If another class has the name, or it is no dataclass.
    """
    if KINDS.get(name, cls) != cls:
        raise ParameterError("kind", "be new", name, "choose another name")
    is_place = isinstance(cls, str) and re.fullmatch(r"[\w.]+:\w+", cls)
    if not (is_place or is_table(cls)):
        hint = 'give a dataclass, or where to find it: "module:Class"'
        field = f"class of kind {name}"
        raise ParameterError(field, "describe a file", cls, hint)
    KINDS[name] = cls


def class_of(kind: str) -> type:
    """The class of a kind.

    Raises:
        UnknownNameError: If there is no such kind; the message suggests the nearest.

    Examples:
        >>> class_of("chain").__name__
        'Chain'
    """
    return _loaded(KINDS[check_one_of("kind", kind, KINDS)])


def classes_of(kind: str) -> tuple[type, ...]:
    """The class of a kind, that of its key rate where it is another one, and its variants."""
    check_one_of("kind", kind, KINDS)
    return (*_classes(kind), *variants_of(kind).values())


def variants_of(kind: str) -> dict[str, type]:
    """The classes of a kind by the value of the key that tells them apart; empty of most kinds.

    Examples:
        >>> variants_of("application")["remote-cnot"].__name__
        'RemoteCnot'
    """
    if check_one_of("kind", kind, KINDS) not in VARIANTS:
        return {}
    table: dict[str, Any] = loaded(VARIANTS[kind][1])
    return {name: _loaded(place) for name, place in table.items()}


def _variant(values: Mapping[str, Any], kind: str) -> tuple[type, Mapping[str, Any]]:
    """The class that a key of a file asks for, and the rest of the file."""
    name, place = VARIANTS[kind]
    table: dict[str, Any] = loaded(place)
    if name not in values:
        raise missing(name, next(iter(table)))
    if not isinstance(values[name], str) or values[name] not in table:
        raise UnknownNameError(name, values[name], tuple(table))
    rest = {key: value for key, value in values.items() if key != name}
    return _loaded(table[values[name]]), rest


def kinds_with(use: str) -> tuple[str, ...]:
    """The kinds of file that have a use, such as ``play`` or ``key_rate``; loads all of them.

    Examples:
        >>> "chain" in kinds_with("play"), "mdi" in kinds_with("key_rate")
        (True, True)
    """
    return tuple(kind for kind in KINDS if any(hasattr(cls, use) for cls in _classes(kind)))


def _classes(kind: str) -> Iterator[type]:
    """The class of a known kind, then that of its key rate, each loaded when it is asked for."""
    return (_loaded(place[kind]) for place in (KINDS, RATES) if kind in place)


def _loaded(found: str | type) -> type:
    try:
        return loaded(found)
    except (ImportError, AttributeError) as error:
        hint = f"{' '.join(str(error).split())}: check where it is registered"
        raise ParameterError("class of a kind", "be importable", found, hint) from error


def load(
    path: str | Path,
    *,
    kinds: Collection[str] | None = None,
    use: str | None = None,
    changes: Mapping[str, Any] | None = None,
) -> Any:  # noqa: ANN401 - the class of the kind
    """The description that a file holds.

    Args:
        path: A TOML file, or the name of a scenario of the package, such as ``swap-asap-8``.
        kinds: Kinds that are wanted; all, unless given.
        use: What its class must offer, such as ``play`` or ``key_rate``; decides between the two
            of a kind whose key rate is described otherwise.
        changes: Keys that are set otherwise than in the file, by path (see ``override``).

    Returns:
        An object of the class of its kind, checked; nothing has been compiled or sampled yet.

    Raises:
        ParameterError: If the file cannot be read, or something in it is wrong.

    Examples:
        >>> load("nowhere.toml")
        Traceback (most recent call last):
        ...
        qnet.errors.ParameterError: scenario file must exist (got 'nowhere.toml'); check the path; \
qnet scenarios lists those of the package
    """
    found = find(path)
    text, folder = read_text(found), str(found.parent)
    return loads(text, name=found.stem, folder=folder, kinds=kinds, use=use, changes=changes)


def loads(
    text: str,
    *,
    name: str = "scenario",
    folder: str = "",
    kinds: Collection[str] | None = None,
    use: str | None = None,
    changes: Mapping[str, Any] | None = None,
) -> Any:  # noqa: ANN401
    """The description that a text in TOML holds; the rest is as in `load`.

    Its ``name`` is given, and the ``folder`` of the files that it names.

    Examples:
        >>> loads("kind = 'ring'", kinds=["chain"])
        Traceback (most recent call last):
        ...
        qnet.errors.UnknownNameError: kind must be one of 'chain' (got 'ring'); choose one of these
    """
    values = parse(text)
    changed = override(values, changes) if changes else values
    return read_kind(changed, name, kinds, use=use, folder=folder)


def read_kind(
    values: Mapping[str, Any],
    name: str = "scenario",
    kinds: Collection[str] | None = None,
    *,
    use: str | None = None,
    folder: str = "",
) -> Any:  # noqa: ANN401
    """The description of what ``tomllib`` gives of a file; the rest is as in `loads`."""
    kind = values.get("kind")
    if "kind" not in values:
        near = difflib.get_close_matches("kind", values, n=1, cutoff=0.6)
        if near:
            rule = "be a key of the scenario file"
            raise ParameterError(near[0], rule, values[near[0]], "did you mean kind?")
        wanted = _wanted(kinds, use)
        is_network = "topology" in values and "network" in wanted
        raise missing("kind", "network" if is_network else wanted[0])
    classes = _classes(kind) if isinstance(kind, str) and kind in KINDS else iter(())
    cls = next((each for each in classes if use is None or hasattr(each, use)), None)
    if cls is not None and kinds is not None and kind not in kinds:
        rule = f"be {' or '.join(map(repr, kinds))} here"
        raise ParameterError("kind", rule, kind, _command(str(kind), cls))
    if kind == "plan" and cls is None:
        rule = f"be {' or '.join(map(repr, _wanted(kinds, use)))} here"
        raise ParameterError("kind", rule, kind, _command(kind, None))
    if cls is None:
        raise UnknownNameError("kind", kind, _wanted(kinds, use))
    if kind in VARIANTS:
        cls, values = _variant(values, str(kind))
    return _read_as(cls, values, name, folder)


def _command(kind: str, cls: type | None) -> str:
    """What to do with a kind of file that a command does not take."""
    if kind == "plan":
        return "plan it with qnet plan: --set varies it, --out writes a network for qnet run"
    return (
        "play this file with qnet run" if hasattr(cls, "play") else "work it out with qnet keyrate"
    )


def _wanted(kinds: Collection[str] | None, use: str | None) -> tuple[str, ...]:
    """The kinds that are wanted, by name or by their use."""
    named = tuple(KINDS if kinds is None else kinds)
    return named if use is None else tuple(kind for kind in kinds_with(use) if kind in named)


def _read_as(cls: type, values: Mapping[str, Any], name: str, folder: str) -> Any:  # noqa: ANN401
    """The description of what a file holds, of a class of its kind."""
    rest = {key: value for key, value in values.items() if key != "kind"}
    own = hidden_fields(cls)
    extra: dict[str, Any] = {
        key: value
        for key, value in {"name": name, "folder": folder, "kind": values.get("kind")}.items()
        if key in own
    }
    arrange = getattr(cls, "of_file", None)
    if arrange is not None:
        return arrange(rest, **extra)
    elsewhere = {**_ELSEWHERE, **getattr(cls, "elsewhere", {})}
    return read(cls, rest, elsewhere=elsewhere, **extra)


def read_text(path: str | Path) -> str:
    """The text of a file.

    Raises:
        ParameterError: If the file cannot be read, or is larger than a scenario can be.
    """
    field = "scenario file"
    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST + 1)
        text = data.decode("utf-8-sig") if len(data) <= LARGEST else ""
    except FileNotFoundError:
        raise ParameterError(field, "exist", str(path), missing_file_hint(path)) from None
    except IsADirectoryError:
        hint = "give the path of a .toml file in it"
        raise ParameterError(field, "be a file, not a directory", str(path), hint) from None
    except UnicodeDecodeError as error:
        value = f"byte {error.start} of {path}"
        raise ParameterError(field, "be UTF-8 text", value, "save it as UTF-8") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        hint = f"{reason.lower()}: check the path and its permissions"
        raise ParameterError(field, "be readable", str(path), hint) from None
    if len(data) > LARGEST:
        hint = "a scenario is a small text: check the path"
        raise ParameterError(field, f"have at most {LARGEST} bytes", str(path), hint)
    return text


def parse(text: str) -> Mapping[str, Any]:
    """Keys and tables of a text in TOML.

    Raises:
        ParameterError: If it is not valid TOML; the message says where.
    """
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError) as error:
        message = str(error)
        found = re.search(r"at line (\d+), column (\d+)", message)
        lines = text.splitlines()
        if found:
            line = int(found[1])
            value = lines[line - 1].strip()[:60] if line <= len(lines) else ""
            rule = f"be valid TOML at line {line}, column {found[2]}"
        else:
            value = lines[-1].strip()[:60] if lines else ""
            rule = "be valid TOML up to its last line"
        hint = re.sub(r"\s*\(at .*\)$", "", message).lower() or "check the syntax"
        raise ParameterError("scenario file", rule, value, hint) from None
