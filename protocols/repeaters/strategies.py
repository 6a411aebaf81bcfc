"""Table of the strategies of a repeater chain, by name."""

from __future__ import annotations

from protocols.repeaters.nested import NESTED
from protocols.repeaters.sequential import SEQUENTIAL
from protocols.repeaters.strategy import Strategy
from protocols.repeaters.swap_asap import SWAP_ASAP

__all__ = ["STRATEGIES"]

#: Every strategy by name; a new one is a file beside these and a line here.
STRATEGIES: dict[str, Strategy] = {
    strategy.name: strategy for strategy in (NESTED, SEQUENTIAL, SWAP_ASAP)
}
