"""People make a small data set larger."""

import io
import json
import zipfile
from importlib import resources
from pathlib import Path

from playwright.sync_api import expect
from tests.service.page.conftest import Visit

EXAMPLES = Path(str(resources.files("situate"))) / "examples"


def packed(files: dict[str, bytes]) -> dict[str, object]:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, part in files.items():
            archive.writestr(name, part)
    return {"name": "packed.zip", "mimeType": "application/zip", "buffer": content.getvalue()}


def data_set() -> dict[str, object]:
    scene = (EXAMPLES / "backgrounds" / "park.jpg").read_bytes()
    labels = {
        "images": [{"id": 1, "file_name": "park/first.jpg", "width": 480, "height": 360}],
        "categories": [{"id": 1, "name": "bench"}],
        "annotations": [],
    }
    return packed({"labels.json": json.dumps(labels).encode(), "park/first.jpg": scene})


def begun(visit: Visit) -> None:
    cutouts = packed({"bench/one.png": (EXAMPLES / "foregrounds" / "bench.png").read_bytes()})
    visit.page.get_by_role("tab", name="Augment a data set").click()
    for place, file in (("#dataset", data_set()), ("#cutouts", cutouts)):
        visit.page.locator(f"{place} input[type=file]").set_input_files(files=[file])  # type: ignore[list-item]
        expect(visit.page.locator(place)).to_contain_text("packed")
    visit.page.click("#augment")


def test_a_zip_goes_in_and_a_larger_one_comes_back(visit: Visit):
    begun(visit)
    expect(visit.page.locator("#progress")).to_contain_text("done: 1 of 1", timeout=90_000)
    expect(visit.page.locator("#result")).to_be_enabled()
    with zipfile.ZipFile(io.BytesIO(visit.downloaded("#result"))) as archive:
        images = json.loads(archive.read("annotations.json"))["images"]
        assert images[0]["file_name"] == "park/first.jpg"
        assert len(images) == 2
        assert {f"images/{image['file_name']}" for image in images} <= set(archive.namelist())


def test_a_job_can_be_cancelled(visit: Visit):
    begun(visit)
    expect(visit.page.locator("#progress")).to_contain_text("composing", timeout=30_000)
    visit.page.click("#cancel")
    expect(visit.page.locator("#progress")).to_contain_text("cancelled")


def test_the_model_tab_has_the_card_with_its_figures(visit: Visit):
    visit.page.get_by_role("tab", name="Model").click()
    expect(visit.page.get_by_role("heading", name="Figures")).to_be_visible()
    expect(visit.page.get_by_role("heading", name="Licences")).to_be_visible()
