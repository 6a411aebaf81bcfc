"""From a scenario file to a scenario, strictly: what is wrong is said before any work starts."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from experiments.scenario.kinds import LARGEST, RUN_KINDS
from experiments.scenario.links import (
    Segment,
    read_fibre,
    read_memory,
    read_segment,
)
from experiments.scenario.reader import Reader, missing
from experiments.scenario.scenario import STRATEGIES, Chain, Distillation, Exact, Scenario, Tree
from experiments.scenario.search import read_search
from qnet.engines.result import Key
from qnet.errors import (
    ParameterError,
    check_at_least,
    check_non_negative,
    check_positive,
    check_probability,
    check_real,
)
from qnet.hardware.gates import Gates
from qnet.hardware.memory import Memory
from qnet.metrics.key_rate import KEY_PROTOCOLS
from qnet.plans import CUTOFF_KINDS, DISTILLATION_SCHEMES, Cutoff, Link, Station
from qnet.schema.paths import override
from qnet.states import werner

__all__ = ["load", "loads", "parse", "read", "read_text"]

#: Most segments: beyond this a plan no longer fits comfortably into memory.
MOST_SEGMENTS = 1 << 14

#: Deepest row of swaps one inside the other: the engines follow it by recursion.
DEEPEST = 128

_TABLES = (
    "chain",
    "link",
    "links",
    "fibre",
    "memory",
    "swap",
    "cutoff",
    "distill",
    "key",
    "exact",
    "optimize",
)
_KEYS = ("kind", "seed", "shots", *_TABLES)
_CHAIN = (
    "segments",
    "length_km",
    "segment_lengths_km",
    "strategy",
    "tree",
    "classical_latency",
)
_EXACT = ("tolerance", "t_max_s", "width")
_ERRORS = ("cnot_depolarizing", "readout_flip")


def load(path: str | Path, *, changes: Mapping[str, Any] | None = None) -> Scenario:
    """The scenario of a file.

    Args:
        path: A TOML file.
        changes: Keys that are set otherwise than in the file, by path.

    Returns:
        The scenario, checked; nothing has been compiled or sampled yet.

    Raises:
        ParameterError: If the file cannot be read, or something in it is wrong.

    Examples:
        >>> load("nowhere.toml")
        Traceback (most recent call last):
        ...
        qnet.errors.ParameterError: scenario file must exist (got 'nowhere.toml'); check the path
    """
    return read(override(parse(read_text(path)), changes or {}), Path(path).stem)


def read_text(path: str | Path) -> str:
    """The text of a file.

    Args:
        path: A TOML file.

    Raises:
        ParameterError: If the file cannot be read, or is larger than a scenario can be.
    """
    field = "scenario file"
    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST + 1)
        text = data.decode("utf-8-sig") if len(data) <= LARGEST else ""
    except FileNotFoundError:
        raise ParameterError(field, "exist", str(path), "check the path") from None
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


def loads(text: str, *, name: str = "scenario") -> Scenario:
    """The scenario of a text in TOML.

    Args:
        text: What a scenario file holds.
        name: What to call it.

    Returns:
        The scenario, checked.

    Raises:
        ParameterError: If something in it is wrong.

    Examples:
        >>> loads("kind = 'ring'")
        Traceback (most recent call last):
        ...
        qnet.errors.UnknownNameError: kind must be one of 'chain' (got 'ring'); choose one of these
    """
    return read(parse(text), name)


def read(values: Mapping[str, Any], name: str) -> Scenario:
    """The scenario of what a file holds, as ``tomllib`` gives it.

    Args:
        values: Keys and tables.
        name: What to call it.

    Returns:
        The scenario, checked.

    Raises:
        ParameterError: If something in it is wrong.
    """
    kind = values.get("kind")
    if kind in RUN_KINDS and kind != "chain":
        raise ParameterError("kind", "be 'chain' here", kind, "play this file with qnet run")
    places = {key: "[chain]" for key in _CHAIN} | {key: "[exact]" for key in _EXACT}
    root = Reader(values, "", _KEYS, places | {"sweep": "a file for qnet sweep"})
    root.choice("kind", ("chain",))
    seed = root.whole("seed", 0, default=1)
    shots = root.whole("shots", 1, default=100_000)
    root.exclude("link", "links")
    tables = root.tables("links") if "links" in root else None
    chain = _chain(root, None if tables is None else len(tables))
    memory, fibre = read_memory(root), read_fibre(root)
    segments = tuple(_segments(root, tables, chain, memory, fibre))
    preset_gates = _gates_of_presets(segments)
    scenario = Scenario(
        name=name,
        seed=seed,
        shots=shots,
        chain=chain,
        segments=segments,
        station=_station(root, preset_gates),
        cutoff=_cutoff(root, chain.strategy),
        distillation=_distillation(root, chain.strategy, preset_gates),
        key=_key(root),
        exact=_exact(root),
        search=read_search(root, chain, segments),
        notes=tuple(_notes(root, chain, preset_gates)),
    )
    # Tree, cut-offs and level are checked by building the plan of links that cost nothing.
    perfect = tuple(map(tuple, werner(1.0).tolist()))
    free = Link(success_probability=1.0, attempt_time_s=1.0, state=perfect)
    scenario.assemble([free] * chain.segments)
    return scenario


def parse(text: str) -> Mapping[str, Any]:
    """Keys and tables of a text in TOML.

    Args:
        text: What a file holds.

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


def _chain(root: Reader, tables: int | None) -> Chain:
    if "chain" not in root:
        raise missing("chain.segments", 2)
    table = root.table("chain", _CHAIN, {"loss_db_per_km": "[fibre]", "speed_km_per_s": "[fibre]"})
    table.exclude("length_km", "segment_lengths_km")
    table.exclude("strategy", "tree")
    lengths = None
    if "segment_lengths_km" in table:
        lengths = table.numbers("segment_lengths_km", check_non_negative)
    segments = table.whole("segments", 1, MOST_SEGMENTS, default=None)
    counts = {
        "chain.segments": segments,
        "chain.segment_lengths_km": None if lengths is None else len(lengths),
        "the number of [[links]]": tables,
    }
    known = {name: count for name, count in counts.items() if count is not None}
    if not known:
        raise missing("chain.segments", 2)
    (first, count), *others = known.items()
    for other, differing in others:
        if differing != count:
            hint = f"{other} is {differing}: one entry per segment"
            if other == "chain.segment_lengths_km":
                hint = f"{other} has {differing} entries: give one per segment"
            raise ParameterError(first, f"equal {other}", count, hint)
    if not 1 <= count <= MOST_SEGMENTS:
        hint = "give one entry per segment"
        raise ParameterError(first, f"lie in 1 to {MOST_SEGMENTS}", count, hint)
    if "length_km" in table:
        lengths = (table.number("length_km", check_non_negative) / count,) * count
    strategy = table.choice("strategy", STRATEGIES, default="nested")
    tree = _frozen(table.get("tree", ()))
    if "tree" in table:
        strategy = "tree"
    if strategy == "sequential" and count > DEEPEST:
        hint = "take strategy nested or swap-asap for longer chains"
        raise ParameterError("chain.segments", f"be at most {DEEPEST} with sequential", count, hint)
    return Chain(
        segments=count,
        lengths_km=lengths,
        strategy=strategy,
        tree=tree,
        classical_latency=table.flag("classical_latency", False),
    )


def _segments(
    root: Reader,
    tables: list[Mapping[str, Any]] | None,
    chain: Chain,
    memory: Memory | None,
    fibre: Mapping[str, float],
) -> list[Segment]:
    lengths = chain.lengths_km or (None,) * chain.segments
    if tables is not None:
        return [
            read_segment(table, f"links[{k}]", length_km=lengths[k], memory=memory, fibre=fibre)
            for k, table in enumerate(tables)
        ]
    if "link" not in root:
        raise missing("link.scheme", "abstract")
    table = root.mapping("link")
    built = {
        length: read_segment(table, "link", length_km=length, memory=memory, fibre=fibre)
        for length in dict.fromkeys(lengths)
    }
    return [built[length] for length in lengths]


def _gates_of_presets(segments: tuple[Segment, ...]) -> Gates | None:
    """The gates that the presets of the links bring, if all of them bring the same."""
    gates = {s.preset.node.gates if s.preset is not None else None for s in segments}
    return gates.pop() if len(gates) == 1 else None


def _notes(root: Reader, chain: Chain, preset_gates: Gates | None) -> Iterator[str]:
    steps = {"swap": chain.segments > 1, "distill": "distill" in root}
    for table, is_used in steps.items():
        if preset_gates is None or not is_used or any(e in root.mapping(table) for e in _ERRORS):
            continue
        keys = " or ".join(_ERRORS)
        yield f"[{table}] has the gates of the links' preset; {keys} replaces them"
    if chain.classical_latency and chain.lengths_km is None:
        yield "classical_latency has no effect: the chain has no length"
    if all(key in root.mapping("exact") for key in ("tolerance", "t_max_s")):
        yield "exact.tolerance has no effect: exact.t_max_s sets the end of the time grid"
    if chain.segments == 1:
        for table in ("swap", "cutoff"):
            if table in root:
                yield f"[{table}] has no effect: a chain of one segment has no swap"
    if preset_gates is None and chain.segments > 1 and "swap" not in root:
        yield "[swap] is missing: swaps are taken as perfect"


def _station(root: Reader, preset_gates: Gates | None) -> Station:
    table = root.table("swap", ("success_probability", *_ERRORS))
    return Station(
        success_probability=table.number("success_probability", check_probability, 1.0),
        gates=_gates(table, preset_gates),
    )


def _gates(table: Reader, preset_gates: Gates | None) -> Gates:
    """The gates that a table gives; those of the preset when it gives none."""
    if preset_gates is not None and not any(key in table for key in _ERRORS):
        return preset_gates
    flip = table.number("readout_flip", check_probability, 0.0)
    return Gates(
        two_qubit_depolarizing=table.number("cnot_depolarizing", check_probability, 0.0),
        readout_flip_0=flip,
        readout_flip_1=flip,
    )


def _cutoff(root: Reader, strategy: str) -> Cutoff | tuple[Cutoff, ...] | None:
    if "cutoff" not in root:
        return None
    table = root.table("cutoff", ("kind", "time_s"))
    kind = table.choice("kind", CUTOFF_KINDS)
    check = check_positive if kind == "total" else check_non_negative
    if isinstance(table.get("time_s", example=10.0), list):
        times = table.numbers("time_s", check)
        if strategy == "swap-asap":
            hint = "a chain that swaps as soon as possible has no levels"
            raise ParameterError("cutoff.time_s", "be one number with swap-asap", list(times), hint)
        return tuple(Cutoff(kind=kind, time_s=time) for time in times)
    return Cutoff(kind=kind, time_s=table.number("time_s", check))


def _distillation(root: Reader, strategy: str, preset_gates: Gates | None) -> Distillation | None:
    if "distill" not in root:
        return None
    table = root.table("distill", ("scheme", "rounds", "level", *_ERRORS))
    level = table.whole("level", 0, default=0)
    if strategy == "swap-asap" and level > 1:
        hint = "0 is the elementary links, 1 the pairs from end to end"
        raise ParameterError("distill.level", "be 0 or 1 with swap-asap", level, hint)
    return Distillation(
        scheme=table.choice("scheme", DISTILLATION_SCHEMES, "dejmps"),
        rounds=table.whole("rounds", 0, 32, default=1),
        level=level,
        gates=_gates(table, preset_gates),
    )


def _key(root: Reader) -> Key:
    table = root.table("key", ("protocol", "error_correction_efficiency"))

    def check(field: str, value: object) -> float:
        return check_at_least(field, value, 1.0, "1 is the Shannon limit, 1.05 to 1.2 is usual")

    return Key(
        protocol=table.choice("protocol", KEY_PROTOCOLS, "bb84"),
        error_correction_efficiency=table.number("error_correction_efficiency", check, 1.0),
    )


def _exact(root: Reader) -> Exact:
    table = root.table("exact", _EXACT)

    def share(hint: str) -> Callable[[str, object], float]:
        def check(field: str, value: object) -> float:
            number = check_real(field, value)
            if not 0.0 < number < 1.0:
                raise ParameterError(field, "lie in (0, 1)", value, hint)
            return number

        return check

    beyond = "give the probability that may lie beyond the time grid, such as 1e-9"
    return Exact(
        tolerance=table.number("tolerance", share(beyond), 1e-9),
        t_max_s=table.number("t_max_s", check_positive, None),
        width=table.number("width", share("give how wide a figure may be, such as 1e-3"), 1e-3),
    )


def _frozen(tree: Any, depth: int = 0) -> Tree:  # noqa: ANN401
    """Lists to tuples; what is neither list nor number is left for the check of the tree."""
    if depth > DEEPEST:
        hint = "balance the tree"
        raise ParameterError(
            "chain.tree", f"be at most {DEEPEST} levels deep", "a deeper one", hint
        )
    if isinstance(tree, list):
        return tuple(_frozen(branch, depth + 1) for branch in tree)
    return tree
