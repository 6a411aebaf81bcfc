"""Parts of an HTML page of a plan: tables, cards, pictures, all text escaped; its style."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from html import escape

from qnet.estimate import Estimate

__all__ = [
    "STYLE",
    "card",
    "inline_svg",
    "number",
    "paragraph",
    "section",
    "sentences",
    "table",
    "whole_sentence",
]

#: Style of the page; on paper A4, without shadows, and no row is cut in two.
STYLE = """
:root { --ink: #1b2733; --soft: #5b6b7a; --line: #d5dde5; --tint: #f3f6f9; --mark: #00204d; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 74rem; padding: 1.5rem 1.25rem 4rem; color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0.5rem 0 0.25rem; color: var(--mark); }
h2 { font-size: 1.2rem; margin: 2.2rem 0 0.6rem; padding-bottom: 0.25rem; color: var(--mark);
  border-bottom: 2px solid var(--line); }
p { margin: 0.4rem 0; max-width: 62rem; }
p.soft, caption { color: var(--soft); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr));
  gap: 0.7rem; margin: 1rem 0; }
.card { background: var(--tint); border: 1px solid var(--line); border-radius: 8px;
  padding: 0.6rem 0.8rem; }
.card b { display: block; font-size: 1.25rem; overflow-wrap: anywhere; }
.card span { color: var(--soft); font-size: 0.85rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 0.88rem; margin: 0.5rem 0 1rem;
  font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 0.55rem;
  border-bottom: 1px solid var(--line); }
th { color: var(--soft); font-weight: 600; border-bottom: 2px solid var(--line); }
td.n, th.n { text-align: right; }
td.n { white-space: nowrap; }
td:first-child { min-width: 7.5rem; }
tr:nth-child(even) td { background: #fafbfc; }
caption { text-align: left; padding: 0.2rem 0; }
ul { margin: 0.3rem 0 0.8rem; padding-left: 1.2rem; max-width: 62rem; }
.warn { background: #fff7e6; border: 1px solid #e6c98a; border-radius: 8px;
  padding: 0.5rem 0.9rem; }
figure { margin: 0.8rem 0; }
figure svg { max-width: 100%; height: auto; display: block; }
.badge { display: inline-block; padding: 0.1rem 0.6rem; border-radius: 1rem; font-size: 0.85rem;
  color: #fff; background: var(--mark); vertical-align: middle; }
.badge.bad { background: #a6262e; }
@media (max-width: 40rem) { body { padding: 1rem 0.75rem 3rem; } h1 { font-size: 1.35rem; }
  table { font-size: 0.8rem; } td:first-child { min-width: 6rem; }
  th, td { padding: 0.25rem 0.35rem; } }
@page { size: A4; margin: 14mm 12mm 16mm; }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  h2 { break-after: avoid; margin-top: 1.2rem; }
  .wide { overflow: visible; }
  table { font-size: 7.6pt; }
  th, td { padding: 1.2mm 1.4mm; overflow-wrap: break-word; }
  td:first-child { min-width: 22mm; }
  thead { display: table-header-group; }
  tr, .card, figure, .warn { break-inside: avoid; }
  figure svg { max-height: 200mm; margin: 0 auto; }
  .cards { grid-template-columns: repeat(3, 1fr); }
  a { color: inherit; }
}
"""


def number(value: float | Estimate | None, digits: int = 4) -> str:
    """A number for people, with its interval if it has one; a dash where there is none.

    Examples:
        >>> number(1234.5678), number(None), number(Estimate(1.0, 2.0, 3.0, 5))
        ('1235', '-', '2 [1, 3]')
    """
    if value is None:
        return "-"
    if isinstance(value, Estimate):
        if value.low == value.high:
            return number(value.best, digits)
        low, best, high = (number(v, digits) for v in (value.low, value.best, value.high))
        return f"{best} [{low}, {high}]"
    if not math.isfinite(value):
        return "-"
    if value == 0.0:
        return "0"
    if 1e-3 <= abs(value) < 1e4:
        return f"{value:.{digits}g}"
    if 1e4 <= abs(value) < 1e15:
        rounded = float(f"{value:.{digits}g}")
        return f"{rounded:,.0f}".replace(",", "\u2009")
    return f"{value:.{max(digits - 1, 2)}g}"


def table(
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    numbers: Sequence[int] = (),
    caption: str = "",
) -> str:
    """A table; all its cells are text, and escaped.

    Args:
        head: Titles of the columns.
        rows: Cells.
        numbers: Columns that are set to the right.
        caption: What it shows.

    Examples:
        >>> "&lt;b&gt;" in table(["name"], [["<b>"]])
        True
    """

    def cells(row: Sequence[str], tag: str) -> str:
        return "".join(
            f"<{tag}{' class=n' if k in numbers else ''}>{escape(str(text))}</{tag}>"
            for k, text in enumerate(row)
        )

    body = "\n".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    said = f"<caption>{escape(caption)}</caption>" if caption else ""
    return (
        f'<div class="wide"><table>{said}<thead><tr>{cells(head, "th")}</tr></thead>\n'
        f"<tbody>\n{body}\n</tbody></table></div>"
    )


def card(title: str, value: str) -> str:
    """A figure on a card, with what it is."""
    return f'<div class="card"><b>{escape(value)}</b><span>{escape(title)}</span></div>'


def paragraph(text: str, kind: str = "") -> str:
    """A paragraph."""
    return f"<p{f' class={kind}' if kind else ''}>{escape(text)}</p>"


def sentences(said: Iterable[str]) -> str:
    """Sentences as a list; nothing where there is none."""
    items = "".join(f"<li>{escape(whole_sentence(each))}</li>" for each in said)
    return f"<ul>{items}</ul>" if items else ""


def whole_sentence(text: str) -> str:
    """A sentence with a capital letter and its end."""
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def section(name: str, *parts: str) -> str:
    """A section with its title; nothing where it has no part."""
    inside = "\n".join(part for part in parts if part)
    anchor = re.sub(r"[^a-z]+", "-", name.lower()).strip("-")
    if not inside:
        return ""
    return f'<section id="{anchor}">\n<h2>{escape(name)}</h2>\n{inside}\n</section>'


def inline_svg(text: str) -> str:
    """A picture in SVG to stand in a page: without its head, and without data about it."""
    text = re.sub(r"<\?xml.*?\?>|<!DOCTYPE.*?>", "", text, flags=re.DOTALL)
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    return text.strip()
