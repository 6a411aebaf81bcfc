"""Random scenarios of every kind, whole and broken, and what ``qnet`` makes of them.

As a program it plays a range of cases in this process, and writes a line of JSON for each::

    python -m tests.experiments.scenario_fuzz FIRST COUNT
"""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import random
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

#: Processor time that a case may take without a word, in s.
SILENCE_S = 20

#: Values that no key, or hardly any, expects.
ODD = (
    0, -1, 1, 2, 0.0, -0.5, 0.5, 1.0, 1e-300, 5e-324, 1e300, 1e308, -1e308, math.nan, math.inf,
    -math.inf, 10**18, 10**400, -(2**63), True, False, "", "many", "x" * 6000, [], [1], [0.1, -0.2],
    {}, {"a": 1}, [[]], [{}], 1e-9, 1e9, 0.999999999999, "2", "\u03a6+", [math.nan], [1e308, 1e308],
)  # fmt: skip

TARGETS = (
    ["--target-rate-hz", "1"],
    ["--target-rate-hz", "0.01", "--target-fidelity", "0.9"],
    ["--target-key-rate-hz", "1e-3"],
    [],
)

PRESETS = ("ideal", "trapped-ion", "nv-2019", "siv", "blueprint", "rubidium-atoms")


def case(seed: int) -> tuple[list[str], str]:
    """The arguments of a command, with FILE and STORE for paths, and the text of its file."""
    rng = random.Random(seed)
    kind = rng.choice(
        ["chain"] * 6 + ["sweep"] * 2 + ["qkd"] * 4 + ["keyrate"] * 4 + ["cv"],
    )
    values: dict[str, Any] = {
        "chain": chain, "sweep": sweep, "qkd": qkd, "keyrate": keyrate, "cv": cv,
    }[kind](rng)  # fmt: skip
    if rng.random() < 0.5:
        for _ in range(rng.choice([1, 1, 1, 2, 4])):
            spoil(rng, values)
    return arguments(rng, kind), toml(values)


def arguments(rng: random.Random, kind: str) -> list[str]:
    """A command for a kind of file; now and then one for another kind."""
    if rng.random() < 0.03:
        kind = rng.choice(["chain", "sweep", "keyrate", "qkd"])
    if kind == "keyrate":
        return ["keyrate", "FILE", "--json"]
    if kind == "sweep":
        return ["sweep", "FILE", "--store", "STORE", "--workers", "1"]
    if kind in ("qkd", "cv"):
        return ["run", "FILE", *rng.choice([[], ["--json"], ["--json", "--seed", "5"]])]
    engine = rng.choice(["sampled", "sampled", "exact", "circuit"])
    command = ["run", "FILE", "--json", "--engine", engine, "--shots"]
    command.append("3" if engine == "circuit" else rng.choice(["1", "50", "2000"]))
    others = (
        ["agree", "FILE", "--shots", "200", "--circuit-shots", "2"],
        ["timeline", "FILE"],
        ["cite", "FILE"],
        ["promise", "FILE", "--time", rng.choice(["10s", "1h", "1d"]), "--json"],
        ["run", "FILE", "--shots", "100"],
        ["optimize", "FILE", "--json"],
        ["requirements", "FILE", "--json", *rng.choice(TARGETS)],
    )
    return rng.choice([command] * 4 + list(others))


def near(rng: random.Random, value: float, decades: float = 1.0) -> float:
    """A number of some decades about a value."""
    return float(f"{value * 10 ** rng.uniform(-decades, decades):.3g}")


def share(rng: random.Random) -> float:
    """A probability, now and then an end of the range."""
    return rng.choice([0.0, 1.0, 0.5, near(rng, 1e-3), round(rng.random(), 3), rng.random()])


def some(rng: random.Random, values: dict[str, Any], chance: float = 0.5) -> dict[str, Any]:
    """Some of the keys."""
    return {key: value for key, value in values.items() if rng.random() < chance}


def link(rng: random.Random, *, has_length: bool) -> dict[str, Any]:
    """An abstract link, a preset, or the numbers of a heralded attempt."""
    form = rng.choice(["abstract"] * 5 + ["preset", "outright"])
    if form == "preset" and has_length:
        return {"preset": rng.choice(PRESETS)} | some(rng, {"modes": rng.choice([1, 2, 50])}, 0.2)
    if form == "outright":
        return {
            "scheme": rng.choice(["single-click", "double-click"]),
            "transmission": rng.choice([0.1, 0.01, [0.1, 0.05]]),
            "attempt_time_s": near(rng, 1e-4),
        } | some(rng, {"visibility": 0.9, "dark_count_probability": near(rng, 1e-6)})
    weights = [rng.uniform(0.0, 0.1) for _ in range(3)]
    states = (
        {"werner": round(rng.uniform(0.7, 1.0), 3)},
        {"fidelity": round(rng.uniform(0.5, 1.0), 3)},
        {"bell_diagonal": [1.0 - sum(weights), *weights]},
    )
    return {
        "scheme": "abstract",
        "success_probability": rng.choice([1.0, 0.5, 0.1, near(rng, 0.1), near(rng, 1e-3)]),
        "attempt_time_s": rng.choice([1.0, 1.0, 1.41421356, 0.5, 1e-3, near(rng, 1.0)]),
        "state": rng.choice(states),
    } | some(rng, {"modes": rng.choice([1, 2, 100])}, 0.2)


def chain(rng: random.Random) -> dict[str, Any]:
    """A chain with some of the tables that it may have."""
    segments = rng.choice([1, 2, 2, 2, 3, 4, 5, 8])
    has_length = rng.random() < 0.5
    table: dict[str, Any] = {"segments": segments}
    if has_length and rng.random() < 0.7:
        table["length_km"] = near(rng, 30.0)
    elif has_length:
        table["segment_lengths_km"] = [near(rng, 10.0) for _ in range(segments)]
    table["strategy"] = rng.choice(["nested", "swap-asap", "sequential"])
    if segments == 4 and rng.random() < 0.5:
        del table["strategy"]
        table["tree"] = rng.choice([[[0, 1], [2, 3]], [0, [1, [2, 3]]], [[0, 2], 1, 3]])
    table |= some(rng, {"classical_latency": True}, 0.3)
    values: dict[str, Any] = {"kind": "chain", "seed": rng.randrange(1000), "shots": 500}
    values["chain"] = table
    if rng.random() < 0.3:
        values["links"] = [link(rng, has_length=has_length) for _ in range(segments)]
    else:
        values["link"] = link(rng, has_length=has_length)
    kind = rng.choice(["difference", "age", "total"])
    scheme = rng.choice(["dejmps", "bbpssw", "double-selection"])
    tables = {
        "memory": some(rng, {"t1_s": near(rng, 50.0), "t2_s": near(rng, 10.0)})
        | some(rng, {"pair_depolarizing_time_s": near(rng, 20.0)}),
        "swap": some(
            rng, {"success_probability": rng.choice([0.5, 0.9, 1.0]), "readout_flip": 0.01}
        )
        | some(rng, {"cnot_depolarizing": 0.02}),
        "cutoff": {"kind": kind, "time_s": rng.choice([0.0, 1e-3, 1.0, 3.3, near(rng, 5.0, 2.0)])},
        "distill": {"scheme": scheme, "rounds": 1, "level": rng.choice([0, 0, 1])},
        "fibre": some(rng, {"loss_db_per_km": near(rng, 0.2), "speed_km_per_s": 2e5}),
        "key": {"protocol": rng.choice(["bb84", "six-state"])}
        | some(rng, {"error_correction_efficiency": 1.16}),
        "optimize": {"strategies": ["nested", "swap-asap"]} | some(rng, {"segments": [1, 2]}),
        "exact": {"tolerance": rng.choice([1e-3, 1e-6, 1e-9])},
    }
    return values | some(rng, tables, 0.35)


def sweep(rng: random.Random) -> dict[str, Any]:
    """A small sweep of a chain."""
    values = chain(rng)
    values["shots"] = 300
    axes = {
        "chain.segments": [1, 2, 4],
        "chain.length_km": {"from": 10, "to": 50, "steps": 2},
        "link.success_probability": [0.1, 0.5],
        "cutoff.time_s": [1.0, 10.0],
        "engine": ["sampled", "exact"],
    }
    if "links" in values:
        del axes["link.success_probability"], axes["chain.segments"]
    names = rng.sample(list(axes), rng.choice([1, 1, 2]))
    values["sweep"] = {name: axes[name] for name in names} | some(rng, {"batch_shots": 100})
    return values


def devices(rng: random.Random) -> dict[str, Any]:
    """Tables of a line of key distribution."""
    detector = {
        "efficiency": share(rng),
        "efficiency_1": share(rng),
        "dark_count_probability": near(rng, 1e-6),
        "afterpulse_probability": 0.01,
        "dead_time_s": rng.choice([2e-8, 3e-8, near(rng, 1e-6)]),
        "misalignment": rng.choice([0.0, 0.01, 0.05]),
    }
    return {
        "fibre": {"length_km": near(rng, 30.0)} | some(rng, {"loss_db_per_km": 0.2}),
        "detector": some(rng, detector),
    }


def qkd(rng: random.Random) -> dict[str, Any]:
    """A protocol of key distribution with devices, and at times an eavesdropper."""
    kind = rng.choice(["bb84", "six-state", "decoy-bb84", "e91", "bbm92", "mdi"])
    values: dict[str, Any] = {"kind": kind, "pulses": rng.choice([1, 1000, 10**5, 10**8])}
    values["source"] = some(rng, {"clock_hz": rng.choice([1e8, 1e9])}, 0.8)
    values |= some(rng, devices(rng), 0.8)
    if kind in ("bb84", "six-state"):
        values["source"] |= rng.choice([{}, {"mean_photon_number": near(rng, 0.1)}, {"g2": 0.1}])
        attacks = ["intercept-resend", "faked-states", "beam-splitting", "photon-number-splitting"]
        values |= some(rng, {"eve": {"attack": rng.choice(attacks)}}, 0.3)
    if kind == "decoy-bb84":
        values["source"] |= {"intensities": [0.5, 0.1, 2e-4], "probabilities": [0.6, 0.3, 0.1]}
        models = ["asymptotic", "lim2014", "rusca2018"]
        values |= some(rng, {"security": {"model": rng.choice(models)}})
    if kind in ("bbm92", "mdi") and "detector" in values:
        for key in ("dead_time_s", "afterpulse_probability", "efficiency_1"):
            values["detector"].pop(key, None)
    if kind in ("bbm92", "e91"):
        pairs = ({"fidelity": share(rng)}, {"werner": 0.95})
        values |= some(rng, {"pair": rng.choice(pairs)})
    return values


def keyrate(rng: random.Random) -> dict[str, Any]:
    """An analysis of every kind."""
    kind = rng.choice(["entangled", "bbm92-spdc", "cv-gg02", "mdi", "twin-field", "decoy-bb84"])
    values: dict[str, Any] = {"kind": kind}
    if kind == "entangled":
        model = rng.choice(["bb84", "six-state", "device-independent", "tomamichel2012"])
        values |= {"model": model, "qber": rng.choice([0.0, 0.5, near(rng, 0.03)])}
        if model == "device-independent":
            values |= some(rng, {"chsh": rng.choice([2.0, 2.7, 2.8284271])})
        if model == "tomamichel2012":
            values |= {"key_bits": rng.choice([1, 10**4, 10**7]), "test_bits": 10**5}
    elif kind == "bbm92-spdc":
        values |= {"mean_pair_number_half": near(rng, 0.1), "transmission": [share(rng), 0.1]}
        values |= some(rng, {"background_yield": share(rng), "misalignment": share(rng)})
    elif kind == "cv-gg02":
        values |= gaussian(rng) | some(rng, {"symbols": rng.choice([1, 10**6, 10**9])})
    elif kind == "mdi":
        values |= {"intensities": [0.3, near(rng, 0.1)], "transmission": [share(rng), share(rng)]}
        values |= some(rng, {"dark_count_probability": share(rng), "misalignment": share(rng)})
    elif kind == "twin-field":
        values |= {"intensity": near(rng, 0.03), "arm_transmission": share(rng)}
        values |= some(rng, {"dark_count_probability": share(rng), "misalignment": share(rng)})
    else:
        models = {"asymptotic": 3, "lim2014": 3, "rusca2018": 2, "infinite-decoy": 1,
                  "vacuum-weak": 2, "one-decoy": 2, "no-decoy": 1}  # fmt: skip
        model, count = rng.choice(list(models.items()))
        values["source"] = {"intensities": [0.5, 0.1, 2e-4][:count]}
        if model in ("asymptotic", "lim2014", "rusca2018"):
            values["source"]["probabilities"] = {3: [0.6, 0.3, 0.1], 2: [0.7, 0.3]}[count]
        values |= devices(rng)
        for key in ("efficiency_1", "dead_time_s"):
            values["detector"].pop(key, None)
        values["security"] = {"model": model}
        if model in ("lim2014", "rusca2018"):
            values["security"]["block_size"] = rng.choice([10**4, 10**9])
    return values


def gaussian(rng: random.Random) -> dict[str, Any]:
    """GG02."""
    noise = {"excess_noise": near(rng, 0.01), "reconciliation_efficiency": share(rng)}
    return {
        "modulation_variance": near(rng, 4.0, 2.0),
        "transmission": share(rng),
        "detection": rng.choice(["homodyne", "heterodyne"]),
    } | some(rng, noise)


def cv(rng: random.Random) -> dict[str, Any]:
    """GG02 with drawn quadratures."""
    return {"kind": "cv", "symbols": rng.choice([1000, 10**5, 10**6])} | gaussian(rng)


def spoil(rng: random.Random, values: dict[str, Any]) -> None:
    """Change, take away or misspell one key somewhere."""
    places = [values]
    for value in values.values():
        if isinstance(value, dict):
            places.append(value)
        elif isinstance(value, list):
            places += [each for each in value if isinstance(each, dict)]
    place = rng.choice([place for place in places if place])
    numbers = [key for key, value in place.items() if not isinstance(value, dict | list)]
    key = rng.choice(numbers or list(place))
    how = rng.choice(["odd"] * 7 + ["gone", "misspelt", "added"])
    if rng.random() < 0.1:
        key = rng.choice(list(place))
    if how == "odd":
        place[key] = rng.choice(ODD)
    elif how == "gone":
        del place[key]
    elif how == "misspelt":
        place[key + "s"] = place.pop(key)
    else:
        place[rng.choice(["zeal", "time_s", "segments", "clock_hz", key.upper()])] = rng.choice(ODD)


def toml(values: dict[str, Any]) -> str:
    """A scenario as TOML: what is no table first."""
    flat = {key: each for key, each in values.items() if not _is_table(each)}
    lines = [f"{_key(key)} = {_value(each)}" for key, each in flat.items()]
    for key, each in values.items():
        if isinstance(each, dict):
            lines += [f"[{_key(key)}]", *(f"{_key(k)} = {_value(v)}" for k, v in each.items())]
        elif key not in flat:
            for table in each:
                lines += [f"[[{_key(key)}]]"]
                lines += [f"{_key(k)} = {_value(v)}" for k, v in table.items()]
    return "\n".join(lines) + "\n"


def _is_table(value: object) -> bool:
    tables = isinstance(value, list) and bool(value) and all(isinstance(v, dict) for v in value)
    return isinstance(value, dict) or tables


def _key(key: str) -> str:
    return json.dumps(key)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and abs(value) >= 10**400:
        return str(value)[:401]
    return json.dumps(value, ensure_ascii=False)


class Stopped(BaseException):
    """A case that has said something, and would go on."""


def played(seed: int, folder: Path) -> dict[str, Any]:
    """What a case did: exit code, what it wrote, processor time in s, memory of the process."""
    from experiments.cli.main import main

    command, text = case(seed)
    file, store = folder / f"case-{seed}.toml", folder / f"case-{seed}.db"
    file.write_text(text, encoding="utf-8")
    paths = {"FILE": str(file), "STORE": str(store)}
    out, err = io.StringIO(), io.StringIO()

    def look(number: int, frame: object) -> None:
        used = time.process_time() - begun
        if err.getvalue() or used > SILENCE_S:
            raise Stopped

    before, begun = _peak_mb(), time.process_time()
    signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, 1.0, 1.0)
    code: int | str
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = main([paths.get(word, word) for word in command])
    except Stopped:
        code = "stopped" if err.getvalue() else "silent"
    except BaseException as error:
        code = f"{type(error).__name__}: {error}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
    return {
        "seed": seed,
        "command": command,
        "text": text,
        "code": code,
        "out": out.getvalue()[:2000] if code != 0 else out.getvalue(),
        "err": err.getvalue()[:2000],
        "seconds": round(time.process_time() - begun, 2),
        # Of the whole process: what this case added is what it is answerable for.
        "memory_mb": _peak_mb() if _peak_mb() > before else 0,
    }


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def faults(done: dict[str, Any]) -> list[str]:
    """What is wrong with what a case did."""
    found = []
    lines = done["err"].splitlines()
    if done["code"] not in (0, 1, 2, "stopped") or (
        done["code"] == 1 and "agree" not in done["command"]
    ):
        found.append(f"exit code {done['code']}")
    if done["code"] == 2 and not lines[-1:]:
        found.append("exit code 2 without a line")
    if done["code"] == 2 and not lines[-1].startswith("qnet: error: "):
        found.append("the last line is no error")
    if any(len(line) > 300 for line in lines):
        found.append("a line of more than 300 characters")
    if "Traceback" in done["err"] or "internal error" in done["err"]:
        found.append("an error of the program")
    if done["code"] == 0 and "--json" in done["command"]:
        try:
            json.loads(done["out"], parse_constant=_refuse)
        except ValueError as error:
            found.append(f"no JSON: {error}")
    if done["memory_mb"] > 2048:
        found.append(f"{done['memory_mb']} MB")
    return found


def _refuse(name: str) -> float:
    message = f"{name} in the JSON"
    raise ValueError(message)


def _program(first: int, count: int) -> None:
    # A sign of life after 10 s would be one as well.
    os.environ["QNET_PROGRESS"] = "log:3"
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + count):
            done = played(seed, Path(folder))
            done["faults"] = faults(done)
            print(json.dumps(done), flush=True)


if __name__ == "__main__":
    _program(*map(int, sys.argv[1:]))
