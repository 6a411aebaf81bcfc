"""Page of the gallery: the studies that it names, filled in when the site is built."""

from sphinx.application import Sphinx

from experiments.studies import gallery

_PAGE = "gallery"


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx when it loads the extension."""
    app.connect("source-read", _fill)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _fill(app: Sphinx, page: str, source: list[str]) -> None:
    """Fill in the page, which is read again when a study has changed."""
    if page != _PAGE:
        return
    for script in gallery.study_scripts():
        app.env.note_dependency(script)
    source[0] = gallery.gallery_page(source[0])
