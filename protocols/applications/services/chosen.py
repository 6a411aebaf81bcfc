"""Choice of the service that an application's tables ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocols.applications.services.chain_service import ChainService
from protocols.applications.services.given import GivenStates
from protocols.applications.services.network_service import NetworkService
from protocols.applications.services.service import EntanglementService

if TYPE_CHECKING:
    from protocols.applications.application import Application

__all__ = ["delivered_by"]


def delivered_by(application: Application) -> EntanglementService:
    """The service that delivers to an application: its chain, its network, or given states."""
    if application.chain is not None:
        return ChainService(application=application)
    if application.network is not None:
        return NetworkService(application=application)
    return GivenStates(application=application)
