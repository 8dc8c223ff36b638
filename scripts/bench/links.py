"""What asking links costs, beside bare aiohttp and, where it is installed, lychee."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table

from bench.samples import ENVIRONMENT, ROOT, Row, compare, ethogram, measure, median
from loopback_web import LoopbackWeb
from web_probes import page_of, probes

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
