"""People compose: in a real browser, without a request to any other machine."""

import json
from importlib import resources
from io import BytesIO
from pathlib import Path

import httpx
import numpy as np
from PIL import Image
from playwright.sync_api import Browser, expect
from tests.service.page.conftest import NARROW, Visit

from situate.client import Client, ComposeOptions

EXAMPLES = Path(str(resources.files("situate"))) / "examples"
SCENE, CUTOUT = EXAMPLES / "backgrounds" / "park.jpg", EXAMPLES / "foregrounds" / "bench.png"


def dropped(visit: Visit) -> Visit:
    visit.drop("background", SCENE)
    visit.drop("foreground", CUTOUT)
    return visit


def pixels(content: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(content)).convert("RGB"))


def test_what_is_downloaded_is_what_the_api_answers_byte_for_byte(visit: Visit):
    dropped(visit).compose()
    with Client(visit.address) as client:
        assert visit.downloaded("#download") == client.compose_png(SCENE, CUTOUT)


def test_the_slider_has_the_background_before_and_the_composite_after(visit: Visit):
    dropped(visit).compose()
    shown = [httpx.get(url).content for url in _sources(visit, "#slider img")]
    before, after = pixels(shown[0]), pixels(shown[1])
    assert (before == pixels(SCENE.read_bytes())).all()
    assert (after == pixels(httpx.get(visit.after).content)).all()
    assert (before != after).any()


def test_the_handle_of_the_slider_can_be_dragged(visit: Visit):
    dropped(visit).compose()
    visit.page.wait_for_function("[...document.querySelectorAll('#slider img')].every(one => one.complete)")
    handle, after = visit.page.locator("#slider [data-testid=slider]"), visit.page.locator("#slider img").nth(1)
    before = after.get_attribute("style")
    place = handle.bounding_box()
    assert place is not None
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    visit.page.mouse.move(x, y)
    visit.page.mouse.down()
    visit.page.mouse.move(x + 200, y, steps=4)
    visit.page.mouse.up()
    expect(after).not_to_have_attribute("style", before or "")
    moved = handle.bounding_box()
    assert moved is not None
    assert moved["x"] > place["x"] + 10


def test_the_second_placement_can_be_chosen_from_the_strip(visit: Visit):
    dropped(visit).compose()
    with Client(visit.address) as client:
        places = client.place(SCENE, CUTOUT).placements
    visit.answered(lambda: visit.page.locator("#strip button:has(img)").nth(1).click())
    box = tuple(float(side) for side in visit.box.split(","))
    assert box == places[1].box_xywh_px
    with Client(visit.address) as client:
        by_hand = client.compose_png(SCENE, CUTOUT, options=ComposeOptions(box=box))
    assert httpx.get(visit.after).content == by_hand


def test_a_box_that_is_dragged_is_composed_there(visit: Visit):
    dropped(visit)
    visit.answered(lambda: visit.drag((0.6, 0.6), (0.8, 0.85)))
    left, top, width, height = (float(side) for side in visit.box.split(","))
    assert np.allclose([left, top, width, height], [288, 216, 96, 90], atol=4)
    before, after = pixels(SCENE.read_bytes()), pixels(httpx.get(visit.after).content)
    rows, columns = np.nonzero((before != after).any(axis=2))
    # Shadow and light reach a little beyond the box.
    assert abs(columns.mean() - (left + width / 2)) < width
    assert abs(rows.mean() - (top + height / 2)) < height


def test_a_click_puts_the_foot_there(visit: Visit):
    dropped(visit).compose()
    visit.answered(lambda: visit.drag((0.75, 0.9), (0.75, 0.9)))
    left, top, width, height = (float(side) for side in visit.box.split(","))
    assert np.allclose([left + width / 2, top + height], [360, 324], atol=4)


def test_the_board_is_used_by_keys_too(visit: Visit):
    dropped(visit).compose()
    stage = visit.page.locator("#by-hand .stage")
    stage.focus()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowDown", "+"):
        stage.press(key)
    visit.answered(lambda: stage.press("Enter"))
    assert len(visit.box.split(",")) == 4


def test_regions_are_kept_to_and_come_with_the_files(visit: Visit):
    dropped(visit)
    visit.page.get_by_role("button", name="Allowed").click()
    visit.drag((0.05, 0.95), (0.25, 0.95))
    visit.compose()
    with Client(visit.address) as client:
        allowed = _file(visit, "allow.png")
        assert httpx.get(visit.after).content == client.compose_png(SCENE, CUTOUT, allow=allowed)
    (label,) = json.loads(_file(visit, "labels.json"))
    left, _, width, _ = label["box_xywh_px"]
    assert left + width / 2 < 0.3 * 480


def test_several_objects_are_put_there_one_after_another(visit: Visit):
    dropped(visit)
    cone = EXAMPLES / "foregrounds" / "cone.png"
    visit.page.get_by_text("More objects").click()
    visit.page.locator("#more input[type=file]").set_input_files(str(cone))
    expect(visit.page.locator("#more")).to_contain_text("cone")
    visit.compose()
    assert len(json.loads(_file(visit, "labels.json"))) == 2
    with Client(visit.address) as client:
        assert httpx.get(visit.after).content == client.compose_png(SCENE, CUTOUT, cone)


def test_the_command_that_is_shown_makes_the_same_picture(visit: Visit, tmp_path: Path, monkeypatch):
    from situate.cli.app import main

    dropped(visit).compose()
    visit.page.get_by_text("The same from a program").click()
    command = visit.page.locator("#shell .cm-content").inner_text()
    assert command.split()[:2] == ["situate", "compose"]
    for file in (SCENE, CUTOUT):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    monkeypatch.chdir(tmp_path)
    assert main([*command.split()[1:], "--device", "cpu"]) == 0
    made, shown = pixels((tmp_path / "composite.png").read_bytes()), pixels(httpx.get(visit.after).content)
    # By rounding only: the service's networks see several pictures at once.
    assert np.abs(made.astype(int) - shown).max() <= 2


def test_the_python_that_is_shown_makes_the_same_picture(visit: Visit, tmp_path: Path, monkeypatch):
    dropped(visit).compose()
    visit.page.get_by_text("The same from a program").click()
    code = visit.page.locator("#python .cm-content").inner_text()
    assert repr(visit.address) in code
    for file in (SCENE, CUTOUT):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    monkeypatch.chdir(tmp_path)
    exec(code, {})  # noqa: S102 - people copy it to run it
    assert (tmp_path / "composite.png").read_bytes() == httpx.get(visit.after).content


def test_an_object_without_transparency_is_explained_and_can_be_cut_out(visit: Visit):
    visit.drop("background", SCENE)
    photograph = EXAMPLES / "backgrounds" / "street.jpg"
    visit.drop("foreground", photograph)
    expect(visit.page.locator("#cutout").first).to_contain_text("no transparency")
    visit.page.click("#compose")
    expect(visit.page.get_by_text("a foreground needs it")).to_be_visible()
    visit.page.get_by_role("button", name="Cut it out").click()
    visit.page.wait_for_selector("#cutout .image-container img, #cutout [data-testid=image] img")
    visit.page.get_by_role("button", name="Use this cut-out").click()
    expect(visit.page.locator("#cutout").first).to_be_hidden()
    visit.compose()


def test_nothing_is_asked_of_another_machine_and_nothing_breaks(visit: Visit):
    dropped(visit).compose()
    assert [url for url in visit.asked if not url.startswith((visit.address, "data:", "blob:"))] == []
    assert visit.problems == []


def test_a_narrow_dark_screen_shows_the_result_below_the_button(address: str, browser: Browser):
    context = browser.new_context(
        viewport={"width": NARROW[0], "height": NARROW[1]}, color_scheme="dark", has_touch=True, is_mobile=True
    )
    visit = Visit(context.new_page(), address)
    visit.page.get_by_role("button", name="Try: Ball").click()
    visit.page.wait_for_selector("#background img")
    visit.compose()
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= NARROW[0]
    tops = [visit.page.locator(place).bounding_box() for place in ("#compose", "#slider", "#by-hand")]
    heights = [place["y"] for place in tops if place is not None]
    assert heights == sorted(heights)
    colour = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(",")) < 64
    context.close()


def _sources(visit: Visit, place: str) -> list[str]:
    images = visit.page.locator(place)
    return [str(images.nth(number).evaluate("one => one.src")) for number in range(images.count())]


def _file(visit: Visit, name: str) -> bytes:
    stem = name.split(".", maxsplit=1)[0]
    link = visit.page.locator(f"#files tr:has-text('{stem}') a").first
    return httpx.get(str(link.evaluate("one => one.href"))).content
