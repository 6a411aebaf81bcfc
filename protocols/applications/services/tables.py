"""Sources of an application's states as a scenario describes them: [chain] and [network]."""

from __future__ import annotations

from dataclasses import dataclass

from qnet import schema
from qnet.schema import Description

__all__ = ["ChainTable", "NetworkTable"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ChainTable(Description):
    """A chain that delivers pairs: [chain].

    Args:
        file: File of kind ``chain``, or the name of one of the package.
    """

    file: str = schema.key(example="two-segments.toml")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class NetworkTable(Description):
    """A network that delivers to the parties: [network].

    Args:
        file: File of kind ``network``.
        nodes: Nodes of the parties, in their order.
    """

    file: str = schema.key(example="network.toml")
    nodes: tuple[str, ...] = ()
