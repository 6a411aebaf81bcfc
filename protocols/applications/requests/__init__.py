"""Requests for entanglement as link layers know them, and what answers them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.applications.requests.answers import (
        OkKeep as OkKeep,
        OkMeasure as OkMeasure,
        OkRemoteState as OkRemoteState,
        RequestError as RequestError,
    )
    from protocols.applications.requests.create import CreateRequest as CreateRequest
    from protocols.applications.requests.link_layer import (
        LinkLayer as LinkLayer,
        chain_case as chain_case,
    )
    from protocols.applications.requests.request_figures import LinkLayerResult as LinkLayerResult
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
