"""Reader of sweep files, strict: what is wrong is said before anything runs.

A sweep file is a scenario file with a table ``[sweep]``::

    [sweep]
    engine = "sampled"                           # or several: ["sampled", "exact"]
    batch_shots = 10_000                         # delivered pairs in a batch, a row of the store
    "chain.length_km" = [50, 100, 200]           # an axis: any key of the scenario, and its values
    "chain.segments" = { from = 1, to = 8, steps = 4, log = true }
    "cutoff.time_s" = { from = 0.1, to = 0.3, steps = 3 }
    zip = [["chain.length_km", "cutoff.time_s"]]    # these go in step; all others cross

    [sweep.until]                                # besides shots, which is enough in any case
    figure = "secret_key_rate_hz"
    relative_precision = 0.05                    # half the 95 % interval over the value
    seconds = 60                                 # computing time of a point

The scenario's ``seed`` is that of the sweep, and its ``shots`` are those of a point.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from experiments.sweep.axes import Axis, combinations, read_axes, read_zips
from experiments.sweep.scenario_task import ScenarioTask
from experiments.sweep.stopping import StoppingRule
from experiments.sweep.sweep import Sweep, SweepPoint, digest
from qnet import schema
from qnet.engines import DEFAULT_ENGINE, ENGINES
from qnet.errors import ParameterError, check_one_of
from qnet.schema import NOTHING, Part, Whole, override, parse, read_kind, read_text

__all__ = ["load", "loads"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepTable:
    """Axes and options of ``qnet sweep``: each other key is an axis, ``"PATH" = [values]``.

    Args:
        engine: What plays each point, or several engines, which are an axis.
        batch_shots: Delivered pairs in a batch, a row of the store.
        zip: Groups of axes that go in step.
        until: When a point has been played enough, besides ``shots``.
    """

    engine: str | tuple[str, ...] = schema.key(DEFAULT_ENGINE, choices=lambda: tuple(ENGINES))
    batch_shots: int | None = schema.key(None, check=Whole(minimum=1), example=10000)
    zip: Any = schema.key(None, example=[["chain.length_km", "chain.segments"]])
    until: Part[StoppingRule] = schema.key(Part(StoppingRule), without=("shots",))


#: Largest batch unless the file says so, and that of an engine that is slow.
_BATCH, _SLOW_BATCH = 10_000, 100

#: Kinds of networks: a point is one run of its replicas.
_NETWORKS = ("network", "key-network")

#: Kinds of which a point is one run, whatever the number of shots.
_AT_ONCE = (*_NETWORKS, "satellite", "application")

#: Keys of networks that name files, of whatever table.
_NAMES_FILES = ("file", "keyrate", "chain", "satellite")


def load(path: str | Path, *, changes: Mapping[str, Any] | None = None) -> Sweep:
    """The sweep of a file.

    Args:
        path: A TOML file.
        changes: Keys that are set otherwise than in the file, by path.

    Raises:
        ParameterError: If the file cannot be read, or something in it is wrong.
    """
    folder = str(Path(path).parent)
    return loads(read_text(path), name=Path(path).stem, folder=folder, changes=changes)


def loads(
    text: str,
    *,
    name: str = "sweep",
    folder: str = "",
    changes: Mapping[str, Any] | None = None,
) -> Sweep:
    """The sweep of a text in TOML.

    Its points are checked when they are made, all of them before any is played.

    Args:
        text: What a sweep file holds.
        name: What to call it.
        folder: Where the files stand that it names.
        changes: Keys that are set otherwise than in the text, by path; a sweep with them is another
            one.

    Raises:
        ParameterError: If something in it is wrong.

    Examples:
        >>> sweep = loads('''
        ... kind = "chain"
        ... [chain]
        ... segments = 2
        ... [link]
        ... scheme = "abstract"
        ... attempt_time_s = 1.0
        ... state = { werner = 0.98 }
        ... [sweep]
        ... "link.success_probability" = [0.1, 0.2]
        ... ''')
        >>> sweep.size, dict(sweep.point(1).axes)
        (2, {'link.success_probability': 0.2})
    """
    values = override(parse(text), changes or {})
    if "sweep" not in values:
        example = 'add [sweep] with an axis, such as "chain.length_km" = [50, 100, 200]'
        raise ParameterError("sweep", "be given", "a scenario alone", example)
    raw = schema.table("sweep", values.pop("sweep"))
    options = [entry.name for entry in schema.entries(SweepTable)]
    own = {
        key: value
        for key, value in raw.items()
        if key not in options and ("." in key or isinstance(value, dict))
    }
    table = schema.read(
        SweepTable,
        {key: value for key, value in raw.items() if key not in own},
        "sweep",
        elsewhere=dict.fromkeys(("kind", "seed", "shots"), "the top of the file"),
    )
    axes = read_axes(own)
    if isinstance(table.engine, tuple):
        axes += read_axes({"engine": list(table.engine)})
    if not axes:
        hint = 'add an axis under [sweep], such as "chain.length_km" = [50, 100, 200]'
        raise ParameterError("sweep", "have an axis", NOTHING, hint)
    text += "".join(f"# --set {path}={value!r}\n" for path, value in (changes or {}).items())
    for axis in axes:
        if axis.name in (changes or {}):
            raise ParameterError("--set", "set no axis of the sweep", axis.name, "change [sweep]")
    places = tuple(combinations(read_zips([] if table.zip is None else table.zip, axes)))
    shots = schema.whole("shots", values.get("shots", 100_000), Whole(minimum=1))
    if values.get("kind") in _AT_ONCE:
        table = _of_network(values, table)
    make = functools.partial(_point, values, table, shots, (name, folder), places)
    return Sweep(
        name=name,
        identity=digest([name, text, *_meanings(values, axes), *_files(values, axes, folder)]),
        root=schema.whole("seed", values.get("seed", 1), Whole()),
        until=StoppingRule(shots=shots, **table.until),
        axes=tuple(axis.name for axis in axes),
        size=len(places),
        point=make,
        text=text,
    )


def _meanings(values: Mapping[str, Any], axes: Sequence[Axis]) -> list[str]:
    """What tells a sweep from one of version 0.1 whose file says the same in another meaning."""
    memory = values.get("memory")
    given = {*memory} if isinstance(memory, Mapping) else set()
    given |= {axis.name.removeprefix("memory.") for axis in axes}
    changed = given & {"depolarizing_time_s", "dephasing_time_s"}
    return ["memory times are those of one qubit"] if changed else []


def _of_network(values: Mapping[str, Any], table: SweepTable) -> SweepTable:
    """The options of a network's sweep: the engine of the file unless another is named.

    Raises:
        ParameterError: If batches or a precision are asked for: a point is one run.
    """
    what, where = {
        "satellite": ("satellite", "weather.samples"),
        "application": ("application", "shots"),
    }.get(values["kind"], ("network", "run.duration_s and run.replicas"))
    rule, hint = f"be left out with a {what}", f"a point of a {what} is one run: set {where}"
    for name, value in (("batch_shots", table.batch_shots), ("until", dict(table.until) or None)):
        if value is not None:
            field = f"sweep.{name}"
            raise ParameterError(field, rule, value, hint)
    of_file = values.get("engine", "exact" if what == "application" else None)
    if table.engine == DEFAULT_ENGINE and isinstance(of_file, str):
        return replace(table, engine=check_one_of("engine", of_file, ENGINES))
    return table


def _files(values: Mapping[str, Any], axes: Sequence[Axis], folder: str) -> list[str]:
    """Digests of the files that a network's sweep names: other ones make it another sweep."""
    named = [*_named_files(values)]
    for axis in axes:
        named += _named_files(list(axis.values), axis.name.rpartition(".")[2])
    paths = [Path(folder, name) for name in named]
    return [sha256(path.read_bytes()).hexdigest() for path in paths if path.is_file()]


def _named_files(part: object, key: str = "") -> Iterator[str]:
    """Names of files in a table, and in those within it."""
    if isinstance(part, str):
        if key in _NAMES_FILES:
            yield part
    elif isinstance(part, Mapping):
        for name, each in part.items():
            yield from _named_files(each, name)
    elif isinstance(part, list):
        for each in part:
            yield from _named_files(each, key)


def _point(
    values: Mapping[str, Any],
    table: SweepTable,
    shots: int,
    where: tuple[str, str],
    places: tuple[dict[str, Any], ...],
    position: int,
) -> SweepPoint:
    place = places[position]
    played_on = place.get("engine", table.engine)
    try:
        changes = {key: place[key] for key in place if key != "engine"}
        changed = override(values, changes, "sweep.")
        name, folder = where
        scenario = read_kind(changed, name, ["chain", *_AT_ONCE], folder=folder)
    except ParameterError as error:
        at = ", ".join(f"{key} = {value!r}" for key, value in place.items())
        error.hint += f" (at point {position + 1} of {len(places)}: {at})"
        raise
    if scenario.kind == "satellite":
        return SweepPoint(axes=place, task=ScenarioTask(scenario=scenario, engine=played_on))
    if scenario.kind in _NETWORKS:
        if scenario.run is None:
            raise schema.missing("run.duration_s", 1000.0)
        task = ScenarioTask(scenario=scenario, engine=played_on, batch_shots=scenario.run.replicas)
        return SweepPoint(axes=place, task=task)
    if scenario.kind == "application":
        task = ScenarioTask(scenario=scenario, engine=played_on, batch_shots=scenario.shots)
        return SweepPoint(axes=place, task=task)
    size = table.batch_shots or min(shots, _SLOW_BATCH if ENGINES[played_on].is_slow else _BATCH)
    return SweepPoint(
        axes=place, task=ScenarioTask(scenario=scenario, engine=played_on, batch_shots=size)
    )
