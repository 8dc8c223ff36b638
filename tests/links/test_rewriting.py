"""`links.rewriting`: an address is changed, is read back as it is meant, and nothing else moves."""

import re
import shutil
import subprocess
from collections.abc import Sequence
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown import markdown

from ethogram.cards import read_cards
from ethogram.findings import EthogramError
from ethogram.links.extract import Link, links_in_markdown
from ethogram.links.rewriting import (
    Change,
    Edit,
    apply,
    attribute_value,
    edited,
    escaped,
    replacements,
)

EXTENSIONS = ["admonition", "attr_list", "md_in_html", "tables", "pymdownx.superfences"]
"""Those of mkdocs.yml that have a say in what a link is."""

FORMS = {
    "inline": "See [a page]({}) here.",
    "titled": 'See [a page]({} "It\'s a title") here.',
    "angled": "See [a page](<{}> 'title') here.",
    "parenthesized": "(See [a page]({}))",
    "image": "![What it shows]({})",
    "image with attributes": '![What it shows]({}){{ width="313" }}',
    "image in a link": "[![What it shows]({})](https://around.example/)",
    "link around an image": "[![What it shows](https://within.example/a.png)]({})",
    "definition": "See [a page][label].\n\n[label]: {}",
    "titled definition": 'See [label].\n\n[label]: <{}> "title"',
    "autolink": "See <{}>.",
    "bare": "See {}, then go on.",
    "bare in parentheses": "It is there (see {}).",
    "cell": "| a | b |\n|---|---|\n| [c]({}) | d |",
    "bare cell": "| a | b |\n|---|---|\n| {} | d |",
    "item": "- [c]({})\n- d",
    "header": '!!! note "[A title]({})"\n    Words.',
    "header with a badge": '!!! note "![Badge]({}) [T](https://around.example/)"\n    Words.',
    "field": '!!! note "[A title](https://around.example/)"\n    code: {}\n\n    Words.',
    "double quotes": 'See <a title="t" href="{}">a page</a>.',
    "single quotes": "See <a href='{}'>a page</a>.",
    "no quotes": "See <a href={} title=t>a page</a>.",
    "tag in a cell": '| a | b |\n|---|---|\n| <a href="{}">c</a> | d |',
    "raw block": '<div>\n<p><a href="{}">a page</a></p>\n</div>',
    "raw picture": '<figure>\n<img src="{}" alt="What it shows">\n</figure>',
    "srcset": '<div>\n<img src="a.png" srcset="{} 2x, b.png 3x">\n</div>',
    "style": '<p style="background: url({})">Words</p>',
    "style sheet": "<style>\np {{ background: url({}) }}\n</style>",
    "refresh": '<div>\n<meta http-equiv="refresh" content="5; url={}">\n</div>',
    "page in a page": "<div>\n<iframe srcdoc=\"<a href='{}'>x</a>\"></iframe>\n</div>",
}

PIECES = """
    a b C 7 - . _ ~ : / ? # @ ! $ & ' ( ) * + , ; = % %20 [ ] { } | \\ ^ ` " < > ä 数
    &amp; &copy; &lt &#41; )( :// // .. // __a__ *a* (a) $a$ ![ ]( !!! www. &a=b index.html ::
""".split()
plain = st.text("abcXYZ0189-._/", max_size=20)
awkward = st.lists(st.sampled_from([*PIECES, " "]), max_size=8).map("".join)
addresses = st.builds("https://new.example/{}{}z".format, plain, awkward) | st.builds(
    "http://e.org/{}{}".format, awkward, plain
)


def page(form: str, url: str = "https://old.example/a") -> str:
    """A page with a link in some form, and others before and behind it."""
    return (
        "# Title\n\nIt costs $5 and a `tick`, <https://one.example/>.\n\n"
        f"{FORMS[form].format(url)}\n\n"
        "Also [two](https://two.example/(a) 'x'), https://three.example and $6.\n"
    )


def the_link(text: str, url: str = "https://old.example/a") -> Link:
    """The one link that leads to an address."""
    (link,) = (link for link in links_in_markdown(text, "p.md") if link.url == url)
    return link


def others(text: str, url: str) -> list[tuple[str, str, str]]:
    """All links but the one, without their places."""
    links = links_in_markdown(text, "p.md")
    return [(link.url, link.element, link.attribute) for link in links if link.url != url]


def as_asked(url: str, link: Link) -> str:
    """What a browser makes of an address in a page: only HTML's own reader turns backslashes."""
    head, mark, tail = url.replace(" ", "%20").partition("?" if "?" in url.split("#")[0] else "#")
    return (head if link.element == "markdown" else head.replace("\\", "/")) + mark + tail


def rewritten(text: str, new: str) -> str | None:
    """The page with a new address in it, if it can be written there."""
    link = the_link(text)
    written = escaped(new, link)
    if written is None:
        return None
    return edited(text, [Edit("p.md", link.line, link.column, link.raw, written)])


class _Attributes(HTMLParser):
    """Collects what a browser would: every href and src, or other attributes; and the text."""

    def __init__(self, html: str, names: Sequence[str] = ("href", "src")) -> None:
        super().__init__()
        self.names = names
        self.found: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, _: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value or "" for name, value in attrs if name in self.names]

    def handle_data(self, data: str) -> None:
        self.text += data


# -- addresses -------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [name for name in FORMS if name != "page in a page"])
@settings(max_examples=40)  # in each of the forms
@given(url=addresses)
@example(url="https://en.wikipedia.org/wiki/Mercury_(planet)")
@example(url="https://e.org/a?b=1&copy=2&amp;c=&lt;#d")
@example(url="https://e.org/:~:text=a,b")
def test_an_address_is_read_back_as_it_is(form: str, url: str) -> None:
    """Whatever the form of a link, its new address is read as meant, and all others as before."""
    text = page(form)
    new = rewritten(text, url)
    if new is not None:
        asked = as_asked(url, the_link(text))
        assert asked in [link.url for link in links_in_markdown(new, "p.md")]
        assert others(new, asked) == others(text, "https://old.example/a")


UNRENDERED = ("srcset", "style sheet", "style", "refresh", "page in a page")


@pytest.mark.parametrize("form", [name for name in FORMS if name not in UNRENDERED])
@settings(max_examples=40)
@given(url=addresses)
def test_the_renderer_reads_the_address_too(form: str, url: str) -> None:
    """What Python-Markdown makes of the page leads to the new address, and to all others."""
    text = page(form)
    edits, skipped = replacements(text, "p.md", {the_link(text): url})
    if not skipped:
        before = _Attributes(markdown(text, extensions=EXTENSIONS))
        after = _Attributes(markdown(edited(text, edits), extensions=EXTENSIONS))
        spaced = url.replace(" ", "%20")
        assert after.found == [spaced if "old." in href else href for href in before.found]
        assert after.text == before.text.replace("https://old.example/a", spaced)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "url",
    [
        "https://new.example/a/b-c.html?d=e&f=1#g",
        "http://e.org",
        "https://e.org/a_b/%C3%A4;v=1.2/~c/",
        "https://doi.org/10.1000/a.b",
    ],
)
def test_common_addresses_can_be_written_anywhere(form: str, url: str) -> None:
    """An ordinary address is never refused."""
    text = page(form)
    link = the_link(text)
    assert escaped(url, link) in (url, url.replace("&", "&amp;"))


@pytest.mark.parametrize("form", ["inline", "image", "header"])
def test_balanced_parentheses_stay_as_they_are(form: str) -> None:
    """A person can still read the address of a Wikipedia article."""
    link = the_link(page(form))
    assert escaped("https://e.org/A_(b)", link) == "https://e.org/A_(b)"
    assert escaped("https://e.org/A_(b", link) == "https://e.org/A_&#40;b"


@pytest.mark.parametrize(
    ("form", "url"),
    [
        ("inline", ""),
        ("inline", " https://e.org/"),
        ("inline", "https://e.org/\n"),
        ("inline", "https://e.org/a\tb"),
        ("inline", "https://e.org/\x02"),
        ("autolink", "../a.md"),
        ("autolink", "javascript:a"),
        ("bare", "../a.md"),
        ("bare", "https://e.org/a."),
        ("bare", "https://e.org/a|b"),
        ("bare", "https://e.org/(a"),
        ("bare", "https://e.org/*a*"),
        ("bare", "https://e.org/__a__"),
        ("bare", "https://e.org/?a&copy;b"),
        ("field", "https://e.org/a,b"),
        ("field", "https://e.org/a&#1"),
        ("bare", "https://e.org/a b\\c"),
        ("srcset", "https://e.org/a,"),
        ("style", "https://e.org/(a)"),
        ("style sheet", 'https://e.org/"a'),
        ("refresh", "https://e.org/'a"),
    ],
)
def test_what_cannot_be_written_is_said(form: str, url: str) -> None:
    """Where an address would be read as another one, nothing is written at all."""
    assert escaped(url, the_link(page(form))) is None


def test_a_card_keeps_its_fields() -> None:
    """A new address in a card's title and in its field is what the card then has."""
    text = '!!! note "[T](https://a.example/)"\n    code: https://b.example\n\n    Words.\n'
    wanted = {
        link: f"https://new.example/({link.line})?a&b" for link in links_in_markdown(text, "p.md")
    }
    edits, skipped = replacements(text, "p.md", wanted)
    (card,) = read_cards(edited(text, edits), "p.md")
    assert card.url == "https://new.example/(1)?a&b"
    assert card.value("code") == "https://new.example/(2)?a&b"
    assert not skipped


@given(st.text('ab&<>"`*_[](){}|$\\é ', max_size=12).map(str.strip))
def test_an_attribute_means_its_text(text: str) -> None:
    """A title or another attribute of raw HTML says what it is to say, amid Markdown too."""
    html = markdown(f"See <b title={attribute_value(text)}>it</b>.", extensions=EXTENSIONS)
    assert _Attributes(html, ["title"]).found == [text]


# -- the links of a page ---------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.sampled_from(sorted(FORMS)), addresses), min_size=1, max_size=4).filter(
        lambda some: sum("definition" in form for form, _ in some) < 2
    )
)
@example([("page in a page", "https://e.org/?a&copy;b")])
def test_many_links_of_a_page_change_at_once(some: list[tuple[str, str]]) -> None:
    """Each link has its new address or stays and is named with a reason; no other link changes."""
    text = "\n\n".join(
        FORMS[form].format(f"https://old.example/{number}") for number, (form, _) in enumerate(some)
    )
    links = links_in_markdown(text, "p.md")
    wanted = {
        link: some[int(match[1])][1]
        for link in links
        if (match := re.fullmatch(r"https://old\.example/(\d)", link.url))
    }
    edits, skipped = replacements(text, "p.md", wanted)
    after = links_in_markdown(edited(text, edits), "p.md")
    assert len(edits) + len(skipped) == len(wanted)
    assert [link.url for link in after] == [
        as_asked(wanted[link], link) if link in wanted and link not in skipped else link.url
        for link in links
    ]


def test_a_page_in_a_page_is_read_before_it_is_changed() -> None:
    """What would be decoded twice is left to a person, and the other links are changed."""
    text = page("page in a page") + "\n[b](https://old.example/b)\n"
    awkward, easy = the_link(text), the_link(text, "https://old.example/b")
    wanted = {awkward: "https://e.org/?a&copy;b", easy: "https://e.org/?a&copy;b"}
    edits, skipped = replacements(text, "p.md", wanted)
    assert [edit.line for edit in edits] == [easy.line]
    assert skipped == {
        awkward: "with https://e.org/?a&copy;b in it the page would be read differently"
    }


def test_what_cannot_be_written_is_skipped_with_a_reason() -> None:
    """An address that no place takes is named, and the other edits are made."""
    text = page("bare")
    link, other = the_link(text), the_link(text, "https://one.example/")
    edits, skipped = replacements(text, "p.md", {link: "https://e.org/a|b", other: "http://b.c/"})
    assert edits == [Edit("p.md", 3, other.column, "https://one.example/", "http://b.c/")]
    assert skipped == {link: "https://e.org/a|b cannot be written in this place"}


# -- edits -----------------------------------------------------------------------------------


def test_edits_are_made_from_the_end() -> None:
    """Every place is that of the page as it was, in whatever order the edits come."""
    edits = [Edit("p", 1, 1, "a", "long"), Edit("p", 2, 1, "c", ""), Edit("p", 1, 3, "b", "longer")]
    for order in (edits, edits[::-1]):
        assert edited("a b\nc d", order) == "long longer\n d"


def test_an_edit_told_twice_is_made_once() -> None:
    """Two links with one definition change it once."""
    assert edited("a", [Edit("p", 1, 1, "a", "b")] * 2) == "b"


def test_an_edit_without_old_text_puts_something_in() -> None:
    """It may stand at the very end of a page."""
    assert edited("ab", [Edit("p", 1, 2, "", "-"), Edit("p", 1, 3, "", "!")]) == "a-b!"


@pytest.mark.parametrize(
    "edit",
    [
        Edit("p.md", 1, 2, "a", "x"),
        Edit("p.md", 3, 1, "a", "x"),
        Edit("p.md", 0, 1, "a", "x"),
        Edit("p.md", 1, 0, "a", "x"),
        Edit("p.md", 1, 9, "a", "x"),
    ],
)
def test_an_edit_that_does_not_fit_is_refused(edit: Edit) -> None:
    """The text may have changed since: nothing is written over by guess."""
    place = f"p.md:{edit.line}:{edit.column}"
    with pytest.raises(ValueError, match=f"^{place}: `a` does not stand there\\.$"):
        edited("a b\nc", [edit])


@pytest.mark.parametrize(
    "edits",
    [
        [Edit("p", 2, 1, "bc", "x"), Edit("p", 2, 2, "cd", "y")],
        [Edit("p", 2, 1, "b", "x"), Edit("p", 2, 1, "b", "y")],
        [Edit("p", 2, 1, "", "x"), Edit("p", 2, 1, "", "y")],
        [Edit("p", 1, 1, "a\nb", "x"), Edit("p", 2, 1, "b", "y")],
    ],
)
def test_edits_that_overlap_are_refused(edits: Sequence[Edit]) -> None:
    """Which of them counts is not ours to say."""
    with pytest.raises(ValueError, match=r"^Two edits overlap in line 2\.$"):
        edited("a\nbcd", edits)


@given(st.lists(st.sampled_from(["a", "\r\n", "\n", "\r", "\u2028", "\x0b", " "])))
def test_lines_are_counted_as_they_are_read(pieces: list[str]) -> None:
    """A place found by `extract` is found again, whatever ends the lines of the file."""
    text = "".join(pieces) + "\n\n[a](https://old.example/a)"
    assert "(new)" in str(rewritten(text, "new"))


def test_an_address_over_two_lines_is_one() -> None:
    """A browser leaves the line break out of an address, so an attribute may have one."""
    text = '<p>\r\n<a href="https://old.example\r\n/a">x</a></p>'
    (link,) = links_in_markdown(text, "p.md")
    new = edited(text, [Edit("p", link.line, link.column, link.raw, "n")])
    assert link.raw == "https://old.example \n/a"  # read with a blank for the \r
    assert new == '<p>\r\n<a href="n">x</a></p>'


# -- files -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", ["", "\n"])
def test_a_file_keeps_its_bytes(tmp_path: Path, mark: str, end: str, last: str) -> None:
    """Byte order mark, line ends and a missing final newline stay as they are."""
    path = tmp_path / "p.md"
    before = f"{mark}[é](old){end}{end}\tb  {end}[c](old){last}"
    path.write_bytes(before.encode())
    edits = [Edit(str(path), 1, 5, "old", "new"), Edit(str(path), 4, 5, "old", "né")]
    (change,) = apply(edits)
    assert path.read_bytes() == before.encode()
    change.write()
    assert path.read_bytes() == f"{mark}[é](new){end}{end}\tb  {end}[c](né){last}".encode()
    assert [file.name for file in tmp_path.iterdir()] == ["p.md"]


def test_each_file_is_one_change(tmp_path: Path) -> None:
    """Changes are sorted by path."""
    for name in "ba":
        (tmp_path / name).write_text("x x")
    edits = [Edit(str(tmp_path / name), 1, column, "x", "y") for name in "ba" for column in (1, 3)]
    assert [(Path(change.path).name, change.after) for change in apply(edits)] == [
        ("a", "y y"),
        ("b", "y y"),
    ]


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A missing file and one that is not text are sentences."""
    (tmp_path / "latin.md").write_bytes(b"a\n\xe9")
    with pytest.raises(EthogramError, match="not UTF-8"):
        apply([Edit(str(tmp_path / "latin.md"), 1, 1, "a", "b")])
    with pytest.raises(EthogramError, match="cannot be read"):
        apply([Edit(str(tmp_path / "none.md"), 1, 1, "a", "b")])


def test_a_file_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    """What a person has just saved is never lost."""
    path = tmp_path / "p.md"
    path.write_text("a")
    (change,) = apply([Edit(str(path), 1, 1, "a", "b")])
    path.write_text("a, and more")
    with pytest.raises(EthogramError, match=r"p\.md has changed since it was read"):
        change.write()
    assert path.read_text() == "a, and more"


def test_a_file_keeps_its_mode_and_its_link(tmp_path: Path) -> None:
    """A file behind a symbolic link is changed, and stays what it was otherwise."""
    real = tmp_path / "real.md"
    real.write_text("a")
    real.chmod(0o640)
    link = tmp_path / "p.md"
    link.symlink_to(real)
    (change,) = apply([Edit(str(link), 1, 1, "a", "b")])
    change.write()
    assert link.is_symlink() and real.read_text() == "b"
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    """A file that stands where a folder should be is a sentence; a missing folder is made."""
    Change(str(tmp_path / "new/p.md"), "", "b").write()
    path = tmp_path / "new/p.md/q.md"
    with pytest.raises(EthogramError, match=r"q\.md cannot be written: "):
        Change(str(path), "", "b").write()


def test_a_file_may_be_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing stands in it before; git makes it from the diff, too."""
    monkeypatch.chdir(tmp_path)
    change = Change("p.md", "", "a\n")
    diff = change.diff()
    change.write()
    assert Path("p.md").read_text() == "a\n"
    Path("p.md").unlink()
    git = shutil.which("git")
    assert git
    subprocess.run([git, "apply", "-"], input=diff.encode(), check=True)
    assert Path("p.md").read_text() == "a\n"
    with pytest.raises(EthogramError, match=r"p\.md has changed"):
        change.write()


def test_a_misplaced_edit_is_a_sentence() -> None:
    """The command shows it as one, whoever made the edit."""
    with pytest.raises(EthogramError, match=r"^p:1:1: `b` does not stand there\.$"):
        edited("a", [Edit("p", 1, 1, "b", "c")])


# -- diffs -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["p.md", "a b/ü.md"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a\nb\nc\n", "a\nB\nc\n"),
        ("a\nb", "a\nB"),
        ("a\nb", "a\nb\n"),
        ("a\nb\n", "a\nb"),
        ("\ufeffa\r\nb\r\nc", "\ufeffA\r\nb\r\nC"),
        ("a\rb\x0cc\u2028d\n", "a\rB\x0cc\u2028d\n"),
        ("a\n\n\n\n\n\n\n\n\n\nb\n", "A\n\n\n\n\n\n\n\n\n\nB\n"),
        ("-- a\n++ b\n", "-- A\n++ B\n"),
    ],
)
def test_git_applies_the_diff(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, before: str, after: str
) -> None:
    """What `--dry-run` prints can be piped into `git apply`, from the site's own folder."""
    monkeypatch.chdir(tmp_path)
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(before.encode())
    diff = Change(name, before, after).diff()
    assert diff.startswith(f"--- a/{name}")
    assert diff == Change(str(tmp_path / name), before, after).diff()
    git = shutil.which("git")
    assert git
    done = subprocess.run([git, "apply", "-"], input=diff.encode(), capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert path.read_bytes() == after.encode()


def test_no_change_is_no_diff() -> None:
    """A file that stays as it is has nothing to show."""
    assert Change("p.md", "a", "a").diff() == ""
