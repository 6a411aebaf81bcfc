"""Reference page of the figures of merit, made from their tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from protocols.qkd.result import QKD_FIGURES
from qnet.metrics import KEY_PROTOCOLS
from qnet.metrics.figures import FIGURES, Figure
from qnet.metrics.security import ASSUMPTIONS, NOTIONS
from qnet.network.result import DEMAND_FIGURES

__all__ = ["figures_page"]

_HEAD = """\
# Figures of merit

What results say, each with its interval where it was sampled. The names are those of the attributes
in Python, of JSON, and of the columns of a sweep (`qnet plot --y NAME`). `<XX>` is the expectation
of the product of both outcomes, rho the mean state of the delivered pairs, h the binary entropy, f
the efficiency of error correction.

"""

_PLACES = {
    "text": "tables",
    "json": "JSON",
    "sweep": "sweeps",
    "agree": "`qnet agree`",
    "page": "`qnet explore`",
}


def figures_page() -> str:
    """The page: figures of pairs, of demands and of key distribution, and what makes keys secret.

    Examples:
        >>> "[`fidelity`]" in figures_page()
        True
    """
    lines = ["## Of delivered pairs", "", *_entries(FIGURES.values(), "figure")]
    lines += ["## Key protocols of the secret fraction", ""]
    for name, protocol in KEY_PROTOCOLS.items():
        cited = ", ".join(f"{{cite:p}}`{key}`" for key in protocol.references)
        lines += [f"`{name}`", f": {protocol.title}: {protocol.reference} {cited}", ""]
    lines += ["## Of each demand of a network", "", *_entries(DEMAND_FIGURES.values(), "demand")]
    lines += ["## Of key distribution", "", *_entries(QKD_FIGURES, "qkd")]
    lines += ["(notions)=", "## What makes bits secret", ""]
    lines += ["Every number of secret bits comes with a claim: a notion, and what it rests on.", ""]
    lines += [line for name, told in NOTIONS.items() for line in (f"`{name}`", f": {told}", "")]
    lines += ["Assumptions, each as a sentence of the claim:", ""]
    lines += [line for name, told in ASSUMPTIONS.items() for line in (f"`{name}`", f": {told}", "")]
    return _HEAD + "\n".join(lines)


def _entries(figures: Iterable[Figure], prefix: str) -> Iterator[str]:
    for figure in figures:
        unit = f", in {figure.unit}" if figure.unit else ""
        says = f"{figure.meaning[:1].upper()}{figure.meaning[1:]}."
        formula = f" `{figure.formula}`." if figure.formula else ""
        notion = f" Secret in the sense: [{figure.notion}](#notions)." if figure.notion else ""
        places = ", ".join(_PLACES[place] for place in figure.places)
        anchor = f'{{id="{prefix}:{figure.name}"}}'
        yield f"[`{figure.name}`]{anchor} — {figure.title}{unit}"
        yield from (f": {says}{formula}{notion} Shown in {places}.", "")
