r"""Parameters of the cut-off literature: probabilities per step, a Werner parameter and times.

The form is that of B. Li, T. Coopmans, D. Elkouss, IEEE Trans. Quantum Eng. 2, 4103015 (2021),
arXiv:2005.04946, and of their program: :math:`2^n` segments whose pairs are made in steps of one
unit of time, are swapped in nested order, and decay as :math:`w e^{-t/t_{coh}}` while they wait.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from protocols.interchange.given_keys import GivenKeys
from protocols.interchange.imported import ImportedScenario
from qnet.errors import ParameterError, check_positive

__all__ = ["looks_like_swap_parameters", "read_swap_parameters"]

_NAME = "parameters of the cut-off literature (Li, Coopmans, Elkouss, arXiv:2005.04946)"

_REFUSED = {
    "w_cut": "a cut-off on the fidelity is not taken: give mt_cut",
    "rt_cut": "a cut-off on the run time is not taken: give mt_cut",
}


def looks_like_swap_parameters(values: object) -> bool:
    """Whether a table holds such parameters."""
    return isinstance(values, dict) and {"p_gen", "p_swap"} <= set(values)


def read_swap_parameters(values: object, *, step_s: float = 1.0) -> ImportedScenario:
    """The chain that such parameters describe.

    Args:
        values: The table: ``p_gen``, ``p_swap``, ``w0``, ``t_coh``, ``protocol`` and, if there is
            one, ``mt_cut``; times in steps.
        step_s: Length of a step in s.

    Raises:
        ParameterError: If a key is missing, wrong, or of something that is not taken.

    Examples:
        >>> given = {"protocol": [0], "p_gen": 0.1, "p_swap": 0.5, "t_coh": 400, "mt_cut": 20}
        >>> found = read_swap_parameters(given)
        >>> found.values["chain"]["segments"], found.values["cutoff"]["time_s"]
        (2, 20.0)
    """
    step = check_positive("step_s", step_s)
    keys = GivenKeys("", values)
    levels = _levels(keys)
    link = {
        "scheme": "abstract",
        "success_probability": keys.probability("p_gen"),
        "attempt_time_s": step,
        "state": {"werner": keys.number("w0", 1.0)},
    }
    found: dict[str, Any] = {
        "kind": "chain",
        "chain": {"segments": 1 << levels, "strategy": "nested"},
        "link": link,
    }
    remarks = [
        f"a step is {step:g} s: --step sets it, and all times with it",
        "a pair that waits decays as exp(-t/t_coh) in all: pair_depolarizing_time_s",
        "swaps are perfect where they succeed, and their messages take no time",
    ]
    coherence = keys.raw("t_coh")
    if coherence is not None and keys.number("t_coh") != float("inf"):
        found["memory"] = {"pair_depolarizing_time_s": keys.number("t_coh") * step}
    success = keys.probability("p_swap")
    if success < 1.0:
        found["swap"] = {"success_probability": success}
    cutoff = _cutoff(keys, levels, step)
    if cutoff is not None:
        found["cutoff"] = {"kind": "difference", "time_s": cutoff}
        remarks.append("mt_cut: both pairs are given up when one has waited so long for the other")
    if keys.ignore(("t_trunc",)):
        remarks.append("t_trunc is ignored: the engines follow the deliveries as far as they must")
    ignored = keys.ignore(("sample_size", "reuse_sampled_data", "optimizer", "efficient"))
    if ignored:
        remarks.append(f"settings of the program are ignored: {', '.join(ignored)}")
    keys.refuse_rest(_REFUSED)
    return ImportedScenario(source=_NAME, values=found, remarks=tuple(remarks))


def _levels(keys: GivenKeys) -> int:
    """Number of nesting levels, all of them swaps."""
    protocol = keys.raw("protocol", [0])
    given = list(protocol) if isinstance(protocol, Sequence) else [protocol]
    if any(each != 0 for each in given) or not 0 < len(given) <= 14:
        hint = "0 is a swap; distillation (1) is not taken: write [distill] into the scenario"
        raise ParameterError(keys.path("protocol"), "be one to 14 swaps", protocol, hint)
    kind = keys.raw("cut_type", "memory_time")
    if kind != "memory_time":
        raise ParameterError(keys.path("cut_type"), "be memory_time", kind, "others are not taken")
    return len(given)


def _cutoff(keys: GivenKeys, levels: int, step: float) -> float | list[float] | None:
    """The cut-off in s, of all levels or of each."""
    name = next((each for each in ("mt_cut", "tau", "cutoff") if each in keys.values), "mt_cut")
    value = keys.raw(name)
    if value is None:
        return None
    if not isinstance(value, list | tuple):
        return keys.number(name) * step
    if len(value) != levels:
        hint = "innermost first"
        raise ParameterError(keys.path(name), f"have {levels} numbers, or be one", value, hint)
    place = GivenKeys(keys.path(name), dict(enumerate(value)))
    return [place.number(str(level)) * step for level in range(levels)]
