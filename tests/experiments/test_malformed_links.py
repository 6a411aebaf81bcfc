"""Malformed links of a scenario: the sentence that is said."""

from __future__ import annotations

import pytest

from experiments.scenario import loads
from tests.experiments.scenario_text import (
    TOP,
    WERNER,
    abstract,
    check_refused,
    links,
    scenario_text,
)

NV = 'preset = "nv-2019"'
KM = "segments = 2\nlength_km = 20"
CLICK = 'scheme = "single-click"\ntransmission = 0.01\nattempt_time_s = 1e-5'
TWO = f"[[links]]\n{WERNER}\n[[links]]\n{WERNER}"


def link(old: str, new: str) -> str:
    assert old in WERNER
    return WERNER.replace(old, new)


def state(text: str) -> str:
    return link("{ werner = 1.0 }", text)


def bad_link(text: str, where: str = "segments = 2") -> str:
    return scenario_text(chain=where, link=text)


# What is wrong: (scenario, field, part of the rule, part of the hint).
SCENARIOS = {
    "no link": (f"{TOP}\n[chain]\nsegments = 2", "link.scheme", "be given", "under [link]"),
    "link a list": (f"{TOP}\n[chain]\nsegments = 1\n[[link]]", "link", "be one table", "[[links]]"),
    "links a table": (f"{TOP}\n[chain]\nsegments = 1\n[links]", "links", "list of tables", "[[li"),
    "link and links": (
        scenario_text(rest=TWO),
        "link",
        "not be given together with links",
        "keep one",
    ),
    "links mismatch": (
        links(TWO, "segments = 3"),
        "chain.segments",
        "equal the number of [[links]]",
        "2: one entry per segment",
    ),
    "second of the links": (
        links(TWO + "modes = 0"),
        "links[1].modes",
        "be at least 1",
        "whole number",
    ),
    "no scheme": (bad_link("modes = 1"), "link.scheme", "be given", 'scheme = "abstract"'),
    "unknown scheme": (
        bad_link('scheme = "singleclick"'),
        "link.scheme",
        "be one of",
        "did you mean 'single-click'",
    ),
    "typo in a key": (
        bad_link(link("success", "succes")),
        "link.succes_probability",
        "be a key of [link]",
        "did you mean success_probability?",
    ),
    "no success probability": (
        bad_link('scheme = "abstract"'),
        "link.success_probability",
        "be given",
        "success_probability = 0.1 under [link]",
    ),
    "probability above 1": (
        bad_link(link("0.1", "1.1")),
        "link.success_probability",
        "lie in [0, 1]",
        "between 0 and 1",
    ),
    "negative probability": (
        bad_link(link("0.1", "-0.1")),
        "link.success_probability",
        "lie in [0, 1]",
        "",
    ),
    "probability nan": (
        bad_link(link("0.1", "nan")),
        "link.success_probability",
        "be a finite number",
        "",
    ),
    "probability in percent": (
        bad_link(link("0.1", '"10 %"')),
        "link.success_probability",
        "be a number",
        "without quotes",
    ),
    "attempt time zero": (
        bad_link(link("time_s = 1.0", "time_s = 0")),
        "link.attempt_time_s",
        "be positive",
        "",
    ),
    "attempt time with unit": (
        bad_link(link("time_s = 1.0", 'time_s = "5 us"')),
        "link.attempt_time_s",
        "be a number",
        "a number in s",
    ),
    "attempt time missing": (
        bad_link(link("attempt_time_s = 1.0", "")),
        "link.attempt_time_s",
        "be given",
        "attempt_time_s = 1.0",
    ),
    "modes zero": (bad_link(WERNER + "modes = 0"), "link.modes", "be at least 1", ""),
    "modes fractional": (bad_link(WERNER + "modes = 2.5"), "link.modes", "whole number", ""),
    "no state": (bad_link(link("state =", "modes = 1 #")), "link.state", "be given", "state"),
    "state a number": (bad_link(state("0.98")), "link.state", "be a table", "werner = 0.98"),
    "state empty": (bad_link(state("{}")), "link.state", "say what the state is", "werner"),
    "state unknown": (
        bad_link(state("{ fidelty = 0.9 }")),
        "link.state.fidelty",
        "be a key",
        "did you mean fidelity",
    ),
    "werner and fidelity": (
        bad_link(state("{ werner = 0.9, fidelity = 0.925 }")),
        "link.state.werner",
        "not be given together with link.state.fidelity",
        "keep one",
    ),
    "werner above 1": (bad_link(state("{ werner = 1.2 }")), "link.state.werner", "[-1/3, 1]", ""),
    "fidelity above 1": (
        bad_link(state("{ fidelity = 95 }")),
        "link.state.fidelity",
        "lie in [0, 1]",
        "",
    ),
    "bell weights sum": (
        bad_link(state("{ bell_diagonal = [0.9, 0.2, 0, 0] }")),
        "link.state.bell_diagonal",
        "sum to 1",
        "",
    ),
    "bell weights three": (
        bad_link(state("{ bell_diagonal = [0.9, 0.1, 0] }")),
        "link.state.bell_diagonal",
        "four numbers",
        "",
    ),
    "bell weight negative": (
        bad_link(state("{ bell_diagonal = [1.1, -0.1, 0, 0] }")),
        "link.state.bell_diagonal[0]",
        "lie in [0, 1]",
        "",
    ),
    "memory key in link": (
        bad_link(WERNER + "t2_s = 1"),
        "link.t2_s",
        "be a key of [link]",
        "belongs in [memory]",
    ),
    "transmission of an abstract link": (
        bad_link(WERNER + "transmission = 0.1"),
        "link.transmission",
        "be left out of an abstract link",
        "photonic",
    ),
    "preset of an abstract link": (
        bad_link(WERNER + NV),
        "link.preset",
        "be left out of an abstract link",
        "",
    ),
    "unknown preset": (
        bad_link('preset = "traped-ion"', KM),
        "link.preset",
        "be one of",
        "did you mean 'trapped-ion'",
    ),
    "preset without length": (
        bad_link(NV),
        "chain.length_km",
        "be given with preset nv-2019",
        "length_km = 50",
    ),
    "preset and transmission": (
        bad_link(NV + "\ntransmission = 0.1", KM),
        "link.transmission",
        "not be given together with link.preset",
        "keep one",
    ),
    "preset and success probability": (
        bad_link(NV + "\nsuccess_probability = 0.1", KM),
        "link.success_probability",
        "together with link.preset",
        "",
    ),
    "override in the wrong place": (
        bad_link(NV + "\nvisibility = 0.9", KM),
        "link.visibility",
        "not stand beside a preset",
        "visibility under [link.emitter]",
    ),
    "override unknown": (
        bad_link(NV + "\n[link.emitter]\nvisibilty = 0.9", KM),
        "link.emitter.visibilty",
        "be a key of [link.emitter]",
        "did you mean visibility",
    ),
    "override out of range": (
        bad_link(NV + "\n[link.detector]\nefficiency = 1.5", KM),
        "link.detector.efficiency",
        "lie in [0, 1]",
        "",
    ),
    "override a flag": (
        bad_link(NV + "\n[link.detector]\nnumber_resolving = 1", KM),
        "link.detector.number_resolving",
        "be true or false",
        "",
    ),
    "memory times under link": (
        bad_link(NV + "\n[link.memory]\nt2_s = 1.0", KM),
        "link.memory.t2_s",
        "be a key of [link.memory]",
        "[memory]",
    ),
    "midpoint source without source": (
        bad_link(NV + '\nscheme = "midpoint-source"', KM),
        "link.source",
        "be given for a midpoint-source link",
        "add [link.source]",
    ),
    "photonic link of nothing": (
        bad_link('scheme = "double-click"'),
        "link.preset",
        "be given for a double-click link",
        "transmission and attempt_time_s",
    ),
    "photonic link with a state": (
        bad_link(CLICK + "\nstate = { werner = 1.0 }"),
        "link.state",
        "single-click derives it",
        "abstract",
    ),
    "emitter without preset": (
        bad_link(CLICK + "\n[link.emitter]\nvisibility = 0.9"),
        "link.emitter",
        "without a preset",
        "",
    ),
    "three transmissions": (
        bad_link(CLICK.replace("0.01", "[0.1, 0.1, 0.1]")),
        "link.transmission",
        "be one number or two",
        "[left, right]",
    ),
    "visibility above 1": (
        bad_link(CLICK + "\nvisibility = 1.5"),
        "link.visibility",
        "lie in [0, 1]",
        "",
    ),
    "phase noise negative": (
        bad_link(CLICK + "\nphase_noise_deg = -15"),
        "link.phase_noise_deg",
        "not be negative",
        "",
    ),
    "phase noise huge": (
        bad_link(NV + "\n[link.emitter]\nphase_noise_deg = 1e300", KM),
        "link.emitter.phase_noise_deg",
        "be at most 1000",
        "360 degrees",
    ),
    "kind of phase noise": (
        bad_link(CLICK + '\nphase_noise_kind = "jiter"'),
        "link.phase_noise_kind",
        "be one of 'drift', 'jitter'",
        "did you mean 'jitter'",
    ),
    "kind of phase noise of an emitter": (
        bad_link(NV + "\n[link.emitter]\nphase_noise_kind = 15.0", KM),
        "link.emitter.phase_noise_kind",
        "be one of 'drift', 'jitter'",
        "",
    ),
    "bright state in double click": (
        bad_link(CLICK.replace("single", "double") + "\nbright_state_population = 0.1"),
        "link.bright_state_population",
        "be left out of a double-click link",
        "",
    ),
}


@pytest.mark.parametrize(("text", "field", "rule", "hint"), SCENARIOS.values(), ids=list(SCENARIOS))
def test_scenario_is_refused(text, field, rule, hint):
    check_refused(text, field, rule, hint)


def test_base_of_the_cases_is_valid():
    for text in (
        scenario_text(),
        links(TWO),
        bad_link(CLICK),
        bad_link(NV, KM),
        scenario_text(link=abstract(0.1)),
    ):
        assert loads(text).segments == 2
