"""Applications of delivered entanglement: what users of a network do with the states they get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.applications.application import Application as Application
    from protocols.applications.delivered import Delivered as Delivered, StateGroup as StateGroup
    from protocols.applications.needs import Need as Need
    from protocols.applications.result import (
        AppFigure as AppFigure,
        ApplicationResult as ApplicationResult,
    )
    from protocols.applications.state_table import StateTable as StateTable
    from protocols.applications.table import (
        APPLICATIONS as APPLICATIONS,
        register_application as register_application,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
