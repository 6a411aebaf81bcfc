"""Table of the controllers of a network, by name."""

from __future__ import annotations

from qnet.errors import check_one_of
from qnet.lazy import loaded
from qnet.network.controllers.base import Controller

__all__ = ["CONTROLLERS", "Controller", "controller_class"]

#: Every controller by the name that ``allocation = "..."`` says; a new one is a file and a line.
CONTROLLERS: dict[str, str | type[Controller]] = {
    "reserve": "qnet.network.controllers.reserve:Reserve",
    "tdma": "qnet.network.controllers.tdma:Tdma",
    "share": "qnet.network.controllers.share:Share",
}


def controller_class(name: str) -> type[Controller]:
    """The class of a controller, loaded when it is asked for.

    Raises:
        UnknownNameError: If there is none of that name.
    """
    return loaded(CONTROLLERS[check_one_of("controller.allocation", name, CONTROLLERS)])
