"""Names of a package that are loaded on first use, so that importing the package stays light."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["lazy_names"]


def lazy_names(
    package: str, homes: Mapping[str, Iterable[str]]
) -> tuple[Callable[[str], Any], Callable[[], list[str]]]:
    """The ``__getattr__`` and ``__dir__`` of a package.

    Args:
        package: Its name.
        homes: The public names that each module holds.

    Examples:
        >>> find, _ = lazy_names("qnet", {"qnet.estimate": ["Estimate"]})
        >>> find("Estimate").__name__
        'Estimate'
    """
    home_of = {name: module for module, names in homes.items() for name in names}

    def find(name: str) -> Any:  # noqa: ANN401 - any public name
        if name not in home_of:
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(message)
        value = getattr(import_module(home_of[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *home_of})

    return find, names
