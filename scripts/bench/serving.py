"""What a preview takes to show an edit: `mkdocs serve`, against bare Material."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.samples import ENVIRONMENT, Row
from bench.sites import configure, make_site

CARDS, PAGES = 1000, 100
PATIENCE = 120  # seconds
_BUILT = re.compile(r"measured: ([\d.]+)")
# MkDocs tells how long a build took, but logs nothing twice: not if one before took as long.
_TIMED = """\
import sys, time
import mkdocs.commands.serve as serve
from mkdocs.__main__ import cli

def build(*given, make=serve.build, **named):
    started = time.perf_counter()
    make(*given, **named)
    print(f"measured: {time.perf_counter() - started:.3f}", file=sys.stderr, flush=True)

serve.build = build
if __name__ == "__main__":  # what runs beside a build imports this, too
    cli()
"""


@dataclass
class Preview:
    """One that runs: the page that is edited, and what it says of its builds."""

    page: Path
    log: Path

    def builds(self) -> list[float]:
        """Seconds of each build so far."""
        return [float(taken) for taken in _BUILT.findall(self.log.read_text())]

    def next_build(self, before: int) -> float:
        """Wait for one build more than there were, and return its seconds."""
        deadline = time.monotonic() + PATIENCE
        while len(self.builds()) <= before:
            if time.monotonic() > deadline:
                raise SystemExit(f"The preview does not build:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.1)
        return self.builds()[before]

    def edit(self) -> float:
        """Add a word to the page's last card; return the seconds of the build that follows."""
        before = len(self.builds())
        self.page.write_text(f"{self.page.read_text().rstrip()} more\n")
        return self.next_build(before)


def measure_serve(runs: int, folder: Path) -> list[Row]:
    """Rebuilds after an edit of one card among 1,000, side by side with bare Material's."""
    with ExitStack() as stack:
        ours, bare = (
            stack.enter_context(previewing(folder / each, each)) for each in ("full", "bare")
        )
        ours.edit(), bare.edit()
        pairs = [(ours.edit(), bare.edit()) for _ in range(runs)]
    ratio = median(a / b for a, b in pairs)
    detail = " against ".join(f"{median(side):.2f} s" for side in zip(*pairs, strict=True))
    return [Row("preview, after an edit of one card of 1,000", ratio, 1.2, "x", detail)]


@contextmanager
def previewing(folder: Path, variant: str) -> Iterator[Preview]:
    """A preview of a site made for it, built once."""
    make_site(folder, CARDS, PAGES)
    config = configure(folder, variant)
    program = folder / "timed-serve.py"
    program.write_text(_TIMED)
    command = [sys.executable, str(program), "serve", "--livereload", "-f", str(config)]
    preview = Preview(folder / "docs/part-0/page-0.md", folder / "serve.log")
    with preview.log.open("wb") as log:
        process = subprocess.Popen(
            [*command, "-a", "127.0.0.1:0"],
            cwd=folder,
            env={**ENVIRONMENT, "ETHOGRAM_RESOLVE": "never", "PYTHONUNBUFFERED": "1"},
            stdout=log,
            stderr=log,
        )
        try:
            preview.next_build(0)
            yield preview
        finally:
            process.terminate()
            process.wait(20)
