"""Style of the bibliography: works in the order of the file, each under its key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pybtex.plugin import register_plugin
from pybtex.style.formatting.unsrt import Style as Plain
from pybtex.style.labels import BaseLabelStyle


class KeyLabels(BaseLabelStyle):  # type: ignore[misc]
    """Labels that are the keys."""

    def format_labels(self, entries: Iterable[Any]) -> Iterator[str]:
        """The key of each entry."""
        return (entry.key for entry in entries)


class Keys(Plain):  # type: ignore[misc]
    """A plain style with keys in place of numbers."""

    default_label_style = "keys"


def setup(app: Any) -> dict[str, Any]:  # noqa: ANN401
    """Register the style ``keys``."""
    register_plugin("pybtex.style.labels", "keys", KeyLabels)
    register_plugin("pybtex.style.formatting", "keys", Keys)
    return {"parallel_read_safe": True}
