"""What the tests of plots share: axes to draw into, and a check that no figure stays open."""

import matplotlib.pyplot as plt
import pytest
from matplotlib.figure import Figure


@pytest.fixture(autouse=True)
def no_figure_is_left():
    plt.close("all")  # those of other tests in this process
    yield
    left = plt.get_fignums()
    plt.close("all")
    assert not left


def axes(count=1, **options):
    found = Figure(figsize=(3.0 * count, 3.0)).subplots(1, count, **options)
    return found if count == 1 else list(found)
