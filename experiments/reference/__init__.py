"""Reference pages made from the code: scenario keys, commands, figures of merit, presets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from experiments.reference.write import write_pages as write_pages
else:
    __all__, __getattr__, __dir__ = lazy(__name__)
