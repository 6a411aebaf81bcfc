"""Emulated QKD links between nodes: a channel process that plays rounds, an end at each node."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.key_management.link.alarms import LinkAlarm as LinkAlarm
    from protocols.key_management.link.end import LinkEnd as LinkEnd
    from protocols.key_management.link.plan import LinkPlan as LinkPlan, SpySpell as SpySpell
    from protocols.key_management.link.preshared import (
        load_preshared as load_preshared,
        make_preshared as make_preshared,
    )
    from protocols.key_management.link.report import LinkReport as LinkReport
    from protocols.key_management.link.roles import FirstEnd as FirstEnd, SecondEnd as SecondEnd
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
