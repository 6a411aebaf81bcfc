"""The source as data: its modules, what each imports, and the public names of its packages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

#: The floors, lowest first: a module imports only from its own folder and from those above it here.
FLOORS = (
    "qnet.lazy",
    "qnet.errors",
    "qnet.plugins",
    "qnet.progress",
    "qnet.estimate",
    "qnet.pool",
    "qnet.schema",
    "qnet.references",
    "qnet.hardware",
    "qnet.space",
    "qnet.coexistence",
    "qnet.circuits",
    "qnet.noise",
    "qnet.instrument",
    "qnet.metrics",
    "qnet.states",
    "qnet.codes",
    "qnet.plans",
    "qnet.links",
    "qnet.engines",
    "qnet.backends",
    "qnet.network",
    "qnet.figures",
    "qnet",
    "qnet.versions",
    "protocols.repeaters",
    "protocols.networks",
    "protocols.key_rates",
    "protocols.postprocessing",
    "protocols.qkd",
    "protocols.randomness",
    "protocols.satellite",
    "protocols.key_networks",
    "protocols.key_management",
    "protocols.encryption",
    "protocols.certification",
    "protocols.planning",
    "protocols.characterisation",
    "protocols.applications",
    "protocols.interchange",
    "protocols",
    "experiments.scenario",
    "experiments.sweep",
    "experiments.pages",
    "experiments.explore",
    "experiments.kme_page",
    "experiments.cli",
    "experiments.reference",
    "experiments.studies",
    "experiments.benchmarks",
    "experiments.notebooks",
    "experiments",
)

#: Folders of one subject each: from outside, only the names of their ``__init__`` are imported.
CLOSED = ("qnet.engines.sampled", "qnet.engines.exact", "qnet.engines.circuit")


@dataclass(frozen=True)
class Import:
    """One imported module or name: by whom, from where, and whether for type checking alone.

    ``door`` is the module as it is written, ``module`` the one where the name lives.
    """

    by: str
    module: str
    name: str | None
    typing: bool
    door: str


def _module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def modules() -> dict[str, Path]:
    """Every module of the source by its name."""
    tops = ("qnet", "protocols", "experiments")
    paths = [path for top in tops for path in sorted((ROOT / top).rglob("*.py"))]
    return {_module_name(path): path for path in paths}


@cache
def tree(module: str) -> ast.Module:
    """The syntax tree of a module."""
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


def folder(module: str) -> str:
    """The package that a module lies in."""
    is_package = modules()[module].name == "__init__.py"
    return module if is_package else module.rpartition(".")[0]


def floor(module: str) -> str:
    """The floor that a module stands on: the longest entry of ``FLOORS`` that its name begins with.

    A file directly in a top folder needs an entry of its own.
    """
    return next(
        name
        for name in (module, ".".join(module.split(".")[:2]))
        if name in FLOORS or name.count(".") == 1
    )


@cache
def public_names(package: str) -> dict[str, str]:
    """Module of each public name of a package: what its ``__init__`` exports by ``as`` or lists."""
    found = {
        name.asname: statement.module or ""
        for statement in ast.walk(tree(package))
        if isinstance(statement, ast.ImportFrom)
        for name in statement.names
        if name.asname and name.asname == name.name
    }
    for statement in tree(package).body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "__all__":
            found |= dict.fromkeys(ast.literal_eval(statement.value), package)
    return found


def is_lazy(package: str) -> bool:
    """Whether a package loads its public names when they are first used."""
    return any(isinstance(node, ast.If) and node.orelse for node in tree(package).body)


@cache
def imports(module: str) -> tuple[Import, ...]:
    """What a module imports from the source, at its top and inside functions.

    A name that a package loads when first used counts as an import of the module where it lives.
    """
    return tuple(_resolved(module, *found) for found in statements(tree(module)))


def statements(node: ast.AST, typing: bool = False) -> Iterator[tuple[str, str | None, bool]]:
    """Module, name and whether for types alone, of every import of the source below a node."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            yield from ((name.name, None, typing) for name in child.names if name.name in modules())
        elif isinstance(child, ast.ImportFrom) and child.module in modules():
            yield from ((child.module, name.name, typing) for name in child.names)
        elif isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            for branch in child.body:
                yield from statements(ast.Module([branch], []), True)
            for branch in child.orelse:
                yield from statements(ast.Module([branch], []), typing)
        else:
            yield from statements(child, typing)


def _resolved(by: str, module: str, name: str | None, typing: bool) -> Import:
    if f"{module}.{name}" in modules():
        return Import(by, f"{module}.{name}", None, typing, f"{module}.{name}")
    door = module
    while name and modules()[module].name == "__init__.py" and is_lazy(module):
        home = public_names(module).get(name)
        if home is None:
            break
        module = home
    return Import(by, module, name, typing, door)


def named(module: str) -> set[str]:
    """Modules that a module names in its texts: ``package.module`` or ``package.module:Class``."""
    texts = [node.value for node in ast.walk(tree(module)) if isinstance(node, ast.Constant)]
    found = {text.partition(":")[0] for text in texts if isinstance(text, str)}
    return found & set(modules())


def private_uses(module: str) -> set[str]:
    """Private names that a module reads from modules of other folders."""
    places = {
        name.asname or name.name: f"{statement.module}.{name.name}"
        for statement in ast.walk(tree(module))
        if isinstance(statement, ast.ImportFrom)
        for name in statement.names
        if f"{statement.module}.{name.name}" in modules()
    }
    return {
        f"{places[node.value.id]}.{node.attr}"
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id in places
        and re.match(r"_[^_]", node.attr)
        and folder(places[node.value.id]) != folder(module)
    }


def circles() -> list[tuple[str, ...]]:
    """Groups of modules that import each other, imports for types apart."""
    edges = {
        module: {found.module for found in imports(module) if not found.typing} - {module}
        for module in modules()
    }
    reach = {module: _reachable(module, edges) for module in edges}
    groups = {tuple(sorted(m for m in reach[module] if module in reach[m])) for module in edges}
    return sorted(group for group in groups if len(group) > 1)


def _reachable(start: str, edges: dict[str, set[str]]) -> set[str]:
    found, front = set(), [start]
    while front:
        for module in edges[front.pop()] - found:
            found.add(module)
            front.append(module)
    return found


def exported_names() -> str:
    """Public names of every package, a package a line."""
    lines = [f"{package}: {' '.join(sorted(public_names(package)))}" for package in packages()]
    return "\n".join(lines) + "\n"


def packages() -> list[str]:
    """Every package that offers names of its own."""
    found = [module for module, path in modules().items() if path.name == "__init__.py"]
    return [package for package in found if public_names(package)]


if __name__ == "__main__":
    print(exported_names(), end="")
