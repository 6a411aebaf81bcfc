"""Files of the reference pages, written where the site is built."""

from __future__ import annotations

from pathlib import Path

from experiments.cli.schema import shortest_files
from experiments.reference.commands import commands_page
from experiments.reference.figures import figures_page
from experiments.reference.presets import presets_page
from qnet.schema.reference import pages

__all__ = ["write_pages"]


def write_pages(folder: Path) -> list[str]:
    """Write every page below a folder; a page that has not changed stays as it is.

    Args:
        folder: Where ``commands.md``, ``figures.md``, ``presets.md`` and ``scenario/`` go.

    Returns:
        The names of the pages.
    """
    texts = {f"scenario/{name}": text for name, text in pages(shortest_files()).items()}
    texts["commands.md"] = commands_page()
    texts["figures.md"] = figures_page()
    texts["presets.md"] = presets_page()
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    return sorted(texts)
