"""A service in a process of its own and a real browser; without Chromium (Debian's package is enough) tests skip."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

pytest.importorskip("playwright", reason="the extra `dev` is not installed")

from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
WIDE, NARROW = (1280, 1000), (390, 844)
_PATIENCE_S = 90
_RESULT = "#slider a[download]"


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where a service with a page listens."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium; install Debian's package chromium")
    words = [sys.executable, "-m", "situate", "serve", "--port", "0", "--device", "cpu"]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        found = re.search(r"http://\S+:\d+", process.stderr.readline())
        assert found is not None
        try:
            _wait_for_page(found[0])
            yield found[0]
        finally:
            process.terminate()
        assert process.wait(60) == 0


def _wait_for_page(url: str) -> None:
    end_s = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end_s:
        if httpx.get(url).status_code == 307:
            return
        time.sleep(0.2)
    raise TimeoutError(f"no page at {url} within {_PATIENCE_S} s")


# No longer than a file's tests: Playwright keeps an event loop, beside which nobody else can run one.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium."""
    with sync_playwright() as playwright:
        # Without a sandbox of its own: tests often run as root.
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


class Visit:
    """The page in a browser, and every address that it asks for."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        self.asked: list[str] = []
        self.problems: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.goto(address)
        page.wait_for_selector("#compose")

    def drop(self, where: str, path: object) -> None:
        """Upload a file, and wait until the page shows it."""
        self.page.locator(f"#{where} input[type=file]").set_input_files(str(path))
        self.page.wait_for_selector(f"#{where} img")

    def compose(self) -> None:
        """Press the button and wait for the answer."""
        self.answered(lambda: self.page.click("#compose"))

    def answered(self, act: Callable[[], object]) -> None:
        """Do something that composes, and wait until another picture is there."""
        before = self.after
        act()
        self.page.wait_for_function(
            "([place, before]) => (document.querySelector(place)?.href ?? before) !== before",
            arg=[_RESULT, before],
            timeout=60_000,
        )

    @property
    def after(self) -> str:
        """Address of the composite that is shown; empty before there is one."""
        link = self.page.locator(_RESULT)
        return (link.first.get_attribute("href") or "") if link.count() else ""

    @property
    def box(self) -> str:
        """What the field for a box by hand holds."""
        return self.page.locator("#box textarea, #box input").first.input_value()

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag on the board of the background, by shares of its sides."""
        canvas = self.page.locator("#by-hand canvas")
        canvas.scroll_into_view_if_needed()
        area = canvas.bounding_box()
        assert area is not None
        (x0, y0), (x1, y1) = ((area["x"] + x * area["width"], area["y"] + y * area["height"]) for x, y in (start, end))
        self.page.mouse.move(x0, y0)
        self.page.mouse.down()
        self.page.mouse.move(x1, y1, steps=5)
        self.page.mouse.up()

    def downloaded(self, press: str) -> bytes:
        """Press what downloads a file; return its content."""
        with self.page.expect_download() as download:
            self.page.click(press)
        return Path(download.value.path()).read_bytes()


@pytest.fixture
def visit(address: str, browser: Browser) -> Iterator[Visit]:
    """A visitor with a wide screen."""
    context = browser.new_context(viewport={"width": WIDE[0], "height": WIDE[1]})
    yield Visit(context.new_page(), address)
    context.close()
