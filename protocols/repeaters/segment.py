"""Link of one segment as a scenario describes it: [link], and the segment that comes of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

from protocols.repeaters.encode_table import EncodeTable
from protocols.repeaters.own_link import OwnLink
from protocols.repeaters.satellite_link import SatelliteTable
from qnet import schema
from qnet.errors import ParameterError, check_one_of, check_positive, check_probability
from qnet.hardware import (
    PRESETS,
    Detector,
    Emitter,
    Fibre,
    FrequencyConversion,
    Gates,
    Memory,
    Node,
    PairSource,
    Preset,
)
from qnet.links import SCHEMES, Abstract, HeraldedAttempt, LinkScheme
from qnet.plans import Plan
from qnet.schema import NOTHING, Description, Part, Whole, conflict, missing, within
from qnet.states import fano_from_weights, werner
from qnet.states.typed import FanoRows, fano_rows

__all__ = [
    "FIBRE_KEYS",
    "MEMORY_TIMES",
    "LinkDescription",
    "PairState",
    "Segment",
    "decay_of",
    "described",
    "segment_of",
]

#: How a stored qubit decays; what else a memory has belongs to the link.
MEMORY_TIMES = ("t1_s", "t2_s", "depolarizing_time_s", "dephasing_time_s")

#: Keys of [fibre].
FIBRE_KEYS = ("loss_db_per_km", "speed_km_per_s")

_ABSTRACT = ("success_probability", "attempt_time_s", "state")
_PARTS = ("emitter", "detector", "conversion", "source", "memory", "gates")
_STATE = "write state = { werner = 0.98 }, { fidelity = 0.95 } or { bell_diagonal = [...] }"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PairState(Description):
    """State of an abstract link's pairs: Werner by parameter or fidelity, or Bell-diagonal.

    Args:
        werner: Werner parameter.
        fidelity: Fidelity of a Werner state.
        bell_diagonal: Weights of phi+, psi+, psi-, phi-.

    Raises:
        ParameterError: If none is given, or it is no state.

    Examples:
        >>> PairState(fidelity=0.25).fano[1]
        (0.0, 0.0, 0.0, 0.0)
    """

    werner: float | None = schema.key(
        None,
        excludes=("fidelity", "bell_diagonal"),
        range={"minimum": -1 / 3, "maximum": 1},
        example=0.97,
    )
    fidelity: float | None = schema.key(
        None, check=check_probability, excludes=("bell_diagonal",), example=0.98
    )
    bell_diagonal: tuple[float, ...] | None = schema.key(
        None, check=check_probability, example=[0.97, 0.01, 0.01, 0.01]
    )

    def __post_init__(self) -> None:
        schema.check_fields(self)
        if all(each is None for each in (self.werner, self.fidelity, self.bell_diagonal)):
            raise ParameterError("state", "say what the state is", {}, _STATE)
        object.__getattribute__(self, "fano")

    @property
    def fano(self) -> FanoRows:
        """Rows of its Fano matrix."""
        if self.bell_diagonal is not None:
            return fano_rows(fano_from_weights(self.bell_diagonal))
        of_fidelity = (4.0 * (self.fidelity or 0.0) - 1.0) / 3.0
        return fano_rows(werner(of_fidelity if self.werner is None else self.werner))


def _read_state(field: str, value: object) -> PairState:
    if isinstance(value, PairState):
        return value
    if not isinstance(value, Mapping):
        raise ParameterError(field, "be a table", value, _STATE)
    if not value:
        raise ParameterError(field, "say what the state is", value, _STATE)
    return schema.read(PairState, value, field)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LinkDescription(Description):
    """How a segment makes its pairs: [link], or one of [[links]].

    An abstract link has a success probability, an attempt time and a state; a photonic one has a
    preset, whose parts may be overridden, or the numbers of a heralded attempt.

    Args:
        scheme: How pairs are made; that of the preset unless given.
        preset: Hardware of the nodes by name (``qnet presets``).
        modes: Modes tried in one attempt; those of the preset's memory, or 1.
        success_probability: Probability that an attempt of an abstract link heralds a pair.
        attempt_time_s: Duration of an attempt.
        state: State of an abstract link's pairs.
        attempt: Numbers of a heralded attempt, in place of a preset.
        emitter: What differs from the preset's emitter.
        detector: What differs from the preset's detector.
        conversion: What differs from the preset's frequency conversion.
        source: What differs from the preset's pair source.
        memory: What differs from the preset's memory; how it decays stands in [memory].
        gates: What differs from the preset's gates.
        satellite: A satellite in place of the fibre.

    Raises:
        ParameterError: If keys are missing or do not go together.

    Examples:
        >>> LinkDescription(preset="siv", emitter=Part(Emitter, {"visibility": 0.95})).scheme
        'double-click'
        >>> LinkDescription(
        ...     scheme="abstract", success_probability=0.1, attempt_time_s=1.0,
        ...     state=PairState(werner=0.98),
        ... ).segment(50.0, {}, None).length_km
        50.0
    """

    scheme: str | None = schema.key(None, choices=lambda: tuple(SCHEMES))
    preset: str | Preset | None = schema.key(
        None, choices=lambda: tuple(PRESETS), write=lambda preset: _name_of(preset)
    )
    modes: int | None = schema.key(None, check=Whole(minimum=1), example=10)
    success_probability: float | None = schema.key(None, check=check_probability, example=0.1)
    attempt_time_s: float | None = schema.key(None, check=check_positive, example=1.0)
    state: PairState | None = schema.key(None, inline=True, read=_read_state)
    attempt: Part[HeraldedAttempt] | None = schema.key(None, flat=True, without=("attempt_time_s",))
    emitter: Part[Emitter] | None = None
    detector: Part[Detector] | None = None
    conversion: Part[FrequencyConversion] | None = None
    source: Part[PairSource] | None = None
    memory: Part[Memory] | None = schema.key(None, only=("efficiency",))
    gates: Part[Gates] | None = None
    satellite: SatelliteTable | None = schema.key(None, quiet=True)

    def __post_init__(self) -> None:
        schema.check_fields(self)
        if isinstance(self.preset, Preset) and PRESETS.get(self.preset.name) == self.preset:
            object.__setattr__(self, "preset", self.preset.name)
        scheme = self.scheme or (self.base.scheme if self.base else None)
        if scheme is None:
            raise missing("scheme", "abstract")
        over = self.satellite
        check_one_of("scheme", scheme, [n for n, kind in SCHEMES.items() if kind.joins or over])
        object.__setattr__(self, "scheme", scheme)
        if over is not None and scheme != "abstract":
            over.check(scheme)
        if scheme == "abstract":
            self._check_abstract()
        elif self.base is None:
            self._check_outright()
        else:
            self._check_preset(self.base)

    @property
    def base(self) -> Preset | None:
        """The preset, if there is one."""
        return PRESETS[self.preset] if isinstance(self.preset, str) else self.preset

    @property
    def given(self) -> dict[str, Any]:
        """The keys that are given, in their order."""
        known = fields(LinkDescription)
        own = (field.name for field in known if field.name not in ("scheme", "attempt"))
        keys = {name: getattr(self, name) for name in own}
        return {name: each for name, each in keys.items() if each is not None} | {
            **(self.attempt or {})
        }

    @property
    def needs(self) -> tuple[str, ...]:
        """Keys that an abstract link must have."""
        return _ABSTRACT

    def _check_abstract(self) -> None:
        for name, value in self.given.items():
            if name not in ("modes", *_ABSTRACT):
                belongs = "preset" if name in _PARTS else "photonic"
                hint = f"remove it; it belongs to a {belongs} link"
                raise ParameterError(name, "be left out of an abstract link", value, hint)
        for name, example in zip(_ABSTRACT, (0.1, 1.0, None), strict=True):
            if name in self.needs and getattr(self, name) is None:
                raise missing(name, example)

    def _check_outright(self) -> None:
        for name, value in self.given.items():
            rule, hint = f"be left out: {self.scheme} derives it", 'take scheme = "abstract"'
            if name in ("success_probability", "state"):
                raise ParameterError(name, rule, value, f"remove it, or {hint}")
        if "transmission" not in self.given:
            rule = f"be given for a {self.scheme} link"
            hint = 'give preset = "ideal" or another one, or transmission and attempt_time_s'
            raise ParameterError("preset", rule, NOTHING, hint)
        for name, value in self.given.items():
            if name in (*_PARTS, "satellite"):
                hint = "remove it; it belongs to a preset link"
                raise ParameterError(name, "be left out without a preset", value, hint)
        for name, value in self.given.items():
            if name in SCHEMES[str(self.scheme)].unused:
                hint = f"remove it; the scheme is {self.scheme}"
                raise ParameterError(name, f"be left out of a {self.scheme} link", value, hint)
        if self.attempt_time_s is None:
            raise missing("attempt_time_s", 5.5e-6)
        self._attempt()

    @property
    def numbers(self) -> tuple[tuple[str, Any], ...]:
        """The numbers of the attempt, as (name, value) pairs in order."""
        own = {**dict(self.attempt or {}), "attempt_time_s": self.attempt_time_s}
        return tuple(sorted(own.items()))

    def _attempt(self) -> HeraldedAttempt:
        return HeraldedAttempt(**dict(self.numbers))

    def _check_preset(self, preset: Preset) -> None:
        for name, value in self.given.items():
            if name in ("transmission", *_ABSTRACT):
                raise conflict(name, value, "link.preset")
            if name in (self.attempt or {}):
                own = {"pair_fidelity": "fidelity"}.get(name, name)
                parts = {part: _keys_of(part) for part in _PARTS}
                place = next(part for part, keys in parts.items() if own in keys)
                hint = f"override it as {own} under [link.{place}]"
                raise ParameterError(name, "not stand beside a preset", value, hint)
        node = self._hardware(preset).node
        for part in SCHEMES[str(self.scheme)].needs:
            if getattr(node, part) is None:
                hint = f"preset {preset.name} has none: add [link.{part}]"
                raise ParameterError(part, f"be given for a {self.scheme} link", NOTHING, hint)

    def _hardware(self, preset: Preset) -> Preset:
        """The preset with what this link has otherwise."""
        changes: dict[str, Any] = {}
        for name in _PARTS:
            part = getattr(self, name)
            if part is not None:
                with within(name):
                    changes[name] = part.over(getattr(preset.node, name))
        node = replace(preset.node, **changes) if changes else preset.node
        return replace(preset, node=node, scheme=str(self.scheme))

    def segment(
        self, length_km: float | None, fibre: Mapping[str, float], memory: Memory | None
    ) -> Segment:
        """The segment that this link makes.

        Args:
            length_km: Its length, or None when none is given.
            fibre: What [fibre] says.
            memory: What [memory] says.

        Raises:
            ParameterError: If a preset has no length.
        """
        preset = self.base
        own_fibre = replace(preset.fibre if preset else Fibre(), **fibre)
        common: dict[str, Any] = {"scheme": self.scheme, "fibre": own_fibre, "length_km": length_km}
        common["satellite"] = self.satellite
        if preset is None:
            common |= {"memory": memory or Memory(), "modes": self.modes or 1}
            if self.scheme != "abstract":
                return Segment(**common, hardware=self.numbers)
            return Segment(
                **common,
                success_probability=self.success_probability or 0.0,
                attempt_time_s=self.attempt_time_s or 0.0,
                state=self.state.fano if self.state else (),
            )
        if length_km is None and self.satellite is None:
            rule, hint = f"be given with preset {preset.name}", "add length_km = 50 under [chain]"
            raise ParameterError("chain.length_km", rule, NOTHING, hint)
        hardware = replace(self._hardware(preset), fibre=own_fibre)
        stored = hardware.node.memory
        if memory is not None:
            # What [memory] says replaces the decay; storage efficiency stays that of the preset.
            stored = replace(memory, efficiency=stored.efficiency, modes=stored.modes)
        modes = stored.modes if self.modes is None else self.modes
        return Segment(**common, memory=stored, modes=modes, hardware=hardware)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One segment of a chain: a scheme, and what it needs.

    Args:
        scheme: Name in ``qnet.links.SCHEMES``; ``given`` where the link was made in Python.
        fibre: The fibre between its nodes.
        memory: Memory of both ends.
        length_km: Length of the fibre, or None when none is given.
        modes: Modes tried in one attempt.
        success_probability: Of an abstract link.
        attempt_time_s: Of an abstract link.
        state: Fano matrix of an abstract link's pairs.
        hardware: ``Preset``, with what the link has otherwise; the numbers of a heralded attempt,
            as (name, value) pairs; the link itself; or a table that makes it.
        satellite: The satellite in place of the fibre, if any.
        coded: What encodes its pairs, where the segment has a code of its own.
    """

    scheme: str
    fibre: Fibre
    memory: Memory
    length_km: float | None
    modes: int
    success_probability: float = 1.0
    attempt_time_s: float = 1.0
    state: tuple[tuple[float, ...], ...] = ()
    hardware: Preset | tuple[tuple[str, Any], ...] | Plan | OwnLink | None = None
    satellite: SatelliteTable | None = schema.key(None, quiet=True)
    coded: EncodeTable | None = schema.key(None, quiet=True)

    @property
    def preset(self) -> Preset | None:
        """The preset, if there is one."""
        return self.hardware if isinstance(self.hardware, Preset) else None

    @property
    def words(self) -> str:
        """What it is in short: its scheme, and the code of its pairs."""
        return self.scheme if self.coded is None else f"{self.scheme} ({self.coded.code})"

    def build(self) -> Plan:
        """The link; compiles the circuits of a photonic scheme, once per process."""
        link = self.hardware if isinstance(self.hardware, Plan) else _built(self)
        if self.coded is None:
            return link
        gates = Gates() if self.preset is None else self.preset.node.gates
        return self.coded.joined(link, better=None, gates=gates)


def segment_of(
    link: LinkDescription | OwnLink | Preset | Plan | LinkScheme,
    length_km: float | None,
    fibre: Mapping[str, float],
    memory: Memory | None,
) -> Segment:
    """The segment of a link that is described, made of a preset, or given as a plan.

    Args:
        link: The link.
        length_km: Length of the segment, or None when none is given.
        fibre: What [fibre] says.
        memory: What [memory] says.
    """
    if isinstance(link, OwnLink):
        return Segment(**link.of_segment(length_km, fibre, memory))
    if isinstance(link, LinkDescription):
        return link.segment(length_km, fibre, memory)
    if isinstance(link, Preset):
        return LinkDescription(preset=link).segment(length_km, fibre, memory)
    if isinstance(link, LinkScheme):
        link = link.link()
    first = next(link.links())
    own_km = first.length_km
    if length_km is not None and own_km > 0.0 and not math.isclose(length_km, own_km):
        hint = "make the link anew for another length, or leave the chain's out"
        rule = f"be that of the given link, {own_km:g} km"
        raise ParameterError("length of a segment", rule, length_km, hint)
    speed = first.speed_km_per_s
    left, _ = link.ends
    own = replace(Fibre(), **{"speed_km_per_s": speed, **fibre})
    return Segment(
        scheme="given", fibre=own, memory=left, length_km=length_km, modes=1, hardware=link
    )


@lru_cache(maxsize=1024)
def _built(segment: Segment) -> Plan:
    """The link of a described segment: the only place where a scheme is called."""
    fibre = segment.fibre.of_length(segment.length_km or 0.0)
    options: dict[str, Any] = {"memory": segment.memory, "modes": segment.modes}
    if isinstance(segment.hardware, OwnLink):
        return segment.hardware.built(segment)
    if segment.scheme == "abstract":
        success, attempt_s = segment.success_probability, segment.attempt_time_s
        options |= {"success_probability": success, "attempt_time_s": attempt_s}
        return Abstract(state=segment.state, channel=fibre, **options).link()
    scheme: Any = SCHEMES[segment.scheme]
    if isinstance(segment.hardware, Preset):
        over = segment.satellite
        if over is not None:
            return over.link(segment, over.channel)
        return scheme(segment.hardware, fibre, **options).link()
    # Numbers given outright are those of the whole attempt: the length is for messages only.
    attempt = HeraldedAttempt(**dict(segment.hardware or ()))  # type: ignore[arg-type]
    link = scheme(attempt, **options).link()
    return replace(link, length_km=fibre.length_km, speed_km_per_s=fibre.speed_km_per_s)


def _name_of(preset: str | Preset) -> str:
    """The name of a preset that a file can give by it."""
    if isinstance(preset, str):
        return preset
    if PRESETS.get(preset.name) != preset:
        hint = "give what differs in the tables [link.emitter], [link.gates] and so on"
        raise ParameterError("preset", "be one of those that have a name", preset.name, hint)
    return preset.name


def _keys_of(part: str) -> tuple[str, ...]:
    """Keys that a part of the hardware may override."""
    entry = next(each for each in schema.entries(LinkDescription) if each.attribute == part)
    return tuple(each.name for each in entry.keys)


def described(
    preset: Preset,
) -> tuple[LinkDescription, Part[Memory] | None, Part[Fibre] | None] | None:
    """A preset as a file says it: its name, and what differs from the preset of that name.

    Args:
        preset: A preset, perhaps with other numbers.

    Returns:
        The link, the memory and the fibre; None where no preset has the name, or a file cannot say
        how it differs.

    Examples:
        >>> from qnet import preset
        >>> described(preset("siv"))
        (LinkDescription(scheme='double-click', preset='siv'), None, None)
    """
    base = PRESETS.get(preset.name)
    if base is None:
        return None
    node, own = preset.node, base.node
    changes: dict[str, Any] = {}
    for name in _PARTS:
        new, old = getattr(node, name), getattr(own, name)
        if new == old:
            continue
        if new is None or type(new) is not _CLASSES[name]:
            return None
        values = {key: getattr(new, key) for key in _keys_of(name)}
        if old is not None:
            values = {key: each for key, each in values.items() if each != getattr(old, key)}
        if values:
            changes[name] = Part(_CLASSES[name], values)
    if node.memory.modes != own.memory.modes:
        changes["modes"] = node.memory.modes
    decay = {key: getattr(node.memory, key) for key in MEMORY_TIMES}
    memory = None
    if decay != {key: getattr(own.memory, key) for key in MEMORY_TIMES}:
        memory = decay_of(node.memory)
    fibre = None
    if preset.fibre != base.fibre:
        fibre = Part(Fibre, {key: getattr(preset.fibre, key) for key in FIBRE_KEYS})
    link = LinkDescription(preset=preset.name, scheme=preset.scheme, **changes)
    return link, memory, fibre


def decay_of(memory: Memory) -> Part[Memory]:
    """The keys of [memory] that say how a memory decays."""
    times = {
        "t1_s": memory.t1_s,
        "t2_s": memory.t2_s,
        "pair_depolarizing_time_s": memory.depolarizing_time_s / 2.0,
        "pair_dephasing_time_s": memory.dephasing_time_s / 2.0,
    }
    return Part(Memory, {key: time for key, time in times.items() if math.isfinite(time)})


_CLASSES: dict[str, Any] = {entry.name: entry.table for entry in schema.entries(Node)}
