"""The tables [link], [[links]], [memory] and [fibre]: how each segment makes its pairs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, get_args

from experiments.scenario.reader import NOTHING, Reader, conflict, missing, within
from qnet.errors import (
    ParameterError,
    check_at_least,
    check_positive,
    check_probability,
    check_real,
)
from qnet.hardware import (
    PRESETS,
    Detector,
    Emitter,
    Fibre,
    FrequencyConversion,
    Gates,
    Memory,
    PairSource,
    Preset,
)
from qnet.hardware.source import PhaseNoiseKind, check_phase_noise
from qnet.plans import Link
from qnet.states import fano_from_weights, werner
from qnet.states.typed import FanoRows, fano_rows

__all__ = ["Segment", "read_fibre", "read_memory", "read_segment"]

PHOTONIC = ("single-click", "double-click", "midpoint-source")

_PARTS = {
    "emitter": Emitter,
    "detector": Detector,
    "conversion": FrequencyConversion,
    "source": PairSource,
    "memory": Memory,
    "gates": Gates,
}
_PART_KEYS = {
    **{part: tuple(field.name for field in fields(kind)) for part, kind in _PARTS.items()},
    "memory": ("efficiency",),
}
_ABSTRACT = ("success_probability", "attempt_time_s", "state")
_OUTRIGHT = (
    "transmission",
    "attempt_time_s",
    "bright_state_population",
    "visibility",
    "dark_count_probability",
    "phase_noise_deg",
    "phase_noise_kind",
    "double_excitation_probability",
    "number_resolving",
    "window_acceptance",
    "pair_probability",
    "pair_fidelity",
)
_UNUSED = {
    "single-click": ("pair_probability", "pair_fidelity"),
    "double-click": ("pair_probability", "pair_fidelity", "bright_state_population"),
    "midpoint-source": (
        "bright_state_population",
        "visibility",
        "phase_noise_deg",
        "phase_noise_kind",
    ),
}
_KEYS = ("scheme", "preset", "modes", *dict.fromkeys((*_ABSTRACT, *_OUTRIGHT)), *_PARTS)
_MEMORY_TIMES = ("t1_s", "t2_s", "depolarizing_time_s", "dephasing_time_s")
_FIBRE_KEYS = ("loss_db_per_km", "speed_km_per_s")
_ELSEWHERE = {
    "length_km": "[chain]",
    "segments": "[chain]",
    "cnot_depolarizing": "[swap]",
    "readout_flip": "[swap]",
    **dict.fromkeys(_MEMORY_TIMES, "[memory]"),
    **dict.fromkeys(_FIBRE_KEYS, "[fibre]"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One segment of the chain: a scheme, and what it needs.

    Args:
        scheme: ``abstract``, ``single-click``, ``double-click`` or ``midpoint-source``.
        fibre: The fibre between its nodes.
        memory: Memory of both ends.
        length_km: Length of the fibre, or None when the scenario gives none.
        modes: Modes tried in one attempt.
        success_probability: Of an abstract link.
        attempt_time_s: Of an abstract link.
        state: Fano matrix of an abstract link's pairs.
        hardware: ``Preset``, with what the file overrides, of a photonic link; or the numbers of a
            heralded attempt, as (name, value) pairs.
    """

    scheme: str
    fibre: Fibre
    memory: Memory
    length_km: float | None
    modes: int
    success_probability: float = 1.0
    attempt_time_s: float = 1.0
    state: tuple[tuple[float, ...], ...] = ()  # FanoRows, as `read_segment` makes them
    hardware: Preset | tuple[tuple[str, Any], ...] | None = None

    @property
    def preset(self) -> Preset | None:
        """The preset, if there is one."""
        return self.hardware if isinstance(self.hardware, Preset) else None

    def build(self) -> Link:
        """The link; compiles the circuits of a photonic scheme."""
        if self.scheme == "abstract":
            return Link(
                success_probability=self.success_probability,
                attempt_time_s=self.attempt_time_s,
                state=self.state,
                left=self.memory,
                right=self.memory,
                modes=self.modes,
                length_km=self.length_km or 0.0,
                speed_km_per_s=self.fibre.speed_km_per_s,
            )
        # Local import: it brings Aer with it.
        from qnet.links import SCHEMES, HeraldedAttempt

        scheme = SCHEMES[self.scheme]
        options: dict[str, Any] = {"memory": self.memory, "modes": self.modes}
        if isinstance(self.hardware, Preset):
            return scheme(self.hardware, self.length_km, fibre=self.fibre, **options)
        # Numbers given outright are those of the whole attempt: the length is for messages only.
        link = scheme(HeraldedAttempt(**dict(self.hardware or ())), **options)
        speed = self.fibre.speed_km_per_s
        return replace(link, length_km=self.length_km or 0.0, speed_km_per_s=speed)


def read_memory(root: Reader) -> Memory | None:
    """[memory]: one qubit's memory, or None when the table is missing.

    A depolarising or dephasing time is that of a stored pair, whose two qubits decay at the same
    time: each qubit's time is twice as long.
    """
    if "memory" not in root:
        return None
    table = root.table("memory", _MEMORY_TIMES)
    times = {key: table.number(key, _decay_time) for key in _MEMORY_TIMES if key in table}
    for key in ("depolarizing_time_s", "dephasing_time_s"):
        if key in times:
            times[key] *= 2.0
    with within("memory"):
        return Memory(**times)


def _decay_time(field: str, value: object) -> float:
    time = check_positive(field, value, "give a time in seconds above zero")
    if time > 1e300:
        hint = "leave the key out: without it there is no such decay"
        raise ParameterError(field, "be at most 1e300", value, hint)
    return check_at_least(field, time, 1e-15, "give the time in seconds")


def read_fibre(root: Reader) -> dict[str, float]:
    """[fibre]: the keys that are given."""
    table = root.table("fibre", _FIBRE_KEYS)
    with within("fibre"):
        checked = Fibre(**{key: table.number(key) for key in _FIBRE_KEYS if key in table})
    return {key: getattr(checked, key) for key in _FIBRE_KEYS if key in table}


def read_segment(
    values: Mapping[str, Any],
    path: str,
    *,
    length_km: float | None,
    memory: Memory | None,
    fibre: Mapping[str, float],
) -> Segment:
    """One [link] table."""
    table = Reader(values, path, _KEYS, _ELSEWHERE)
    preset = table.get("preset", None)
    if preset is not None:
        preset = PRESETS[table.choice("preset", PRESETS)]
    scheme = table.choice("scheme", ("abstract", *PHOTONIC), preset.scheme if preset else "")
    if not scheme:
        raise missing(table.field("scheme"), "abstract")
    own_fibre = replace(preset.fibre if preset else Fibre(), **fibre)
    common: dict[str, Any] = {"scheme": scheme, "fibre": own_fibre, "length_km": length_km}
    if scheme == "abstract":
        return _abstract(table, common, memory or Memory())
    if preset is None:
        return _outright(table, common, memory or Memory())
    return _with_preset(table, common, memory, preset)


def _abstract(table: Reader, common: dict[str, Any], memory: Memory) -> Segment:
    _refuse(table, {*_KEYS} - {"scheme", "modes", *_ABSTRACT}, "be left out of an abstract link")
    return Segment(
        **common,
        memory=memory,
        modes=table.whole("modes", 1, default=1),
        success_probability=table.number("success_probability", check_probability, example=0.1),
        attempt_time_s=table.number("attempt_time_s", check_positive, example=1.0),
        state=_state(table),
    )


def _outright(table: Reader, common: dict[str, Any], memory: Memory) -> Segment:
    scheme = common["scheme"]
    _refuse(table, ("success_probability", "state"), f"be left out: {scheme} derives it")
    if "transmission" not in table:
        field = table.field("preset")
        hint = 'give preset = "ideal" or another one, or transmission and attempt_time_s'
        raise ParameterError(field, f"be given for a {scheme} link", NOTHING, hint)
    _refuse(table, _PARTS, "be left out without a preset")
    _refuse(table, _UNUSED[scheme], f"be left out of a {scheme} link")
    numbers = {"attempt_time_s": table.number("attempt_time_s", check_positive, example=5.5e-6)}
    for key in set(_OUTRIGHT) & set(table.values) - {"attempt_time_s"}:
        numbers[key] = _attempt_number(table, key)
    return Segment(
        **common,
        memory=memory,
        modes=table.whole("modes", 1, default=1),
        hardware=tuple(sorted(numbers.items())),
    )


def _with_preset(
    table: Reader, common: dict[str, Any], memory: Memory | None, preset: Preset
) -> Segment:
    scheme, name = common["scheme"], preset.name
    for key in (*_ABSTRACT, *_OUTRIGHT):
        if key not in table:
            continue
        if key in ("transmission", "attempt_time_s", *_ABSTRACT):
            raise conflict(table.field(key), table.values[key], table.field("preset"))
        place = next(part for part, keys in _PART_KEYS.items() if _part_key(key) in keys)
        hint = f"override it as {_part_key(key)} under [{table.field(place)}]"
        raise ParameterError(table.field(key), "not stand beside a preset", table.values[key], hint)
    if common["length_km"] is None:
        rule = f"be given with preset {name}"
        hint = "add length_km = 50 under [chain]"
        raise ParameterError("chain.length_km", rule, NOTHING, hint)
    changes = {part: _override(table, part, preset) for part in _PARTS if part in table}
    node = replace(preset.node, **changes)
    if scheme == "midpoint-source" and node.source is None:
        hint = f"preset {name} has none: add [{table.field('source')}]"
        rule = "be given for a midpoint-source link"
        raise ParameterError(table.field("source"), rule, NOTHING, hint)
    hardware = replace(preset, node=node, fibre=common["fibre"], scheme=scheme)
    if memory is not None:
        # What [memory] says replaces the decay; storage efficiency stays that of the preset.
        memory = replace(memory, efficiency=node.memory.efficiency, modes=node.memory.modes)
    memory = memory or node.memory
    modes = table.whole("modes", 1, default=memory.modes)
    return Segment(**common, memory=memory, modes=modes, hardware=hardware)


def _override(table: Reader, part: str, preset: Preset) -> Any:  # noqa: ANN401
    """A part of the preset's node with the keys of [link.<part>] replaced."""
    keys = _PART_KEYS[part]
    own = table.table(part, keys, {key: "[memory]" for key in _MEMORY_TIMES})
    values: dict[str, Any] = {}
    for key in own.values:
        values[key] = own.number(key) if key not in _OWN_WAY else _OWN_WAY[key](own, key)
    with within(own.path):
        base = getattr(preset.node, part)
        return replace(base, **values) if base is not None else _PARTS[part](**values)


#: Keys that are read in a way of their own.
_OWN_WAY: dict[str, Callable[[Reader, str], Any]] = {
    "phase_noise_deg": lambda table, key: table.number(key, check_phase_noise),
    "number_resolving": lambda table, key: table.flag(key, False),
    "phase_noise_kind": lambda table, key: table.choice(key, get_args(PhaseNoiseKind)),
}


def _attempt_number(table: Reader, key: str) -> Any:  # noqa: ANN401
    if key in _OWN_WAY:
        return _OWN_WAY[key](table, key)
    if key in ("transmission", "bright_state_population"):
        value = table.get(key)
        if isinstance(value, list):
            if len(value) != 2:
                hint = "give one number for both arms, or [left, right]"
                raise ParameterError(table.field(key), "be one number or two", value, hint)
            return table.numbers(key, check_probability)
    return table.number(key, check_probability)


def _state(table: Reader) -> FanoRows:
    """The state of an abstract link: Werner by parameter or fidelity, or Bell-diagonal."""
    value = table.get("state")
    field = table.field("state")
    forms = ("werner", "fidelity", "bell_diagonal")
    hint = "write state = { werner = 0.98 }, { fidelity = 0.95 } or { bell_diagonal = [...] }"
    if not isinstance(value, dict):
        raise ParameterError(field, "be a table", value, hint)
    state = Reader(value, field, forms)
    if not value:
        raise ParameterError(field, "say what the state is", value, hint)
    state.exclude("werner", "fidelity", "bell_diagonal")
    state.exclude("fidelity", "bell_diagonal")
    with within(field):
        if "bell_diagonal" in state:
            weights = state.numbers("bell_diagonal", check_probability)
            fano = fano_from_weights(weights)
        elif "werner" in state:
            fano = werner(state.number("werner", check_real))
        else:
            fano = werner((4.0 * state.number("fidelity", check_probability) - 1.0) / 3.0)
    return fano_rows(fano)


def _part_key(key: str) -> str:
    return {"pair_fidelity": "fidelity"}.get(key, key)


def _refuse(table: Reader, keys: Any, rule: str) -> None:  # noqa: ANN401
    for key in table.values:
        if key in keys:
            belongs = "preset" if key in _PARTS else "photonic"
            hint = f"remove it; it belongs to a {belongs} link"
            if key in _ABSTRACT:
                hint = 'remove it, or take scheme = "abstract"'
            elif rule.startswith("be left out of a "):
                hint = f"remove it; the scheme is {table.get('scheme')}"
            raise ParameterError(table.field(key), rule, table.values[key], hint)
