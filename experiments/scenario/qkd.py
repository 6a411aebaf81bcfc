"""Scenario files of key distribution: ``kind = "bb84"`` and its relatives, read strictly."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from experiments.scenario.kinds import QKD_KINDS
from experiments.scenario.qkd_devices import (
    MISMATCH_ATTACKS,
    TABLES,
    read_eve,
    read_line,
    read_pair,
    read_photons,
    read_source,
)
from experiments.scenario.reader import Reader, missing, number
from protocols.qkd import (
    BB84,
    BBM92,
    E91,
    MDI,
    DecoyBB84,
    QkdProtocol,
    QkdResult,
    SixState,
    SpdcPairs,
)
from qnet.engines import DEFAULT_ENGINE
from qnet.errors import ParameterError, check_at_least, check_probability
from qnet.metrics.report import PER_SECOND, Report

__all__ = ["QkdScenario", "read_qkd"]

#: Which tables a kind has, beside [detector], [security] and [eve].
_SOURCES = {
    "bb84": ("source", "fibre", "free_space"),
    "six-state": ("source", "fibre", "free_space"),
    "decoy-bb84": ("source", "fibre", "free_space"),
    "e91": ("source", "pair", "fibre", "fibre_alice", "detector_alice"),
    "bbm92": ("source", "pair", "fibre", "fibre_alice", "detector_alice"),
    "mdi": ("source", "fibre", "fibre_alice"),
}
_SECURITY = (
    "model",
    "bound",
    "basis_bias",
    "block_size",
    "sifting",
    "epsilon_secrecy",
    "epsilon_correctness",
    "error_correction_efficiency",
)
_EPSILONS = ("epsilon_secrecy", "epsilon_correctness")
_FINITE = ("lim2014", "rusca2018")
_MODELS = {
    "decoy-bb84": ("asymptotic", *_FINITE),
}
_PULSES = 1_000_000_000
_FILLING = "pulses = "
_MOST = 10**15


@dataclass(frozen=True, slots=True, kw_only=True)
class QkdScenario:
    """A key-distribution protocol with what a run of it needs.

    Args:
        name: Of the scenario.
        kind: One of ``QKD_KINDS``.
        seed: Seed of the run.
        pulses: Rounds.
        protocol: The protocol with its devices.
        clock_hz: Rounds per second, if the file says so.
        security: The keys of [security].
        notes: What the reader of the result should know.
    """

    name: str
    kind: str
    seed: int
    pulses: int
    protocol: QkdProtocol
    clock_hz: float | None
    security: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    def with_pulses(self, pulses: int) -> QkdScenario:
        """Another number of rounds, whatever fills a block."""
        notes = tuple(note for note in self.notes if not note.startswith(_FILLING))
        if len(notes) < len(self.notes):
            notes += ("[security] block_size plays no part: the number of pulses is given",)
        return replace(self, pulses=pulses, notes=notes)

    def play(
        self,
        *,
        engine: str = DEFAULT_ENGINE,
        shots: int | None = None,
        seed: int | None = None,
        **_: object,
    ) -> QkdResult:
        """Run the protocol.

        Args:
            engine: The sampled one: there is no other.
            shots: Rounds, unless as described.
            seed: Seed, unless as described.

        Raises:
            ParameterError: If another engine is asked for.
        """
        if engine != DEFAULT_ENGINE:
            hint = "leave --engine out: the circuits are compiled, their outcomes sampled"
            raise ParameterError("engine", "be 'sampled' for key distribution", engine, hint)
        pulses = self.pulses if shots is None else shots
        return self.protocol.run(pulses, seed=self.seed if seed is None else seed)

    def report(self, result: QkdResult, **_: object) -> Report:
        """What is shown of a result: the key per second too, where the scenario has a clock."""
        key, notes = result.secret_key_rate_per_pulse, self.notes
        per_second = None if self.clock_hz is None or key is None else key * self.clock_hz
        if result.pulses != self.pulses:
            notes = self.with_pulses(result.pulses).notes
        how = f"{result.pulses} pulses, seed {result.seed}; 95 % intervals"
        head = {"kind": self.kind, "engine": DEFAULT_ENGINE, "seed": result.seed}
        return Report(
            name=self.name,
            result=result,
            lines=(f"{self.name}: {self.kind}", how),
            head={**head, "pulses": result.pulses},
            extra={PER_SECOND: per_second},
            notes=notes,
        )


def read_qkd(text: str | Mapping[str, Any], *, name: str = "scenario") -> QkdScenario:
    r"""The scenario of a text in TOML.

    Args:
        text: What a scenario file holds, or its keys and tables.
        name: What to call it.

    Returns:
        The scenario, checked; nothing has been compiled yet.

    Raises:
        ParameterError: If something in it is wrong.

    Examples:
        >>> read_qkd('kind = "bb84"\npulses = 1000').protocol.name
        'bb84'
    """
    values = tomllib.loads(text) if isinstance(text, str) else text
    kind = Reader(values, "", values).choice("kind", QKD_KINDS)
    tables = (*_SOURCES[kind], "detector", "security", "eve")
    others = {key: f"[{table}]" for table in tables for key in TABLES.get(table, _SECURITY)}
    root = Reader(values, "", ("kind", "seed", "pulses", "rounds", *tables), others)
    seed = root.whole("seed", 0, default=1)
    security = _security(root, kind)
    clock_hz = read_source(root, kind)
    protocol = _protocol(root, kind, clock_hz, security)
    pulses, notes = _pulses(root, protocol, security)
    notes += tuple(_idle(root, kind, security["model"]))
    return QkdScenario(
        name=name,
        kind=kind,
        seed=seed,
        pulses=pulses,
        protocol=protocol,
        clock_hz=clock_hz,
        security=security,
        notes=notes,
    )


def _protocol(
    root: Reader, kind: str, clock_hz: float | None, security: Mapping[str, Any]
) -> QkdProtocol:
    """The protocol with source, line and eavesdropper."""
    common: dict[str, Any] = {
        "line": read_line(root, clock_hz=clock_hz),
        "error_correction_efficiency": security["error_correction_efficiency"],
    }
    bias = security["basis_bias"]
    if kind in ("bb84", "six-state", "decoy-bb84"):
        source = read_photons(root, needed=kind == "decoy-bb84")
        common |= {"source": source, "eve": read_eve(root, common["line"], source)}
        if kind == "six-state":
            return SixState(**common)
        common["key_basis_probability"] = 0.5 if bias is None else bias
        if kind == "bb84":
            return BB84(**common)
        given = {key: security[key] for key in _EPSILONS if security[key] is not None}
        return DecoyBB84(**common, model=security["model"], bound=security["bound"], **given)
    common["line_alice"] = read_line(root, "_alice", clock_hz=clock_hz)
    common["eve"] = read_eve(root, common["line"], None)
    if kind == "mdi":
        return MDI(**common, key_basis_probability=0.5 if bias is None else bias)
    pair = read_pair(root)
    if kind == "e91":
        return E91(**common, pair=pair)
    half = root.mapping("source").get("mean_pair_number_half")
    spdc = None
    if half is not None:
        half = number("source.mean_pair_number_half", half)
        spdc = SpdcPairs(mean_pair_number_half=half)
    return BBM92(**common, pair=pair, source=spdc, key_basis_probability=bias)


def _security(root: Reader, kind: str) -> dict[str, Any]:
    """[security], with defaults."""
    table = root.table("security", _SECURITY)

    def efficiency(field: str, value: object) -> float:
        return check_at_least(field, value, 1.0, "1 is the Shannon limit, 1.05 to 1.2 is usual")

    def bias(field: str, value: object) -> float:
        share = check_probability(field, value)
        if not 0.0 < share < 1.0:
            hint = "both bases are needed: 0.5 is even, 0.9 is usual"
            raise ParameterError(field, "lie strictly between 0 and 1", value, hint)
        return share

    if kind in ("e91", "six-state") and "basis_bias" in table:
        field, hint = table.field("basis_bias"), f"leave it out: the settings of {kind} are even"
        raise ParameterError(field, "not be given", table.values["basis_bias"], hint)
    security: dict[str, Any] = {
        "model": table.choice("model", _MODELS.get(kind, ("asymptotic",)), "asymptotic"),
        "bound": table.choice("bound", ("hoeffding", "chernoff"), "hoeffding"),
        "basis_bias": table.number("basis_bias", bias, None),
        "block_size": _large(table, "block_size"),
        "error_correction_efficiency": table.number("error_correction_efficiency", efficiency, 1.0),
    }
    table.number("sifting", check_probability, None)
    for key in _EPSILONS:
        security[key] = table.number(key, _epsilon, None)
        if security["model"] in _FINITE and security[key] is None:
            raise missing(table.field(key), 1e-10)
    return security


def _idle(root: Reader, kind: str, model: str) -> Iterator[str]:
    """A sentence for each key that is right in itself but plays no part in this run."""
    security, detector = root.mapping("security"), root.mapping("detector")
    finite, counted = model in _FINITE, "pulses" in root or "rounds" in root
    attack = root.mapping("eve").get("attack")
    reasons = {
        "sifting": "the bases that are drawn decide",
        **({} if model == "lim2014" else {"bound": "it is of the model lim2014"}),
        **({} if finite else dict.fromkeys(_EPSILONS, f"the model {model} has no epsilon")),
        **({"block_size": "the number of pulses is given"} if counted else {}),
    }
    for key, reason in reasons.items():
        if key in security:
            yield f"[security] {key} plays no part in a run of {kind}: {reason}"
    if "afterpulses" in detector and not detector.get("afterpulse_probability"):
        yield "[detector] afterpulses plays no part: afterpulse_probability is zero"
    if detector.get("efficiency_mismatch", 1.0) < 1.0 and attack not in MISMATCH_ATTACKS:
        yield "[detector] efficiency_mismatch plays no part: no attack shifts the time of arrival"


def _epsilon(field: str, value: object) -> float:
    if not 0.0 < check_probability(field, value) < 1.0:
        raise ParameterError(field, "lie strictly between 0 and 1", value, "1e-10 is usual")
    return float(value)  # type: ignore[arg-type]


def _pulses(
    root: Reader, protocol: QkdProtocol, security: Mapping[str, Any]
) -> tuple[int, tuple[str, ...]]:
    """Rounds: as the file says, or as many as fill the block on average."""
    root.exclude("pulses", "rounds")
    for key in ("pulses", "rounds"):
        if key in root:
            return int(_large(root, key) or 0), ()
    block = security["block_size"]
    if block is None:
        return _PULSES, ()
    table = protocol.table()
    sifted = protocol.sift(table.columns)
    share = float(table.probabilities[sifted.kept & (sifted.basis == 0)].sum())
    if share * _MOST < block:
        hint = "shorten the fibre, or give a smaller block or pulses"
        raise ParameterError("security.block_size", "be reached", block, hint)
    pulses = math.ceil(block / share)
    return pulses, (f"{_FILLING}{pulses} fill a block of {block:.6g} key-basis bits on average",)


def _large(table: Reader, key: str) -> int | None:
    """A whole number of up to 10^15; 1e9 is one as well as 1000000000."""
    if key not in table:
        return None
    value = number(table.field(key), table.values[key])
    if value != int(value) or not 1 <= value <= _MOST:
        rule = "be a whole number between 1 and 1e15"
        raise ParameterError(table.field(key), rule, value, "1000000000 and 1e9 are the same")
    return int(value)
