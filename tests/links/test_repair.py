"""`links.repair`: what is dead is served from its copy or shown as dead, and all else stays."""

import re
from pathlib import Path

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethogram.links.addresses import Kind
from ethogram.links.archive import Archive
from ethogram.links.gone import Gone, Gravestones
from ethogram.links.repair import mend, repair, tokens
from ethogram.links.tags import Text, tags

BASE = "https://own.example/d/"
ARCHIVE = "https://web.archive.org/web/20200506012345/"
NOTE = '<small class="link-note">'
COPIED = f"{NOTE}archived copy, 2020-05-06</small>"
DEAD = f"{NOTE}dead link, seen 2026-11-20</small>"


def gone(url: str, kind: Kind) -> Gone | None:
    """Whatever is called `old` has a copy, whatever is called `dead` has none."""
    if "old" in url:
        return Gone(f"{ARCHIVE}{url}", "2020-05-06", "2026-11-20")
    return Gone(seen="2026-11-20") if "dead" in url else None


def local(url: str) -> tuple[int, int] | None:
    """Pictures below the site's root are 30 by 20, drawings have no size."""
    if not url.startswith("https://own.example/"):
        return None
    return (0, 0) if url.endswith(".svg") else (30, 20)


def mended(html: str) -> str:
    """A page, repaired."""
    return repair(html, BASE, gone, local)


LINKS = [
    (
        '<a href="https://x.org/old">t</a>!',
        f'<a class="archived" href="{ARCHIVE}https://x.org/old">t</a> {COPIED}!',
    ),
    (
        "<A Class='b c'\n HREF = https://x.org/old#f >t</A>",
        f'<A class="b c archived"\n href="{ARCHIVE}https://x.org/old#f" >t</A> {COPIED}',
    ),
    (
        "<a href='https://x.org/old?a=1&amp;b=2' class>t</a>",
        f'<a href="{ARCHIVE}https://x.org/old?a=1&amp;b=2" class="archived">t</a> {COPIED}',
    ),
    (
        '<h2><a href="//x.org/dead">t</a></h2>',
        f'<h2><s class="dead-link"><a href="//x.org/dead">t</a></s> {DEAD}</h2>',
    ),
    (
        '<td><a href=" &#104;ttps://x.org/dead ">t</a></td>',
        '<td><s class="dead-link"><a href=" &#104;ttps://x.org/dead ">t</a></s> ' + DEAD + "</td>",
    ),
    (
        '<a href="https://x.org/dead">t<a href="b">u</a>',
        f'<s class="dead-link"><a href="https://x.org/dead">t</a></s> {DEAD}<a href="b">u</a>',
    ),
    (
        '<noscript><a title="a>b" href="https://x.org/dead">t</a></noscript>',
        '<noscript><s class="dead-link"><a title="a>b" href="https://x.org/dead">t</a></s> '
        f"{DEAD}</noscript>",
    ),
]


@pytest.mark.parametrize(("html", "expected"), LINKS)
def test_a_dead_link_is_served_or_struck(html: str, expected: str) -> None:
    """However it is written: the copy and its date where there is one, else struck and said so."""
    assert mended(html) == expected


WORDS = '<small class="link-note">picture gone, <a href="https://x.org/dead.png">source</a></small>'
OLD = ARCHIVE.replace("345/", "345im_/")
PICTURES = [
    (
        '<img src="https://x.org/dead.png" alt="A &lt;b&gt; &amp; c" id="i">',
        f'<span class="dead-picture" id="i">A &lt;b&gt; &amp; c {WORDS}</span>',
    ),
    ('<img src="https://x.org/dead.png">', f'<span class="dead-picture">{WORDS}</span>'),
    (
        '<a href="b"><IMG SRC=https://x.org/dead.png alt=c></a>',
        f'<a href="b"><span class="dead-picture">c {NOTE}picture gone</small></span></a>',
    ),
    (
        '<img src="https://x.org/old.png" alt="c">',
        f'<img class="archived" src="{OLD}https://x.org/old.png" alt="c"> {COPIED}',
    ),
    (
        '<img src="https://x.org/b.png" srcset="https://x.org/dead.png, https://x.org/c.png 2x">',
        '<img src="https://x.org/b.png" srcset="https://x.org/c.png 2x">',
    ),
    (
        '<img srcset="https://x.org/dead.png 2x" src="https://x.org/b.png">',
        '<img  src="https://x.org/b.png">',
    ),
    (
        '<img src="https://x.org/dead.png" srcset="https://x.org/dead.png 1x, b&amp;c.png 2x">',
        '<img src="b&amp;c.png" srcset="b&amp;c.png 2x">',
    ),
    (
        '<picture><source srcset="https://x.org/dead.webp"><img src="https://x.org/dead.png">',
        f'<picture><span class="dead-picture">{WORDS}</span>',
    ),
    (
        '<picture><source srcset="https://x.org/b.webp"><img src="https://x.org/dead.png">',
        '<picture><source srcset="https://x.org/b.webp"><img src="https://x.org/dead.png">',
    ),
]


@pytest.mark.parametrize(("html", "expected"), PICTURES)
def test_a_dead_picture_shows_its_words(html: str, expected: str) -> None:
    """Its copy, or its alternative text and where it was; a source that lives is enough."""
    assert mended(html) == expected


OWN = [
    (
        '<img src="a.png" alt="b">',
        '<img loading="lazy" decoding="async" width="30" height="20" style="height:auto" '
        'src="a.png" alt="b">',
    ),
    ('<img src="/a.svg"/>', '<img loading="lazy" decoding="async" src="/a.svg"/>'),
    (
        "<img width=9 src=a.png loading=eager>",
        '<img decoding="async" height="6" style="height:auto" width=9 src=a.png loading=eager>',
    ),
    (
        "<img height=9 decoding=sync src=../a.png>",
        '<img loading="lazy" width="14" style="height:auto" height=9 decoding=sync src=../a.png>',
    ),
    ("<img src=a.png width=1 height=1 loading decoding>",) * 2,
    ("<img src=a.png width=50% loading decoding>",) * 2,
    ("<img src=a.png height=5em loading decoding>",) * 2,
    ('<img src=a.svg width="150" loading decoding>',) * 2,
    ('<img src=a.png style="width: 5em" loading decoding>',) * 2,
    ('<img src=a.png class="thumb" loading decoding>',) * 2,
    ('<img src=a.png srcset="a.png 30w, l.webp 640w" loading decoding>',) * 2,
    ('<img src=a.png srcset="l.webp" sizes=100vw loading decoding>',) * 2,
    ("<picture><source srcset=l.webp><img src=a.png loading decoding></picture>",) * 2,
    (
        '<img src=a.png width="150" loading decoding>',
        '<img height="100" style="height:auto" src=a.png width="150" loading decoding>',
    ),
    (
        '<picture><source srcset="https://x.org/dead.webp"><img src=a.png loading decoding>',
        '<picture><img width="30" height="20" style="height:auto" src=a.png loading decoding>',
    ),
    (
        '<img srcset="b.png 2x" src=a.png loading decoding>',
        '<img width="30" height="20" style="height:auto" srcset="b.png 2x" src=a.png loading '
        "decoding>",
    ),
    ("<img src=https://x.org/a.png>",) * 2,
    (
        '<base href="https://x.org/"><img src=a.png><a href="dead">t</a>',
        '<base href="https://x.org/"><img src=a.png><s class="dead-link"><a href="dead">t</a></s> '
        + DEAD,
    ),
]


@pytest.mark.parametrize(("html", "expected"), OWN)
def test_a_picture_of_the_site_has_its_size(html: str, expected: str) -> None:
    """Nothing shifts and nothing loads before it is seen, unless the author said otherwise."""
    assert mended(html) == expected


def test_material_keeps_proportions_by_itself() -> None:
    """Its style sheet gives every picture its height, so that no tag needs to."""
    head = '<meta name="generator" content="mkdocs-1.6.1, mkdocs-material-9.8.1">'
    page = f"{head}<img src=a.png loading decoding>"
    assert mended(page) == f'{head}<img width="30" height="20" src=a.png loading decoding>'


def test_every_picture_that_is_shown_is_asked_for() -> None:
    """The files of a `srcset` and of a `source` are looked at as well as those of `src`."""
    asked: list[str] = []
    page = '<picture><source srcset=a.webp><img src=b.png srcset="c.png 2x"></picture>'
    repair(page, BASE, gone, asked.append)
    assert sorted(asked) == [f"{BASE}{name}" for name in ("a.webp", "b.png", "c.png")]


DEAD_A = '<a href="https://x.org/dead">t</a>'
TITLED_A = '<a title="dead link, seen 2026-11-20" href="https://x.org/dead">t</a>'
STRUCK_A = f'<s class="dead-link">{DEAD_A}</s> {DEAD}'
AROUND = [
    (f"<header>{DEAD_A}</header>", f"<header>{TITLED_A}</header>"),
    (f"<footer><p>{DEAD_A}", f"<footer><p>{TITLED_A}"),
    (f"<main><nav>{DEAD_A}</nav>{DEAD_A}</main>", f"<main><nav>{TITLED_A}</nav>{STRUCK_A}</main>"),
    (f"<nav><article><nav>{DEAD_A}</nav>", f"<nav><article><nav>{STRUCK_A}</nav>"),
    (f"<main><header>{DEAD_A}</header></main>", f"<main><header>{STRUCK_A}</header></main>"),
    (f"<header><nav></header>{DEAD_A}", f"<header><nav></header>{STRUCK_A}"),
    (
        '<nav><a href="https://x.org/old" title="Go &amp; see" class="md-source">t</a></nav>',
        f'<nav><a href="{ARCHIVE}https://x.org/old" title="Go &amp; see (archived copy, '
        '2020-05-06)" class="md-source">t</a></nav>',
    ),
    (
        '<header><img src="https://x.org/dead.png" alt="c"></header>',
        '<header><img title="dead link, seen 2026-11-20" src="https://x.org/dead.png" alt="c">'
        "</header>",
    ),
    (
        '<header><img src="https://x.org/old.png"></header>',
        '<header><img title="archived copy, 2020-05-06" '
        f'src="{ARCHIVE.replace("345/", "345im_/")}https://x.org/old.png"></header>',
    ),
]


@pytest.mark.parametrize(("html", "expected"), AROUND)
def test_around_the_content_only_a_title_tells(html: str, expected: str) -> None:
    """A header, a footer and navigation have no room for words, unless they are content."""
    assert mended(html) == expected


UNTOUCHED = [
    '<!-- <a href="https://x.org/dead">t</a> <img src="a.png"> -->',
    "<script>'<img src=\"a.png\">'</script>",
    "<textarea><img src=a.png></textarea><title><img src=a.png></title>",
    "<code>&lt;img src=a.png&gt;</code>",
    '<p title="<img src=a.png>">',
    '<svg><a href="https://x.org/dead"><text>t</text></a></svg>',
    '<video poster="https://x.org/dead.png" src="https://x.org/dead.mp4"></video>',
    '<link rel="stylesheet" href="https://x.org/dead.css">',
    '<a name="https://x.org/dead">t</a>',
    '<a href="https://x.org/dead">never closed',
    '<a href="https://x.org/b">t</a> <a title="dead" href="#dead">u</a>',
    '<p class="a <img src=a.png>',
]


@pytest.mark.parametrize("html", UNTOUCHED)
def test_nothing_else_is_touched(html: str) -> None:
    """Comments, scripts, code, drawings and other elements stay as they are: the same string."""
    assert mended(html) is html


PIECES = st.sampled_from(
    [
        *("<a ", "<A\n", "<img ", "</a>", "<p ", "</p>", "<svg>", "</svg>", "<b/>", "<picture>"),
        *("href=", "src=", "SRCSET=", "title=", "alt=", "class=", "width=", "/", ">", " ", "&amp;"),
        *('"https://x.org/dead"', "'https://x.org/old#a'", "https://x.org/dead", '"a.png"', '"'),
        *("<!--", "-->", "<script>", "</script>", "<title>", "</title>", "<style/>", "text", "'"),
        *("<nav>", "</nav>", "<main ", "</MAIN>", "<header>", "<article>", "</footer>"),
        *("<source srcset=", '"https://x.org/dead 2x, b.png"', "<base href=", "=", "é", "<!x>"),
    ]
)


@given(st.lists(PIECES, max_size=24).map("".join))
def test_tags_are_seen_where_the_tokenizer_sees_them(html: str) -> None:
    """One step through a tag ends where the careful reader ends, whatever the page."""
    names = "a article base footer header img main nav picture source".split()
    expected = [(tag.name, tag.text.offsets[0]) for tag in tags(Text.of(html)) if tag.name in names]
    assert [(token.name, token.stop) for token in tokens(html) if not token.end] == expected


def test_a_link_without_a_protocol_is_known_by_https() -> None:
    """The journal has it so, whatever the page is served by; the site itself is left to its own."""

    def known(url: str, _: Kind) -> Gone | None:
        return Gone() if url.startswith("https://x.org/") else None

    def repaired(tag: str) -> str:
        return repair(tag, "http://own.example/", known, lambda _: None)

    assert repaired('<a href="//x.org/p">t</a>').startswith('<s class="dead-link">')
    assert repaired('<img src="//x.org/p" alt="w">').startswith('<span class="dead-picture">w ')
    assert repaired("<img srcset='//x.org/p 2x' src=a>") == "<img  src=a>"
    assert "<s" not in repaired('<a href="http://x.org/p">t</a>')


@given(st.lists(PIECES, max_size=24).map("".join))
def test_a_page_without_anything_dead_is_returned_itself(html: str) -> None:
    """Byte for byte: nothing is parsed and written anew."""
    assert repair(html, BASE, lambda *_: None, lambda _: None) is html


WHOLE = st.lists(
    st.sampled_from(
        [
            '<a href="https://x.org/dead">dead</a>',
            '<a class="k" href="https://x.org/old">old <b>bold</b></a>',
            '<a href="b">plain</a>',
            "<A HREF='https://x.org/dead'><img src='https://x.org/dead.png' alt='words'></A>",
            '<img src="https://x.org/dead.png" alt="words">',
            '<img src="a.png" alt="own">',
            "<p>text &amp; more</p>",
            "<code>&lt;a href=dead&gt;</code>",
            "<!-- <img src=a.png> -->",
            "<h2 id=x>Title</h2>",
        ]
    ),
    max_size=9,
).map("".join)


@given(WHOLE)
def test_a_repaired_page_says_the_same(html: str) -> None:
    """By lxml's reading: without the notes, the words are the same, those of dead pictures added.

    Every dead link stands in an `s`, every picture that is left has a source that lives.
    """
    before, after = (
        lxml.html.fromstring(f"<div>{html}</div>"),
        lxml.html.fromstring(f"<div>{mended(html)}</div>"),
    )
    for picture in before.xpath("//img[starts-with(@src, 'https://x.org/dead')]"):
        picture.tail = picture.get("alt") + (picture.tail or "")
    for note in after.xpath("//small[@class='link-note']"):
        note.text = note.text.lstrip()
        note.drop_tree()
    assert re.sub(r"\s+", "", after.text_content()) == re.sub(r"\s+", "", before.text_content())
    assert not after.xpath("//a[contains(@href, 'dead')][not(parent::s)]")
    assert not after.xpath("//img[contains(@src, 'dead')]")
    assert len(after.xpath("//a[contains(@class, 'archived')]")) == html.count("x.org/old")


@pytest.mark.parametrize(
    "part", ["a ", "a=1 ", "a= ", '<b a=" ', "= ", "<b a", "<!--", "a=\"x\" b='y' c=z d "]
)
def test_a_tag_that_never_ends_is_read_in_time(part: str) -> None:
    """There is one way only to read an attribute: else each would double the work."""
    assert list(tokens(f"<b {part * 20_000}")) == []


def test_words_that_the_engine_made_are_mended_and_nothing_else(tmp_path: Path) -> None:
    """What is dead outside is struck, however it is written; what leads inside is not looked at."""
    journal, archive = tmp_path / "links.jsonl", Archive.read("", "archive.yml")
    line = (
        '{"url": "https://x.org/%s", "kind": "page", "verdict": "dead", '
        '"checked": "2026-11-20T01:02:03Z"}\n'
    )
    journal.write_text("".join(line % name for name in ("dead", "q?a=1&b=2", "c%20d")))
    gone = Gravestones(archive, journal)
    for address in ("https://x.org/dead#a", "https://x.org/q?a=1&amp;b=2", "https://x.org/c%20d"):
        html = f'<p>A <a class="b" href="{address}">t</a>, <a href="../nowhere/#x">u</a></p>'
        made = mend(html, BASE, gone)
        assert made.count('<s class="dead-link">') == 1, address
        assert '<a href="../nowhere/#x">u</a>' in made
    for inner in (
        '<a href="https://x.org/ok">t</a> <a href="https://arxiv.org/abs/1">t</a>',
        '<a href="../nowhere/">t</a> <img src="https://x.org/gone.png">',
        "https://x.org/dead",
        "",
    ):
        assert mend(inner, BASE, gone) is inner
    html = '<a href="https://x.org/dead">t</a>'
    assert mend(html, BASE, Gravestones(archive, tmp_path / "none.jsonl")) is html
