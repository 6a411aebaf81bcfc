"""The contract of the source: who may import whom, what is public, and which words name things.

The oracle is the source's text, read as syntax trees; nothing is imported but the public packages.
"""

from __future__ import annotations

import ast
import re
from importlib import import_module

import pytest

from tests.source import (
    CLOSED,
    FLOORS,
    ROOT,
    circles,
    exported_names,
    floor,
    folder,
    imports,
    is_lazy,
    modules,
    named,
    packages,
    private_uses,
    public_names,
    statements,
    tree,
)

#: Modules below the experiments that read or write files, and why.
FILES = {
    "protocols.encryption.consumers.consumer": "programs read keys from files that a user names",
    "protocols.encryption.identity": "certificates and keys of an SAE are files that a user names",
    "qnet.schema.kinds": "a description is read from the file that a user names",
    "qnet.network.topologies.formats.read": "a topology is a file that a scenario names",
    "protocols.characterisation.counts_file": "counts of a device are a file that a user names",
    "protocols.certification.catalogue": "the requirements are a file of the package",
    "protocols.certification.recorded": "counts of a real system are a file that a scenario names",
    "protocols.certification.evidence.files": "evidence is a file, and names files by digests",
    "protocols.key_management.certificates": "certificates and their keys are files",
    "protocols.key_management.nodes.layout": "a served network keeps its keys in a folder",
    "protocols.key_management.link.alarms": "an alarm outlives the process that raised it",
    "protocols.key_management.link.preshared": "first secrets come to both ends as files",
    "protocols.key_management.link.quantum": "the spy of an emulated channel is a file",
    "protocols.key_management.store.trial": "a trial looks for delivered keys in its own files",
}

#: Tables that name modules of a higher floor as texts, loaded when a user asks for them, and why.
BY_NAME = {
    "qnet.engines.result": "a result is drawn by the figures, which know engines",
    "qnet.network.demand_table": "a result is drawn by the figures, which know networks",
    "qnet.hardware.gates": "the gates of a device are made where its noise is compiled",
    "qnet.schema.kinds": "the kind in a file says which class describes it",
    "qnet.schema.shipped": "scenario files lie beside the program that plays them",
    "protocols.applications.application": "a file of an application may hold a sweep of it",
    "protocols.certification.evidence.files": "evidence names the packages whose code ran",
    "protocols.repeaters.chain": "a chain's file may hold what is to be searched",
    "protocols.networks.scenario": "a network's file may hold a sweep of it",
    "protocols.key_networks.scenario": "a network's file may hold a sweep of it",
    "protocols.satellite.scenario": "a file of a satellite may hold a sweep of it",
    "experiments.cli.commands": "the command that runs a study is loaded when it is asked for",
}

#: Opens a question or a clause, where a noun phrase is wanted.
OPENING = re.compile(r"(What|How|When|From|Where|Which|Why|Who|Whether|If|To)\b")

#: House words that the field has other words for, as parts of identifiers and names of modules.
WORDS = {
    "cure": "hint",
    "crew": "worker pool",
    "hope": "feasible",
    "hopes": "feasible",
    "hopeless": "infeasible",
    "knobs": "controls",
    "lapse": "expire",
    "homes": "modules, places",
}

MODULE_WORDS = {
    "until": "stopping",
    "whole": "arguments",
    "ticker": "progress",
    "story": "narration",
    "stage": "chain_scene",
    "ends": "in_process",
    "belief": "belief_propagation",
    "merit": "metrics",
    "fano": "pauli",
    "carrier": "representation",
    "gridded": "coarse",
    "reasons": "diagnosis",
    "endless": "asymptotic",
    "blocks": "finite_size",
    "arrivals": "detections",
    "collecting": "collect",
    "loading": "read",
    "drawing": "plot",
}


def test_imports_are_found_wherever_they_stand():
    # Oracle: by eye.
    text = (
        "import qnet.errors\nfrom qnet.states import werner, pauli\n"
        "if TYPE_CHECKING:\n    from qnet.plans import Link\nelse:\n    import qnet.pool\n"
        "def work():\n    import numpy, qnet.estimate\n    from qnet.links import SCHEMES as S\n"
    )
    assert set(statements(ast.parse(text))) == {
        ("qnet.errors", None, False),
        ("qnet.states", "werner", False),
        ("qnet.states", "pauli", False),
        ("qnet.plans", "Link", True),
        ("qnet.pool", None, False),
        ("qnet.estimate", None, False),
        ("qnet.links", "SCHEMES", False),
    }
    # Also where a package loads a name when it is first used.
    found = {other.module for other in imports("experiments.benchmarks.sampled")}
    assert {"protocols.repeaters.nested", "qnet.plans.link"} <= found


def test_every_module_has_a_floor():
    assert [module for module in modules() if floor(module) not in FLOORS] == []


@pytest.mark.parametrize("typing", [False, True], ids=["run", "types"])
def test_imports_go_downwards(typing):
    found = {
        f"{module} -> {other.module}"
        for module in modules()
        for other in imports(module)
        if other.typing == typing
        and FLOORS.index(floor(other.module)) > FLOORS.index(floor(module))
    }
    assert sorted(found) == []


def test_higher_floors_are_named_in_tables_alone():
    found = {
        module
        for module in modules()
        for other in named(module)
        if FLOORS.index(floor(other)) > FLOORS.index(floor(module))
    }
    assert found == set(BY_NAME)


def test_no_module_imports_itself_by_a_detour():
    assert circles() == []


def test_private_names_stay_in_their_folder():
    found = {
        f"{module} -> {other.module}.{other.name or ''}"
        for module in modules()
        for other in imports(module)
        if folder(module) != folder(other.module)
        and not f"{folder(module)}.".startswith(f"{folder(other.module)}.")
        and re.search(r"\._[^_]", f".{other.module}.{other.name or ''}")
    }
    found |= {f"{module} -> {used}" for module in modules() for used in private_uses(module)}
    assert sorted(found) == []


def test_engines_are_entered_by_their_front_door():
    found = {
        f"{module} -> {other.door}"
        for module in modules()
        for other in imports(module)
        for engine in CLOSED
        if other.door.startswith(f"{engine}.") and not f"{module}.".startswith(f"{engine}.")
    }
    assert sorted(found) == []


def calls(module: str) -> set[str]:
    """Names and attributes that a module calls."""
    called = [node.func for node in ast.walk(tree(module)) if isinstance(node, ast.Call)]
    names = {node.id for node in called if isinstance(node, ast.Name)}
    return names | {f".{node.attr}" for node in called if isinstance(node, ast.Attribute)}


def below() -> list[str]:
    """The modules below the experiments."""
    return [module for module in modules() if not module.startswith("experiments")]


def test_nothing_below_the_experiments_prints_or_parses_arguments():
    found = {
        f"{module}: {word}"
        for module in below()
        for word in calls(module) & {"print", "input", ".print_help"}
    }
    found |= {
        f"{module}: {name.name}"
        for module in below()
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Import)
        for name in node.names
        if name.name in ("argparse", "optparse", "getopt")
    }
    assert sorted(found) == []


def test_nothing_below_the_experiments_opens_files_but_these():
    words = {"open", ".read_text", ".write_text", ".read_bytes", ".write_bytes", ".mkdir"}
    found = {module for module in below() if calls(module) & words}
    opened = {
        module
        for module in below()
        for node in ast.walk(tree(module))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "open"
        and "path" in ast.unparse(node.func.value).lower()
    }
    assert found | opened == set(FILES)


def test_no_class_name_means_two_things():
    homes: dict[str, set[str]] = {}
    for module in modules():
        for node in ast.walk(tree(module)):
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, set()).add(module)
    twice = {name for name, places in homes.items() if len(places) > 1}
    assert sorted(twice) == []


def test_first_lines_of_modules_are_noun_phrases():
    paths = [*modules().values(), *(ROOT / "tests").rglob("*.py")]
    lines = {path: ast.get_docstring(ast.parse(path.read_text("utf-8"))) for path in paths}
    assert [path for path, line in lines.items() if OPENING.match(line or "What is missing")] == []


def test_no_file_is_longer_than_500_lines():
    lengths = {
        module: path.read_text(encoding="utf-8").count("\n") for module, path in modules().items()
    }
    assert {module: lines for module, lines in lengths.items() if lines > 500} == {}


def identifiers(module: str) -> set[str]:
    """Names that a module gives: of classes, functions, parameters and variables."""
    found = set()
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


def test_things_have_the_names_of_the_field():
    found = {
        f"{module}: {name}"
        for module in modules()
        for name in identifiers(module)
        if set(re.findall(r"[a-z]+", re.sub(r"([A-Z])", r"_\1", name).lower())) & set(WORDS)
    }
    found |= {module for module in modules() if module.rpartition(".")[2] in MODULE_WORDS}
    assert sorted(found) == []


def test_the_tests_of_every_day_are_there():
    daily = (ROOT / "tests" / "daily.txt").read_text(encoding="utf-8").split()
    assert [name for name in daily if not (ROOT / name).is_file()] == []


def test_exported_names_are_those_on_record():
    # Mended by: python -m tests.source > tests/exported_names.txt
    record = (ROOT / "tests" / "exported_names.txt").read_text(encoding="utf-8")
    assert exported_names().splitlines() == record.splitlines()


@pytest.mark.parametrize("package", packages())
def test_exported_names_can_be_imported(package):
    loaded = import_module(package)
    assert sorted(loaded.__all__) == sorted(public_names(package))
    for name in loaded.__all__:
        value = getattr(loaded, name)
        assert value is not None
        # A function named like its module is not hidden by it.
        assert not isinstance(value, type(re)), name
    assert set(loaded.__all__) <= set(dir(loaded))


@pytest.mark.parametrize("package", packages())
def test_packages_leak_nothing(package):
    bound = set()
    for node in tree(package).body:
        if isinstance(node, ast.ImportFrom | ast.Import) and getattr(node, "module", "") not in (
            "__future__",
            "typing",
        ):
            bound |= {name.asname or name.name for name in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            bound.add(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            bound |= {ast.unparse(target) for target in targets}
    leaks = {name for name in bound if not name.startswith("_")} - set(public_names(package))
    assert leaks - {"lazy"} == set()


def test_packages_list_their_names_once():
    assert [name for name in packages() if not is_lazy(name)] == []
