"""Validation of JSON against YANG modules: RFC 7951 on the modules as pyang reads them."""

from __future__ import annotations

import re
from pathlib import Path

import pyang
from pyang.context import Context
from pyang.repository import FileRepository

#: Where pyang's own copies of the IETF's modules are.
IETF = Path(pyang.__file__).parents[4] / "share/yang/modules/ietf"

INTEGERS = {"uint32": (0, 2**32 - 1), "uint16": (0, 2**16 - 1)}

_WHEN = re.compile(r"((?:\.\./)*)(\w+) = '([\w-]+)'")


def read_module(folder, name):
    """A module with what it imports, which pyang has checked.

    Args:
        folder: Where it is.
        name: Its name.
    """
    context = Context(FileRepository(f"{folder}:{IETF}", use_env=False, no_path_recurse=True))
    module = context.add_module(f"{name}.yang", (Path(folder) / f"{name}.yang").read_text())
    context.validate()
    errors = [tag for _, tag, _ in context.errors if "UNUSED" not in tag]
    assert errors == []
    return module


def faults(module, instance):
    """What is wrong with an instance of a module's data, each with its place.

    Args:
        module: As `read_module` gives it.
        instance: A value of JSON.
    """
    found = []
    top = {f"{module.arg}:{child.arg}": child for child in _data(module)}
    _check_object(top, instance, "", [], found)
    return found


def _data(statement):
    return [
        c for c in statement.i_children if c.keyword in ("container", "leaf", "list", "leaf-list")
    ]


def _check_object(children, value, place, above, found):
    """An object against the nodes that it may have."""
    if not isinstance(value, dict):
        found.append(f"{place or '/'}: no object")
        return
    for name, inner in value.items():
        if name not in children:
            found.append(f"{place}/{name}: no such node")
            continue
        child = children[name]
        for when in _conditions(child):
            if not _holds(when, [value, *above]):
                found.append(f"{place}/{name}: not when {when} is false")
        _CHECKS[child.keyword](child, inner, f"{place}/{name}", [value, *above], found)
    for name, child in children.items():
        mandatory = child.search_one("mandatory")
        if mandatory is not None and mandatory.arg == "true" and name not in value:
            found.append(f"{place}/{name}: is missing")


def _conditions(child):
    """Conditions on a node itself, and on the ``uses`` that puts it in its parent."""
    above = getattr(child.parent, "i_uses", None) or []
    put = [each for each in getattr(child, "i_uses", None) or [] if each not in above]
    uses = [each.search_one("when") for each in put]
    return [when.arg for when in (child.search_one("when"), *uses) if when is not None]


def _holds(when, objects):
    """Whether a condition on a sibling, or on one of an object above, is met.

    A ``when`` of a ``uses`` is looked at from the object that the nodes are put in.
    """
    match = _WHEN.fullmatch(when)
    assert match, when
    up, name, wanted = match.groups()
    told = objects[up.count("../")].get(name, "")
    return told.rpartition(":")[2] == wanted


def _check_container(child, value, place, above, found):
    _check_object({c.arg: c for c in _data(child)}, value, place, above, found)


def _check_list(child, value, place, above, found):
    if not isinstance(value, list):
        found.append(f"{place}: no array")
        return
    keys = child.search_one("key").arg.split()
    seen = set()
    for k, entry in enumerate(value):
        here = f"{place}[{k}]"
        _check_container(child, entry, here, above, found)
        if not isinstance(entry, dict):
            continue
        key = tuple(str(entry.get(name)) for name in keys)
        if key in seen or any(name not in entry for name in keys):
            found.append(f"{here}: its key is missing, or there twice")
        seen.add(key)


def _check_leaf_list(child, value, place, above, found):
    if not isinstance(value, list):
        found.append(f"{place}: no array")
        return
    for k, each in enumerate(value):
        _check_leaf(child, each, f"{place}[{k}]", above, found)
    if len({str(each) for each in value}) < len(value):
        found.append(f"{place}: a value is there twice")


def _check_leaf(child, value, place, above, found):
    why = _mismatch(child.search_one("type"), value, child)
    if why:
        found.append(f"{place}: {why}")


_CHECKS = {
    "container": _check_container,
    "list": _check_list,
    "leaf-list": _check_leaf_list,
    "leaf": _check_leaf,
}


def _mismatch(kind, value, child):
    """Why a value is none of a type, RFC 7951 section 6; empty if it is one."""
    patterns = []
    while kind.i_typedef is not None:
        patterns += kind.search("pattern")
        kind = kind.i_typedef.search_one("type")
    patterns += kind.search("pattern")
    if kind.arg == "boolean":
        return "" if isinstance(value, bool) else "no boolean"
    if kind.arg in INTEGERS:
        low, high = INTEGERS[kind.arg]
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        return "" if is_whole and low <= value <= high else f"no {kind.arg}"
    if not isinstance(value, str):
        return "no string"
    if kind.arg == "decimal64":
        digits = int(kind.search_one("fraction-digits").arg)
        return "" if re.fullmatch(rf"-?\d+(\.\d{{1,{digits}}})?", value) else "no decimal64"
    if kind.arg == "identityref":
        return _no_identity(kind, value, child)
    assert kind.arg == "string", kind.arg
    wrong = [p.arg for p in patterns if not re.fullmatch(_python(p.arg), value)]
    return f"does not match {wrong[0]}" if wrong else ""


def _python(pattern):
    """A pattern of XML Schema, as far as these modules use them."""
    return pattern.replace(r"\p{N}\p{L}", r"\w")


def _no_identity(kind, value, child):
    """Why a value names no identity that is derived from a type's base."""
    base = kind.i_type_spec.idbases[0].i_identity
    prefix, _, name = value.rpartition(":")
    if prefix != base.i_module.arg and not (not prefix and base.i_module is child.i_module):
        return f"the identity has no module before it, or another than {base.i_module.arg}"
    derived = base.i_module.i_identities.get(name)
    bases = [] if derived is None else [each.i_identity for each in derived.search("base")]
    return "" if base in bases else f"no identity of {base.arg}"
