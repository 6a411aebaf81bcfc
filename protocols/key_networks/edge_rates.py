"""Key rate of an edge: given outright, or worked out at its length from a file."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from protocols.key_networks.case import Fill, KeyDelivery
from protocols.key_networks.schedules import satellite_schedule
from protocols.key_networks.tables import KeyLink
from protocols.key_rates.gg02 import LEAST_SHARE
from protocols.key_rates.scenario import read_rate
from qnet.coexistence import Coexistence
from qnet.errors import EngineError, ParameterError
from qnet.metrics.security import SecurityClaim
from qnet.schema import NOTHING, parse, read_kind, read_text
from qnet.schema.kinds import KINDS, classes_of, kinds_with
from qnet.schema.paths import paths
from qnet.schema.shipped import find_beside
from qnet.schema.values import missing

__all__ = ["EdgeRate", "arm_rate", "edge_rate", "rates_by_length", "read_beside", "said_of_file"]

#: Tables of a file that say what else is done with it.
_BESIDE = ("sweep", "optimize")

#: Where the length of a fibre stands in a key rate's file.
_LENGTH = "fibre.length_km"


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeRate:
    """What an edge makes.

    Args:
        fill: How key comes to its store.
        qber: Error rate of the undisturbed edge.
        security: What its bits claim.
    """

    fill: Fill
    qber: float
    security: SecurityClaim


@dataclass(frozen=True, slots=True, kw_only=True)
class _WorkedOut:
    """What a file gives at a length: bits per second, bits of a block or 0, error rate, claim."""

    rate_hz: float
    block_bits: int = 0
    qber: float = 0.0
    security: SecurityClaim


@dataclass(frozen=True, slots=True)
class _Place:
    """A file at the length of an edge.

    Args:
        text: What the file holds.
        name: Its name, as the scenario says it.
        folder: Where it stands.
        length_km: Length of the edge.
        fibre: What differs from the fibre of the file.
        coexistence: Classical channels, in place of those of the file.
    """

    text: str
    name: str
    folder: str
    length_km: float
    fibre: tuple[tuple[str, Any], ...]
    coexistence: Coexistence | None = None

    def values(self, table: str) -> dict[str, Any]:
        """Keys and tables of the file, with the length in a table, and fibre keys in theirs."""
        found = {key: each for key, each in _parsed(self.text).items() if key not in _BESIDE}
        for name, keys in (("fibre", dict(self.fibre)), (table, {"length_km": self.length_km})):
            own = found.get(name, {})
            if keys and isinstance(own, Mapping):
                found[name] = {**own, **keys}
        if self.coexistence is not None:
            found["coexistence"] = self.coexistence
        return found


def edge_rate(
    link: KeyLink,
    ends: tuple[str, str],
    length_km: float | None,
    fibre: Mapping[str, Any],
    coexistence: Coexistence | None = None,
    *,
    folder: str = "",
    place: str = "link",
    duration_s: float = 1.0,
) -> EdgeRate:
    """The rate of an edge.

    A key rate with a finite block fills the store in blocks: as many bits as a block gives, each
    time that a block takes. What is worked out for endless blocks, and from a chain, comes as the
    link says. Of a chain's key rate, which the exact engine brackets, the low end is taken.

    Args:
        link: How it makes its key.
        ends: Names of its nodes.
        length_km: Its length.
        fibre: What differs from the fibre of the file.
        coexistence: Classical channels on its fibre, in place of those of the file.
        folder: Where the files stand that it names.
        place: Where the link stands in the scenario, for errors.
        duration_s: Measured time, over which the rate of a schedule is the mean.

    Raises:
        ParameterError: If there is no rate, or none can be worked out: the message names the edge.
        EngineError: If a proof takes a solver that is not installed.

    Examples:
        >>> found = edge_rate(KeyLink(keyrate="keyrate/lim2014"), ("A", "B"), 50.0, {})
        >>> found.fill.kind, found.fill.amount_bits, f"{found.fill.rate_hz:.0f}"
        ('blocks', 293741488, '815033')
    """
    if link.key_rate_hz is not None:
        if coexistence is not None:
            hint = "a rate that is given outright has their noise in it; give keyrate or chain"
            rule = f"be left out beside classical channels, at the edge {' - '.join(ends)}"
            field = f"{place}.key_rate_hz"
            raise ParameterError(field, rule, link.key_rate_hz, hint)
        reason = "the rate was given outright: nothing is known of where its bits come from"
        claim = SecurityClaim.none(reason)
        return _filled(link, _WorkedOut(rate_hz=link.key_rate_hz, security=claim))
    if link.schedule is not None:
        reason = "the schedule was given outright: nothing is known of where its bits come from"
        rows = tuple(KeyDelivery(*row) for row in link.schedule)
        return _scheduled(link, rows, 0.0, SecurityClaim.none(reason), duration_s)
    if link.satellite is not None:
        with said_of_file(f"{place}.satellite", link.satellite, ends):
            found = satellite_schedule(link.satellite, ends, folder)
        return _scheduled(link, found.deliveries, found.qber, found.security, duration_s)
    for name, work in _WORKED_OUT.items():
        file = getattr(link, name)
        if file is not None:
            at = _read(file, folder, length_km, fibre, ends, f"{place}.{name}")
            at = replace(at, coexistence=coexistence)
            with said_of_file(f"{place}.{name}", file, ends):
                return _filled(link, work(at))
    error = missing(f"{place}.key_rate_hz", 2304.0)
    others = "keyrate, chain, satellite or schedule"
    error.hint += f", or {others}, to play the edge {' - '.join(ends)} in simulated time"
    raise error


def rates_by_length(
    link: KeyLink,
    ends: Sequence[str],
    fibre: Mapping[str, Any],
    coexistence: Coexistence | None = None,
    *,
    folder: str = "",
    place: str = "link",
) -> Callable[[float], EdgeRate]:
    """The rate of a key rate's file by the length in km; the file is read once.

    Args:
        link: How the key is made; it has a ``keyrate``.
        ends: Names of the nodes, for errors.
        fibre: What differs from the fibre of the file.
        coexistence: Classical channels, in place of those of the file.
        folder: Where the file stands.
        place: Where the link stands in the scenario, for errors.

    Raises:
        ParameterError: If the file cannot be read; by the function, if it gives no rate.
        EngineError: By the function, if a proof takes a solver that is not installed.

    Examples:
        >>> rate = rates_by_length(KeyLink(keyrate="keyrate/lim2014"), ("A", "B"), {})
        >>> [round(rate(km).fill.rate_hz) for km in (50.0, 100.0)]
        [815033, 74243]
    """
    file, where = link.keyrate or "", f"{place}.keyrate"
    at = replace(_read(file, folder, 0.0, fibre, ends, where), coexistence=coexistence)

    def rate(length_km: float) -> EdgeRate:
        with said_of_file(where, file, ends):
            return _filled(link, _of_keyrate(replace(at, length_km=length_km)))

    return rate


def _scheduled(
    link: KeyLink,
    rows: tuple[KeyDelivery, ...],
    qber: float,
    claim: SecurityClaim,
    duration_s: float,
) -> EdgeRate:
    brought = sum(row.bits * row.chance for row in rows if row.time_s <= duration_s)
    fill = Fill(kind="schedule", rate_hz=brought / duration_s, schedule=rows)
    return EdgeRate(fill=fill, qber=qber if link.qber is None else link.qber, security=claim)


def _filled(link: KeyLink, found: _WorkedOut) -> EdgeRate:
    kind = "continuous" if link.fill == "even" else link.fill
    amount = {"continuous": 0, "poisson": link.unit_bits, "blocks": link.block_bits}[kind]
    if found.block_bits and link.fill != "even":
        kind, amount = "blocks", found.block_bits
    fill = Fill(kind=kind, rate_hz=found.rate_hz * link.pairs, amount_bits=amount)
    qber = found.qber if link.qber is None else link.qber
    return EdgeRate(fill=fill, qber=qber, security=found.security)


def _read(
    file: str,
    folder: str,
    length_km: float | None,
    fibre: Mapping[str, Any],
    ends: Sequence[str],
    place: str,
) -> _Place:
    """A file of the scenario's folder, or of the package, at the length of an edge."""
    if length_km is None:
        rule = f"be left out where an edge, {' - '.join(ends)}, has no length"
        raise ParameterError(place, rule, file, "give the edge its length_km, or key_rate_hz")
    text, name, beside = read_beside(file, folder, place)
    keys = tuple(sorted(fibre.items()))
    return _Place(text, name, beside, length_km, keys)


def read_beside(file: str, folder: str, place: str) -> tuple[str, str, str]:
    """Text of a file of a scenario's folder, or of the package; its name, and where it stands.

    Args:
        file: The file, as the scenario names it.
        folder: Where the scenario stands.
        place: Where the scenario names it, for errors.

    Raises:
        ParameterError: If it cannot be read.
    """
    path = find_beside(file, folder)
    try:
        return read_text(path), file, str(path.parent)
    except ParameterError as error:
        error.field = f"{place}, a file"
        raise


@contextmanager
def said_of_file(place: str, file: str, ends: Sequence[str]) -> Iterator[None]:
    """Say an error with the link, its file and its edge.

    Args:
        place: Where the scenario names the file.
        file: The file.
        ends: Names of the edge's nodes; none where it is said of no edge.
    """
    where = f", at the edge {' - '.join(ends)}" if ends else ""
    try:
        yield
    except ParameterError as error:
        if error.field:
            error.field = f"{place}: {error.field} of {file}{where}{',' if where else ''}"
        else:
            error.field, error.rule = place, f"{error.rule}{where}"
        raise
    except EngineError as error:
        if not place.endswith("chain"):
            raise
        hint = "give key_rate_hz outright, or a simpler chain"
        rule = f"be a chain that the exact engine plays{where}: {error}"
        raise ParameterError(place, rule, file, hint) from None


@lru_cache(maxsize=64)
def _parsed(text: str) -> Mapping[str, Any]:
    """What a file holds; nobody changes it."""
    return parse(text)


@lru_cache(maxsize=1 << 12)
def _of_keyrate(at: _Place) -> _WorkedOut:
    """The rate of ``qnet keyrate``, per second.

    Raises:
        ParameterError: If it has no fibre, no clock, or no rate.
    """
    values = at.values("fibre")
    _check_fibre(values.get("kind"), at.name)
    scenario, _ = read_rate(values, at.name)
    if scenario.clock_hz is None:
        raise missing("source.clock_hz", 1e9)
    rate = scenario.key_rate()
    # Bits of a round in which both ends take the key basis; nearly all do unless it is said.
    share = 1.0
    claim = rate.security
    if rate.name == "secret_key_fraction":
        bias = scenario.security.basis_bias
        share = 1.0 if bias is None else bias**2
        if bias is None:
            claim = replace(claim, assumes=(*claim.assumes, "nearly all rounds are for the key"))
    hz, block = rate.value * share * scenario.clock_hz, rate.figures.get("secret_bits")
    qber = min(rate.figures.get("qber", 0.0), 0.5)
    if block is None:
        return _WorkedOut(rate_hz=hz, qber=qber, security=claim)
    # Whole bits, in the time that the block takes.
    bits = math.floor(block)
    hz = hz * bits / block if bits else 0.0
    return _WorkedOut(rate_hz=hz, block_bits=bits, qber=qber, security=claim)


def arm_rate(
    file: str, ends: tuple[str, str], loss_db: float, folder: str = "", place: str = "keyrate"
) -> tuple[float, SecurityClaim]:
    """Secret bits per second of twin-field key distribution with fibre in both arms, and its claim.

    Args:
        file: File of kind ``twin-field`` beside the scenario, or of the package; its
            ``arm_transmission`` is that of an arm without fibre.
        ends: Names of the nodes, for errors.
        loss_db: Loss of the fibre in each arm.
        folder: Where the scenario stands.
        place: Where the scenario names the file, for errors.

    Raises:
        ParameterError: If the file is of another kind, or gives no rate per second.
    """
    at = _read(file, folder, 0.0, {}, ends, place)
    with said_of_file(place, file, ends):
        found = _of_arms(at, loss_db)
    return found.rate_hz, found.security


@lru_cache(maxsize=1 << 12)
def _of_arms(at: _Place, loss_db: float) -> _WorkedOut:
    values = {name: each for name, each in _parsed(at.text).items() if name not in _BESIDE}
    if values.get("kind") != "twin-field":
        hint = 'take a file of kind = "twin-field", or give rate_hz_at_0_km'
        raise ParameterError("kind", "be 'twin-field'", values.get("kind", NOTHING), hint)
    scenario, _ = read_rate(values, at.name)
    if scenario.clock_hz is None:
        raise missing("clock_hz", 1e9)
    arm = scenario.arm_transmission * 10.0 ** (-loss_db / 10.0)
    if arm < LEAST_SHARE:
        return _WorkedOut(rate_hz=0.0, security=SecurityClaim.none("no light arrives"))
    rate = replace(scenario, arm_transmission=arm).key_rate()
    return _WorkedOut(rate_hz=rate.value * scenario.clock_hz, security=rate.security)


def _check_fibre(kind: object, file: str) -> None:
    """Raise unless the key rate of a kind of file is that of a fibre."""
    # Of a kind that is known to have one, no other kind needs to be loaded.
    if kind in KINDS and _has_fibre(str(kind)):
        return
    known = kinds_with("key_rate")
    if kind not in known:
        return
    rule = f"be a key rate of a fibre: kind {kind!r} has no {_LENGTH}"
    hint = f"take kind {' or '.join(filter(_has_fibre, known))}, or give key_rate_hz"
    raise ParameterError("", rule, file, hint)


def _has_fibre(kind: str) -> bool:
    return any(_LENGTH in paths(cls) for cls in classes_of(kind) if hasattr(cls, "key_rate"))


@lru_cache(maxsize=1 << 8)
def _of_chain(at: _Place) -> _WorkedOut:
    """The key rate of a repeater chain, and the mean error rate of its key's bases.

    Raises:
        ParameterError: If the file is no chain, or no pair would come in a reasonable time.
        EngineError: If the exact engine cannot play it.
    """
    values = at.values("chain")
    if "segment_lengths_km" in values["chain"]:
        hint = "write segments: the length of an edge is cut into equal ones"
        given = values["chain"]["segment_lengths_km"]
        raise ParameterError("chain.segment_lengths_km", "be left out", given, hint)
    chain = read_kind(values, at.name, ["chain"], folder=at.folder)
    result = chain.play(engine="exact")
    bases = [result.qber_x, result.qber_z]
    if chain.key.protocol == "six-state":
        bases.append(result.qber_y)
    qber = sum(min(each.best, 1.0 - each.best) for each in bases) / len(bases)
    return _WorkedOut(
        rate_hz=result.secret_key_rate_hz.low, qber=min(qber, 0.5), security=result.security
    )


#: How a rate is worked out of the file that a key of the link names.
_WORKED_OUT: dict[str, Callable[[_Place], _WorkedOut]] = {
    "keyrate": _of_keyrate,
    "chain": _of_chain,
}
