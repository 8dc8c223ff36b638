"""What the whole catalog costs: its pages, exports, explorer and search."""

import os
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from bench.lighthouse import ask, lighthouse
from bench.samples import Row, Sample, compare, median
from bench.sites import build, configure, make_site
from browser import ADVICE, find
from loopback_site import StaticServer

SIZES = (100, 1000, 10_000)
KIB = 1024
CLICKS = 5


def measure_catalog(runs: int, folder: Path) -> list[Row]:
    """All of it: in builds of three sizes, and in a browser."""
    for cards in (*SIZES, 500):
        make_site(folder / str(cards), cards, pages=max(1, cards // 10))
    rows = [*added(runs, folder / "1000"), growth(runs, folder), work_page(runs, folder / "1000")]
    for cards in (500, SIZES[-1]):
        build(configure(folder / str(cards)), folder / f"{cards}.site")
    rows += explorer(folder / f"{SIZES[-1]}.site")
    rows.append(search(folder / "500.site", 500, 140))
    rows.append(search(folder / f"{SIZES[-1]}.site", SIZES[-1], 350))
    return rows


def added(runs: int, folder: Path) -> list[Row]:
    """A build of 1,000 cards with the catalog's parts against one without."""
    full, plain = (configure(folder, each) for each in ("full", "plain"))
    build(full)
    build(plain)
    pairs = [(build(full), build(plain)) for _ in range(runs)]
    return compare("the whole catalog, in a build of 1,000 cards", pairs, 1.4)[:1]


def growth(runs: int, folder: Path) -> Row:
    """What a card costs in a build of 10,000 against one of 1,000."""
    seconds = {}
    for cards in SIZES:
        config = configure(folder / str(cards))
        samples = [build(config) for _ in range(runs if cards < SIZES[-1] else 1)]
        seconds[cards] = median(samples, seconds_of)
    small, middle, large = (seconds[cards] for cards in SIZES)
    ratio = (large - small) / (middle - small) / 11
    detail = ", ".join(f"{cards}: {taken:.1f} s" for cards, taken in seconds.items())
    return Row("build, cost of a card at 10,000 against 1,000", ratio, 1.3, "x", detail)


def seconds_of(sample: Sample) -> float:
    """Its wall time."""
    return sample.seconds


def work_page(runs: int, folder: Path) -> Row:
    """From asking for the works' pages to the last on disk, for each."""
    config, taken = configure(folder, "timed"), []
    for _ in range(runs):
        build(config)
        taken.append(float((folder / "work-page-ms").read_text()))
    return Row("a work's page", statistics.median(taken), 1, "ms", "made, looked through, written")


def explorer(site: Path) -> list[Row]:
    """Clicks on facets at 10,000 works, and the first paint on a phone where that can be had."""
    with StaticServer(site) as server:
        address = f"{server.url}papers/"
        with opened(address) as page:
            taken = list(clicks(page))
        detail = ", ".join(f"{each:.0f}" for each in taken)
        rows = [Row("explorer of 10,000: a facet click", max(taken), 100, "ms", detail)]
        command = lighthouse()
        if command:
            figures = ask(command, address).figures
            largest = f"largest {figures['largest-contentful-paint'] / 1000:.2f} s"
            first = figures["first-contentful-paint"] / 1000
            rows.append(Row("explorer of 10,000: first paint", first, 1.5, "s", largest))
    return rows


def clicks(page: Page) -> Iterator[float]:
    """Milliseconds from each of some clicks on facets to what they show."""
    page.wait_for_load_state("networkidle")
    asked = "performance.getEntriesByName('explorer-click').map(each => each.duration)"
    for number in range(CLICKS):
        boxes = page.locator(".facets fieldset:nth-of-type(1) label:visible")
        boxes.nth(number % boxes.count()).click()
        page.wait_for_function(f"{asked}.length > {number}")
        yield float(page.evaluate(asked)[number])


def search(site: Path, cards: int, bound: float) -> Row:
    """Bytes from opening the search to its first answer, scripts included."""
    with StaticServer(site) as server, opened(server.url) as page:
        page.wait_for_load_state("networkidle")
        server.sent.clear()
        page.keyboard.press("/")
        page.locator("dialog.search-dialog input").first.fill("hubinger")
        page.locator("dialog.search-dialog .search-results a").first.wait_for()
        page.wait_for_load_state("networkidle")
        total = sum(server.sent.values()) / KIB
        parts = [
            (Path(path).suffix or path, size / KIB) for path, size in server.sent.most_common(4)
        ]
        most = ", ".join(f"{part} {size:.0f}" for part, size in parts)
    return Row(f"search in {cards:,} cards: first answer", total, bound, "KiB", most)


@contextmanager
def opened(address: str) -> Iterator[Page]:
    """A page in the Chromium at hand."""
    chromium = find()
    if chromium is None:
        raise SystemExit(ADVICE)
    as_root = sys.platform != "win32" and os.geteuid() == 0
    with sync_playwright() as playwright:
        flags = ["--no-sandbox"] if as_root else []
        browser = playwright.chromium.launch(executable_path=chromium, args=flags)
        page = browser.new_page()
        page.goto(address)
        yield page
        browser.close()
