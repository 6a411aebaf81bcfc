"""API reference: a page for each package that offers names, written from its docstrings.

When a build begins, the pages are written into the folder ``reference/api``. A name is documented
once, in the package nearest to the module where it lives; every other package that offers it too
has an anchor and a line that leads there. What a package adds to its list of public names appears
by itself.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path
from types import ModuleType
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.domains.python import PythonDomain
from sphinx.environment import BuildEnvironment
from sphinx.ext.autodoc import Options
from sphinx.pycode import ModuleAnalyzer
from sphinx.util.docutils import SphinxDirective
from sphinx.util.typing import ExtensionMetadata

TOPS = ("qnet", "protocols", "experiments")

#: Modules that are used by their own name: no package offers all that they hold.
MODULES = (
    "qnet.errors",
    "qnet.estimate",
    "qnet.lazy",
    "qnet.metrics.figures",
    "qnet.metrics.security",
    "qnet.network.circuit",
    "qnet.network.kernel",
    "qnet.plugins",
    "qnet.pool",
    "protocols.certification.budgets",
    "protocols.certification.ciphers",
    "protocols.planning.requirements",
    "protocols.postprocessing.sharing",
    "protocols.qkd.entangled_key",
    "protocols.qkd.promised_key",
    "protocols.qkd.secrecy",
    "experiments.notebooks.exercise",
)

#: Most letters of a constant whose value is shown.
LONGEST_VALUE = 80

SECTIONS = {"class": "Classes", "exception": "Exceptions", "function": "Functions", "data": "Data"}


@dataclass(frozen=True)
class Name:
    """A public name of a package or module."""

    page: str
    name: str

    @property
    def path(self) -> str:
        """Name with its package, as it is imported."""
        return f"{self.page}.{self.name}"

    @cached_property
    def value(self) -> Any:  # noqa: ANN401 - any public thing
        """What the name stands for."""
        return getattr(importlib.import_module(self.page), self.name)

    @cached_property
    def module(self) -> str:
        """The module where it lives."""
        own = getattr(self.value, "__module__", None)
        if self.kind != "data" and own and _is_ours(own):
            return str(own)
        module = self.page
        while (listed := _homes(module).get(self.name)) and listed != module:
            module = listed
        return module

    @cached_property
    def home(self) -> Name:
        """The name under which the same thing is documented."""
        same = [other for page in pages() for other in names(page) if other.name == self.name]
        same = [other for other in same if other.value is self.value]
        return max(same, key=lambda other: (_common(other.page, self.module), -len(other.page)))

    @property
    def kind(self) -> str:
        """Class, exception, function or data."""
        if inspect.isclass(self.value):
            return "exception" if issubclass(self.value, BaseException) else "class"
        return "function" if inspect.isroutine(inspect.unwrap(self.value)) else "data"

    @property
    def text(self) -> str:
        """Its docstring, or the comment above a constant."""
        if self.kind == "data":
            comments = ModuleAnalyzer.for_module(self.module).find_attr_docs()
            return "\n".join(comments.get(("", self.name), []))
        return inspect.getdoc(self.value) or ""


def _is_ours(path: str) -> bool:
    """Whether a module or name belongs to our packages."""
    return path.split(".")[0] in TOPS


def _common(page: str, module: str) -> int:
    """Number of names that the two paths begin with together."""
    pairs = zip(page.split("."), module.split("."), strict=False)
    return len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))


@cache
def _homes(package: str) -> dict[str, str]:
    """Module of each name that a package lists as an import."""
    from qnet.lazy import modules_of

    is_package = hasattr(importlib.import_module(package), "__path__")
    return modules_of(package) if is_package else {}


@cache
def pages() -> tuple[str, ...]:
    """Packages that offer names, and modules used by their own name."""
    found = [module.name for top in TOPS for module in _packages(top)]
    return tuple(sorted({*TOPS, *found, *MODULES}))


def _packages(top: str) -> Iterator[pkgutil.ModuleInfo]:
    paths = importlib.import_module(top).__path__
    for module in pkgutil.walk_packages(paths, f"{top}."):
        if module.ispkg and getattr(importlib.import_module(module.name), "__all__", None):
            yield module


@cache
def names(page: str) -> tuple[Name, ...]:
    """Public names of a page, in the order in which its source lists them."""
    offered = getattr(importlib.import_module(page), "__all__", ())
    listed = list(_homes(page))
    place = {name: i for i, name in enumerate(listed)}
    ordered = sorted(offered, key=lambda name: (place.get(name, len(place)), name))
    return tuple(Name(page, name) for name in ordered)


def summary(text: str) -> str:
    """The first paragraph of a docstring, on one line."""
    return " ".join(text.strip().split("\n\n")[0].split())


def _children(page: str) -> list[str]:
    """Pages directly below one."""
    below = [other for other in pages() if other.startswith(f"{page}.")]
    return [one for one in below if not any(one.startswith(f"{other}.") for other in below)]


def _heading(text: str, mark: str) -> list[str]:
    return [text, mark * len(text), ""]


def _table(rows: list[tuple[str, str]], first: str) -> list[str]:
    lines = [".. list-table::", "   :header-rows: 1", "   :class: names", "   :widths: auto", ""]
    for name, sentence in [(first, "what it is"), *rows]:
        lines += [f"   * - {name}", f"     - {sentence}"]
    return [*lines, ""]


def _row(name: Name) -> tuple[str, str]:
    reference = f":py:obj:`{name.name} <{name.home.path}>`"
    target = "" if name.home == name else f".. also-known:: {name.path}\n\n       "
    return target + reference, summary(name.home.text) or "\\"


def _entry(name: Name) -> list[str]:
    if name.kind == "data":
        value = repr(name.value)
        short = isinstance(name.value, str | int | float | tuple) and len(value) < LONGEST_VALUE
        lines = [f"   :value: {value}"] if short else []
        lines += ["", *(f"   {line}" for line in name.text.splitlines())]
        return [f".. py:data:: {name.name}", *lines, ""]
    options = _class_options(name.value) if inspect.isclass(name.value) else []
    return [f".. auto{name.kind}:: {name.name}", *options, ""]


def _class_options(cls: type) -> list[str]:
    """Options of a class: its members, with those of bases that have no entry of their own."""
    bases = cls.__mro__[1:]
    shown = [base for base in bases if _is_documented(base) or not _is_ours(base.__module__)]
    options = ["   :members:"]
    if set(bases) - set(shown):
        options.append(f"   :inherited-members: {', '.join(base.__name__ for base in shown)}")
    if any(map(_is_documented, cls.__bases__)):
        options.append("   :show-inheritance:")
    return options


def page_text(page: str) -> str:
    """The page of a package: its docstring, a table of its names, and each name."""
    lines = [*_heading(page, "="), f".. automodule:: {page}", "", f".. currentmodule:: {page}", ""]
    if names(page):
        lines += _table([_row(name) for name in names(page)], "name")
    below = _children(page)
    if below:
        lines += _heading("Packages and modules", "-")
        lines += _contents(below)
    own = [name for name in names(page) if name.home == name]
    for kind, title in SECTIONS.items():
        entries = [line for name in own if name.kind == kind for line in _entry(name)]
        if entries:
            lines += [*_heading(title, "-"), *entries]
    return "\n".join(lines)


def _contents(below: list[str]) -> list[str]:
    docs = [(f":doc:`{page}`", summary(inspect.getdoc(_module(page)) or "")) for page in below]
    entries = (f"   {_short(page)} <{page}>" for page in below)
    tree = [".. toctree::", "   :hidden:", "", *entries, ""]
    return [*_table(docs, "module"), *tree]


def _short(page: str) -> str:
    """Name of a page in the navigation, below the page that it belongs to."""
    above = max((one for one in pages() if page.startswith(f"{one}.")), key=len, default="")
    return page.removeprefix(f"{above}.")


def _module(page: str) -> ModuleType:
    return importlib.import_module(page)


def index_text() -> str:
    """The page above all packages."""
    lines = _heading("Python packages", "=")
    lines += [
        "What is public is listed in the ``__init__`` of each package, and documented once, in the",
        "package where it lives. ``qnet`` and ``protocols`` offer what is used most.",
        "",
    ]
    lines += _contents(list(TOPS))
    lines += [*_heading("All packages and modules", "-")]
    rest = [page for page in pages() if page not in TOPS]
    docs = [(f":doc:`{page}`", summary(inspect.getdoc(_module(page)) or "")) for page in rest]
    return "\n".join(lines + _table(docs, "module"))


def write_pages(app: Sphinx) -> None:
    """Write the pages that changed, and remove those of packages that are gone."""
    folder = Path(app.srcdir) / "reference" / "api"
    folder.mkdir(parents=True, exist_ok=True)
    texts = {f"{page}.rst": page_text(page) for page in pages()} | {"index.rst": index_text()}
    for old in folder.glob("*.rst"):
        if old.name not in texts:
            old.unlink()
    for file, text in texts.items():
        path = folder / file
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


class AlsoKnown(SphinxDirective):
    """Anchor of a public name that is documented in another package."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """A target, also noted for references and for the search."""
        path = self.arguments[0]
        target = nodes.target("", "", ids=[path], ismod=True)
        page, _, name = path.rpartition(".")
        domain = self.env.domains.python_domain
        domain.note_object(path, Name(page, name).kind, path, aliased=True, location=target)
        return [target]


@cache
def _documented() -> dict[str, str]:
    """Path of every documented name by the module where it lives, and by its name alone."""
    own = [name.home for page in pages() for name in names(page)]
    by_module = {f"{name.module}.{name.name}": name.path for name in own}
    paths: dict[str, set[str]] = {}
    for name in own:
        paths.setdefault(name.name, set()).add(name.path)
    alone = {name: found.copy().pop() for name, found in paths.items() if len(found) == 1}
    return alone | by_module


def resolve(
    app: Sphinx,
    env: BuildEnvironment,
    node: nodes.Element,
    text: nodes.TextElement,
) -> nodes.Node | None:
    """A name of ours by its home; what is not of ours, or is not public, as plain code."""
    if node.get("refdomain") != "py":
        return None
    target = node["reftarget"].removeprefix("~")
    head, _, member = target.rpartition(".")
    known = _documented()
    path = known.get(target) or (f"{known[head]}.{member}" if head in known else None)
    if path is not None:
        domain: PythonDomain = env.domains.python_domain
        found = domain.resolve_xref(
            env, node.get("refdoc", ""), app.builder, "obj", path, node, text
        )
        if found is not None:
            return found
    is_type = node["reftype"] in ("class", "exc", "obj")
    return text if (_exists(target) if _is_ours(target) else is_type) else None


def _exists(path: str) -> bool:
    """Whether one of our modules has such a name, public or not, or is called so."""
    module, _, name = path.rpartition(".")
    try:
        return hasattr(importlib.import_module(module), name) or find_spec(path) is not None
    except ImportError:
        return False


def without_tuple_fields(
    app: Sphinx, kind: str, name: str, value: object, skip: bool, options: Options
) -> bool | None:
    """Leave out the fields of a named tuple, which its docstring describes."""
    return True if type(value).__name__ == "_tuplegetter" else None


def public_bases(app: Sphinx, name: str, cls: type, options: Options, bases: list[Any]) -> None:
    """Show only the bases that have an entry of their own."""
    bases[:] = [base for base in bases if _is_documented(base)]


def _is_documented(cls: Any) -> bool:  # noqa: ANN401 - a class, or what typing makes of one
    cls = getattr(cls, "__origin__", cls)
    return f"{cls.__module__}.{getattr(cls, '__qualname__', '')}" in _documented()


def mend(
    app: Sphinx, kind: str, name: str, value: object, options: Options, lines: list[str]
) -> None:
    """Name the fields of a named tuple as arguments; a colon in a sentence is no end of a type."""
    if hasattr(value, "_fields"):
        lines[:] = ["Args:" if line == "Attributes:" else line for line in lines]
    if kind in ("attribute", "property", "data") and lines and ":" in lines[0]:
        lines[:0] = ["..", ""]
    for above, line in enumerate(lines[:-1]):
        if line == "Returns:" and not lines[above + 1].startswith("    :"):
            lines[above + 1] = "    : " + lines[above + 1].lstrip()


def setup(app: Sphinx) -> ExtensionMetadata:
    """Hook the reference into a build."""
    app.add_directive("also-known", AlsoKnown)
    app.connect("builder-inited", write_pages)
    app.connect("missing-reference", resolve)
    app.connect("autodoc-process-bases", public_bases)
    app.connect("autodoc-process-docstring", mend, priority=400)
    app.connect("autodoc-skip-member", without_tuple_fields)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
