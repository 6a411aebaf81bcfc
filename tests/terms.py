"""Glossary entries of the pages: which terms they explain, in the words of docs/glossary.md.

``python -m tests.terms`` writes ``experiments/explore/terms.json`` anew.
"""

from __future__ import annotations

import json
import re

from tests.course import glossary
from tests.source import ROOT

__all__ = ["PAGES", "TERMS", "entries", "used_terms"]

PAGES = ROOT / "experiments" / "explore"
TERMS = PAGES / "terms.json"

#: Where a page names a term: an attribute of HTML, or a call of ``term`` in JavaScript.
NAMED = re.compile(r'data-term="([^"]+)"|\bterm\("([^"]+)"')


def used_terms() -> set[str]:
    """Terms that some page explains on a click."""
    files = [path for end in ("html", "js") for path in PAGES.rglob(f"*.{end}")]
    texts = [path.read_text(encoding="utf-8") for path in files if path.name != "terms.js"]
    return {one or other for text in texts for one, other in NAMED.findall(text)}


def entries() -> dict[str, str]:
    """Entry of each of these terms, in the glossary's order; every term must be in it."""
    known, used = glossary(), used_terms()
    if missing := sorted(used - set(known)):
        message = f"explain in docs/glossary.md: {', '.join(missing)}"
        raise LookupError(message)
    stress = re.compile(r"\*([^*]+)\*")
    return {name: stress.sub(r"\1", text) for name, text in known.items() if name in used}


def main() -> None:
    """Write the entries anew."""
    text = json.dumps(entries(), indent=1, ensure_ascii=False) + "\n"
    TERMS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
