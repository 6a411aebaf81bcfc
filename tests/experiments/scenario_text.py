"""Scenario files for tests, one section at a time, and the check of a refused one."""

from __future__ import annotations

import pytest

from experiments.scenario import loads
from qnet.errors import ParameterError

TOP = 'kind = "chain"\nseed = 1\nshots = 1000'
WERNER = """
scheme = "abstract"
success_probability = 0.1
attempt_time_s = 1.0
state = { werner = 1.0 }
"""


def scenario_text(chain: str = "segments = 2", link: str = WERNER, top: str = TOP, rest: str = ""):
    """A scenario file: top-level keys, [chain], [link] and whatever else."""
    return f"{top}\n[chain]\n{chain}\n[link]\n{link}\n{rest}\n"


def abstract(p: float, state: str = "{ werner = 1.0 }", attempt_time_s: float = 1.0) -> str:
    """The keys of an abstract link."""
    return (
        f'scheme = "abstract"\nsuccess_probability = {p!r}\n'
        f"attempt_time_s = {attempt_time_s!r}\nstate = {state}"
    )


#: Three users around S.
STAR = 'edges = [["A", "S", 10.0], ["B", "S", 10.0], ["C", "S", 10.0]]'

#: Pairs every two seconds, nearly perfect.
GOOD = abstract(0.5, "{ werner = 0.98 }")


def network_file(
    rest: str = "", *, run: str = "", topology: str = STAR, link: str = GOOD, top: str = ""
) -> str:
    """A scenario file of a network: top-level keys, [run], [topology], [link] and what else."""
    head = f'kind = "network"\n{top}\n[run]\n{run}\n[topology]\n{topology}\n'
    return f"{head}[link]\n{link}\n{rest.lstrip()}"


def links(text: str, where: str = "segments = 2") -> str:
    """A scenario file whose links come one by one."""
    return f"{TOP}\n[chain]\n{where}\n{text}"


def check_refused(text: str, field: str, rule: str, hint: str) -> None:
    """Reading the scenario fails with this field, and these parts of the rule and the hint."""
    with pytest.raises(ParameterError) as caught:
        loads(text)
    error = caught.value
    assert error.field == field
    assert rule in error.rule
    assert hint in error.hint
    message = str(error)
    assert message.startswith(f"{error.field} must {error.rule} (got ")
    assert message.endswith(f"; {error.hint}")
    assert "\n" not in message
