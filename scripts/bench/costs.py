"""What builds and checks cost: against bare Material, and as the collection grows."""

from pathlib import Path

from bench.samples import Row, compare, ethogram, measure, median
from bench.sites import build, configure, make_site


def measure_build(runs: int, folder: Path) -> list[Row]:
    """Builds of 1,000 cards, with and without what is made of the whole, against bare Material."""
    make_site(folder, cards=1000, pages=100)
    configs = {name: configure(folder, name) for name in ("plain", "full", "bare")}
    for config in configs.values():
        build(config)
    taken = [{name: build(config) for name, config in configs.items()} for _ in range(runs)]
    plain = [(run["plain"], run["bare"]) for run in taken]
    full = [(run["full"], run["bare"]) for run in taken]
    return [
        *compare("build of 1,000 cards, without the catalog's parts", plain, 1.5),
        *compare("build of 1,000 cards, with them", full, 2.2),
    ]


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
