"""Reference page of the hardware presets: every number with its source, and published links."""

from __future__ import annotations

import re
from collections.abc import Iterator

from experiments.cli.presets import compared
from qnet.hardware import PRESETS, Preset
from qnet.references import REFERENCES
from qnet.schema.entries import unit_of

__all__ = ["presets_page"]

_HEAD = """\
# Presets of hardware

Parameter sets by name: `qnet.preset("siv")` in Python, `preset = "siv"` under `[link]` of a
scenario; `qnet presets siv` prints what stands here. A number has its source, or is assumed, and
then it says why. Where experiments on the platform were published, the link that the preset gives
stands beside theirs.

"""


def presets_page() -> str:
    """The page: a section for each preset.

    Examples:
        >>> "{cite:p}`Stas2022`" in presets_page()
        True
    """
    lines = ["| preset | links | what it is |", "|---|---|---|"]
    lines += [
        f"| [`{name}`](#preset-{name}) | {each.scheme} | {each.title.partition(': a model')[0]} |"
        for name, each in PRESETS.items()
    ]
    for name, each in PRESETS.items():
        lines += ["", f"(preset-{name})=", f"## `{name}`", "", f"{each.title}.", ""]
        lines += [*_comparison(each), *_numbers(each)]
    return _HEAD + "\n".join(lines) + "\n"


def _comparison(preset: Preset) -> Iterator[str]:
    """What experiments found, beside what the preset gives for their links."""
    if not preset.published_links:
        return
    yield "| published link | | fidelity | heralds per attempt | per second |"
    yield "|---|---|---|---|---|"
    for published in preset.published_links:
        fidelity, chance, rate = compared(preset, published)
        told = published.fidelity
        shown = f"{told[1]:g} [{told[0]:g}, {told[2]:g}]" if told else ""
        chances, rates = published.success_probability, published.rate_hz
        yield (
            f"| {published.setting}, {published.length_km:g} km {{cite:p}}`{published.reference}` "
            f"| published | {shown} | {_number(chances)} | {_number(rates)} |"
        )
        yield f"| | this preset | {fidelity:.3f} | {chance:.2g} | {rate:.3g} |"
    yield ""


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _numbers(preset: Preset) -> Iterator[str]:
    """Every number with its unit and source."""
    yield from ("| parameter | value | unit | source |", "|---|---|---|---|")
    for path, value in preset.values().items():
        shown = f"{value:.6g}" if isinstance(value, float) else str(value)
        yield f"| `{path}` | {shown} | {unit_of(path)} | {_source(preset.sources[path])} |"
    yield ""


def _source(text: str) -> str:
    """Where a number comes from, with a link to the work."""
    key, colon, note = text.partition(":")
    if key not in REFERENCES:
        return re.sub(r"^assumed:", "*assumed*:", text)
    return f"{{cite:p}}`{key}`{colon}{note}"
