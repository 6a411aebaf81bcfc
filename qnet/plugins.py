"""Modules from outside that add to the tables: protocols, strategies, schemes, presets, commands.

A module calls `qnet.schema.register_kind`, `qnet.hardware.register_preset`,
`qnet.engines.register_engine` and the like when it is imported. The command line and the workers
of a sweep import it first, if

- an installed package names it in its entry points of the group ``qnet.plugins``, or
- ``QNET_PLUGINS=my_module,other.module`` in the environment names it; such modules are looked for
  where Python looks, and then in the current folder.

What the environment names was asked for now: if it cannot be imported, that is an error. An
installed package that cannot be is left out, and the rest works: a sentence says so.
"""

from __future__ import annotations

import os
import sys
from functools import cache
from importlib import import_module
from pathlib import Path

from qnet.errors import ParameterError, QnetError

__all__ = ["GROUP", "VARIABLE", "load_plugins"]

#: Names modules, with commas between them.
VARIABLE = "QNET_PLUGINS"

#: Group of entry points in which an installed package names its modules.
GROUP = "qnet.plugins"


def load_plugins() -> tuple[str, ...]:
    """Import the modules that installed packages and the environment name, each once.

    In a notebook or a program of one's own, call it before a file that needs them is read.

    Returns:
        One sentence for each installed package that could not be loaded.

    Raises:
        ParameterError: If a module that the environment names cannot be imported.

    Examples:
        >>> load_plugins()
        ()
    """
    broken = _load_installed()
    names = list(filter(None, map(str.strip, os.environ.get(VARIABLE, "").split(","))))
    if names and (here := str(Path.cwd())) not in sys.path:
        sys.path.append(here)
    for name in names:
        _load(name)
    return broken


@cache
def _load_installed() -> tuple[str, ...]:
    """Import what the entry points name; what went wrong."""
    # Local import: `import qnet` does without it.
    from importlib.metadata import entry_points

    broken = []
    for point in sorted(entry_points(group=GROUP), key=lambda each: (each.name, each.value)):
        try:
            point.load()
        except Exception as error:  # whatever a package from outside may raise
            owner = f" of {point.dist.name}" if point.dist else ""
            broken.append(
                f"plug-in {point.name!r}{owner} is left out ({_said(error)}): "
                "mend or remove the package"
            )
    return tuple(broken)


@cache
def _load(name: str) -> None:
    try:
        import_module(name)
    except ImportError as error:
        hint = f"{' '.join(str(error).split())}: check the name, and PYTHONPATH"
        raise ParameterError(VARIABLE, "name modules that can be imported", name, hint) from None
    except QnetError:
        raise
    except Exception as error:  # whatever a module from outside may raise
        raise ParameterError(
            VARIABLE, "name modules that can be imported", name, _said(error)
        ) from None


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
