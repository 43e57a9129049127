"""The playground in Chromium: what a person clicks is what Python computes; and how it looks and reads."""

import re

import pytest

import autograd_core as ac
import nn
from autograd_core.views.network import network_of
from autograd_core.views.network_names import unit_names, weight_name
from nn.training.execution import record

PARAMETERS = "state.network.live.map((k) => state.network.parameters[k])"


def make():
    return nn.MLP(2, [4, 2, 1], "tanh", "tanh", seed=1)


def data_of(page):
    """The rows that the page trains on."""
    rows = page.evaluate("state.set.rows")
    return [row[:2] for row in rows], [row[2] for row in rows]


def click_on_weight(page, name):
    """A click of the mouse on the arrow, at the first of some points where no other lies over it."""
    place = page.locator(f'.hit[data-weight="{name}"]').evaluate("""(path) => {
      path.scrollIntoView({ block: "center", behavior: "instant" });
      const box = path.ownerSVGElement.getBoundingClientRect(), length = path.getTotalLength();
      for (let share = 0.1; share < 0.95; share += 0.02) {
        const p = path.getPointAtLength(share * length), [x, y] = [box.left + p.x, box.top + p.y];
        if (document.elementFromPoint(x, y) === path) return [x, y];
      }
    }""")
    page.mouse.click(*place)


def model_from_the_page(page):
    """What its code makes in Python."""
    page.click("summary")
    page.wait_for_function("document.getElementById('code').textContent")
    scope = {"nn": nn}
    exec(page.locator("#code").text_content(), scope)
    return scope["model"]


def look_at_a_unit(page, model):
    """A unit, and what it sees: the values of the engine on points of the plane."""
    page.click('[data-unit="h₃⁽¹⁾"]')
    assert page.inner_text("#seen") == "What h₃⁽¹⁾ sees"
    assert page.locator("#panel h3").inner_text() == "h₃⁽¹⁾ = tanh(z₃⁽¹⁾)"
    for k in (0, 777, 6399):
        x = [-6 + 12 * ((k % 80) + 0.5) / 80, 6 - 12 * (k // 80 + 0.5) / 80]
        seen = page.evaluate(f"[state.maps[1][2][{k}], state.maps[3][0][{k}]]")
        h, output = model.activations(x)[0][2].data, model(x).data
        assert seen == pytest.approx([h, output], rel=1e-6)


def look_at_weights(page, model, x, target):
    """A sample, and weights: each receipt is that of explain; it leads on, by the keyboard, to the weights behind."""
    place = page.locator("#points").bounding_box()
    page.mouse.click(place["x"] + place["width"] * (x[0] + 6) / 12, place["y"] + place["height"] * (6 - x[1]) / 12)
    row = page.evaluate("state.row()")
    assert row == [*x, target]
    sample = record(model, x, [target], nn.mse_loss)
    for name, in_python in (("w₃₂⁽¹⁾", "w1[3,2]"), ("w₂₁⁽²⁾", "w2[2,1]"), ("w₁₂⁽³⁾", "w3[1,2]")):
        click_on_weight(page, name)
        parameter = next(p for p in model.parameters() if p.name == in_python)
        (use,) = ac.explain(sample.loss, parameter).uses
        shown = [float(text) for text in page.locator("#receipt p").first.locator("data").evaluate_all("(all) => all.map((x) => x.value)")]
        assert shown == pytest.approx([use.upstream, use.local, use.contribution], rel=1e-9)
        assert page.locator(".hit.chosen").get_attribute("data-weight") == name
    click_on_weight(page, "w₁₁⁽¹⁾")
    page.locator('#receipt [data-go="2 1 0"]').focus()
    page.keyboard.press("Enter")
    assert page.locator("#panel h3").inner_text().startswith("w₂₁⁽²⁾")
    page.fill("#value", "0.25")
    page.keyboard.press("Enter")
    assert page.evaluate("state.network.parameters[state.network.weight(2, 1, 0)]") == 0.25


def test_a_person_trains_looks_inside_and_takes_the_network_along(opened):
    page, model = opened(make().playground(), width=1300, reduced_motion="reduce"), make()
    X, y = data_of(page)
    options = {"batch_size": 10, "shuffle": False, "callbacks": nn.Progress(False)}

    def trained(lr, epochs, **more):
        model.fit(X, y, optimizer=lambda parameters: nn.SGD(parameters, lr=lr), epochs=epochs, **{**options, **more})
        return pytest.approx([p.data for p in model.parameters()], rel=1e-11, abs=1e-12)

    # steps, by the button and by the keyboard
    for _ in range(5):
        page.click("#step")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert page.evaluate(PARAMETERS) == trained(0.03, 1)
    assert (page.inner_text("#epoch"), page.inner_text("#steps")) == ("1", "10 steps")
    # another rate, a penalty, another batch
    page.select_option("#lr", "0.1")
    page.select_option("#penalty", "L2")
    page.select_option("#strength", "0.01")
    page.select_option("#batch", "0")
    page.click("#step")
    assert page.evaluate(PARAMETERS) == trained(0.1, 1, batch_size=None, callbacks=[nn.Progress(False), nn.L2(0.01)])
    page.select_option("#penalty", "")
    look_at_a_unit(page, model)
    look_at_weights(page, model, X[17], y[17])
    # play and pause
    page.click("#play")
    page.wait_for_function("state.training.epoch > 30")
    page.keyboard.press("Escape")
    page.click("#play")
    assert page.get_attribute("#play", "aria-label") == "Play"
    assert "Paused after" in page.inner_text("#status")
    epoch = page.inner_text("#epoch")
    page.wait_for_timeout(150)
    assert page.inner_text("#epoch") == epoch
    # back to Python
    assert [p.data for p in model_from_the_page(page).parameters()] == page.evaluate(PARAMETERS)


def test_other_data_activations_and_sizes(opened):
    page = opened(make().playground())
    page.select_option("#noise", "0.25")
    page.click('[data-set="xor"]')
    X, y = nn.data.xor_quadrants(200, noise=0.25, seed=0, labels=(-1, 1))
    rows = page.evaluate("[...state.set.rows, ...state.set.held]")
    assert sorted(rows) == sorted([*x, t] for x, t in zip(X, y))
    assert page.locator("#points .mark").count() == 100
    page.check("#held")
    assert page.locator("#points .mark").count() == 200
    page.select_option("#activation", "relu")
    page.click('[aria-label="more hidden layers"]')
    page.click('[aria-label="more neurons of hidden layer 1"]')
    assert page.evaluate("[state.network.sizes, state.network.activation]") == [[2, 5, 2, 2, 1], "relu"]
    assert page.locator(".unit").count() == 12
    page.click("#play")
    page.wait_for_function("state.training.epoch > 20")
    page.click("#play")
    model = model_from_the_page(page)
    assert repr(model) == "MLP(2, [5 relu, 2 relu, 2 relu, 1 tanh], 36 parameters)"
    (losses,) = [page.evaluate("state.training.curve.at(-1)")]
    held = page.evaluate("state.set.held")
    assert losses["test"] == pytest.approx(model.evaluate([row[:2] for row in held], [row[2] for row in held])["loss"], rel=1e-9)
    # back to Python's activation, without hidden layers; a step that is not finite; again from the start
    page.select_option("#activation", "tanh")
    for _ in range(3):
        page.click('[aria-label="fewer hidden layers"]')
    assert page.evaluate("state.network.sizes") == [2, 1]
    start = page.evaluate(PARAMETERS)
    page.click("#draw")
    assert page.evaluate(PARAMETERS) != start
    page.evaluate("state.network.parameters[0] = 1e300; options.penalty = 'L2'; options.strength = 1")
    page.click("#step")
    assert "would not be finite" in page.inner_text("#status.problem")
    assert page.evaluate("state.network.parameters[0]") == 1e300
    page.click("#restart")
    assert page.inner_text("#epoch") == "0"
    assert page.locator(".problem").count() == 0


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (390, "light"), (1920, "light"), (820, "dark")])
def test_it_fits_phones_and_projectors(opened, width, scheme):
    page = opened(make().playground(), width=width, color_scheme=scheme)
    page.evaluate("choose({ l: 1, j: 0, i: 1 })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for box in [unit.bounding_box() for unit in page.locator(".unit, .stepper button").all()]:
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
    colour = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert colour == ("rgb(20, 24, 31)" if scheme == "dark" else "rgb(255, 255, 255)")


def test_without_scripts_a_picture_stands_and_no_control_is_dead(opened):
    page = opened(make().playground(), java_script_enabled=False)
    assert "MLP(2, [4 tanh, 2 tanh, 1 tanh]" in page.inner_text(".static")
    assert page.locator(".static svg rect").count() == 24 * 24 + 100
    assert page.locator(".static svg").is_visible()
    for control in page.locator("button, input, select").all():
        assert not control.is_visible()


def test_it_reads_aloud_and_takes_the_keyboard(opened):
    page = opened(make().playground())
    columns = network_of([make()([0.0, 0.0])]).columns  # all are called as in the drawings of networks
    assert page.evaluate("state.units.map(({ l, j }) => nameOf(l, j))") == [name for _, name in unit_names(network_of([make()([0.0, 0.0])]), {})]
    drawn = [weight_name(arrow, layer, 3, j, i) for layer, column in enumerate(columns) for j, unit in enumerate(column, start=1)
             for i, arrow in enumerate(unit.connections, start=1)]  # fmt: skip
    shown = "[...state.lines, ...state.units.filter(({ l }) => l).map(({ l, j }) => ({ l, j, i: null }))].map(({ l, j, i }) => weightName(l, j, i))"
    assert sorted(page.evaluate(shown)) == sorted(drawn)
    tree = page.locator("main").aria_snapshot()
    for part in ['button "Play"', 'button "One step"', 'button "Start again"', 'combobox "Learning rate"', 'button "xor"',
                 'button "layer 1, unit 1: what it sees"', 'spinbutton "Sample"', 'button "more hidden layers"']:  # fmt: skip
        assert part in tree, part
    page.keyboard.press("Space")
    page.wait_for_function("state.training.epoch > 2")
    page.keyboard.press("Space")
    assert page.get_attribute("#play", "aria-label") == "Play"
    page.locator('[data-unit="h₁⁽¹⁾"]').focus()
    page.keyboard.press("Enter")
    assert page.inner_text("#seen") == "What h₁⁽¹⁾ sees"
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Escape")
    assert page.inner_text("#seen") == "Output"


def test_two_pages_stand_in_one_notebook(browser):
    first, second = make().playground(), nn.MLP(1, [3, 1], "tanh", seed=0).playground([[0.0], [1.0], [2.0]], [0.0, 1.0, 0.0])
    page = browser.new_page()
    page.set_content(f"<!doctype html><body data-jp-theme-light=false>{first._repr_html_()}{second._repr_html_()}</body>")
    frames = [page.frame_locator(f"iframe >> nth={k}") for k in (0, 1)]
    for frame in frames:
        frame.locator("#step").click()
    assert [frame.locator("#steps").inner_text() for frame in frames] == ["1 step", "1 step"]
    assert frames[1].locator(".unit").count() == 5
    assert frames[0].locator("body").evaluate("(body) => getComputedStyle(body).backgroundColor") == "rgb(20, 24, 31)"  # as the notebook
    height = page.locator("iframe").first.evaluate("(frame) => [frame.offsetHeight, frame.contentDocument.documentElement.scrollHeight]")
    assert height[0] >= height[1]
    page.close()


def test_thumbnails_show_the_classes_of_their_own_sets(opened):
    """Own labels 0 and 1 beside sets with -1 and 1, and the other way round."""
    X, y = nn.data.xor_quadrants(40, seed=0, labels=(0, 1))
    page = opened(nn.MLP(2, [3, 1], "tanh", "tanh", seed=0).playground(X, y))
    strong = """(canvas) => {
      const context = new OffscreenCanvas(56, 56).getContext("2d", { willReadFrequently: true }), found = {};
      context.drawImage(canvas, 0, 0);
      const { data } = context.getImageData(0, 0, 56, 56);
      for (let k = 0; k < data.length; k += 4) { const key = data.slice(k, k + 3).join(); found[key] = (found[key] || 0) + 1; }
      return Object.entries(found).filter(([, count]) => count > 30).map(([key]) => key).sort();
    }"""
    for chosen in ("your data", "circle"):
        page.click(f'[data-set="{chosen}"]')
        page.evaluate("makeThumbnails()")
        colours = page.locator("#sets canvas").evaluate_all(f"(all) => all.map({strong})")
        assert len(colours) > 3
        assert all(len(found) >= 3 and found == colours[0] for found in colours), colours  # the ground, and a colour for each class


def test_no_page_goes_wrong_for_other_networks(opened):
    X, _ = nn.data.gaussians(30)
    pages = [
        nn.MLP(1, [3, 1], "sigmoid", seed=0).playground([[0.0], [1.0], [2.0]], [0.0, 1.0, 0.5]),
        nn.MLP(2, [3, 3], "relu", seed=0).playground(X, [k % 3 for k in range(30)], loss="cross_entropy", validation=0.2),
        nn.MLP(5, [14, 2], "relu", seed=0).playground([[0.1, 0.2, 0.3, 0.4, 0.5]], [[1.0, 0.0]]),
        nn.MLP(2, [1], "sigmoid", seed=0).playground(loss="bce_with_logits"),
    ]
    for playground in pages:
        page = opened(playground)
        page.click("#step")
        page.locator(".unit").last.click()
        page.locator(".unit").first.click()
        page.evaluate("choose({ l: 1, j: 0, i: 0 })")
        shown = page.locator("#receipt").inner_text()
        assert not re.search("NaN|undefined|Infinity", shown + page.inner_text("main"))
