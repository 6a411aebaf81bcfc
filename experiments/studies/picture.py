"""Small pictures of figures, for pages: one width, few colours, and a word of what they show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qnet import __version__

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PICTURE_PX", "save_picture"]

#: Width of a picture.
PICTURE_PX = 1050

#: As many as a byte tells apart: enough for lines on white, and a third of the size.
_COLOURS = 256


def save_picture(figure: Figure, path: Path, *, title: str, answer: str) -> None:
    """Save a figure as a small PNG that says what it shows; the same figure as the same bytes.

    Args:
        figure: The figure.
        path: Where to.
        title: What it shows: the question.
        answer: What was found.

    Raises:
        OSError: If it cannot be written.

    Examples:
        >>> from tempfile import TemporaryDirectory
        >>> from matplotlib.figure import Figure
        >>> from PIL import Image
        >>> with TemporaryDirectory() as folder:
        ...     file = Path(folder) / "a.png"
        ...     save_picture(Figure(), file, title="How large?", answer="So large.")
        ...     with Image.open(file) as picture:
        ...         picture.width, picture.info["Title"]
        (1050, 'How large?')
    """
    # Local imports: Matplotlib, which brings Pillow, takes long to load.
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    figure.set_dpi(PICTURE_PX / figure.get_figwidth())
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    image = Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")
    told = PngInfo()
    about = {"Title": title, "Description": answer, "Software": f"qnet {__version__}"}
    for name, value in about.items():
        told.add_itxt(name, value)
    few = image.quantize(_COLOURS, dither=Image.Dither.NONE)
    few.save(path, optimize=True, pnginfo=told)
