"""Drawing without a screen."""

import matplotlib as mpl
import pytest
from matplotlib import pyplot


@pytest.fixture
def without_a_screen():
    """Figures go to memory, and are closed afterwards."""
    mpl.use("Agg")
    yield
    pyplot.close("all")
