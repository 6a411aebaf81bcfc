"""Public names of a package: listed once, in its ``__init__``, and loaded when first used.

A package lists its names as imports for the type checker, each exported by its ``as`` (PEP 484's
rule for stubs), and makes the same list work at run time::

    if TYPE_CHECKING:
        from qnet.plans.link import Link as Link
    else:
        __all__, __getattr__, __dir__ = lazy(__name__)
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Collection
from importlib import import_module
from pkgutil import get_data
from typing import Any, TypeVar

__all__ = ["loaded", "modules_of", "lazy"]

_Thing = TypeVar("_Thing")

#: Names that version 0.1 had -> what there is instead.
_RENAMED = {
    "HopelessPlanError": "InfeasiblePlanError",
    "UnnamedGateError": "MissingNoiseError",
    "REFERENCES": "qnet.REFERENCES",
    "abstract_link": "Abstract(...).link()",
    "bibtex": "qnet.bibtex",
    "direct_link": "Direct(...).link()",
    "double_click_link": "DoubleClick(...).link()",
    "link": "links",
    "merit": "metrics",
    "midpoint_source_link": "MidpointSource(...).link()",
    "pairs": "states",
    "plan": "plans",
    "preset_link": "scheme_of(...).link()",
    "single_click_link": "SingleClick(...).link()",
}


def loaded(place: str | _Thing) -> _Thing:
    """What a table holds under a name: itself, or imported from ``module:name`` if it is a text.

    Examples:
        >>> loaded("qnet.lazy:loaded") is loaded(loaded) is loaded
        True
    """
    if not isinstance(place, str):
        return place
    module, _, name = place.partition(":")
    found: _Thing = getattr(import_module(module), name)
    return found


def modules_of(package: str) -> dict[str, str]:
    """Module of each public name of a package, read from the list in its ``__init__``.

    Examples:
        >>> modules_of("qnet")["Estimate"]
        'qnet.estimate'
    """
    source = ast.parse(get_data(package, "__init__.py") or b"")
    listed = [line for block in source.body if isinstance(block, ast.If) for line in block.body]
    return {
        name.asname: line.module
        for line in listed
        if isinstance(line, ast.ImportFrom) and line.module
        for name in line.names
        if name.asname
    }


def _hint(name: str, known: Collection[str]) -> str:
    """Where a name of version 0.1 has gone, or the nearest known one."""
    if name in _RENAMED:
        return f"; version 0.1 had it, now it is {_RENAMED[name]}"
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1, cutoff=0.8)
    return f"; did you mean {near[0]!r}?" if near else ""


def lazy(package: str) -> tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]:
    """``__all__``, ``__getattr__`` and ``__dir__`` of a package that lists its names as above.

    What has the name of its own module is loaded at once: the module would take its place.

    Args:
        package: ``__name__`` of the package.

    Examples:
        >>> names, load, listed = lazy("qnet")
        >>> "Estimate" in names, load("Estimate").__module__
        (True, 'qnet.estimate')
    """
    module_of = modules_of(package)
    module = sys.modules[package]

    def load(name: str) -> Any:  # noqa: ANN401 - any public name
        if name not in module_of:
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(message + _hint(name, module_of))
        value = getattr(import_module(module_of[name]), name)
        setattr(module, name, value)
        return value

    for name, home in module_of.items():
        if home == f"{package}.{name}":
            load(name)
    return sorted(module_of), load, lambda: sorted({*vars(module), *module_of})
