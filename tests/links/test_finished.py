"""`links.finished`: the written site, held against what is there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ethogram.findings import EthogramError
from ethogram.links import finished
from ethogram.links.archive import Archive
from ethogram.links.finished import Finished
from ethogram.links.gone import Gone, Gravestones

URL = "https://own.example/site/"
PAGE = '<!doctype html><body><p id="here">{}</p></body>\n'


class Site:
    """A site on disk: pages by their file, and files."""

    def __init__(self, folder: Path, *files: str) -> None:
        self.folder = folder
        self.pages: dict[str, tuple[str, Path | None]] = {}
        self.files: dict[str, Path | None] = {name: self.write(name, "") for name in files}

    def write(self, name: str, text: str) -> Path:
        """Write a file."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def page(self, name: str, inner: str, markdown: str | None = None) -> None:
        """Add a page; with Markdown, it is made of that."""
        source = None if markdown is None else self.write(f"../docs/{name}.md", markdown)
        self.pages[name] = (PAGE.format(inner), source)
        self.files[name] = source or self.folder / name

    def finished(self, gone: Gravestones | None = None) -> Finished:
        """Build: every page looked through and written."""
        found = Finished(self.folder, URL, self.files, gone or stones(self.folder))
        for name, (html, source) in self.pages.items():
            self.write(name, found.page(html, name, source))
        return found

    def said(self) -> list[str]:
        """What is found, without the folder."""
        return [
            f"{Path(each.path).name}:{each.line}:{each.column} {each.rule} {each.message}"
            for each in self.finished().findings()
        ]


def stones(folder: Path, archive: str = "") -> Gravestones:
    """What is dead by an archive, and by the journal in a folder."""
    return Gravestones(Archive.read(archive, "archive.yml"), folder / "links.jsonl")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site with a page, a style sheet and a picture."""
    return Site(tmp_path / "site", "assets/a.css", "b/index.html", "c.html", "assets/x y.pdf")


GOOD = [
    "../b/ ../b/index.html ../b ../b/#here ../c.html#here #here #top # #__tabbed_1 ../b/?q#here",
    "../assets/a.css ../assets/x%20y.pdf#page=2 ../assets/a.css?v=1 /site/b/ /elsewhere/ ./ .",
    "https://own.example/site/b/ https://own.example/site https://x.org/gone mailto:a@b //x.org/",
    "../b/#:~:text=word #here:~:text=word",
]


@pytest.mark.parametrize("addresses", GOOD)
def test_what_is_there_is_no_finding(site: Site, addresses: str) -> None:
    """Pages in all their spellings, files, places on pages, other sites."""
    site.page("b/index.html", "")
    site.page("c.html", "")
    site.page("a/index.html", "".join(f'<a href="{a}">t</a>' for a in addresses.split()))
    assert site.said() == []


FAULTS = [
    ('<a href="../nowhere/">t</a>', "dead-link ../nowhere/ leads to no file of this site"),
    ("<A HREF=nowhere>t</A>", "dead-link nowhere leads to no file of this site"),
    ('<img src="../assets/n.png">', "missing-picture ../assets/n.png leads to no file"),
    ('<img srcset="n.png 2x">', "missing-picture n.png leads to no file"),
    ('<link rel="stylesheet" href="/site/n.css">', "dead-link /site/n.css leads to no file"),
    (f'<a href="{URL}n/">t</a>', f"dead-link {URL}n/ leads to no file"),
    ('<a href="#nowhere">t</a>', "dead-anchor This page has no place #nowhere"),
    ('<a href="../b/#nowhere">t</a>', "dead-anchor b/index.html has no place #nowhere"),
    ('<a href="../B/">t</a>', "dead-link ../B/ leads to no file"),
    (
        '<i title="id=\'x\'"></i><!-- id="x" --><a href="#x">t</a>',
        "dead-anchor This page has no place #x",
    ),
    ('<base href="/site/b/"><a href="n">t</a>', "dead-link n leads to no file"),
    ('<a href="../c.html#x">t</a>', "dead-anchor c.html has no place #x"),
]


@pytest.mark.parametrize(("inner", "said"), FAULTS)
def test_what_leads_nowhere_is_found_where_it_stands(site: Site, inner: str, said: str) -> None:
    """File, line and column of the built page; links, pictures and places, raw HTML included."""
    site.page("b/index.html", "")
    site.page("a/index.html", inner)
    found = site.said()
    assert len(found) == 1 and said in found[0], found
    column = int(found[0].split()[0].split(":")[2])
    raw = said.split(" #")[-1].split()[0] if "dead-anchor" in said else said.split()[1]
    assert raw in PAGE.format(inner)[column - 1 :][: len(raw) + 12]


def test_no_link_is_one_in_a_comment_or_a_script(site: Site) -> None:
    """What only looks like an address when one looks quickly is no finding."""
    site.page("a/index.html", """<!-- <a href="n"> --><script>a='<img src="n">'</script>""")
    site.page("d/index.html", "<p title='<a href=\"n\">'>&lt;a href='n'></p>")
    assert site.said() == []


def test_what_the_markdown_has_is_not_told_of_twice(site: Site) -> None:
    """Links of the source are told of with its file and line; all others here."""
    markdown = "[a](nowhere.md) ![b](n%20a.png) [c](../c.md#lost) <a href='raw'>"
    site.page("c.html", "")
    inner = """<a href="nowhere.md">a</a><img src="n%20a.png"><a href="../c.html#lost">c</a>
<a href='raw'>r</a><a href="theirs">t</a>"""
    site.page("a/index.html", inner, markdown)
    assert site.said() == ["index.html:2:29 dead-link theirs leads to no file of this site"]


def test_a_fault_of_the_theme_is_told_once(site: Site) -> None:
    """What every page has is told of the first of them, with the number of the others."""
    for name in ("a/index.html", "b/index.html", "d/e/index.html"):
        site.page(name, '<link href="/site/theme.css"><a href="../../x/">t</a>')
    found = site.said()
    assert [line.split(" ", 1)[1] for line in found] == [
        "dead-link /site/theme.css leads to no file of this site, as on 2 more pages",
        "dead-link ../../x/ leads to no file of this site",
    ]


def test_a_place_that_the_theme_misses_on_every_page_is_told_once(site: Site) -> None:
    """A link to the page itself is another address on each; pages told of elsewhere do not count.

    HTML of docs/ is written by hand, each file by itself.
    """
    for name in ("a/index.html", "b/index.html", "d/e/index.html"):
        site.page(name, '<a href="#x">t</a><a href="#here">t</a>', "A page.")
    site.page("f/index.html", '<a href="#x">t</a>', "[x](#x)")
    for name in ("g.html", "h.html"):
        site.files[name] = site.write(f"../docs/{name}", "")
        site.write(name, '<a href="#y">t</a>')
    assert site.said() == [
        "g.html:1:10 dead-anchor This page has no place #y",
        "h.html:1:10 dead-anchor This page has no place #y",
        "index.html:1:44 dead-anchor This page has no place #x, as on 2 more pages",
    ]


MARKDOWN = f"""# A

[a]({URL}n/) <a href="/site/m/">m</a>
"""


def test_what_only_a_build_can_follow_is_told_where_the_markdown_has_it(site: Site) -> None:
    """The site's own address, and one from its root in HTML: `internal` cannot say where they lead.

    The hint fits: it is not the theme that says so.
    """
    site.page("a/index.html", f'<a href="{URL}n/">a</a><a href="/site/m/">m</a>', MARKDOWN)
    assert site.said() == [
        "index.html.md:3:5 dead-link https://own.example/site/n/ leads to no file of this site",
        "index.html.md:3:43 dead-link /site/m/ leads to no file of this site",
    ]
    assert not any("theme" in each.hint for each in site.finished().findings())


def test_html_that_a_plugin_generates_is_looked_at(site: Site) -> None:
    """It has no file in docs/, and a hint where to look; HTML that has one needs none."""
    site.files |= {"made.html": None, "raw.html": site.write("../docs/raw.html", "")}
    for name in ("made.html", "raw.html"):
        site.write(name, f'<a href="no-{name}">t</a>')
    found = {Path(each.path).name: each.hint for each in site.finished().findings()}
    assert found.keys() == {"made.html", "raw.html"}
    assert "plugins" in found["made.html"] and "plugins" not in found["raw.html"]


BROKEN = [
    ("", "empty: not one byte"),
    ("<!doctype html><title>404</title>", "an HTML page, no picture"),
]


@pytest.mark.parametrize(("text", "fault"), BROKEN)
def test_a_picture_that_is_none_is_told_once(site: Site, text: str, fault: str) -> None:
    """By its own file; a drawing without a size is one, and what is not shown need not be."""
    for name in ("p.png", "q.png", "r.png", "logo.png"):
        site.files[name] = site.write(f"../docs/{name}", text)
    site.files["d.svg"] = site.write("../docs/d.svg", '<svg viewBox="0 0 9 9"/>')
    inner = '<img src="../p.png"><img src="../d.svg"><a href="../r.png">r</a><img src="logo.png">'
    site.page("a/index.html", inner, "![p](../p.png)")
    site.page("b/index.html", inner, "![p](../p.png)")
    site.files["raw.html"] = site.write("../docs/raw.html", "")
    site.write("raw.html", '<script src="q.js"></script><img src="q.png">')
    site.write("q.js", "")
    for name in ("p.png", "q.png", "r.png", "d.svg"):
        site.write(name, "")
    found = [
        (Path(each.path).as_posix().rpartition("/docs/")[2], each.message)
        for each in site.finished().findings()
        if "logo" not in each.message
    ]
    said = "is no picture that browsers show:"
    assert found == [("p.png", f"p.png {said} {fault}"), ("q.png", f"q.png {said} {fault}")]


def test_the_logo_is_looked_at_too(tmp_path: Path) -> None:
    """It is left as it is on every page, and must be a picture all the same."""
    logo = tmp_path / "logo.png"
    logo.write_bytes(b"")
    finished = Finished(tmp_path, URL, {"logo.png": logo}, stones(tmp_path), ["logo.png"])
    assert [each.rule for each in finished.findings()] == ["missing-picture"]


def test_files_of_plugins_and_html_of_docs_count(site: Site) -> None:
    """What appears on disk after the pages is there; HTML that is copied is looked at, too."""
    site.page(
        "a/index.html", '<a href="../late/index.html#x">t</a><a href="../.well-known/y">t</a>'
    )
    site.files["raw.html"] = site.write("raw.html", '<a href="n">t</a>')
    finished = site.finished()
    site.write("late/index.html", "<a name=x>")
    site.write(".well-known/y", "")
    assert [each.message for each in finished.findings()] == ["n leads to no file of this site"]


def test_html_of_docs_can_be_left_out(site: Site) -> None:
    """A dirty build copies only what has changed, and so none of it is judged."""
    site.files["raw.html"] = site.write("raw.html", '<a href="n">t</a>')
    assert site.finished().findings(static=False) == []


def test_pages_that_were_not_built_are_not_judged(site: Site) -> None:
    """After a dirty build a page may be known and not be there: its places are not missed."""
    (site.folder / "c.html").unlink()
    site.page("a/index.html", '<a href="../c.html#x">t</a>')
    assert site.said() == []


def built(site: Site, *places: str) -> list[str]:
    """What is found once a site is built whose works' pages are written by others."""
    found = Finished(site.folder, URL, site.files, stones(site.folder))
    found.expect(["papers/one/index.html"], places)
    for name, (html, _) in site.pages.items():
        site.write(name, found.page(html, name))
    return [f"{Path(each.path).name} {each.message}" for each in found.findings()]


MADE = (
    "../papers/one/ ../papers/one/index.html ../papers/one ../papers/one/#own ../papers/one/?q#own"
)


@pytest.mark.parametrize("places", [(), ("own",)])
def test_files_that_are_to_come_are_no_fault(site: Site, places: tuple[str, ...]) -> None:
    """Neither while they are missing nor when they are there; others in their folder are."""
    inner = "".join(f'<a href="{a}">t</a>' for a in f"{MADE} ../papers/two/".split())
    site.page("a/index.html", inner)
    site.page("d/e/index.html", '<a href="../../papers/one/#own">t</a>')
    said = ["index.html ../papers/two/ leads to no file of this site"]
    assert built(site, *places) == said
    site.write("papers/one/index.html", '<p id="own">')
    assert built(site, *places) == said


def test_a_place_that_is_not_on_a_file_to_come_is_found(site: Site) -> None:
    """Once that is written; what it is known to have is not looked for."""
    site.page("a/index.html", '<a href="../papers/one/#own">t</a><a href="../papers/one/#x">u</a>')
    site.write("papers/one/index.html", "")
    own, other = (f"index.html papers/one/index.html has no place #{at}" for at in ("own", "x"))
    assert built(site) == [own, other]
    assert built(site, "own") == [other]


class Counted:
    """A function that remembers what it was called with."""

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function
        self.given: list[Any] = []

    def __call__(self, given: object) -> object:
        """Remember, and call it."""
        self.given.append(given)
        return self.function(given)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Counted:
    """The pages that are read from disk once all are there."""
    counted = Counted(finished._text)
    monkeypatch.setattr(finished, "_text", counted)
    return counted


def test_files_that_are_to_come_are_not_looked_at(site: Site, read: Counted) -> None:
    """There may be thousands, right by how they are made; those of plugins are looked at."""
    site.files["made.html"] = None
    for name in ("made.html", "papers/one/index.html"):
        site.write(name, '<a href="nowhere">t</a><img src="none.png">')
    assert {each.split()[0] for each in built(site)} == {"made.html"}
    assert "one" not in {path.parent.name for path in read.given}


PLACES = ("here", "%78", "z&amp;z", "nowhere")


def test_places_that_were_seen_are_not_looked_for_again(site: Site, read: Counted) -> None:
    """A link to a place on another page costs no second reading; a wrong one costs one."""
    site.files = {}
    site.page("b/index.html", '<p id="x"></p><p id="z&amp;z"></p>')
    site.page("a/index.html", '<a href="../b/#here">t</a><a href="../b/#x">t</a>')
    assert site.said() == []
    assert read.given == []
    site.page("a/index.html", "".join(f'<a href="../b/#{at}">t</a>' for at in PLACES))
    assert [line.split(" ", 1)[1] for line in site.said()] == [
        "dead-anchor b/index.html has no place #nowhere"
    ]
    assert sum(path.parent.name == "b" for path in read.given) == 1


DEAD = '{"url": "https://%s", "kind": "%s", "verdict": "dead", "checked": "2026-11-20T01:02:03Z"%s}'
COPY = ', "snapshot": "https://web.archive.org/web/20210101000000/https://x.org/p"'
JOURNAL = "\n".join(
    [
        DEAD % ("x.org/dead", "page", ""),
        DEAD % ("x.org/p.png", "image", ', "status": 200'),
        DEAD % ("x.org/gone.png", "image", ', "status": 404'),
        DEAD % ("nowhere.org/a b.png", "image", ""),
        DEAD % ("x.org/c%20d", "page", ""),
        DEAD % ("x.org/seen.png", "image", ', "status": 404'),
        DEAD.replace("dead", "ok") % ("x.org/seen.png", "page", ""),
        DEAD.replace("dead", "suspect") % ("x.org/ok", "page", ""),
        DEAD % ("arxiv.org/abs/1", "page", ""),
        DEAD % ("x.org/p#q", "page", COPY),
    ]
)


def test_the_journal_and_the_archive_say_what_is_dead(tmp_path: Path) -> None:
    """Only *dead* counts, for what was expected there; arXiv stays; the archive goes first."""
    (tmp_path / "links.jsonl").write_text(JOURNAL)
    copy = "https://web.archive.org/web/20200506012345/https://x.org/dead2"
    gone = stones(tmp_path, f"https://x.org/dead2: {copy}\n")
    assert gone.get("https://x.org/dead#a", "page") == Gone(seen="2026-11-20")
    assert gone.get("https://x.org/dead2#a", "page") == Gone(f"{copy}#a", "2020-05-06")
    found = gone.get("https://x.org/p#q", "page")
    assert found and (found.made, found.seen) == ("2021-01-01", "2026-11-20")
    alive = (
        "https://x.org/ok",
        "https://arxiv.org/abs/1",
        "https://x.org/p.png",
        "https://x.org/p",
        "https://x.org/seen.png",
    )
    assert [gone.get(url, "page") for url in alive] == [None] * 5
    assert stones(tmp_path / "none").names == frozenset()


def test_what_is_shown_and_linked_is_dead_as_both(tmp_path: Path) -> None:
    """The journal asks once, as for a picture: no answer counts for links, bytes that are none not.

    A dead page is no dead picture: nobody asked for one there.
    """
    (tmp_path / "links.jsonl").write_text(JOURNAL)
    gone = stones(tmp_path)
    assert gone.get("https://x.org/gone.png#a", "page") == Gone(seen="2026-11-20")
    assert gone.get("https://nowhere.org/a%20b.png", "page")
    assert gone.get("https://x.org/p.png", "page") is None
    assert gone.get("https://x.org/dead", "image") is None


def test_a_blank_in_an_address_is_known_in_both_spellings(tmp_path: Path) -> None:
    """A page may have it as it is or as `%20`, and so may the journal."""
    (tmp_path / "links.jsonl").write_text(JOURNAL)
    finished = Finished(tmp_path, URL, {}, stones(tmp_path))
    for address in ("nowhere.org/a b.png", "nowhere.org/a%20b.png", "x.org/c d", "x.org/c%20d"):
        page = PAGE.format(f'<a href="https://{address}">t</a>')
        assert '<s class="dead-link">' in finished.page(page, "a/index.html"), address


@pytest.mark.parametrize("url", ["", "http://own.example/", URL])
def test_a_link_without_a_protocol_is_looked_up_by_https(tmp_path: Path, url: str) -> None:
    """However the site itself is served, and on pages that only a parser reads."""
    (tmp_path / "links.jsonl").write_text(JOURNAL)
    finished = Finished(tmp_path, url, {}, stones(tmp_path))
    for before in ("", "<style>a { background: url(x.png) }</style>"):
        page = PAGE.format(f'{before}<a href="//x.org/dead">t</a>')
        assert '<s class="dead-link">' in finished.page(page, "a/index.html")


def test_a_journal_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    """It is an expected failure, and no traceback."""
    (tmp_path / "links.jsonl").mkdir()
    with pytest.raises(EthogramError, match="cannot be read"):
        stones(tmp_path)


def test_pages_are_repaired_and_others_left(tmp_path: Path) -> None:
    """A page with something dead or a picture of our own is changed; any other is the same."""
    (tmp_path / "links.jsonl").write_text(JOURNAL)
    finished = Finished(
        tmp_path, URL, {"p.png": tmp_path / "p.png"}, stones(tmp_path), ["logo.png"]
    )
    Image.new("RGB", (30, 20)).save(tmp_path / "p.png")
    Image.new("RGB", (30, 20)).save(tmp_path / "logo.png")
    plain = PAGE.format('<a href="https://x.org/ok">t</a><img src="../logo.png"><img src="n.png">')
    assert finished.page(plain, "a/index.html") is plain
    for inner, mark in (
        ('<a href="https://x.org/dead">t</a>', '<s class="dead-link">'),
        ("<a href='https&colon;//x.org/dead'>t</a>", '<s class="dead-link">'),
        ('<img src="https://x.org/p.png" alt="w">', '<span class="dead-picture">w '),
        ('<img src="../p.png">', 'width="30" height="20"'),
        ("<img src=/site/p.png>", 'width="30" height="20"'),
        ('<p style="background: url(../p.png)"><img src="../p.png"></p>', 'width="30"'),
    ):
        assert mark in finished.page(PAGE.format(inner), "a/index.html"), inner


def test_a_picture_is_measured_again_once_it_changes(tmp_path: Path) -> None:
    """A size is kept for as long as the file stays the same: a preview shows the new one."""
    for width in (30, 40):
        Image.new("RGB", (width, 20)).save(tmp_path / "p.png")
        finished = Finished(tmp_path, URL, {"p.png": tmp_path / "p.png"}, stones(tmp_path))
        assert f'width="{width}"' in finished.page('<img src="p.png">', "index.html")
