"""Interchange: configurations of other simulators and codes as scenarios of this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.interchange.configuration import (
        CONFIGURATIONS as CONFIGURATIONS,
        ConfigurationForm as ConfigurationForm,
        import_configuration as import_configuration,
        import_file as import_file,
    )
    from protocols.interchange.imported import ImportedScenario as ImportedScenario
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
