"""Notes on a chain: what a reader of its result should know beside the figures."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from protocols.repeaters.own_link import OwnLink
from protocols.repeaters.tables import Exact
from qnet.schema import Part

if TYPE_CHECKING:
    from protocols.repeaters.chain import Chain

__all__ = ["chain_notes", "generation_tables", "other_meanings"]


def chain_notes(chain: Chain) -> Iterator[str]:
    """What a reader of the result should know, one sentence each.

    Args:
        chain: The chain that was played.
    """
    gates, joins = chain.preset_gates, chain.segments > 1
    lacking = {
        "swap": joins and not _has_gates(chain.swap) and chain.encode is None,
        "distill": chain.distill is not None and not _has_gates(chain.distill),
    }
    for table, lacks in lacking.items():
        if gates is not None and lacks:
            keys = "cnot_depolarizing or readout_flip"
            yield f"[{table}] has the gates of the links' preset; {keys} replaces them"
    if chain.classical_latency and chain.lengths_km is None:
        yield "classical_latency has no effect: the chain has no length"
    if chain.exact.t_max_s is not None and chain.exact.tolerance != Exact().tolerance:
        yield "exact.tolerance has no effect: exact.t_max_s sets the end of the time grid"
    for table, is_given in (
        ("swap", chain.swap is not None),
        ("cutoff", chain.cutoff is not None),
    ):
        if not joins and is_given:
            yield f"[{table}] has no effect: a chain of one segment has no swap"
    if chain.has_generations:
        yield (
            "links of different generations: each counts the errors of one measurement of its "
            "block, and the swaps that join them have none but those of [swap]"
        )
    elif gates is None and joins and chain.swap is None and chain.encode is None:
        yield "[swap] is missing: swaps are taken as perfect"
    yield from dict.fromkeys(note for way in generation_tables(chain) for note in way.notes)
    yield from other_meanings(chain)


def generation_tables(chain: Chain) -> tuple[OwnLink, ...]:
    """Tables of generations that make or encode the links of a chain, each once.

    Args:
        chain: The chain.

    Examples:
        >>> import qnet
        >>> chain = qnet.load("experiments/scenarios/generations/all-photonic.toml")
        >>> [table.table for table in generation_tables(chain)]
        ['all_photonic']
    """
    own = (chain.encode, *(part.coded or part.hardware for part in chain.parts))
    return tuple(dict.fromkeys(each for each in own if isinstance(each, OwnLink)))


def other_meanings(chain: Chain) -> tuple[str, ...]:
    """A sentence for each given key that version 0.1 read otherwise.

    Args:
        chain: The chain.
    """
    given = chain.memory if isinstance(chain.memory, Part) else {}
    return tuple(
        f"memory.{key} is one qubit's time; version 0.1 read it as a stored pair's: "
        f"write pair_{key} for that"
        for key in ("depolarizing_time_s", "dephasing_time_s")
        if key in given
    )


def _has_gates(part: object) -> bool:
    """Whether a table, or what is given instead of it, says anything of gates."""
    return part is not None and getattr(part, "has_gates", True)
