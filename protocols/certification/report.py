"""Report of a certification run: one page in HTML, to be read offline and printed.

Tables and figures stand in the page itself; it asks for nothing from elsewhere.
"""

from __future__ import annotations

import html
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from protocols.certification.catalogue import SUB_LAYERS
from protocols.certification.check_result import DECISIONS, CheckResult
from protocols.certification.result import Certification

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["figure_of_checks", "figure_of_power", "report_page"]

_STYLE = """
:root { --ink: #00204d; --soft: #4a5b75; --line: #c5ced9; --panel: #f1f4f7; }
body { font: 15px/1.35 system-ui, "DejaVu Sans", sans-serif; color: var(--ink);
  margin: 2em auto; max-width: 68em; padding: 0 1em; background: #fff; }
h1 { font-size: 1.5em; } h2 { font-size: 1.15em; margin-top: 1.8em; }
table { border-collapse: collapse; width: 100%; font-size: .86em; }
th, td { text-align: left; vertical-align: top; padding: .25em .5em;
  border-bottom: 1px solid var(--line); }
td:first-child { white-space: nowrap; }
td.number { font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; }
tr.short td { background: #f7e1dc; font-weight: 600; }
.soft { color: var(--soft); } .decision { font-weight: 700; }
svg { max-width: 100%; height: auto; }
@media print { body { margin: 0; max-width: none; font-size: 10pt; }
  tr, figure { break-inside: avoid; } thead { display: table-header-group; } }
"""

#: Decision -> class of its row.
_CLASSES = {"fell short": "short"}


def report_page(result: Certification, versions: Mapping[str, str], evidence: str = "") -> str:
    r"""The page of a run.

    Args:
        result: The run.
        versions: Of what computed, by name.
        evidence: Name of the file of evidence beside it, if there is one.

    Examples:
        >>> import qnet
        >>> text = 'kind = "certify"\ndevice = "qkd/single-photons"\nchecks = ["QBER-X", "KEY-2"]'
        >>> page = report_page(qnet.loads(text).certify(), {"qnet": "0"})
        >>> page.count("<svg"), "http://" in page.replace("http://www.w3.org", "")
        (2, False)
    """
    name = _text(result.name)
    parts = [
        f"<h1>Evidence of {name}</h1>",
        f'<p>Decision: <span class="decision">{_text(result.decision)}</span> '
        f"({_text(DECISIONS[result.decision])}). {result.pulses} pulses, seed {result.seed}.</p>",
        '<p class="soft">This is evidence for, or against, requirements; it certifies nothing.</p>',
        *(f"<p>{_text(_capital(each))}.</p>" for each in result.remarks),
        "<h2>Distance from the threshold</h2>",
        _figure(figure_of_checks(result.checks), "Margin of each check; below zero it fell short"),
        "<h2>Checks</h2>",
        *(_checks_of(layer, result.checks) for layer in SUB_LAYERS),
        "<h2>Attacks that must be found</h2>",
        _attacks(result),
        "<h2>Power</h2>",
        _figure(figure_of_power(result), "Probability that an attack is found, over pulses"),
        "<h2>Run</h2>",
        _table(
            ("what", "value"),
            [
                ("digest of the scenario", result.digest),
                ("evidence", evidence or "none was written"),
                *((f"version of {each}", said) for each, said in versions.items()),
            ],
        ),
    ]
    body = "\n".join(parts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>Evidence of {name}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _text(value: object) -> str:
    return html.escape(str(value))


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _number(value: float | None) -> str:
    return "" if value is None or not math.isfinite(value) else f"{value:.5g}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], classes: Sequence[str] = ()) -> str:
    """A table; cells that are numbers stand to the right."""
    lines = ["<table><thead><tr>", *(f"<th>{_text(each)}</th>" for each in heads)]
    lines.append("</tr></thead><tbody>")
    for place, row in enumerate(rows):
        name = classes[place] if place < len(classes) else ""
        lines.append(f'<tr class="{name}">' if name else "<tr>")
        for cell in row:
            is_number = cell[:1].isdigit() or cell[:1] == "-"
            lines.append(f'<td class="number">{_text(cell)}</td>' if is_number else _cell(cell))
        lines.append("</tr>")
    return "\n".join([*lines, "</tbody></table>"])


def _cell(text: str) -> str:
    return f"<td>{_text(text)}</td>"


def _checks_of(layer: str, checks: Sequence[CheckResult]) -> str:
    """The table of the checks of one sub-layer."""
    here = [each for each in checks if each.sub_layer == layer]
    if not here:
        return ""
    heads = ("id", "requirement", "decision", "value", "interval", "threshold", "size", "power")
    rows = [
        (
            each.id,
            f"{each.title}. {_capital(each.sentence)}. [{each.pointer}]",
            each.decision,
            _number(each.value.best) if each.n or each.threshold is not None else "",
            f"{_number(each.value.low)} to {_number(each.value.high)}" if each.n else "",
            _number(each.threshold),
            _number(each.alpha) if each.n else "",
            _number(each.power),
        )
        for each in here
    ]
    table = _table(
        (*heads, "n"),
        [(*row, str(each.n)) for row, each in zip(rows, here, strict=True)],
        [_CLASSES.get(each.decision, "") for each in here],
    )
    return f"<h3>{layer}: {_text(SUB_LAYERS[layer])}</h3>\n{table}"


def _attacks(result: Certification) -> str:
    """The table of the attacks."""
    if not result.attacks:
        return "<p>None was played: no device is described.</p>"
    rows = [
        (
            each.result.name,
            _number(each.result.strength),
            "found" if each.result.detected else "not found",
            each.result.statistic,
            str(each.result.n),
            _number(each.result.power),
            each.sentence,
        )
        for each in result.attacks
    ]
    heads = ("attack", "strength", "found", "by", "n", "power", "what that says")
    return _table(heads, rows, [_CLASSES.get(each.result.decision, "") for each in result.attacks])


def _figure(figure: Figure, caption: str) -> str:
    """A figure as SVG within the page, the same for the same run."""
    from matplotlib import rc_context

    from qnet.figures.style import any_letters

    buffer = io.StringIO()
    with rc_context({"svg.hashsalt": "qnet", "svg.fonttype": "none"}), any_letters():
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    drawn = re.sub(r"<metadata>.*?</metadata>\s*", "", buffer.getvalue(), flags=re.S)
    return (
        f"<figure>{drawn[drawn.index('<svg') :]}<figcaption>{_text(caption)}</figcaption></figure>"
    )


def _canvas(height: float) -> tuple[Figure, Axes]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0, height))
    return figure, figure.subplots()


def figure_of_checks(checks: Sequence[CheckResult]) -> Figure:
    """Margin of each check: from its value to the threshold, in half-widths of its interval.

    Args:
        checks: Those with a threshold and an interval are shown; a margin below zero is an alarm.
    """
    from qnet.figures.style import COLOURS, style

    shown = [each for each in checks if _half_width(each) > 0.0][::-1]
    margins = [
        abs((each.threshold or 0.0) - each.value.best)
        / _half_width(each)
        * (-1.0 if each.decision == "fell short" else 1.0)
        for each in shown
    ]
    colours = ["#b03a2e" if margin < 0.0 else COLOURS[1] for margin in margins]
    with style():
        figure, axes = _canvas(1.0 + 0.2 * max(len(shown), 1))
        axes.barh(
            range(len(shown)), [min(max(margin, -10.0), 10.0) for margin in margins], color=colours
        )
        axes.axvline(0.0, color=COLOURS[0])
        axes.set_yticks(range(len(shown)), [each.id for each in shown])
        axes.set_xlabel("margin to the threshold / half-width of the 95 % interval, cut at 10")
    return figure


def _half_width(check: CheckResult) -> float:
    """Half of the width of the interval; 0 where there is none, or nothing to compare with."""
    if not check.n or check.threshold is None or not math.isfinite(check.threshold):
        return 0.0
    return (check.value.high - check.value.low) / 2.0


def figure_of_power(result: Certification) -> Figure:
    """Probability that each attack is found, over the number of pulses."""
    from qnet.figures.style import COLOURS, LINES, style

    with style():
        figure, axes = _canvas(4.2)
        curves = [each for each in result.attacks if each.curve]
        for place, each in enumerate(curves):
            pulses, powers = zip(*each.curve, strict=True)
            axes.plot(
                pulses,
                powers,
                color=COLOURS[place % len(COLOURS)],
                linestyle=LINES[place // len(COLOURS) % len(LINES)],
                marker="",
                label=f"{each.result.name} ({each.result.strength:g}), {each.result.statistic}",
            )
        axes.axhline(1.0 - result.miss, color=COLOURS[0], linewidth=0.8)
        axes.set_xscale("log")
        axes.set_xlabel("pulses")
        axes.set_ylabel("probability to be found")
        if curves:
            axes.legend(fontsize="small", loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure
