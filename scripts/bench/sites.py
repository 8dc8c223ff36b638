"""Sites made to be measured: as many cards as wanted, and the same from one run to the next."""

import random
import shutil
import sys
import tempfile
from itertools import accumulate, product
from pathlib import Path

from bench.samples import ROOT, Sample, measure
from ethogram.bibliography import Work, merge
from ethogram.taxonomy import Taxonomy
from ethogram.works import WorkId, citation_key

NAMES = "Lukošiūtė Hubinger Nguyen Müller García Sørensen Nanda Rajamanoharan Barez Torr".split()
GIVEN = "Ada Chen Divya Emre Farah Goran Hana Ivo Jun Kofi Lena Mira".split()
SYLLABLES = "ba ce di fo gu ha ke li mo nu pra ste tri vo zen al er in or un".split()
WORDS = ["".join(parts) for parts in product(SYLLABLES, repeat=3)][::2]
"""Some thousand words, of which a few make up most of a text, as in any language."""
WEIGHTS = list(accumulate(1 / rank for rank in range(1, len(WORDS) + 1)))
MADE = ("papers/index.md", "map.md", "timeline.md")
"""The pages that show the whole catalog."""
RELATIONS = ("supports", "contradicts", "replicates", "fails-to-replicate", "extends")


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
        first = number * share
        made = [make_card(works, each, taxonomy, chance) for each in range(first, first + share)]
        page.write_text(f"{make_prose(chance)}\n\n## Cards\n\n" + "\n".join(made))
    (folder / "docs/index.md").write_text("# Home\n\nA site made to be measured.\n")
    for name in MADE:
        (folder / "docs" / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / "docs" / name, folder / "docs" / name)


def make_words(chance: random.Random, count: int) -> str:
    """Words of a sentence, without its stop."""
    return " ".join(chance.choices(WORDS, cum_weights=WEIGHTS, k=count)).capitalize()


def make_work(number: int, chance: random.Random) -> Work:
    """A record whose number, title and key no other has."""
    rest, year = divmod(number, 8)
    serial, month = divmod(rest, 12)
    title = f"{make_words(chance, 8)} {number}"
    authors = tuple(f"{chance.choice(GIVEN)} {name}" for name in chance.sample(NAMES, 5))
    key = f"{citation_key(authors[0].split()[-1], 2018 + year, title)}{number}"
    return Work(
        id=WorkId("arxiv", f"{18 + year}{month + 1:02}.{serial + 1:05}"),
        key=key,
        title=title,
        authors=authors,
        year=2018 + year,
        date=f"{2018 + year}-{month + 1:02}-05",
    )


def make_prose(chance: random.Random) -> str:
    """The head of a page."""
    return f"# {make_words(chance, 2)}\n\n{make_words(chance, 80)}."


def make_card(works: list[Work], number: int, taxonomy: Taxonomy, chance: random.Random) -> str:
    """A card with the fields and the length that cards have; one in four speaks of another."""
    if number >= len(works):
        return ""
    work = works[number]
    terms = ", ".join(chance.sample(list(taxonomy.terms), 2))
    methods = ", ".join(chance.sample(list(taxonomy.methods), 2))
    relation = ""
    if number and chance.random() < 0.25:
        other = works[chance.randrange(number)]
        relation = f"    {chance.choice(RELATIONS)}: {other.id.id}\n"
    return (
        f'!!! note "[{work.title}]({work.id.address})"\n'
        f"    behaviors: {terms}\n    methods: {methods}\n"
        f"    evidence: {chance.choice(list(taxonomy.evidence))}\n"
        f"    models: GPT-2, Llama-2-7B\n{relation}    added: 2026-11-21\n\n"
        f"    {make_words(chance, 70)}.\n"
    )


PLAIN_HOOK = """\
import sys
sys.path.insert(0, {hooks!r})
import events
from events import *

events._publish_search = lambda folder: None
events.publishing.write_pages = lambda *given: None
events._lists = lambda page: {{}}
"""
"""Ethogram without what it makes of the whole catalog: cards and citations, as in any page."""

TIMED_HOOK = """\
import sys, time
sys.path.insert(0, {hooks!r})
import events
from events import *

def timed(*given, make=events.work.pages):
    started, count = time.perf_counter(), 0
    for count, page in enumerate(make(*given), start=1):
        yield page
    with open("work-page-ms", "w") as file:
        file.write(str((time.perf_counter() - started) * 1000 / count))

events.work.pages = timed
"""
"""Ethogram with a clock: from asking for the works' pages until the last is on disk."""

VARIANTS = {"full": "", "plain": PLAIN_HOOK, "timed": TIMED_HOOK, "bare": ""}


def configure(folder: Path, variant: str = "full") -> Path:
    """Write settings: the real ones without their navigation, or with another hook, or bare.

    Args:
        folder: the site's.
        variant: `full` for Ethogram as it is; `plain` for it without the catalog's parts; `timed`
            to learn what a work's page takes; `bare` for the theme alone, with its own search.
    """
    text = (ROOT / "mkdocs.yml").read_text()
    text = text[: text.index("# A folder stands")] + text[text.index("theme:") :]
    if variant == "bare":
        script, plugins = text.index("extra_javascript:"), text.index("plugins:")
        text = text[:script] + text[plugins:]
        own, rest = text.index("  - bibtex:"), text.index("markdown_extensions:")
        text = f"{text[:own]}  - search\n\n{text[rest:]}"
    hook, hooks = ROOT / "hooks/events.py", str(ROOT / "hooks")
    if VARIANTS[variant]:
        hook = folder / f"{variant}.py"
        hook.write_text(VARIANTS[variant].format(hooks=hooks))
    text = text.replace("hooks/events.py", hook.as_posix())
    shutil.copytree(ROOT / "docs/assets", folder / "docs/assets", dirs_exist_ok=True)
    config = folder / f"{variant}.yml"
    config.write_text(text)
    return config


def build(config: Path, site: Path | None = None) -> Sample:
    """Build a site, into a new folder if none is named.

    Into one that was built before would be another measure: MkDocs empties it first, and some file
    systems take up to a millisecond to use the place of a file that was just deleted.
    """
    site = site or Path(tempfile.mkdtemp(prefix="site-", dir=config.parent))
    command = [sys.executable, "-m", "mkdocs", "build", "-q", "-f", str(config), "-d", str(site)]
    return measure(command, config.parent)
