"""The permanent page of each work, what leads to it, and what it tells machines."""

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

import lxml.html
import pytest
from lxml import etree
from lxml.html import HtmlElement
from PIL import Image
from playwright.sync_api import Browser, Dialog, Page, Request

from building import ROOT, build, copy_site
from ethogram.catalog import Catalog
from ethogram.entries import Entry
from ethogram.exports.cited import cite
from ethogram.exports.contents import Contents
from ethogram.exports.formats import of_work
from ethogram.pages import social, work
from ethogram.pages.frame import CONTENT, DESCRIPTION, HEAD, TITLE, Frame
from ethogram.site import Site

EVIL = "</script><script>alert(1)</script><!-- '\"><img src=x onerror=alert(2)>"
MANY = " and ".join(f"Nr{number}, Person" for number in range(30))
RECORDS = f"""
@article{{evil2020script,
  title = {{{{{EVIL}}}}},
  author = {{{{{{{EVIL}}}}}}},
  journal = {{{EVIL}}},
  year = 2020,
  doi = {{10.1000/evil"onmouseover="alert(3)}},
  ids = {{former2019key, ../../escape, HUBINGER2024SLEEPER, li2025review, shared2019key}},
}}

@inproceedings{{many2021hands,
  title = {{Many Hands: Café {{GPT}}}},
  author = {{{MANY} and others}},
  booktitle = {{Proceedings of Tests}},
  year = 2021,
  date = {{2021-05-04}},
  eprint = {{math/0309136}},
  archiveprefix = {{arXiv}},
  ids = {{shared2019key}},
}}
"""
PAGE = """# More

!!! note "[Many hands](https://arxiv.org/abs/math/0309136)"
    code: javascript:alert(4)

    Many did it.

!!! note "[Evil](https://doi.org/10.1000/evil%22onmouseover=%22alert(3))"
    models: <img src=x onerror=alert(5)>
    added: "><script>alert(6)</script>

    It says <script>alert(7)</script> and `</section>`.
"""
URL = "http://127.0.0.1:8000/"
NAME = "Test site"


class Built:
    """A built site with the catalog that it was made of."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        self.catalog = Catalog.load(root / "docs", root / "bib")

    def page(self, key: str) -> HtmlElement:
        """The page of a work, read by a parser."""
        return lxml.html.fromstring(self.text(key))

    def text(self, key: str) -> str:
        """The page of a work, or of another of its names, as it is written."""
        return (self.folder / f"papers/{key}/index.html").read_text(encoding="utf-8")

    def entries(self) -> Iterator[tuple[Entry, HtmlElement]]:
        """Every work with its page."""
        for key, entry in self.catalog.entries.items():
            yield entry, self.page(key)

    def file(self, base: str, href: str) -> Path:
        """The file to which an address on a page leads."""
        path = unquote(urlsplit(urljoin(URL + base, href)).path).lstrip("/")
        return self.folder / (f"{path}index.html" if path.endswith("/") or not path else path)


def prepared(folder: Path) -> Path:
    """Copy the test site, with the hostile records."""
    root = copy_site(folder)
    with (root / "bib/other.bib").open("a", encoding="utf-8") as file:
        file.write(RECORDS)
    (root / "docs/more.md").write_text(PAGE, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The shared test site with hostile records more, built."""
    root = prepared(tmp_path_factory.mktemp("works") / "site")
    result = build(root, "--site-dir", str(root / "out"))
    assert result.returncode == 0, result.stdout
    return Built(root / "out", root)


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The same without addresses of folders."""
    root = prepared(tmp_path_factory.mktemp("flat") / "site")
    settings = root / "mkdocs.yml"
    settings.write_text(f"use_directory_urls: false\n{settings.read_text()}")
    result = build(root, "--site-dir", str(root / "out"))
    assert result.returncode == 0, result.stdout
    return Built(root / "out", root)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The real site, built strictly."""
    folder = tmp_path_factory.mktemp("real") / "site"
    result = build(ROOT, "--strict", "--site-dir", str(folder))
    assert result.returncode == 0, result.stdout
    return Built(folder, ROOT)


@pytest.fixture(params=["built", "flat", "real"])
def any_site(request: pytest.FixtureRequest) -> Built:
    """Each of the three in turn."""
    site: Built = request.getfixturevalue(request.param)
    return site


def meta(page: HtmlElement, name: str) -> list[str]:
    """What the tags of a name say, in order."""
    found = page.xpath("//meta[@name=$name or @property=$name]/@content", name=name)
    return [str(value) for value in found]


def linked_data(page: HtmlElement) -> dict[str, Any]:
    """What the page says of its work in the terms of schema.org."""
    (text,) = page.xpath("//script[@type='application/ld+json']/text()")
    data: dict[str, Any] = json.loads(text)
    return data


# -- pages and what leads to them ------------------------------------------------------------


def test_every_record_has_its_page(any_site: Built) -> None:
    """A work is found at its key, whether it has a card or is only cited."""
    assert any_site.catalog.entries
    for entry, page in any_site.entries():
        title = page.cssselect("h1#work")[0].text_content()
        assert title == re.sub(r"\$([^$]+)\$", r"\1", entry.work.title)
        cards = page.cssselect(".finding")
        assert len(cards) == len(entry.cards)
        assert bool(cards) != bool(page.cssselect(".no-card"))


def test_numbers_and_former_keys_lead_to_the_page(any_site: Built) -> None:
    """Without a script: an address that a work once had, or has by its number, leads on."""
    former = {"former2019key": "evil2020script", "shared2019key": "evil2020script"}
    works = [entry.work for entry in any_site.catalog.entries.values()]
    names = {each.id.id: each.key for each in works if each.id.scheme == "arxiv"}
    if "evil2020script" in any_site.catalog.entries:
        names |= former
    for name, key in names.items():
        text = any_site.text(name)
        page = lxml.html.fromstring(text)
        (refresh,) = page.xpath("//meta[@http-equiv='refresh']/@content")
        (canonical,) = page.xpath("//link[@rel='canonical']/@href")
        (link,) = page.xpath("//a/@href")
        delay, _, target = refresh.partition("; url=")
        assert (delay, target) == ("0", link)
        base = f"papers/{name}/index.html"
        assert any_site.file(base, link) == any_site.folder / f"papers/{key}/index.html"
        assert any_site.file("", canonical) == any_site.file(base, link)
        assert "<script" not in text


def test_a_former_key_never_takes_a_live_one(built: Built) -> None:
    """Nor a name that differs in case alone, nor one that would leave the folder."""
    live = built.page("li2025review")
    assert live.cssselect("h1")[0].text_content() == "What Is Known of Backdoors: A Review"
    names = {path for path, _ in work.redirects(built.catalog, Site())}
    assert "papers/HUBINGER2024SLEEPER/index.html" not in names
    assert not any(".." in name for name in names)


def test_links_on_a_page_lead_somewhere(any_site: Built) -> None:
    """Every relative address on a work's page is a file of the site, and every place is there."""
    for entry, page in any_site.entries():
        base = f"papers/{entry.work.key}/index.html"
        found = page.xpath("//@href | //@src | //@data-copy")
        for href in map(str, found):
            if urlsplit(href).scheme or href.startswith("//"):
                continue
            file = any_site.file(base, href)
            assert file.is_file(), (base, href)
            if place := urlsplit(href).fragment:
                assert f'id="{place}"' in file.read_text(encoding="utf-8"), (base, href)


def test_works_are_in_the_sitemap_and_in_no_navigation(any_site: Built) -> None:
    """Search engines find works and not redirects; the navigation lists pages of docs/ alone."""
    tree = etree.parse(any_site.folder / "sitemap.xml")
    name = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    places = {
        str(each.findtext(f"{name}loc")): each.findtext(f"{name}lastmod") for each in tree.getroot()
    }
    end = "/index.html" if any_site.folder.parent.parent.name.startswith("flat") else "/"
    others = [day for place, day in places.items() if not place.startswith(f"{URL}papers/")]
    assert others and not any(others)  # of which nobody knows when they changed
    for entry, page in any_site.entries():
        key = entry.work.key
        added = [card.value("added") for card in entry.cards]
        days = [day for day in added if day.startswith("20")]
        assert places[f"{URL}papers/{key}{end}"] == (max(days) if days else None)
        assert f"{URL}papers/{entry.work.id.id}{end}" not in places
        assert not page.xpath(f"//nav//a[contains(@href, '{key}')]")


# -- what it says ----------------------------------------------------------------------------


def test_pages_are_well_formed(any_site: Built) -> None:
    """No element is left open, closed twice or nested where it may not be; no id comes twice."""
    for key in any_site.catalog.entries:
        parser = etree.HTMLParser()
        etree.fromstring(any_site.text(key).encode(), parser)
        faults = [str(each) for each in parser.error_log if each.type_name != "HTML_UNKNOWN_TAG"]
        assert faults == []
        ids = any_site.page(key).xpath("//@id")
        assert len(ids) == len(set(ids))


def test_all_names_are_there(built: Built) -> None:
    """A long list of authors is folded, and none of it is missing."""
    names = " ".join(built.page("many2021hands").cssselect(".authors")[0].text_content().split())
    assert all(f"Person Nr{number}" in names for number in range(30))
    assert "and 20 more" in names
    assert names.endswith("et al.")


def test_each_card_is_told_in_words_and_linked(built: Built) -> None:
    """A card on a work's page leads to the card itself."""
    page = built.page("okafor2025second")
    (card,) = page.cssselect(".finding")
    assert "What was built once was built again, with less power" in card.text_content()
    assert card.xpath(".//a[starts-with(., 'Read the card')]/@href") == [
        "../../deception/sandbagging/#okafor2025second"
    ]
    chips = [each.text_content() for each in card.cssselect(".chips > li")]
    assert chips[0] == "Replication"
    assert "Pythia-1B" in chips


def test_a_retracted_work_says_so_before_all_else(built: Built) -> None:
    """To readers, in its title, in what is shown of a link to it, and to machines."""
    page = built.page("vanderberg2025taken")
    first = page.cssselect(".work > *")[0]
    assert first.get("class") == "banner"
    assert first.text_content().startswith("Retracted")
    assert page.findtext(".//title").startswith("Retracted: A Claim That Was Taken Back")
    assert meta(page, "og:title") == ["Retracted: A Claim That Was Taken Back"]
    assert meta(page, "description")[0].startswith("Retracted. ")
    assert linked_data(page)["creativeWorkStatus"] == "Retracted"
    assert page.cssselect("section.preview")[0].text_content().startswith("Retracted")


def test_what_speaks_against_a_work_comes_first(built: Built) -> None:
    """Against before for, and last what a retracted work says, which counts for nothing."""
    page = built.page("hubinger2024sleeper")
    sides = [each.get("class") for each in page.cssselect("ul.relations > li")]
    assert sides == sorted(sides, key=["against", "for", "void"].index)
    assert sides[-1] == "void"
    assert not page.cssselect(".banner")
    contested = built.page("perez2022discovering").cssselect(".banner")[0]
    assert "contradicted by" in contested.text_content()


def test_the_standing_comes_with_its_rule(any_site: Built) -> None:
    """Whoever reads how well a finding stands reads by which rule."""
    for entry, page in any_site.entries():
        found = [each.text_content() for each in page.cssselect("header > .standing")]
        how = entry.standing
        assert found == ([f"{how.label.capitalize()}. {how.rule}"] if how else [])


def test_a_page_has_one_preview(any_site: Built) -> None:
    """It is no part of what is read, and can stand on any page: it has no ids."""
    for _, page in any_site.entries():
        (preview,) = page.cssselect("section.preview")
        assert preview.get("hidden") is not None
        assert not preview.xpath(".//@id | .//h1 | .//script")
        assert preview.cssselect(".preview-title, .who")


def test_the_record_is_shown_as_it_is_exported(any_site: Built) -> None:
    """At one place, letter by letter: to read, to copy and to save, plainly and in the menu.

    A hostile record changes nothing of that.
    """
    for key, cited in cite(any_site.catalog.entries).items():
        page, written = any_site.page(key), of_work(cited)
        (record,) = page.xpath("//*[@id='cite']")
        assert record.cssselect("pre")[0].text_content() == written.bib
        (menu,) = page.cssselect("details.cite")
        assert menu.cssselect("[data-copy]")[0].get("data-copy") == "#cite"
        for part in (record, menu):
            saved = {link.get("download"): link for link in part.cssselect("a[data-save]")}
            assert {name: held(link) for name, link in saved.items()} == dict(written.files(key))
            assert all(name == f"{key}.{link.get('data-save')}" for name, link in saved.items())


def held(link: HtmlElement) -> bytes:
    """The file that is in a link's address."""
    head, _, body = str(link.get("href")).partition(",")
    assert head.startswith("data:application/") and head.endswith(";charset=utf-8;base64")
    return b64decode(body)


# -- what it tells machines ------------------------------------------------------------------


def test_highwire_tags_agree_with_the_record(any_site: Built) -> None:
    """Title, every author with the family name first, dates, DOI and number."""
    for entry, page in any_site.entries():
        record = entry.work
        assert meta(page, "citation_title") == [record.title]
        authors = meta(page, "citation_author")
        assert len(authors) == len(record.authors)
        for number, author in enumerate(authors):
            assert author.startswith(record.family(number))
            assert sorted(re.findall(r"\w+", author)) == sorted(
                re.findall(r"\w+", record.authors[number])
            )
        date = (record.date or str(record.year)).replace("-", "/")
        assert meta(page, "citation_publication_date") == [date]
        assert meta(page, "citation_doi") == [record.doi] * bool(record.doi)
        arxiv = record.id.scheme == "arxiv"
        assert meta(page, "citation_arxiv_id") == [record.id.id] * arxiv
        assert meta(page, "citation_pdf_url") == [record.id.pdf] * arxiv
        assert meta(page, "citation_abstract_html_url") == [record.id.address]
        places = [
            *meta(page, "citation_journal_title"),
            *meta(page, "citation_conference_title"),
        ]
        assert places == [record.journal] * bool(record.journal)


def test_linked_data_agrees_with_the_record(any_site: Built) -> None:
    """A ScholarlyArticle with the record's title, names, date and numbers, at its own address."""
    for entry, page in any_site.entries():
        record, data = entry.work, linked_data(page)
        assert data["@type"] == "ScholarlyArticle"
        assert data["name"] == record.title
        assert [each["name"] for each in data.get("author", ())] == list(record.authors)
        assert data["datePublished"] == (record.date or str(record.year))
        assert record.id.address in data["sameAs"]
        assert data.get("isPartOf", {}).get("name", "") == record.journal
        ids = {each["propertyID"]: each["value"] for each in data.get("identifier", ())}
        assert ids.get("doi", "") == record.doi
        assert ids.get("arXiv") == (record.id.id if record.id.scheme == "arxiv" else None)
        (canonical,) = page.xpath("//link[@rel='canonical']/@href")
        assert data["url"] == canonical
        assert meta(page, "og:url") == [canonical]
        assert ("creativeWorkStatus" in data) == (entry.status != "current")


def test_who_is_not_named_leaves_no_gap(tmp_path: Path) -> None:
    """Where a work has no authors, its year stands alone."""
    (tmp_path / "bib").mkdir()
    record = "@misc{it, title={A}, year=2019, doi={10.1000/x}}"
    (tmp_path / "bib/other.bib").write_text(record, encoding="utf-8")
    catalog = Catalog.load(tmp_path / "docs", tmp_path / "bib")
    ((_, html),) = work.pages(Contents(catalog, Site(NAME, "")), Frame(CONTENT))
    assert '<p class="who">2019</p>' in html


def test_a_body_is_no_person(built: Built) -> None:
    """An author that is no person is an organization, whose name is not turned around."""
    page = built.page("li2025review")
    names = {each["name"]: each["@type"] for each in linked_data(page)["author"]}
    assert names["The Backdoor Consortium"] == "Organization"
    assert "The Backdoor Consortium" in meta(page, "citation_author")


def test_a_picture_goes_with_a_shared_link(any_site: Built) -> None:
    """Each work's page names a picture of its group, which is there and has the size it says."""
    for entry, page in any_site.entries():
        (address,) = meta(page, "og:image")
        with Image.open(any_site.file("", address)) as picture:
            assert picture.size == (1200, 630)
            assert meta(page, "og:image:width") == [str(picture.width)]
        if entry.behaviors:
            group = any_site.catalog.taxonomy.terms[entry.behaviors[0]].group
            assert address == f"{URL}assets/social/{group}.png"
            (feed,) = page.xpath(
                f"//link[@type='application/atom+xml'][contains(@href, '{group}')]/@href"
            )
            assert any_site.file(f"papers/{entry.work.key}/index.html", feed).is_file()


def test_pictures_are_small_and_the_same_in_every_build(real: Built, tmp_path: Path) -> None:
    """One for the site and one for each group, drawn without fonts or files of the machine."""
    site = Site(
        "Ethogram",
        "What language models are seen to do, how that is known, and how sure we may be.",
        URL,
    )
    taxonomy = real.catalog.taxonomy
    social.write(taxonomy, site, tmp_path)
    assert len(set(social.paths(taxonomy))) == 1 + len(taxonomy.groups)
    for path in social.paths(taxonomy):
        data = (tmp_path / path).read_bytes()
        assert (real.folder / path).read_bytes() == data, path
        assert len(data) < 30_000
        with Image.open(BytesIO(data)) as picture:
            assert picture.mode == "P"
            assert picture.getpixel((0, 0)) == 0
            colors = picture.convert("RGB").getcolors()
            assert colors and {(31, 58, 52), (251, 250, 247)} <= {color for _, color in colors}


def test_a_build_is_the_same_twice(built: Built, flat: Built) -> None:
    """Pages, redirects and sitemap are made of the catalog alone."""
    site, frame = Site(NAME, "", URL), Frame(f"{TITLE}{DESCRIPTION}{HEAD}{CONTENT}")
    again = Catalog.load(built.catalog.docs, built.catalog.docs.parent / "bib")
    assert [*work.pages(Contents(built.catalog, site), frame)] == [
        *work.pages(Contents(again, site), frame)
    ]
    assert [*work.redirects(built.catalog, site)] == [*work.redirects(again, site)]
    assert built.catalog.entries.keys() == flat.catalog.entries.keys()


# -- the frame -------------------------------------------------------------------------------


def test_what_is_filled_in_is_never_searched_for_marks() -> None:
    """A record that holds one of the frame's marks shows it, and changes nothing else."""
    frame = Frame(f"<title>{TITLE}</title>{HEAD}<p>{CONTENT}</p><i>{TITLE}</i>")
    html = frame.fill(f"a<{CONTENT}", "", f"<b>{TITLE}</b>", f"{HEAD}{TITLE}")
    title = f"a&lt;{CONTENT}"
    assert html == (f"<title>{title}</title><b>{TITLE}</b><p>{HEAD}{TITLE}</p><i>{title}</i>")


def test_the_frame_has_the_site_s_tabs_and_no_more(real: Built) -> None:
    """The same tabs as on any page, that of the papers open; the drawer lists the same."""
    home = lxml.html.parse(real.folder / "index.html").getroot()
    tabs = [each.text_content().strip() for each in home.cssselect(".md-tabs__link")]
    page = real.page("hubinger2024sleeper")
    assert [each.text_content().strip() for each in page.cssselect(".md-tabs__link")] == tabs
    drawer = [each.text_content().strip() for each in page.cssselect(".md-nav__link")]
    assert drawer == tabs
    assert [each.text_content().strip() for each in page.cssselect(".md-tabs__item--active")] == [
        "Papers"
    ]
    assert len(page.cssselect("[data-md-component='palette']")) == 1
    assert len(page.cssselect("footer")) == 1


def test_a_site_without_an_address_claims_none(built: Built) -> None:
    """No canonical link, no picture, no sitemap: they would be wrong."""
    site, frame = Site(NAME, ""), Frame(f"{HEAD}")
    for _, html in work.pages(Contents(built.catalog, site), frame):
        assert "canonical" not in html
        assert "og:image" not in html
        assert '"@id"' not in html and '"url"' not in html
    assert work.sitemap("<urlset></urlset>", built.catalog, site) == "<urlset></urlset>"


# -- pages of docs/ --------------------------------------------------------------------------


def test_pages_of_docs_say_what_they_are(built: Built) -> None:
    """A behavior's page by its definition, any other by how it begins, home by the site's name."""
    site = Site(NAME, "A site.", URL)

    def shared(path: str, html: str = "") -> social.Shared:
        return social.shared(path, "Title", html, built.catalog, site)

    behavior = shared("deception/sandbagging.md")
    definition = built.catalog.taxonomy.terms["sandbagging"].definition
    assert behavior.description.startswith(definition)
    assert behavior.group
    assert behavior.group.slug == "deception"
    other = shared("faults.md", "<p></p><p>It <b>begins</b> &amp; so\non.</p><p>Not this.</p>")
    assert (other.description, other.group) == ("It begins & so on.", None)
    assert shared("index.md").title == NAME
    assert shared("index.md").description == "A site."


def test_every_page_of_docs_tells_what_it_is(real: Built) -> None:
    """Each has a description of its own, its address, a picture that is there, and feeds."""
    descriptions = []
    for path in real.catalog.by_path:
        file = real.folder / Site().page(path) / "index.html"
        page = lxml.html.fromstring(file.read_text(encoding="utf-8"))
        descriptions += meta(page, "description")
        assert meta(page, "og:description") == meta(page, "description")
        (canonical,) = page.xpath("//link[@rel='canonical']/@href")
        assert meta(page, "og:url") == [canonical]
        (picture,) = meta(page, "og:image")
        assert real.file("", picture).is_file()
        feeds = page.xpath("//link[@type='application/atom+xml']/@href")
        assert feeds
        base = Site().page(path)
        assert all(real.file(base, feed).is_file() for feed in map(str, feeds))
    assert len(descriptions) == len(real.catalog.by_path) == len(set(descriptions))


def test_tags_are_safe_and_complete() -> None:
    """What is told of a page cannot leave its attribute."""
    page = social.Shared(EVIL, f"{EVIL} & more", "a/")
    html = social.tags(page, Site(EVIL, "", URL), "..")
    root = lxml.html.fromstring(f"<head>{html}</head>")
    assert meta(root, "og:title") == [EVIL]
    assert meta(root, "og:description") == [f"{EVIL} & more"]
    assert {each.tag for each in root.iter()} <= {"head", "meta", "link", "html"}


def test_a_long_description_ends_after_a_word() -> None:
    """It is cut where a reader would, and says so."""
    text = social.shortened("word, " * 100)
    assert len(text) <= 202
    assert text.endswith("word …")
    assert social.shortened("Short  and\nsweet.") == "Short and sweet."


# -- in a browser ----------------------------------------------------------------------------


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the page says in its console, asks in a dialog, or asks of others."""
    found: list[str] = []

    def asked(dialog: Dialog) -> None:
        found.append(dialog.message)
        dialog.dismiss()

    def requested(request: Request) -> None:
        if not request.url.startswith("http://127.0.0.1:"):
            found.append(request.url)

    page.on("console", lambda said: found.append(f"{said.text} {said.location}"))
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("dialog", asked)
    page.on("request", requested)
    return found


@pytest.fixture(scope="module")
def address(built: Built, serve: Callable[[Path], str]) -> str:
    """The address of the test site on loopback."""
    return serve(built.folder)


def test_hostile_records_are_inert(page: Page, address: str, complaints: list[str]) -> None:
    """HTML in a title, a name, a journal or an address is text: on pages and in redirects."""
    for name in ("evil2020script", "mallory2024hostile", "former2019key", "2402.00001"):
        page.goto(f"{address}papers/{name}/")
        page.locator("h1#work").wait_for()
        page.mouse.move(200, 200)
        assert page.locator("article img, article script, article [onmouseover]").count() == 0
    page.goto(f"{address}papers/evil2020script/")
    assert page.locator("h1").inner_text() == EVIL
    assert complaints == []


def test_a_contradiction_is_followed_both_ways(page: Page, address: str) -> None:
    """From the work to what contradicts it, and back."""
    page.goto(f"{address}papers/perez2022discovering/")
    page.locator(".relations .against", has_text="Contradicted by").locator("a").click()
    page.wait_for_url("**/papers/okafor2025second/")
    page.locator(".relations .against", has_text="Contradicts").locator("a").click()
    page.wait_for_url("**/papers/perez2022discovering/")


def test_without_scripts_a_number_leads_to_the_work(browser: Browser, address: str) -> None:
    """A redirect needs nothing but a browser."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}papers/math/0309136/")
    page.wait_for_url("**/papers/many2021hands/")
    assert page.locator("h1").inner_text() == "Many Hands: Café GPT"
    context.close()


@pytest.mark.parametrize("width", [375, 1280])
def test_nothing_scrolls_sideways(page: Page, address: str, built: Built, width: int) -> None:
    """Whatever a record holds, a page is as wide as the window."""
    page.set_viewport_size({"width": width, "height": 900})
    for key in built.catalog.entries:
        page.goto(f"{address}papers/{key}/")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, key


def test_a_phone_has_the_tabs_in_its_drawer(
    page: Page, real: Built, serve: Callable[[Path], str]
) -> None:
    """Where there is no room for tabs, the menu leads to the same places."""
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto(f"{serve(real.folder)}papers/hubinger2024sleeper/")
    page.locator("label.md-header__button[for=__drawer]").click()
    link = page.locator(".md-nav__link", has_text="Mechanisms")
    link.click()
    page.wait_for_url("**/mechanisms/")
