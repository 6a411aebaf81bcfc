"""Lines of quantum repeaters: a chain over the whole span, no trusted node on the way.

The number of segments and the plan of the chain (cut-offs, distillation) are those that the
optimiser finds; the key rate is what the exact engine brackets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from protocols.key_networks.edge_rates import read_beside, said_of_file
from protocols.planning.technologies.dominance import undominated
from protocols.planning.technologies.hops import fewest_hops
from protocols.planning.technologies.line import LineDesign, LineDesigns, SpanKind, WantedLine
from protocols.planning.technologies.rates import KeyRateOfHop, law_rate
from qnet.errors import ParameterError
from qnet.estimate import Estimate
from qnet.schema import read_kind
from qnet.schema.kinds import parse

if TYPE_CHECKING:
    from protocols.planning.optimise import SearchSpace
    from protocols.planning.optimise.trial import Trial
    from protocols.planning.technologies.tables import TechnologyTable
    from protocols.repeaters import Chain

__all__ = ["REPEATER", "chain_rate", "planned_chain", "repeater_designs"]

#: Tables of a chain's file that say what else is done with it.
_BESIDE = ("sweep",)


def repeater_designs(technology: TechnologyTable, line: WantedLine) -> LineDesigns:
    """Designs of a chain of repeaters, by its number of segments.

    A pair of devices is a whole chain: devices at both ends of every segment.

    Args:
        technology: The technology; a rate law of its is that of the whole span.
        line: The line.

    Raises:
        ParameterError: If the file is no chain, or cannot be cut into such segments.
    """
    if line.length_km is None:
        return LineDesigns(reason="it has no length, and a chain of repeaters needs one")
    if technology.chain is None:
        segments = fewest_hops(line.length_km, technology.maximum_hop_km)
        rate = law_rate(technology, line.length_km)
        return LineDesigns(designs=(_design(technology, line, segments, rate),))
    found, why = [], ""
    for segments in _numbers(technology, line):
        rate = chain_rate(technology, line, segments)
        if rate.rate_hz.best > 0.0:
            found.append(_design(technology, line, segments, rate))
        else:
            why = rate.security.reason
    if not found:
        needed = _target_note(technology, line, min(_numbers(technology, line), default=0), 0.0)
        reason = why or "no key: no number of segments is short enough"
        return LineDesigns(reason="; ".join((reason, *needed)))
    kept = undominated(found, line.most_key_hz, few_nodes=line.few_nodes)
    return LineDesigns(
        designs=tuple(
            replace(each, notes=(*each.notes, *_target_note(technology, line, *_told(each))))
            for each in kept
        )
    )


def _told(design: LineDesign) -> tuple[int, float]:
    """Segments of a chain, and its key rate."""
    return design.stations + 1, design.rate_hz.best


def chain_rate(technology: TechnologyTable, line: WantedLine, segments: int) -> KeyRateOfHop:
    """The key rate of the best plan of a chain over a line, with the exact engine's bracket.

    The length is rounded up to a whole ``length_step_km``, so that the rate is never too high.

    Args:
        technology: The technology; it has a chain.
        line: The line; it has a length.
        segments: Number of segments.

    Raises:
        ParameterError: If the file is no chain, or cannot be cut into such segments.
    """
    file, place = technology.chain or "", f"{line.place}.chain"
    length = _rounded(technology, line)
    with said_of_file(place, file, line.ends):
        text = read_beside(file, line.folder, place)
        chain, trial = _chain(*text, length), _best_plan(*text, length, segments)
    rate = trial.secret_key_rate_hz
    low, high = trial.secret_key_rate_range_hz if trial.is_proven else (rate, rate)
    notes = [f"key rate of {file} over {length:g} km: {trial.candidate}"]
    if any(part.scheme == "abstract" for part in chain.parts):
        notes.append("the success probability of its links is as given, whatever their length")
    if trial.score is not None and not trial.is_proven:
        notes.append("an estimate on a coarse time grid, without an interval")
    return KeyRateOfHop(
        rate_hz=Estimate(low, rate, high), security=trial.security, notes=tuple(notes)
    )


def planned_chain(
    technology: TechnologyTable, length_km: float, segments: int, folder: str = ""
) -> tuple[Chain, Trial]:
    """The chain of a technology over a line, and the best plan for it, as `chain_rate` has them.

    Args:
        technology: The technology; it has a chain.
        length_km: Length of the line.
        segments: Number of segments.
        folder: Where its file stands.

    Raises:
        ParameterError: If the file is no chain, or cannot be cut into such segments.
    """
    line = WantedLine(ends=("", ""), length_km=length_km, most_key_hz=0.0, folder=folder)
    text = read_beside(technology.chain or "", folder, f"{line.place}.chain")
    length = _rounded(technology, line)
    return _chain(*text, length), _best_plan(*text, length, segments)


def _design(
    technology: TechnologyTable, line: WantedLine, segments: int, rate: KeyRateOfHop
) -> LineDesign:
    costs = technology.costs
    return LineDesign(
        hops=1,
        nodes=0,
        stations=segments - 1,
        rate_hz=rate.rate_hz,
        fixed_cost=(segments - 1) * costs.station + (line.length_km or 0.0) * costs.fibre_per_km,
        pair_cost=segments * costs.pair,
        most_pairs=technology.maximum_pairs,
        security=rate.security,
        notes=rate.notes,
    )


def _rounded(technology: TechnologyTable, line: WantedLine) -> float:
    step = technology.length_step_km
    return step * fewest_hops(line.length_km or 0.0, step)


def _numbers(technology: TechnologyTable, line: WantedLine) -> Iterator[int]:
    """Numbers of segments that are looked at, none of them longer than the longest."""
    fewest = fewest_hops(line.length_km or 0.0, technology.maximum_hop_km)
    if technology.segments is not None:
        yield from (n for n in technology.segments if n >= fewest)
        return
    text, name, folder = read_beside(technology.chain or "", line.folder, f"{line.place}.chain")
    with said_of_file(f"{line.place}.chain", name, line.ends):
        chain = _chain(text, name, folder, 1.0)
    yield from (n for n in _own_numbers(chain) if n >= fewest)


def _own_numbers(chain: Chain) -> tuple[int, ...]:
    """Numbers of segments that a file asks for; powers of two up to its own where it does not.

    Abstract links say nothing of their length: a file of such has its own number alone.
    """
    own = chain.segments
    if chain.optimize is not None and chain.optimize.segments:
        return tuple(chain.optimize.segments)
    if any(part.scheme == "abstract" for part in chain.parts):
        return (own,)
    return (*(1 << k for k in range(own.bit_length()) if 1 << k < own), own)


@lru_cache(maxsize=256)
def _chain(text: str, name: str, folder: str, length_km: float) -> Chain:
    """The chain of a file over another length.

    Raises:
        ParameterError: If the file is no chain, or has segments of lengths of their own.
    """
    values: dict[str, Any] = {key: each for key, each in parse(text).items() if key not in _BESIDE}
    table = values.get("chain", {})
    if "segment_lengths_km" in table:
        hint = "write segments: the length of a span is cut into equal ones"
        given = table["segment_lengths_km"]
        raise ParameterError("chain.segment_lengths_km", "be left out", given, hint)
    values["chain"] = {**table, "length_km": length_km}
    chain: Chain = read_kind(values, name, ["chain"], folder=folder)
    return chain


@lru_cache(maxsize=1 << 10)
def _best_plan(text: str, name: str, folder: str, length_km: float, segments: int) -> Trial:
    from protocols.planning.optimise import Problem, optimise

    chain = _chain(text, name, folder, length_km)
    return optimise(Problem.of_chain(chain), _space(chain, segments)).best


def _space(chain: Chain, segments: int) -> SearchSpace:
    from protocols.planning.optimise import own_space

    return replace(own_space(chain), segments=(segments,))


def _target_note(
    technology: TechnologyTable, line: WantedLine, segments: int, rate_hz: float
) -> tuple[str, ...]:
    """A sentence on the hardware that a target key rate needs, if there is a target."""
    target = technology.target_key_rate_hz
    if target is None or segments < 1:
        return ()
    if rate_hz >= target:
        return (f"the hardware reaches the target of {target:g} bit/s as it is",)
    place, name = f"{line.place}.chain", technology.chain or ""
    file = read_beside(name, line.folder, place)
    with said_of_file(place, name, line.ends):
        return (_needed(*file, _rounded(technology, line), segments, target),)


@lru_cache(maxsize=256)
def _needed(
    text: str, name: str, folder: str, length_km: float, segments: int, target_hz: float
) -> str:
    """A sentence on how much better all parameters of the hardware must be."""
    from protocols.planning.optimise import improvable
    from protocols.planning.requirements import Target, smallest_improvement

    chain = _chain(text, name, folder, length_km).with_({"chain.segments": segments})
    hardware, setting = improvable(chain)
    target = Target(key_rate_hz=target_hz)
    needed = smallest_improvement(hardware, setting, target, _space(chain, segments))
    if not needed.reached:
        return f"no better hardware reaches {target_hz:g} bit/s: {needed.reason}"
    return (
        f"{target_hz:g} bit/s need hardware that is {needed.uniform_factor:.3g} times as good in "
        "every parameter"
    )


REPEATER = SpanKind(
    sources=("chain", "rate_hz_at_0_km"),
    keys=(
        "segments",
        "target_key_rate_hz",
        "length_step_km",
        "maximum_hop_km",
        "maximum_pairs",
        "loss_db_per_km",
        "station_cost",
        "fibre_cost_per_km",
    ),
    designs=repeater_designs,
)
