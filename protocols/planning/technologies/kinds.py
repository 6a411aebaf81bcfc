"""Kinds of technology by name: one line for each, which stands in a file of its own."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from protocols.planning.technologies.line import SpanKind
from protocols.planning.technologies.repeater import REPEATER
from protocols.planning.technologies.satellite import SATELLITE
from protocols.planning.technologies.trusted_nodes import TRUSTED_NODES
from protocols.planning.technologies.twin_field import TWIN_FIELD

__all__ = ["KINDS_OF_TECHNOLOGY"]

#: The kinds; a file says one of these names.
KINDS_OF_TECHNOLOGY: Mapping[str, SpanKind] = MappingProxyType(
    {
        "trusted-nodes": TRUSTED_NODES,
        "repeater": REPEATER,
        "satellite": SATELLITE,
        "twin-field": TWIN_FIELD,
    }
)
