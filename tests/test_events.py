"""The build: the real MkDocs over the shared site and over the site itself."""

import re
from pathlib import Path

import lxml.html
import pytest

from building import build, copy_site
from loopback_arxiv import LoopbackArxiv
from loopback_web import LoopbackWeb, Reply


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shared site, built."""
    folder = copy_site(tmp_path_factory.mktemp("shared") / "site")
    result = build(folder)
    assert result.returncode == 0, result.stdout
    assert "10 cards found, 10 rendered" in result.stdout
    return folder / "site"


def page(site: Path, name: str) -> lxml.html.HtmlElement:
    """The content of a built page."""
    html = (site / name / "index.html").read_text(encoding="utf-8")
    return lxml.html.fromstring(html).cssselect("article.md-content__inner")[0]


def text(element: lxml.html.HtmlElement) -> str:
    """The words of an element, white space folded."""
    return " ".join(element.text_content().split())


CARDS = {
    "hubinger2024sleeper": "arxiv:2401.05566",
    "hernandez2023linearity": "arxiv:2308.09124",
    "bender2021dangers": "doi:10.1145/3442188.3445922",
    "nanda2023fact": "url:https://www.alignmentforum.org/posts/iGuwZTHWb6DFY3sKB",
    "perez2022discovering": "arxiv:2212.09251",
    "mallory2024hostile": "arxiv:2402.00001",
}


def test_every_form_of_card_is_rendered(site: Path) -> None:
    """A card's outer element has the class, the id and the work; a citation is in its head."""
    backdoor = page(site, "security/backdoor")
    found = {card.get("id"): card.get("data-work") for card in backdoor.cssselect(".paper")}
    assert found == CARDS
    for card in backdoor.cssselect(".paper"):
        assert card.cssselect(":scope > p.who sup[id^=fnref] a.footnote-ref"), card.get("id")
        assert not re.search(r"[\x91\x92\ue000-\uf8ff]|^\s*\w+:\s", card.text_content())
    assert len(backdoor.cssselect(".footnote li")) == len(CARDS)


def test_a_card_shows_its_record_and_fields(site: Path) -> None:
    """Authors (three, then et al.), year, number; chips by kind; the foot; a COinS span."""
    card = page(site, "security/backdoor").get_element_by_id("hubinger2024sleeper")
    who = card.cssselect("p.who")[0]
    assert text(who).startswith("Hubinger, Denison, Mu et al. · 2024 · arXiv:2401.05566 v3")
    chips = [(chip.get("class"), text(chip)) for chip in card.cssselect("ul.chips > li")]
    assert chips.pop()[1].startswith("Standing: replicated once")
    assert chips == [
        ("evidence", "Model organism"),
        ("behavior", "Strategic deception"),
        ("methods", "Model organism"),
        ("methods", "Red teaming"),
        ("direction", "Elicits"),
        ("model", "Claude-1.2-instant"),
    ]
    links = {text(link): link.get("href") for link in card.cssselect(".card-foot > a")}
    assert links == {
        "PDF": "https://arxiv.org/pdf/2401.05566v3",
        "Code": "https://github.com/anthropics/sleeper-agents-paper",
        "Permalink": "../../papers/hubinger2024sleeper/",
    }
    assert text(card.cssselect(".added")[0]) == "added 2026-11-21"
    coins = card.cssselect("span.Z3988")[0].get("title")
    assert "rft.creator=Evan%20Hubinger" in coins and "rft.date=2024" in coins


def test_terms_link_to_their_pages(site: Path) -> None:
    """A term with a page links there; on its page, cards that stand elsewhere are listed."""
    card = page(site, "security/backdoor").get_element_by_id("hubinger2024sleeper")
    link = card.cssselect("li.behavior a")[0].get("href")
    assert link == "../../deception/strategic-deception/"
    elsewhere = page(site, "deception/strategic-deception").cssselect("ul.elsewhere a")
    assert [item.get("href") for item in elsewhere] == [
        "../../security/backdoor/#hubinger2024sleeper"
    ]


def test_a_bare_title_comes_from_the_record(site: Path) -> None:
    """The record supplies the title, and an address inside a list or tab is no obstacle."""
    backdoor = page(site, "security/backdoor")
    titles = {
        key: text(backdoor.get_element_by_id(key).cssselect(".admonition-title, summary")[0])
        for key in ("bender2021dangers", "nanda2023fact")
    }
    assert titles == {
        "bender2021dangers": "On the Dangers of Stochastic Parrots",
        "nanda2023fact": "Fact Finding: GPT and the Neuron Level",
    }


def test_group_and_behavior_pages_open_with_what_the_taxonomy_says(site: Path) -> None:
    """Definitions live in bib/taxonomy.yml alone and are put on the pages by the build."""
    backdoor = page(site, "security/backdoor")
    assert text(backdoor.cssselect("h1 + p.lede")[0])
    numbers = [text(item) for item in backdoor.cssselect("ul.numbers > li")]
    assert numbers[:3] == ["6 cards", "2 elsewhere", "2021–2025"]
    assert "reviewed 2026-11-21" in numbers
    security = page(site, "security")
    terms = {term.get("id"): text(term) for term in security.cssselect("dl.terms dt")}
    assert terms["backdoor"] == "Backdoor 8 cards"
    assert terms["jailbreak"] == "Jailbreak"


def test_nothing_but_citations_is_altered(site: Path) -> None:
    """Each known fault of citing by text replacement: code, math, links, HTML and at-signs stay."""
    faults = page(site, "faults")
    code = [element.text_content() for element in faults.cssselect("p code")]
    assert code == ["[@hubinger2024sleeper]", "a[@x]"]
    blocks = [element.text_content().strip() for element in faults.cssselect("pre")]
    assert blocks == [
        'cite = "[@hubinger2024sleeper] \\bibliography"\n'
        '!!! note "[Sleeper](https://arxiv.org/abs/2401.05566)"',
        "indented [@hubinger2024sleeper]",
        "[@hubinger2024sleeper] arXiv:2401.05566",
    ]
    math = [text(element) for element in faults.cssselect(".arithmatex")]
    assert math == ["\\(x[@hubinger2024sleeper]\\)", "\\(y^{[@a]}\\)"]
    html = faults.cssselect('a[title="[@hubinger2024sleeper]"]')[0]
    assert html.text_content() == "HTML [@perez2022discovering]"
    words = text(faults)
    for kept in (
        "see [@hubinger2024sleeper] there",
        "me@example.com, @someone, an array and [1; 2@3].",
        "[not a key: @ home], \\bibliography and \\full_bibliography stay.",
    ):
        assert kept in words
    addresses = [link.get("href") for link in faults.cssselect("a")]
    assert "https://example.com/@user/[x@y]" in addresses
    assert "https://example.com/zero" in addresses


def test_citations_by_hand_and_by_mention(site: Path) -> None:
    """`[@key]`, `[@a; @b]`, bare numbers and links in text, lists and tables are cited."""
    faults = page(site, "faults")
    paragraphs = {text(p)[:5]: p for p in faults.cssselect("p")}
    marks = {name: len(p.cssselect("a.footnote-ref")) for name, p in paragraphs.items()}
    assert (marks["Cited"], marks["Bare:"]) == (4, 3)
    assert text(paragraphs["Bare:"]).startswith("Bare: arXiv:2308.09124v1")
    assert "[half open" in text(paragraphs["Cited"])
    assert len(faults.cssselect("td a.footnote-ref")) == 1
    assert len(faults.cssselect("th a.footnote-ref")) == 1
    assert not faults.cssselect("h2 a.footnote-ref")


def test_a_work_that_stands_for_itself_is_named(site: Path) -> None:
    """A number, and a key in parentheses of its own: authors and year, with a preview."""
    (paragraph,) = (p for p in page(site, "faults").cssselect("p") if text(p)[:6] == "Named:")
    names = [(text(a), a.get("data-preview")) for a in paragraph.cssselect("a[data-preview]")]
    assert names == [
        ("Hubinger et al. 2024", "hubinger2024sleeper"),
        ("Nanda, Shah 2023", "nanda2023fact"),
        ("Perez et al. 2022", "perez2022discovering"),
        ("Nanda, Shah 2023", "nanda2023fact"),
    ]
    assert len(paragraph.cssselect("a.footnote-ref")) == 5
    for mark in paragraph.cssselect("sup"):
        mark.drop_tree()
    named, said, alone = text(paragraph).split(" (")[1:]
    assert named == "after others, Nanda, Shah 2023; Perez et al. 2022),"
    assert (said, alone) == ("as others say) and", "Nanda, Shah 2023).")


def test_titles_keep_their_case_and_their_signs(site: Path) -> None:
    """References are not lower-cased, and nothing in a record is taken for HTML or Markdown."""
    notes = [text(note) for note in page(site, "faults").cssselect(".footnote li")]
    assert any("Language Model Behaviors with Model-Written Evaluations" in n for n in notes)
    hostile = page(site, "hostile")
    assert not hostile.xpath(".//script | .//img")
    title = text(hostile.cssselect(".admonition-title")[0])
    assert title == "<script> & 100% of _snakes_ in O(n^2)"
    assert "<img src=x onerror=alert(1)>" in text(hostile.cssselect(".footnote li")[0])
    assert "*Star* O'Brien" in text(hostile.cssselect(".footnote li")[0])


def test_two_builds_are_the_same_to_the_byte(site: Path, tmp_path: Path) -> None:
    """The network is never needed, and the same input gives the same site, in a year as well."""
    again = copy_site(tmp_path / "again")
    assert build(again, SOURCE_DATE_EPOCH="1826755200").returncode == 0
    first = {p.relative_to(site): p.read_bytes() for p in site.rglob("*") if p.is_file()}
    other = again / "site"
    second = {p.relative_to(other): p.read_bytes() for p in other.rglob("*") if p.is_file()}
    assert first.keys() == second.keys()
    assert [path for path in first if first[path] != second[path]] == []


CARD = '# T\n\n!!! note "[A title](https://arxiv.org/abs/2404.17047)"\n    Words.\n'


def test_a_work_without_a_record_fails_a_strict_build_only(tmp_path: Path) -> None:
    """A plain build warns with the mend and shows the card with a notice; a strict one fails."""
    folder = copy_site(tmp_path / "site")
    (folder / "docs/new.md").write_text(CARD)
    result = build(folder)
    assert result.returncode == 0
    assert "docs/new.md:3:21: missing-record" in result.stdout
    assert "ethogram resolve 2404.17047" in result.stdout
    card = page(folder / "site", "new").cssselect(".paper")[0]
    assert "ethogram resolve 2404.17047" in text(card.cssselect(".who.unresolved")[0])
    assert build(folder, "--strict").returncode == 1


@pytest.mark.parametrize("quiet", [(), ("-q",)])
def test_an_unknown_key_fails_a_strict_build(tmp_path: Path, quiet: tuple[str, ...]) -> None:
    """mkdocs-bibtex lets it pass under -q; the check is our own."""
    folder = copy_site(tmp_path / "site")
    (folder / "docs/new.md").write_text("# T\n\nAs [@nobody2024nothing] says.\n")
    result = build(folder, "--strict", *quiet)
    assert result.returncode == 1
    assert "ethogram check" in result.stdout


def test_a_card_that_is_not_rendered_fails_the_build(tmp_path: Path) -> None:
    """What was found must be seen: here a page's Markdown loses its admonitions."""
    folder = copy_site(tmp_path / "site")
    settings = folder / "mkdocs.yml"
    settings.write_text(settings.read_text().replace("  - admonition\n", ""))
    result = build(folder)
    assert result.returncode == 1
    assert "docs/security/backdoor.md:8:1: card-not-rendered" in result.stdout


def test_a_wrong_setting_is_a_sentence(tmp_path: Path) -> None:
    """An unknown setting is answered with the nearest known one, and no traceback."""
    folder = copy_site(tmp_path / "site")
    settings = folder / "mkdocs.yml"
    settings.write_text(settings.read_text().replace("resolve: never", "resolv: never"))
    result = build(folder)
    assert result.returncode == 1
    assert "mkdocs.yml:35: `extra.ethogram` has no setting `resolv`" in result.stdout
    assert "Did you mean `resolve`?" in result.stdout
    assert "Traceback" not in result.stdout


PAGEFIND = {
    "missing": None,
    "crashing": "exit 3",
    "talking nonsense": "{ yes bm8=, | head -n 9000; } & exec cat >/dev/null",
}


@pytest.mark.parametrize("program", PAGEFIND.values(), ids=PAGEFIND.keys())
def test_a_search_index_that_fails_is_a_sentence(tmp_path: Path, program: str | None) -> None:
    """It fails the build, strict or not, and says what to do; there is no traceback."""
    folder, path = copy_site(tmp_path / "site"), tmp_path / "pagefind"
    if program:
        path.write_text(f"#!/bin/sh\n{program}\n")
        path.chmod(0o755)
    result = build(folder, PAGEFIND_BINARY_PATH=str(path))
    assert result.returncode == 1
    told = [line for line in result.stdout.splitlines() if "Pagefind" in line]
    assert len(told) == 1
    assert "could not make the search index" in told[0] and "Install the packages" in told[0]
    assert "Traceback" not in result.stdout


DEAD = '{"url": "https://%s", "kind": "%s", "verdict": "dead", "checked": "2026-11-20T01:02:03Z"}\n'
ROT = """\
# T

[Gone](https://gone.example/a), [lost](https://lost.example/b#c), [fine](https://fine.example/).

![What it showed](https://gone.example/p.png)

![Ours](assets/square.png)

`<a href="https://gone.example/a">` [work](https://arxiv.org/abs/2401.05566)
"""


def test_rot_is_repaired_for_the_reader(site: Path, tmp_path: Path) -> None:
    """By journal and archive, in Markdown and cards: marked, struck, framed; other pages as before.

    Twice the same to the byte, and no server is asked.
    """
    folder = copy_site(tmp_path / "site")
    (folder / "docs/rot.md").write_text(ROT)
    dead = [("gone.example/a", "page"), ("lost.example/b", "page"), ("gone.example/p.png", "image")]
    (folder / "bib/links.jsonl").write_text("".join(DEAD % each for each in dead))
    copy = "https://web.archive.org/web/20200506012345/https://gone.example/a"
    (folder / "bib/archive.yml").write_text(f"https://gone.example/a: {copy}\n")
    assert build(folder).returncode == 0
    rot = page(folder / "site", "rot")
    assert rot.cssselect("a.archived")[0].get("href") == copy
    assert rot.cssselect("s.dead-link > a")[0].get("href") == "https://lost.example/b#c"
    notes = [text(note) for note in rot.cssselect(".link-note")]
    assert notes[:2] == ["archived copy, 2020-05-06", "dead link, seen 2026-11-20"]
    frame = rot.cssselect(".dead-picture")[0]
    assert text(frame) == "What it showed picture gone, source"
    assert frame.cssselect("a")[0].get("href") == "https://gone.example/p.png"
    ours = rot.cssselect("img")[0]
    assert [ours.get(name) for name in ("width", "height", "loading")] == ["8", "8", "lazy"]
    assert len(notes) == 3 and '<a href="https://gone.example/a">' in text(rot)
    html = (folder / "site/rot/index.html").read_bytes()
    assert build(folder).returncode == 0
    assert (folder / "site/rot/index.html").read_bytes() == html


def test_another_theme_is_a_sentence(tmp_path: Path) -> None:
    """The pages of works are made of Material; with a theme that is none, a build says so."""
    folder = copy_site(tmp_path / "site")
    settings = folder / "mkdocs.yml"
    kept, _, rest = settings.read_text().partition("theme:\n")
    rest = re.sub(r"\A(?: .*\n|\n)+", "", rest)
    settings.write_text(f"{kept}theme: readthedocs\n\n{rest}")
    result = build(folder)
    assert result.returncode == 1
    assert "set `theme` to `material`" in result.stdout
    assert "Traceback" not in result.stdout


def test_a_sites_own_file_takes_the_place_of_ours(tmp_path: Path) -> None:
    """A site may bring a file that the build would make: it is the one that is published."""
    folder = copy_site(tmp_path / "site")
    (folder / "docs/llms.txt").write_text("Ours.\n")
    assert build(folder).returncode == 0
    assert (folder / "site/llms.txt").read_text() == "Ours.\n"
    assert (folder / "site/llms-full.txt").is_file()


def test_a_site_without_a_page_of_all_works_gets_one(tmp_path: Path) -> None:
    """Every page leads to the list of all works, so there is one even if nobody wrote its page."""
    folder = tmp_path / "site"
    hook = Path(__file__).parent.parent / "hooks/events.py"
    (folder / "docs").mkdir(parents=True)
    (folder / "bib").mkdir()
    (folder / "docs/index.md").write_text("# Home\n\nWords.\n")
    (folder / "mkdocs.yml").write_text(
        "site_name: Small\ntheme: material\n"
        f"plugins: [bibtex: {{bib_dir: bib}}]\nhooks: [{hook.as_posix()}]\n"
    )
    result = build(folder, "--strict")
    assert result.returncode == 0, result.stdout
    assert page(folder / "site", "papers").cssselect(".explorer")
    (folder / "docs/papers").mkdir()
    (folder / "docs/papers/README.md").write_text("# Ours\n")
    assert build(folder, "--strict").returncode == 0
    assert text(page(folder / "site", "papers").cssselect("h1")[0]).startswith("Ours")


OVERRIDE = """\
{% extends "base.html" %}
{% block footer %}<a href="{{ 'imprint/' | url }}">Imprint</a>{% endblock %}
"""


def test_what_the_theme_links_to_is_checked(tmp_path: Path) -> None:
    """A dead link of a template, of 404.html and of raw HTML in docs/ fails a strict build."""
    folder = copy_site(tmp_path / "site")
    (folder / "theme").mkdir()
    for name in ("main.html", "404.html"):
        (folder / "theme" / name).write_text(OVERRIDE)
    (folder / "docs/raw.html").write_text('<p>\n<img src="nowhere.png" alt="a">')
    settings = folder / "mkdocs.yml"
    own = "name: material\n  custom_dir: theme"
    settings.write_text(settings.read_text().replace("name: material", own))
    result = build(folder, "--strict")
    assert result.returncode == 1
    assert "docs/raw.html:2:11: missing-picture nowhere.png leads to no file" in result.stdout
    assert re.search(r"site/404.html:\d+:\d+: dead-link /imprint/ .* more pages", result.stdout)


def test_an_online_build_asks_every_link(tmp_path: Path) -> None:
    """`links: online`: faults go to the log with their place, and fail a strict build only.

    Without it nothing is asked; what was seen is in the journal, for the next build to act on.
    """
    folder = copy_site(tmp_path / "site")
    gone = Reply(404, {}, b"<title>Not Found</title>")
    with LoopbackWeb({"/gone": gone, "/fine": Reply()}) as web, LoopbackArxiv() as arxiv:
        asking = {"ETHOGRAM_LINKS": "online", "ETHOGRAM_ARXIV_API": arxiv.endpoint}
        links = f"[a]({web.url('/gone')})\n\n[b]({web.url('/fine')})"
        (folder / "docs/new.md").write_text(f"# T\n\n{links}\n")
        settings = folder / "mkdocs.yml"
        allowed = "resolve: never\n    allow_private: true"
        settings.write_text(settings.read_text().replace("resolve: never", allowed))
        assert build(folder, "--strict").returncode == 0
        assert not web.requests
        online = build(folder, **asking)
        assert online.returncode == 0
        said = f"docs/new.md:3:5: dead-address {web.url('/gone')} is gone: HTTP 404"
        assert said in online.stdout
        asked = len(web.requests)
        assert build(folder, "--strict", **asking).returncode == 1
        assert len(web.requests) == asked  # the journal remembers
    new = page(folder / "site", "new")
    assert [text(each) for each in new.cssselect("s.dead-link")] == ["a"]
