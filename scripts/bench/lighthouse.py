"""What Lighthouse says of the real site's pages, where it is installed."""

import json
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from bench.samples import ENVIRONMENT, ROOT
from bench.sites import build
from browser import find
from loopback_site import StaticServer

PAGES = {
    "home": "",
    "behavior": "security/backdoor/",
    "explorer": "papers/",
    "work": "papers/hubinger2024sleeper/",
}
SCORES = ("performance", "accessibility", "best-practices", "seo")
FIGURES = {
    "first-contentful-paint": "first paint",
    "largest-contentful-paint": "largest paint",
    "total-blocking-time": "blocked",
    "cumulative-layout-shift": "shift",
    "total-byte-weight": "weight",
}
CHROMIUM = (
    "--headless=new --no-sandbox --disable-background-networking --disable-component-update "
    "--disable-sync --no-first-run"
)
ADVICE = """\
Lighthouse is not installed, so pages have no scores here. With Node 22 or newer:
    npm install --prefix /tmp/lighthouse lighthouse
    ETHOGRAM_LIGHTHOUSE=/tmp/lighthouse/node_modules/.bin/lighthouse python scripts/benchmark.py"""


@dataclass(frozen=True)
class Report:
    """What Lighthouse says of a page: scores up to 100, figures in ms or bytes, and faults."""

    scores: dict[str, int]
    figures: dict[str, float]
    faults: list[str]


def lighthouse() -> str | None:
    """The command, where ETHOGRAM_LIGHTHOUSE or the PATH has it."""
    return os.environ.get("ETHOGRAM_LIGHTHOUSE") or shutil.which("lighthouse")


def ask(command: str, url: str) -> Report:
    """Have a page looked at as a phone on a slow network would load it."""
    options = ["--quiet", "--output=json", f"--only-categories={','.join(SCORES)}"]
    done = subprocess.run(
        [command, url, *options, f"--chrome-flags={CHROMIUM}"],
        env={**ENVIRONMENT, "CHROME_PATH": str(find() or "")},
        stdout=subprocess.PIPE,
        check=True,
    )
    said = json.loads(done.stdout)
    if said.get("runtimeError"):
        raise SystemExit(f"Lighthouse on {url}: {said['runtimeError']['message']}")
    parts, audits = said["categories"], said["audits"]
    short = {
        each["id"]
        for name in SCORES
        for each in parts[name]["auditRefs"]
        if each["weight"]
        and (audits[each["id"]]["score"] or 0) < 1
        and audits[each["id"]]["scoreDisplayMode"] not in ("notApplicable", "manual")
    }
    return Report(
        {name: round(100 * (parts[name]["score"] or 0)) for name in SCORES},
        {name: audits[name].get("numericValue", 0.0) for name in FIGURES},
        sorted(short),
    )


def middle(command: str, url: str, runs: int) -> Report:
    """The report with the middle of the performances: a busy machine disturbs single ones."""
    reports = [ask(command, url) for _ in range(runs)]
    return sorted(reports, key=lambda each: each.scores["performance"])[runs // 2]


def score_pages(runs: int) -> Table | str:
    """Scores and figures of the real site's pages, or how to get Lighthouse."""
    command = lighthouse()
    if command is None:
        return ADVICE
    table = Table("page", *SCORES, *FIGURES.values(), "short of full", title="Lighthouse, mobile")
    with tempfile.TemporaryDirectory() as name:
        site = Path(name) / "site"
        site.mkdir()
        with StaticServer(site) as server:
            ENVIRONMENT["SITE_URL"] = server.url  # for its canonical addresses
            build(ROOT / "mkdocs.yml", site)
            for page, path in PAGES.items():
                report = middle(command, f"{server.url}{path}", runs)
                scores = (str(report.scores[each]) for each in SCORES)
                table.add_row(page, *scores, *figures(report), ", ".join(report.faults))
    return table


def figures(report: Report) -> list[str]:
    """A report's figures, with their units."""
    units = {"total-byte-weight": (1024, "KiB", 0), "cumulative-layout-shift": (1, "", 3)}
    shown = []
    for name, value in report.figures.items():
        size, unit, places = units.get(name, (1000, "s", 2))
        shown.append(f"{value / size:.{places}f} {unit}".strip())
    return shown
