"""``qnet power``: how much data tells an attack of a given strength, known beforehand."""

from __future__ import annotations

import argparse
import json
import math
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.cli.arguments import int_range, scenario_file
from qnet.errors import ParameterError

if TYPE_CHECKING:
    from protocols.certification import AttackModel, DetectionPower, DeviceUnderTest

__all__ = ["SUMMARY", "add_arguments", "execute"]

SUMMARY = "how much data tells an attack of a given strength"

_FORMATS = (".png", ".svg", ".pdf")

#: Width of a line for people.
_WIDTH = 100

#: Points of a power curve.
_POINTS = 240


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``qnet power``."""
    add = parser.add_argument
    add("--attack", required=True, metavar="NAME", help="such as intercept-resend or blinding")
    add("--strength", type=float, metavar="S", help="how strong (default: one that is usual)")
    add(
        "--error",
        type=float,
        metavar="E",
        help="honest error rate of a device on which the attack works (default: 0)",
    )
    add(
        "--device",
        type=scenario_file,
        metavar="FILE.toml",
        help="a scenario of bb84 or decoy-bb84 in place of that device",
    )
    add("--alpha", type=float, default=1e-3, metavar="A", help="false alarms (default: 1e-3)")
    add("--beta", type=float, default=1e-2, metavar="B", help="misses (default: 1e-2)")
    add("--statistic", metavar="NAME", help="another statistic than the attack's first")
    add("--n", type=int_range(1, 10**12), metavar="N", help="also the power with so many trials")
    add("--out", type=Path, metavar="PIC.png", help="draw the power over the number of trials")
    add("--json", action="store_true", help="print one JSON object")


def execute(arguments: argparse.Namespace) -> int:
    """Print how many trials it takes; 1 where no number of them shows the attack."""
    from protocols.certification import attack_of, detection_power, power_at
    from protocols.certification.power import check_statistic

    out: Path | None = arguments.out
    if out is not None and out.suffix not in _FORMATS:
        raise ParameterError("--out", f"end in {', '.join(_FORMATS)}", str(out), "change the name")
    if arguments.statistic is not None:
        check_statistic(arguments.statistic)
    model = attack_of(arguments.attack)
    device = _device(arguments, model)
    how = {"alpha": arguments.alpha, "device": device, "statistic": arguments.statistic}
    found = detection_power(model, arguments.strength, beta=arguments.beta, **how)
    at = None
    if arguments.n is not None and not found.reason:
        at = power_at(arguments.n, model, arguments.strength, **how)
    if out is not None and found.sizes is not None:
        _draw(found, model, arguments, how, out)
    if arguments.json:
        print(json.dumps(_as_json(found, model, device, arguments.n, at), allow_nan=False))
    else:
        print("\n".join(_as_text(found, model, device, arguments, at)))
    return 1 if found.reason else 0


def _device(arguments: argparse.Namespace, model: AttackModel) -> DeviceUnderTest:
    """The device of the file without its eavesdropper, or one on which the attack works."""
    if arguments.device is None:
        return model.example(0.0 if arguments.error is None else arguments.error)
    from protocols.certification import DeviceUnderTest
    from qnet.schema import load

    if arguments.error is not None:
        hint = "the file says what the device is like"
        raise ParameterError("--error", "be left out beside --device", arguments.error, hint)
    return DeviceUnderTest.of_scenario(load(arguments.device))


def _as_json(
    found: DetectionPower,
    model: AttackModel,
    device: DeviceUnderTest,
    n: int | None,
    at: tuple[float, float, float] | None,
) -> dict[str, Any]:
    from qnet.versions import versions

    sizes = found.sizes
    effect = model.effect(found.strength, device)
    return {
        "attack": found.attack,
        "strength": found.strength,
        "statistic": found.statistic,
        "event": found.event,
        "trial": found.trial,
        "honest": found.honest,
        "attacked": found.attacked,
        "closed_form": effect.attacked if found.statistic == model.statistic else None,
        "n_first": None if sizes is None else sizes.n_first,
        "n_safe": None if sizes is None else sizes.n_safe,
        "threshold": None if sizes is None else sizes.threshold,
        "size": None if sizes is None else sizes.size,
        "power": None if sizes is None else sizes.power,
        "n_normal": found.normal,
        "pulses": found.pulses,
        "tail": None if sizes is None else sizes.tail,
        "method": None if sizes is None else sizes.method,
        **({} if at is None else {"at": dict(zip(_AT, (n, *at), strict=True))}),
        "figures": dict(effect.figures),
        "reason": found.reason,
        "versions": versions(),
    }


_AT = ("n", "threshold", "size", "power")


def _as_text(
    found: DetectionPower,
    model: AttackModel,
    device: DeviceUnderTest,
    arguments: argparse.Namespace,
    at: tuple[float, float, float] | None,
) -> list[str]:
    from experiments.cli.printer import sentence

    lines = [f"{model.title}: {model.strength_means} is {found.strength:g}", ""]
    if found.event:
        lines.append(f"{'statistic':<16} {found.statistic}: {found.event} among {found.trial}")
        lines.append(f"{'honest':<16} {found.honest:.6g}")
        lines.append(f"{'attacked':<16} {found.attacked:.6g}")
    sizes = found.sizes
    if sizes is not None:
        lines += [
            f"{'first n':<16} {sizes.n_first}",
            f"{'safe n':<16} {sizes.n_safe}",
            f"{'threshold':<16} {_alarm(found, sizes.threshold)}",
            f"{'size':<16} {sizes.size:.6g}",
            f"{'power':<16} {sizes.power:.6g}",
        ]
    if found.normal is not None and found.pulses is not None:
        lines.append(f"{'normal n':<16} {found.normal:.6g}")
        lines.append(f"{'pulses':<16} {math.ceil(found.pulses * (1.0 - 1e-12))}")
    if at is not None:
        lines.append(f"{f'power at {arguments.n}':<16} {at[2]:.6g} (size {at[1]:.6g})")
    lines += [""] if found.event else []
    for each in _sentences(found, model, arguments):
        lines += textwrap.wrap(sentence(each), _WIDTH, subsequent_indent="  ")
    return lines


def _alarm(found: DetectionPower, threshold: float) -> str:
    """When the alarm goes."""
    assert found.sizes is not None
    if not isinstance(threshold, int):
        side = "beyond" if found.sizes.tail == "either" else "below"
        return f"alarm when the {found.event} is {side} {threshold:.6g}"
    rises = (found.attacked or 0.0) > (found.honest or 0.0)
    return f"alarm when {found.event} {'>' if rises else '<'} {threshold}"


def _sentences(
    found: DetectionPower, model: AttackModel, arguments: argparse.Namespace
) -> list[str]:
    sizes = found.sizes
    if sizes is None:
        return [found.reason, f"post-processing: {model.response}"]
    said = [
        f"{sizes.n_first} {found.trial} are the fewest that notice it with probability "
        f"{1.0 - arguments.beta:g} at {arguments.alpha:g} false alarms; from {sizes.n_safe} on "
        "every larger number does"
    ]
    if sizes.method == "normal":
        said = [f"about {sizes.n_first} {found.trial} notice it, by the normal approximation"]
    if model.statistic != "qber":
        said.append(model.reason)
    return [*said, f"post-processing: {model.response}"]


def _draw(
    found: DetectionPower,
    model: AttackModel,
    arguments: argparse.Namespace,
    how: dict[str, Any],
    out: Path,
) -> None:
    """Draw and save the power over the number of trials."""
    import numpy as np

    from protocols.certification import powers_at
    from qnet.figures import power_curve, style

    sizes = found.sizes
    assert sizes is not None
    last = max(sizes.n_safe + 1, round(1.6 * sizes.n_safe), 12)
    places = np.unique(np.linspace(1, last, min(_POINTS, last)).round().astype(int))
    powers = powers_at(places.tolist(), model, arguments.strength, **how)
    with style():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(6.4, 4.0))
        axes = power_curve(
            figure.subplots(),
            places,
            powers,
            wanted=1.0 - arguments.beta,
            first=sizes.n_first,
            safe=sizes.n_safe,
        )
        axes.set_xlabel(found.trial)
        axes.set_title(f"{model.title}, strength {found.strength:g}")
        try:
            figure.savefig(out)
        except OSError as error:
            hint = f"{(error.strerror or str(error)).lower()}: check the path"
            raise ParameterError("--out", "be writable", str(out), hint) from None
