"""Search: the index that a build makes, and the dialog in which a reader finds cards by it."""

import gzip
import random
import re
import shutil
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, Response, expect

from building import ROOT, build, copy_site
from ethogram import search
from ethogram.bibliography import merge
from ethogram.catalog import Catalog
from ethogram.findings import EthogramError
from ethogram.record import Work
from ethogram.search import Record
from ethogram.site import Site
from ethogram.works import WorkId

# -- a site of many cards, whose words are used as people use words --------------------------


class Words:
    """Words by Zipf's law: few are used all the time, most once or twice."""

    def __init__(self, seed: int) -> None:
        """Make 40,000 words and 12,000 names that can be told apart."""
        self.chance = random.Random(seed)
        self.common = [self.word() for _ in range(40_000)]
        self.weights = list(accumulate(1 / rank for rank in range(8, 40_008)))
        self.given = [self.word().title() for _ in range(2000)]
        self.families = [self.word().title() for _ in range(12_000)]

    def word(self) -> str:
        """A word of two to four syllables."""
        syllables = self.chance.randint(2, 4)
        return "".join(
            self.chance.choice("bcdfghklmnprstvw")
            + self.chance.choice(["a", "e", "io", "on", "er"])
            for _ in range(syllables)
        )

    def text(self, length: int) -> str:
        """Words in the order of chance, without repeating the law's most common ones as one."""
        return " ".join(self.chance.choices(self.common, cum_weights=self.weights, k=length))

    def name(self) -> str:
        """A person's."""
        return f"{self.chance.choice(self.given)} {self.chance.choice(self.families)}"


def make_collection(folder: Path, cards: int) -> Catalog:
    """A catalog of many cards with titles, names and findings of the usual length."""
    words = Words(cards)
    (folder / "bib").mkdir(parents=True)
    (folder / "docs").mkdir()
    shutil.copy(ROOT / "bib/taxonomy.yml", folder / "bib/taxonomy.yml")
    taxonomy = Catalog.load(folder / "docs", folder / "bib").taxonomy
    works, pages = [], dict[int, list[str]]()
    for number in range(cards):
        month, serial = divmod(number, 9000)
        names = tuple(words.name() for _ in range(words.chance.randint(2, 8)))
        work = Work(
            id=WorkId("arxiv", f"24{month + 1:02}.{serial + 1:05}"),
            key=f"work{number}",
            title=words.text(9).capitalize(),
            authors=names,
            year=words.chance.randint(2019, 2026),
        )
        works.append(work)
        terms = ", ".join(words.chance.sample(list(taxonomy.terms), 2))
        pages.setdefault(number // 10, []).append(
            f'!!! note "[{work.title}]({work.id.address})"\n'
            f"    behaviors: {terms}\n"
            f"    methods: {words.chance.choice(list(taxonomy.methods))}\n"
            f"    evidence: {words.chance.choice(list(taxonomy.evidence))}\n\n"
            f"    {words.text(85).capitalize()}.\n"
        )
    for number, texts in pages.items():
        (folder / f"docs/page-{number}.md").write_text(f"# Page {number}\n\n" + "\n".join(texts))
    merge(folder / "bib", works)
    return Catalog.load(folder / "docs", folder / "bib")


def records(catalog: Catalog, site: Site | None = None) -> list[Record]:
    """All that a search can find."""
    where = site or Site()
    return [*search.of_works(catalog, where), *search.of_pages(catalog, where)]


ALONE = """\
<!doctype html><html lang="en">
<script type="module">import { open } from './assets/js/search.js'; open();</script></html>
"""


def publish(catalog: Catalog, folder: Path) -> Path:
    """A page that can do nothing but search, with the index of a catalog."""
    (folder / "assets/js").mkdir(parents=True)
    shutil.copy(ROOT / "docs/assets/js/search.js", folder / "assets/js/search.js")
    (folder / "index.html").write_text(ALONE)
    search.write(records(catalog), folder)
    return folder


def over_the_wire(answer: Response) -> int:
    """The bytes of an answer on a host that packs texts; the index is packed already."""
    body = answer.body()
    packed = answer.url.endswith((".js", ".txt")) or "pagefind-entry.json" in answer.url
    return len(gzip.compress(body)) if packed else len(body)


def first_answer(page: Page, address: str, query: str) -> int:
    """The bytes that a browser gets from opening search to seeing the answer."""
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(address)
    ask(page, query)
    page.wait_for_load_state("networkidle")
    return sum(over_the_wire(each) for each in answers if each.url != address)


def ask(page: Page, query: str) -> Locator:
    """Type a query into the open dialog; give the results, once they are there."""
    page.locator(".search input[type=text]").fill(query)
    page.locator(".search-results > li").first.wait_for()
    return page.locator(".search-results > li")


def titles(found: Locator) -> list[str]:
    """The titles of results."""
    return found.locator(".title").all_inner_texts()


def test_the_first_answer_is_light(
    page: Page, tmp_path: Path, serve: Callable[[Path], str]
) -> None:
    """At 500 cards at most 140 KiB come from opening search to the answer, even for four words."""
    catalog = make_collection(tmp_path / "made", 500)
    address = serve(publish(catalog, tmp_path / "site"))
    known = catalog.cards[7]
    for query in (known.title.split()[0], " ".join(known.title.split()[:4])):
        fresh = page.context.new_page()
        assert 80 * 1024 < first_answer(fresh, address, query) <= 140 * 1024, query
        assert known.title in titles(fresh.locator(".search-results > li"))
        fresh.close()


# -- the index -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    """A few works of which each is hard to find or to show in its own way."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "docs").mkdir()
    (folder / "bib").mkdir()
    shutil.copy(ROOT / "bib/taxonomy.yml", folder / "bib/taxonomy.yml")
    works = [
        Work(
            WorkId("arxiv", f"2401.0000{number + 1}"), f"key{number}", title, authors, 2020 + number
        )
        for number, (title, authors) in enumerate(WORKS)
    ]
    merge(folder / "bib", works)
    cards = [
        f'!!! note "arXiv:{work.id.id}"\n    evidence: {kind}\n\n    {finding}\n'
        for work, (kind, finding) in zip(works, CARDS, strict=False)
    ]
    text = "---\nbehavior: hallucination\n---\n\n# Hallucination\n\n" + "\n".join(cards)
    (folder / "docs/hallucination.md").write_text(text, encoding="utf-8")
    return Catalog.load(folder / "docs", folder / "bib")


HOSTILE = "<img src=x onerror=alert(1)> &amp; </script> {{ 7*7 }}"
WORKS = [
    ("Generative models of attention", ("Karl Åström", "李 明")),
    (HOSTILE, ("Mallory <b>Bold</b>", "Ann Other", "Ben Other", "Cy Other", "Kim Last")),
    ("Of which no card tells", ("Zoë Quiet",)),
]
CARDS = [
    ("benchmark-result", "A generative account of hallucination in <b>bold</b> &amp; plain words."),
    ("case", "What it says of quokkas is <script>alert(2)</script> told twice."),
]


@pytest.fixture(scope="module")
def small_site(
    small: Catalog, tmp_path_factory: pytest.TempPathFactory, serve: Callable[[Path], str]
) -> str:
    """The address of a page that searches them."""
    return serve(publish(small, tmp_path_factory.mktemp("small") / "site"))


def index_of(catalog: Catalog, folder: Path) -> dict[str, bytes]:
    """The files of an index that is made anew."""
    search._index.cache_clear()
    search.write(records(catalog), folder)
    made = folder / "pagefind"
    files = (path for path in made.rglob("*") if path.is_file())
    return {path.relative_to(made).as_posix(): path.read_bytes() for path in files}


def test_an_index_is_the_same_to_the_byte(tmp_path: Path) -> None:
    """Pagefind orders filters at random: what is written does not depend on it."""
    catalog = make_collection(tmp_path / "made", 60)
    first = index_of(catalog, tmp_path / "first")
    for again in ("second", "third"):
        assert index_of(catalog, tmp_path / again) == first


def test_only_what_is_used_is_written(small: Catalog, tmp_path: Path) -> None:
    """No interface, worker or language of Pagefind's that this site does not load."""
    files = index_of(small, tmp_path)
    names = {re.sub(r"en_\w+|[a-z_]\.txt", "*", name) for name in files}
    assert names == {
        "pagefind-entry.json",
        "pagefind.*.pf_meta",
        "pagefind.js",
        "wasm.en.pagefind",
        "words/*",
        "index/*.pf_index",
        "filter/*.pf_filter",
        "fragment/*.pf_fragment",
    }


def test_a_card_is_found_once_and_a_term_where_it_is_told_of(small: Catalog) -> None:
    """Cards lead to their place on a page, works without one to their own, terms to the group's."""
    found = {record["url"]: record for record in records(small)}
    assert found["hallucination/#key0"]["filters"]["kind"] == ["card"]
    assert found["papers/key2/"]["filters"]["kind"] == ["work"]
    assert found["hallucination/"]["meta"] == {"title": "Hallucination"}
    assert found["deception/#sandbagging"]["filters"] == {"kind": ["page"]}
    behaviors = found["hallucination/#key0"]["filters"]["behavior"]
    assert behaviors == ["Hallucination"]


def test_the_same_content_is_indexed_once(small: Catalog, tmp_path: Path) -> None:
    """A preview that builds again does not start Pagefind again."""
    search._index.cache_clear()
    for _ in range(2):
        search.write(records(small), tmp_path)
    assert search._index.cache_info().misses == 1
    search.write(records(small, Site(directory_urls=False)), tmp_path)
    assert search._index.cache_info().misses == 2


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (None, "No such file"),
        ("exit 3", "it has ended early"),
        ("{ yes bm8=, | head -n 9000; } & exec cat >/dev/null", "its answer is not understood"),
        ("exec sleep 600", "it did not end within 1 seconds"),
    ],
)
def test_a_failure_is_a_sentence(
    small: Catalog,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    program: str | None,
    said: str,
) -> None:
    """A program that is missing, crashes, talks nonsense or hangs neither stops nor blurts."""
    path = tmp_path / "pagefind"
    if program:
        path.write_text(f"#!/bin/sh\n{program}\n")
        path.chmod(0o755)
    monkeypatch.setenv("PAGEFIND_BINARY_PATH", str(path))
    if program and "sleep" in program:
        monkeypatch.setattr(search, "TIMEOUT", 1.0)
    search._index.cache_clear()
    with pytest.raises(EthogramError, match="Pagefind could not make the search index") as raised:
        search.write(records(small), tmp_path)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


def record(url: str, content: str, title: str = "Title", kind: str = "card") -> Record:
    """Something to be found."""
    return Record(url=url, content=content, meta={"title": title}, filters={"kind": [kind]})


def decoded(data: bytes, at: int) -> tuple[Any, int]:
    """An item of CBOR, by the letter of RFC 8949, and where it ends."""
    kind, size = data[at] >> 5, data[at] & 31
    number, at = size, at + 1
    if size >= 24:
        width = 1 << (size - 24)
        number, at = int.from_bytes(data[at : at + width], "big"), at + width
    if kind == 3:
        return data[at : at + number].decode(), at + number
    if kind == 4:
        items = []
        for _ in range(number):
            item, at = decoded(data, at)
            items.append(item)
        return items, at
    assert kind in (0, 1)
    return number if kind == 0 else -1 - number, at


def words_of(files: dict[str, bytes]) -> list[Any]:
    """The words of an index with all their places, in the order of its overview."""
    name = next(path for path in files if path.endswith(".pf_meta"))
    (_, _, pieces, *_), _ = decoded(search._unpack(files[name]), 0)
    words = []
    for first, last, stem in pieces:
        data = search._unpack(files[f"index/{stem}.pf_index"])
        (inside,), end = decoded(data, 0)
        assert end == len(data)
        assert inside[0][0].startswith(first) and inside[-1][0].startswith(last)
        words += inside
    return words


LONG = {
    "thirty letters": "abcde" * 6,
    "three hundred": "abcdefghij" * 30,
    "letters of another form": "é" * 40,
    "Chinese": "没有空格的一个很长很长的中文句子在这里",
    "a compound": "state-of-the-art-reinforcement-learning",
    "emoji": "🎉 and 👩‍🔬 and 🇪🇺",
    "numbers": "0.123456789012345678901234567890",
    "nothing unusual": "a word",
}


@pytest.mark.parametrize("text", LONG.values(), ids=LONG.keys())
@pytest.mark.parametrize("number", [3, 700])
def test_pieces_are_cut_between_words_whatever_these_are(text: str, number: int) -> None:
    """Long words, other scripts, and hundreds of records that share them: not a place is lost."""
    found = [
        record(f"{at}/", f"{text} Shared caf{'eé'[at % 2]} own{at} {' '.join(map(str, range(at)))}")
        for at in range(number)
    ]
    files = search._ask(search._requests(found))
    whole = words_of(files)
    cut = words_of(dict(search._settled(files)))
    assert cut == whole
    assert len(whole) > number


def test_an_index_of_another_kind_is_not_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is not understood to the last byte is refused, and not written."""
    good = b"\x81\x81\x83\x61a\x80\x80"
    assert [each[:2] for each in search._cut(good)] == [(b"\x61a", b"\x61a")]
    for data in (
        good + b"\xf5",
        good[:-1] + b"\xf5",
        b"\x81\x82" + good[2:],
        b"\x81\x81\x82\x00\x00",
    ):
        with pytest.raises((ValueError, LookupError)):
            list(search._cut(data))
    search._index.cache_clear()
    monkeypatch.setattr(search, "_unpack", lambda data: gzip.decompress(data)[12:] + b"\xf5")
    with pytest.raises(EthogramError, match="its answer is not understood"):
        search.write([record("a/", "A word.")], tmp_path)
    assert not list(tmp_path.iterdir())


def test_records_without_a_word_or_an_address_of_their_own_are_found(tmp_path: Path) -> None:
    """Pagefind would leave them out: a text of dots, a title of dots, two cards of one place."""
    given = [
        record("a/#k", "First."),
        record("a/#k", "Second."),
        record("a/", "..."),
        record("b/", "", "…", "work"),
        record("a/", "A page.", kind="page"),
    ]
    found = search._completed(given)
    assert [(each["url"], each["content"]) for each in found] == [
        ("a/", "A page."),
        ("a/#k", "First."),
        ("a/?2#k", "Second."),
        ("a/?3", "Title"),
        ("b/", "work"),
    ]
    search._index.cache_clear()
    search.write(given, tmp_path)
    assert len(list((tmp_path / "pagefind/fragment").iterdir())) == 5


ODD = """\
---
behavior: hallucination
---

# Hallucination

!!! note "[Unrecorded](https://arxiv.org/abs/2404.17047)"
    Of which nobody has a record: wombats.

!!! note "[Nameless](https://example.org/nameless)"
    Nor of this one: numbats.

!!! note "https://arxiv.org/abs/2401.05566"
    Told once: bandicoots.

!!! note "https://arxiv.org/abs/2401.05566"
    Told twice: bettongs.

!!! note "https://arxiv.org/abs/2308.09124"
    ...
"""


def test_cards_that_a_check_complains_of_are_found_all_the_same(
    page: Page, tmp_path: Path, serve: Callable[[Path], str]
) -> None:
    """A build shows cards without a record and a work's second card; so does its search."""
    folder = copy_site(tmp_path / "site")
    (folder / "docs/hallucination.md").write_text(ODD, encoding="utf-8")
    result = build(folder)
    assert result.returncode == 0, result.stdout
    assert "missing-record" in result.stdout and "duplicate-card" in result.stdout
    (folder / "site/only-search.html").write_text(ALONE)
    address = serve(folder / "site")
    page.goto(f"{address}only-search.html")
    for typed, place in (
        ("wombats", ""),
        ("numbats", ""),
        ("bandicoots", "#hubinger2024sleeper"),
        ("bettongs", "#hubinger2024sleeper"),
        ("linearity", "#hernandez2023linearity"),
    ):
        ask(page, typed)
        found = page.locator(".search-results > li", has_text=typed)
        found.first.wait_for()
        links = [str(each.get_attribute("href")) for each in found.locator("a").all()]
        paths = [re.sub(r"\?\d+", "", link.removeprefix(address)) for link in links]
        assert f"hallucination/{place}" in paths, typed


# -- what a reader meets ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("genrative", WORKS[0][0]),
        ("Genertaive", WORKS[0][0]),
        ("halucination", WORKS[0][0]),
        ("egnerative", WORKS[0][0]),
        ("denerative", WORKS[0][0]),
        ("enerative", WORKS[0][0]),
        ("astrom", WORKS[0][0]),
        ("李", WORKS[0][0]),
        ("Karl Åström", WORKS[0][0]),
        ("https://arxiv.org/pdf/2401.00001v2", WORKS[0][0]),
        ("astrom2020generative", WORKS[0][0]),
        ("quokas", HOSTILE),
        ("zoe quiet", WORKS[2][0]),
    ],
)
def test_a_slip_finds_the_card(page: Page, small_site: str, typed: str, title: str) -> None:
    """One letter too few, too many, wrong or swapped, an accent left out, a number, a key."""
    page.goto(small_site)
    assert title in titles(ask(page, typed))


def test_what_was_meant_is_said_and_can_be_refused(page: Page, small_site: str) -> None:
    """The words that were searched for are named, and those that were typed are one click away."""
    page.goto(small_site)
    ask(page, "genrative")
    state = page.locator(".search-state")
    assert "Showing results for generative." in state.inner_text()
    state.get_by_role("button", name="Search for “genrative” instead").click()
    page.get_by_text("Nothing found for “genrative”").wait_for()


def test_words_that_no_card_has_together_are_offered_one_by_one(
    page: Page, small_site: str
) -> None:
    """Each is a click away, and what is shown then has it."""
    page.goto(small_site)
    page.locator(".search input[type=text]").fill("quokkas generative")
    state = page.locator(".search-state")
    state.get_by_text("No card has all the words “quokkas generative”.").wait_for()
    state.get_by_role("button", name="generative", exact=True).click()
    expect(page.locator(".search-results > li .title", has_text=WORKS[0][0])).to_be_visible()
    expect(page.locator(".search input[type=text]")).to_be_focused()


def test_enter_follows_the_first_card_or_else_the_first_page(page: Page, small_site: str) -> None:
    """A behavior that no card tells of is a page, and Enter leads there."""
    for typed, goal in (("halucination", "/hallucination/"), ("jailbrek", "/security/#jailbreak")):
        page.route(f"**{goal.partition('#')[0]}", lambda route: route.fulfill(body="There"))
        page.goto(small_site)
        page.locator(".search input[type=text]").fill(typed)
        page.locator(".search-pages a").first.wait_for()
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(f"{re.escape(goal)}(#key.)?$"))


def test_what_narrows_is_given_up_at_once(page: Page, small_site: str) -> None:
    """Where choices leave few results or none, a button brings all of them back."""
    page.goto(small_site)
    ask(page, "hallucination")
    page.get_by_label("Benchmark result").check()
    page.get_by_text("1 result of 2.").wait_for()
    page.locator(".search input[type=text]").fill("quokkas")
    page.get_by_text("0 results of 1.").wait_for()
    page.get_by_role("button", name="Show all 1").click()
    page.get_by_text("1 result.").wait_for()
    assert page.locator(".search-facets :checked").count() == 0


def test_text_from_outside_is_text(page: Page, small_site: str) -> None:
    """A title, a name and a finding with markup are shown as they are written."""
    alerts: list[str] = []
    page.on("dialog", lambda dialog: alerts.append(dialog.message))
    page.goto(small_site)
    found = ask(page, "quokkas")
    assert titles(found) == [HOSTILE]
    assert "<b>Bold</b>, Other, Other et al. · 2021" in found.inner_text()
    assert not found.locator("script, img, b, i").count()
    assert alerts == []


def test_an_author_who_is_not_shown_is_named_when_searched_for(page: Page, small_site: str) -> None:
    """Three names are shown, and further ones only to those who look for them."""
    page.goto(small_site)
    assert "with Kim Last" not in ask(page, "quokkas").inner_text()
    page.locator(".search input[type=text]").fill("kim last")
    page.get_by_text("et al. with Kim Last · 2021").wait_for()


def test_a_failing_index_is_a_sentence(page: Page, small_site: str) -> None:
    """Where the index cannot be fetched, a reader is told, and shown another way."""
    page.route("**/pagefind/**", lambda route: route.abort())
    page.goto(small_site)
    page.locator(".search input[type=text]").fill("anything")
    page.get_by_text("The search cannot be reached just now.").wait_for()
    page.unroute("**/pagefind/**")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, serve: Callable[[Path], str]) -> str:
    """The address of the real site, which is served below another folder."""
    top = tmp_path_factory.mktemp("top")
    result = build(
        ROOT, "--strict", "--site-dir", str(top / "sub"), SITE_URL="http://127.0.0.1:8000/sub/"
    )
    assert result.returncode == 0, result.stdout
    assert "agefind" not in result.stdout
    return f"{serve(top)}sub/"


@pytest.fixture
def complaints(page: Page, address: str) -> list[str]:
    """What the page says in its console, and each request that leaves the site."""
    found: list[str] = []

    def request(asked: Request) -> None:
        if not asked.url.startswith(address):
            found.append(asked.url)

    page.on("console", lambda said: found.append(said.text))
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("request", request)
    return found


def opened(page: Page, key: str = "/") -> Locator:
    """The dialog, opened by a key."""
    page.keyboard.press(key)
    dialog = page.get_by_role("dialog", name="Search")
    dialog.wait_for()
    return dialog


def test_nothing_is_loaded_before_search_is_opened(
    page: Page, address: str, complaints: list[str]
) -> None:
    """Neither the script of search nor its index; and then all of it from this site, in silence."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}security/backdoor/")
    page.wait_for_load_state("networkidle")
    assert not [url for url in asked if "search" in url or "pagefind" in url]
    opened(page)
    ask(page, "sycophncy")
    assert [url for url in asked if "pagefind" in url]
    assert complaints == []


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("sycophncy", "Towards Understanding Sycophancy in Language Models"),
        ("sleeper agents", "Sleeper Agents: Training Deceptive LLMs"),
        ("hubinger", "Sleeper Agents: Training Deceptive LLMs"),
        ("exploitable code 2024", "Sleeper Agents: Training Deceptive LLMs"),
        ("red teaming", "Red Teaming Language Models with Language Models"),
        ("2401.05566", "Sleeper Agents: Training Deceptive LLMs"),
    ],
)
def test_cards_are_found_by_what_people_remember(
    page: Page, address: str, query: str, title: str
) -> None:
    """By a slip, title, name, finding, term or number; the card leads to its place."""
    page.goto(address)
    opened(page)
    found = ask(page, query)
    at = next(at for at, each in enumerate(titles(found)) if each.startswith(title))
    found.nth(at).locator("a").click()
    page.wait_for_url(re.compile(r"/sub/.+#\w+$"))
    assert title in page.locator(":target").inner_text()


def test_a_behavior_is_a_line_above_the_cards(page: Page, address: str) -> None:
    """The page of a term is offered in one line; the results are cards."""
    page.goto(address)
    dialog = opened(page)
    assert ask(page, "backdoor").count() >= 1
    link = dialog.locator(".search-pages a", has_text="Backdoor")
    assert str(link.get_attribute("href")).endswith("/sub/security/backdoor/")


def test_facets_narrow_and_their_counts_agree(page: Page, address: str) -> None:
    """What a count promises is what is shown once it is chosen; another facet narrows further."""
    page.goto(address)
    dialog = opened(page)
    ask(page, "model")
    for name in ("Evidence", "Year"):
        facet = dialog.locator("details details", has_text=name).last
        line = facet.locator("label").last
        promised = int(line.locator(".count").inner_text())
        line.locator("input").check()
        number = "1 result" if promised == 1 else f"{promised} results"
        dialog.get_by_text(re.compile(rf"^{number}( of \d+)?\.")).wait_for()
        assert dialog.locator(".search-results > li").count() == min(promised, 10)
    dialog.locator("summary", has_text="Behavior").click()
    dialog.locator("details", has_text="Behavior").locator("label").first.wait_for()


def test_lines_have_the_room_that_there_is(page: Page, address: str) -> None:
    """With nothing to narrow the whole width; and on a phone a long one leaves room for cards."""
    page.goto(address)
    dialog = opened(page)
    dialog.locator(".search-body").evaluate("it => { it.hidden = false }")
    dialog.locator(".search-facets").first.evaluate("it => { it.hidden = true }")
    width = dialog.locator(".search-body").evaluate("it => it.clientWidth")
    assert dialog.locator(".search-found").evaluate("it => it.offsetWidth") == width
    page.set_viewport_size({"width": 375, "height": 740})
    pages = dialog.locator(".search-pages")
    pages.evaluate("it => { it.innerHTML = `<li><a href>One</a> ${'long '.repeat(200)}</li>` }")
    assert pages.evaluate("it => it.offsetHeight") < 100


def test_search_is_used_by_keys_alone(page: Page, address: str) -> None:
    """`/`, `s` and `f` open, arrows move, Enter follows, Escape gives the focus back."""
    page.goto(address)
    opener = page.locator("[data-search]")
    opener.focus()
    for key in ("/", "s", "f"):
        dialog = opened(page, key)
        assert dialog.locator("input").first.evaluate("it => it === document.activeElement")
        page.keyboard.press("Escape")
        dialog.wait_for(state="hidden")
        assert opener.evaluate("it => it === document.activeElement")
    dialog = opened(page)
    ask(page, "circuits")
    links = dialog.locator(".search-pages a, .search-results a")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    assert links.nth(1).evaluate("it => it === document.activeElement")
    page.keyboard.press("ArrowUp")
    goal = str(links.nth(0).get_attribute("href"))
    page.keyboard.press("Enter")
    page.wait_for_url(goal)


def test_the_opener_is_a_link_without_javascript(browser: Browser, address: str) -> None:
    """On every page, the 404 page too, it leads to the list of all papers."""
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    for name in ("", "security/backdoor/", "404.html", "papers/hubinger2024sleeper/"):
        plain.goto(f"{address}{name}")
        assert plain.locator("[data-search]").count() == 1
        link = str(plain.locator("[data-search]").evaluate("it => it.href"))
        assert link.endswith("/sub/papers/"), name
    context.close()


def test_a_missing_page_searches_for_its_address(page: Page, address: str) -> None:
    """From any depth, at once, in the page, with the slip in it set right."""
    text = page.request.get(f"{address}404.html").text().replace("127.0.0.1:8000", "example.org")
    page.route("**/nowhere/**", lambda route: route.fulfill(status=404, body=text))
    page.goto(f"{address}nowhere/deep/opinion-sycophncy/")
    page.locator(".search-results > li").first.wait_for()
    assert page.locator(".search input[type=text]").input_value() == "opinion sycophncy"
    assert "Showing results for opinion sycophancy" in page.locator(".search-state").inner_text()
    home = page.locator("article a", has_text="home page")
    assert str(home.evaluate("it => it.href")) == address
    page.unroute("**/nowhere/**")
