"""Table of the configurations that are read: each is told by its keys."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from protocols.interchange.imported import ImportedScenario
from protocols.interchange.router_network import looks_like_routers, read_routers
from protocols.interchange.stack_network import looks_like_stacks, read_stacks
from protocols.interchange.swap_parameters import looks_like_swap_parameters, read_swap_parameters
from qnet.errors import ParameterError
from qnet.schema.kinds import parse, read_text

__all__ = ["CONFIGURATIONS", "ConfigurationForm", "import_configuration", "import_file"]


class ConfigurationForm(NamedTuple):
    """A form of configuration.

    Attributes:
        title: Whose it is, in words.
        looks: Whether a file's content is of it.
        read: What makes a scenario of it.
        has_steps: Whether its times are steps, whose length must be said.
    """

    title: str
    looks: Callable[[object], bool]
    read: Callable[..., ImportedScenario]
    has_steps: bool = False


#: Every form of configuration; a new one is a file beside these and a line here.
CONFIGURATIONS: list[ConfigurationForm] = [
    ConfigurationForm(
        "SquidASM, netsquid-netbuilder: stacks and links", looks_like_stacks, read_stacks
    ),
    ConfigurationForm("SeQUeNCe: nodes and qchannels", looks_like_routers, read_routers),
    ConfigurationForm(
        "Li, Coopmans, Elkouss: p_gen and p_swap",
        looks_like_swap_parameters,
        read_swap_parameters,
        has_steps=True,
    ),
]


def import_configuration(values: object, *, step_s: float | None = None) -> ImportedScenario:
    """The scenario of a configuration.

    Args:
        values: What the file holds.
        step_s: Length of a step in s, of a configuration that counts in steps; 1 unless given.

    Raises:
        ParameterError: If it is of no form that is known, or something in it is wrong.

    Examples:
        >>> found = import_configuration({"p_gen": 0.1, "p_swap": 0.5, "w0": 0.98, "t_coh": 400})
        >>> found.scenario().segments
        2
    """
    form = next((each for each in CONFIGURATIONS if each.looks(values)), None)
    if form is None:
        given = list(values) if isinstance(values, Mapping) else values
        hint = "; ".join(each.title for each in CONFIGURATIONS)
        raise ParameterError("configuration", "be of a form that is read", given, hint)
    if form.has_steps:
        return form.read(values, step_s=1.0 if step_s is None else step_s)
    if step_s is not None:
        raise ParameterError("--step", "be left out", step_s, "the times of this file have a unit")
    return form.read(values)


def import_file(path: Path | str, *, step_s: float | None = None) -> ImportedScenario:
    """The scenario of a configuration in a file: JSON, TOML, or YAML (with PyYAML).

    Args:
        path: The file; its ending tells the language: ``.json``, ``.toml``, else YAML.
        step_s: Length of a step in s, of a configuration that counts in steps; 1 unless given.

    Raises:
        ParameterError: If it cannot be read, or as of `import_configuration`.
    """
    found = Path(path)
    text, ending = read_text(found), found.suffix.lower()
    if ending == ".json":
        values = _json(text)
    elif ending == ".toml":
        values = dict(parse(text))
    else:
        values = _yaml(text)
    return import_configuration(values, step_s=step_s)


def _json(text: str) -> Any:  # noqa: ANN401
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        rule = f"be JSON ({' '.join(str(error).split())})"
        raise ParameterError("configuration", rule, text[:40], "mend it") from None


def _yaml(text: str) -> Any:  # noqa: ANN401
    """What a YAML text holds: plain values only, no tags that make objects."""
    try:
        # Local import: an extra.
        import yaml
    except ImportError:
        hint = "pip install 'qnet-emulator[yaml]', or convert it to JSON"
        raise ParameterError("configuration", "be JSON or TOML here", "YAML", hint) from None
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        rule = f"be YAML ({' '.join(str(error).split())})"
        raise ParameterError("configuration", rule, text[:40], "mend it") from None
