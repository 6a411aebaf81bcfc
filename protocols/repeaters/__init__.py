"""Repeater protocols: strategies that build plans out of links, and the chain that they join."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.repeaters.all_photonic_table import AllPhotonicTable as AllPhotonicTable
    from protocols.repeaters.chain import Chain as Chain
    from protocols.repeaters.chain_link import ChainLink as ChainLink
    from protocols.repeaters.distillation import pumped as pumped, recurrence as recurrence
    from protocols.repeaters.encode_table import EncodeTable as EncodeTable
    from protocols.repeaters.nested import from_tree as from_tree, nested as nested
    from protocols.repeaters.one_way_table import OneWayTable as OneWayTable
    from protocols.repeaters.segment import (
        LinkDescription as LinkDescription,
        PairState as PairState,
    )
    from protocols.repeaters.sequential import sequential as sequential
    from protocols.repeaters.strategies import STRATEGIES as STRATEGIES
    from protocols.repeaters.strategy import Strategy as Strategy
    from protocols.repeaters.swap_asap import swap_asap as swap_asap
    from protocols.repeaters.tables import (
        CutoffTimes as CutoffTimes,
        Distillation as Distillation,
        Exact as Exact,
        Swapping as Swapping,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
