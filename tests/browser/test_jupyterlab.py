"""JupyterLab itself: a notebook that is run there shows the drawing, and plays the player."""

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import nbformat
import pytest
from player_pages import expected_captions

import autograd_core as ac
from autograd_core import Value

CELLS = ["from autograd_core import *\nx = Value(2.0, 'x'); y = Value(-3.0, 'y'); z = (x * y + x).tanh()", "draw(z)", "play(z)", "steps(z)", "explore('w*x', w=2, x=3)"]
PATIENCE = 600.0  # seconds: the first start of the server and of the kernel on a busy machine


@pytest.fixture
def lab(tmp_path):
    """The address of a JupyterLab of its own, without settings or other state from outside."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    own = {f"JUPYTER_{kind}_DIR": str(tmp_path / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    own |= {"JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "settings"), "JUPYTERLAB_WORKSPACES_DIR": str(tmp_path / "workspaces")}
    own |= {"IPYTHONDIR": str(tmp_path / "ipython"), "PYTHONPATH": str(Path(ac.__file__).parents[1])}
    notebooks = tmp_path / "notebooks"
    notebooks.mkdir()
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS], metadata=kernel)
    nbformat.write(notebook, notebooks / "lesson.ipynb")
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token="]
    options += ["--LabApp.expose_app_in_browser=True", "--LabApp.news_url=None", "--LabApp.extension_manager=readonly"]
    with (tmp_path / "server.log").open("wb") as log:
        command = [sys.executable, "-m", "jupyter", "lab", *options, f"--ServerApp.root_dir={notebooks}"]
        server = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **own}, cwd=notebooks)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(address, server, tmp_path / "server.log")
        yield address
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_for(address, server, log):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text()
        try:
            with urllib.request.urlopen(f"{address}/api/status", timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    pytest.fail(f"JupyterLab did not start: {log.read_text()}")


def type_a_formula(page):
    """The page of formulas in the notebook: it computes what is typed, and its keys stay its own."""
    formulas = page.frame_locator(".jp-OutputArea-output iframe")
    formulas.locator("#formula").fill("w*x + b")
    formulas.locator('[data-leaf="w"] .value').fill("5")
    assert formulas.locator('.node[data-name="output"] .data').text_content() == "data 16"
    formulas.locator("#first").press("Home")
    page.keyboard.press("ArrowRight")
    assert formulas.locator("#phase").text_content() == "Forward, step 2 of 8"
    assert page.locator(".jp-Notebook .jp-Cell").count() == len(CELLS)


def test_a_notebook_in_jupyterlab_draws_and_plays(lab, browser):
    context = browser.new_context(viewport={"width": 1300, "height": 1000})
    page = context.new_page()
    page.set_default_timeout(PATIENCE * 1000)
    page.goto(f"{lab}/lab/tree/lesson.ipynb", wait_until="domcontentloaded")
    page.wait_for_function("""() => { const kernel = window.jupyterapp?.shell?.currentWidget?.context?.sessionContext?.session?.kernel;
        return kernel && kernel.status === "idle" && kernel.connectionStatus === "connected"; }""")
    page.evaluate("void jupyterapp.commands.execute('notebook:run-all-cells')")
    player = page.locator(".jp-OutputArea-output .agc-player.running")
    player.wait_for()
    image = page.locator(".jp-OutputArea-output img[src^='data:image/svg+xml']")
    image.wait_for()
    assert image.evaluate("(image) => image.naturalWidth") > 100
    page.locator(".jp-OutputArea-output table").nth(1).wait_for()

    x, y = Value(2.0, "x"), Value(-3.0, "y")
    z = (x * y + x).tanh()
    z.name = "z"  # as the notebook calls it
    expected = list(expected_captions(z))
    for i, (where, _, numbers) in enumerate(expected):
        if i:
            player.locator(".next").click()
        assert player.locator(".phase").inner_text() == where
        assert player.locator(".numbers").inner_text().endswith(numbers)
    for key, where in [("Home", 0), ("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", -1)]:
        player.focus()
        page.keyboard.press(key)  # a key of the notebook's own, which must not take it
        assert player.locator(".phase").inner_text() == expected[where][0]
    player.locator(".jump").focus()
    page.keyboard.press("a")  # to the notebook, it would be a new cell above
    assert page.locator(".jp-Notebook .jp-Cell").count() == len(CELLS)
    player.locator('[data-name="y"]').fill("-0.5")
    y.data = -0.5
    assert player.locator(".numbers").inner_text() == list(expected_captions((x * y + x).tanh()))[-1][2]

    type_a_formula(page)
    assert page.locator('[data-mime-type="application/vnd.jupyter.stderr"]').count() == 0
    assert page.locator('[data-mime-type="application/vnd.jupyter.error"]').count() == 0
    context.close()
