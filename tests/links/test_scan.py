"""`links.scan`: quick, and nothing that a careful reader finds is missed."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ethogram.links.addresses import resolve
from ethogram.links.extract import anchors_in_html, links_in_html
from ethogram.links.scan import scan
from ethogram.links.tags import decode
from links.test_extract import ADDRESSES

BASE = "https://own.example/d/"
_BLANKS = "".join(map(chr, range(33)))

PLAIN = """<!doctype html><html><head><meta name="description" content="a">
<link rel="next" href="../n/"><style>p { color: red }</style><title>T</title>
<script src="s.js"></script></head>
<body><p class="c" id="p" style="color: red">a = b</p><td style="text-align: right">
<img src="i.png" alt="x"><!-- plain --></body></html>"""


@pytest.mark.parametrize(("html", "raw", "_"), ADDRESSES)
def test_every_way_to_write_an_address_is_seen(html: str, raw: str, _: str) -> None:
    """Each attribute of rule 10 is found, or the page is left to the careful reader."""
    seen = scan(html)
    assert seen.intricate or raw in {decode(address).strip() for address in seen.addresses}


def test_a_plain_page_is_read_here_alone() -> None:
    """What a theme writes needs no parser: style sheets and scripts without addresses are plain."""
    seen = scan(PLAIN)
    assert (seen.intricate, seen.addresses) == (False, {"../n/", "s.js", "i.png"})
    assert (seen.pictures, seen.ids) == ({"i.png"}, {"p"})


@pytest.mark.parametrize(
    "html",
    [
        '<!-- id="a" -->',
        '<script>"<p id=a>"</script>',
        "<TEXTAREA><p id='a'></TEXTAREA>",
        '<p data-id="a">',
        '<style>[id = "a"] {}',
    ],
)
def test_an_id_in_no_tag_is_none(html: str) -> None:
    """A place that is only written in a comment or a script does not exist."""
    assert "a" not in scan(html).ids


PIECES = st.sampled_from(
    [
        *("<a ", "<img ", "<script ", "<style>", "</style>", "<meta ", "<!--", "-->", "<base "),
        *("<iframe ", "</iframe>", "<p ", "</a>", "<TITLE>", "</TITLE>", "<object ", "<td "),
        *("href=", "HRef=", "href = ", "xlink:href=", "src=", "srcset=", "SRC\n=", "style="),
        *("content=", "http-equiv=refresh ", "property=og:image ", "srcdoc=", "cite=", "action="),
        *("data=", "poster=", "background=", "title=", "id=", "ID=", "name=", "data-href="),
        *('"', "'", ">", " ", "/", "\n", '"x"', "'y'", "z", '"u 2x, v"', "0;url=w", "&amp;", "="),
        *("url(k.png)", '"url(&quot;l&quot;)"', '"#m"', '"<a href=n>"', "@import 'o'", " " * 40),
    ]
)


@given(st.lists(PIECES, max_size=30).map("".join))
def test_no_address_is_missed(html: str) -> None:
    """On any page, what the careful reader finds was found, or the page is called intricate."""
    seen = scan(html)
    found = {resolve(decode(address).strip(_BLANKS), BASE) for address in seen.addresses}
    missed = {link.url for link in links_in_html(html, BASE)} - found
    assert not missed or seen.intricate


CLOSED = PIECES.filter(lambda piece: piece not in ('"', "'"))


@given(st.lists(CLOSED, max_size=30).map("".join))
@example("<p title='<a id=\"x\">'>")
@example('<p title= id="x">')
def test_no_id_is_invented(html: str) -> None:
    """An id that was found is one, so that a dead anchor is never taken for alive.

    Only a quotation mark that nothing closes, which makes the rest of a page vanish, goes unseen.
    """
    assert {decode(name) for name in scan(html).ids} <= anchors_in_html(html) | {""}
