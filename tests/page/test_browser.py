"""Both pages in headless Chromium: they work, fit a phone, print, and pass axe-core's check."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

from hwgen.classify import classifier
from hwgen.page.demo import Demo
from hwgen.page.report import draw
from hwgen.page.server import Server
from hwgen.rtl import plan as plans
from hwgen.rtl.plan import Members
from tests.page.builds import model_of, subject
from tests.random_graph import random_ensemble, random_graph

CHROMIUM = shutil.which("chromium")
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
NASTY = "<img src=x onerror=document.title='broken'>"
RANDOM = np.random.default_rng(4)
DESKTOP, PHONE = 1280, 390


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: apt install chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="not installed: pip install 'hwgen[browser]'")
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield running
        running.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("build")
    graph = random_graph(RANDOM, classes=3)
    stage = {"name": "float", "dev": 0.5, "test": 0.5, "weights": 9, "nonzero": 8, "bits": 32, "kilobytes": 1.5}
    record = {"confusion": [[20, 3, 1], [2, 30, 9], [0, 0, 5]], "stages": [stage]}
    model = model_of(graph, ("no", "yes", NASTY), record)
    rows = [("no", "a plot never boring"), ("yes", "a moving film"), (NASTY, "w1 w2 plot"), ("yes", "film w5")]
    path = folder / "report.html"
    made = subject(folder, model, plans.spatial(graph), rows=rows, explore=True, title=NASTY)
    path.write_text(draw(made), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def ensemble(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ensemble")
    graph = random_ensemble(RANDOM, "convolution")
    path = folder / "report.html"
    plan = plans.spatial(graph, members=Members.side_by_side)
    path.write_text(draw(subject(folder, model_of(graph), plan, routed=False)), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def demo() -> Iterator[Server]:
    model = model_of(random_graph(RANDOM, classes=2), ("no", NASTY))
    with classifier(model, "golden") as ask, Server(Demo(model, NASTY, "golden", ask), 0) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def opened(browser: Any, address: str, *, width: int = DESKTOP, dark: bool = False, checked: bool = False) -> Any:
    scheme = "dark" if dark else "light"
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=checked)
    page.complaints = []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto(address)
    return page


def findings(page: Any) -> list[str]:
    """Serious ones of axe-core's."""
    if not AXE.is_file():
        pytest.skip("axe-core is not here: npm install --no-save axe-core, at the top of the checkout")
    page.add_script_tag(path=str(AXE))
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    return [
        f"{each['id']}: {each['help']}: {node['html']}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@pytest.mark.parametrize("name", ["report", "ensemble"])
def test_a_report_fits_the_screen_and_runs_nothing(
    browser: Any, name: str, width: int, request: pytest.FixtureRequest
) -> None:
    page = opened(browser, request.getfixturevalue(name).as_uri(), width=width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert not page.complaints and page.title().startswith("tiny on")
    assert page.locator("main section").count() >= 7
    clipped = page.evaluate("""[...document.querySelectorAll("h1, h2, p, dd, li, figcaption")]
        .filter((each) => each.getBoundingClientRect().right > innerWidth + 1 && !each.closest(".scroll, .ways"))
        .map((each) => each.outerHTML.slice(0, 200))""")
    assert clipped == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["report", "ensemble"])
def test_a_report_has_no_serious_finding(browser: Any, name: str, dark: bool, request: pytest.FixtureRequest) -> None:
    page = opened(browser, request.getfixturevalue(name).as_uri(), dark=dark, checked=True)
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(18, 22, 26)") is dark
    assert findings(page) == []


def test_a_report_prints_on_a_few_pages(browser: Any, report: Path) -> None:
    paper = opened(browser, report.as_uri(), dark=True).pdf(format="A4", print_background=True)
    assert paper.startswith(b"%PDF") and 2 <= paper.count(b"/Type /Page\n") <= 12


def test_the_demo_answers_a_typed_sentence(browser: Any, demo: Server) -> None:
    page = opened(browser, demo.url)
    page.wait_for_function("document.activeElement.id === 'text'")  # by itself, once the page is drawn
    page.keyboard.type("a film never boring")
    page.keyboard.press("Enter")
    page.wait_for_selector("#answer", state="visible")
    told = demo.page.answer("a film never boring")
    assert page.inner_text("#label") == told["class"] and page.inner_text("#margin") == f"{told['margin']:.2f}"
    assert page.inner_text("#sentence").split() == ["a", "film", "never", "boring"]
    assert "cycles" in page.inner_text("#cycles") or "laid out" in page.inner_text("#cycles")
    assert page.locator("[aria-live] #label").count() == 1
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the first of the sentences to try
    page.wait_for_selector("#earlier li:nth-child(2)")
    assert page.inner_text("#ranking").count(NASTY) == 1
    assert page.title() != "broken" and not page.complaints


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_the_demo_has_no_serious_finding(browser: Any, demo: Server, dark: bool, width: int) -> None:
    page = opened(browser, demo.url, width=width, dark=dark, checked=True)
    page.click(".sample")
    page.wait_for_selector("#answer", state="visible")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert findings(page) == []


def test_the_demo_says_when_its_server_is_gone(browser: Any, demo: Server) -> None:
    page = opened(browser, demo.url)
    page.route("**/classify", lambda route: route.abort())
    page.fill("#text", "w1")
    page.click("form button")
    page.wait_for_selector("#trouble", state="visible")
    assert "does not answer" in page.inner_text("[role=alert]")
