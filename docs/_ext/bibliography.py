"""Style of the bibliography: works in the order of their keys, each under its key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from pybtex.plugin import register_plugin
from pybtex.style.formatting.unsrt import Style as Plain
from pybtex.style.labels import BaseLabelStyle
from pybtex.style.sorting import BaseSortingStyle
from pybtex.style.template import FieldIsMissing, join, node


class KeyLabels(BaseLabelStyle):
    """Labels that are the keys."""

    def format_labels(self, entries: Iterable[Any]) -> Iterator[str]:
        """The key of each entry."""
        return (entry.key for entry in entries)


class KeyOrder(BaseSortingStyle):
    """Works in the order of their keys."""

    def sorting_key(self, entry: Any) -> str:  # noqa: ANN401
        """The key in lower case."""
        return str(entry.key).lower()


@node
def _people(children: Any, context: Any, role: str, stop: str) -> Any:  # noqa: ANN401
    """Names of an entry, with "et al." in place of "others"."""
    style = context["style"]
    if role not in context["entry"].persons:
        raise FieldIsMissing(role, context["entry"])
    everybody = context["entry"].persons[role]
    known = [each for each in everybody if str(each) != "others"]
    names = [style.format_name(each, style.abbreviate_names) for each in known]
    if len(known) < len(everybody):
        return join[join(sep=", ")[names], " et al."].format_data(context)
    listed = join(sep=", ", sep2=" and ", last_sep=" and ")[names]
    return join[listed, stop].format_data(context)


class Keys(Plain):
    """A plain style with keys in place of numbers."""

    default_label_style = "keys"
    default_sorting_style = "keys"

    def format_names(self, role: str, as_sentence: bool = True) -> Any:  # noqa: ANN401
        """Names and a full stop."""
        return _people(role, "." if as_sentence else "")


def setup(app: Any) -> dict[str, Any]:  # noqa: ANN401
    """Register the style ``keys``."""
    register_plugin("pybtex.style.labels", "keys", KeyLabels)
    register_plugin("pybtex.style.sorting", "keys", KeyOrder)
    register_plugin("pybtex.style.formatting", "keys", Keys)
    return {"parallel_read_safe": True}
