"""`links.internal`: dead links, dead anchors and missing pictures, without the network."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ethogram.catalog import Catalog
from ethogram.findings import Finding
from ethogram.links import internal
from ethogram.links.anchors import anchors, own_anchors
from ethogram.links.extract import anchors_in_html
from ethogram.links.files import address_of

ROOT = Path(__file__).parent.parent.parent
SITE = ROOT / "tests/site"

FILES = {
    "index.md": "# Home\n",
    "about.md": "# About us\n\n## Über uns\n",
    "deception/index.md": "# Deception\n",
    "deception/sandbagging.md": "# Sandbagging\n\n## What *is* known\n\n## Same\n\n## Same\n",
    "deception/a b.md": "# Blank\n",
    "guide/README.md": "# Guide\n",
    "assets/Figure.png": "a picture",
    "assets/paper.pdf": "a paper",
    ".hidden.md": "# Hidden\n",
}


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder docs/ of the current folder, with a few files."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        write(Path("docs") / name, text)
    return Path("docs")


def write(path: Path, text: str) -> None:
    """Write a file, and make its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def check(docs: Path, text: str, name: str = "deception/page.md") -> list[Finding]:
    """What is wrong with one page."""
    write(docs / name, text)
    return list(internal.check(Catalog.load(docs, Path("bib"), [docs / name])))


@pytest.mark.parametrize(
    "text",
    [
        "[a](sandbagging.md)",
        "[a](../about.md)",
        "[a](/about.md)",
        "[a](index.md)",
        "[a](a%20b.md) [b](<a b.md>)",
        "[a](../guide/README.md?x=1)",
        "[a](../assets/paper.pdf#page=2)",
        "![a](../assets/Figure.png)",
        "[a](sandbagging.md#what-is-known)",
        "[a](sandbagging.md#same_1)",
        "[a](../about.md#uber-uns)",
        "[a](#) [b](#top) [c](?x) [d](#:~:text=words)",
        "# Here\n\n[a](#here) [b](page.md#here:~:text=words)",
        "[a](#__tabbed_1_2)",
        "[a](https://dead.org/) [b](//dead.org/x) [c](mailto:a@b.org) [d](tel:1) [e](data:,x)",
        "[a](javascript:void(0)) [b](HTTPS://dead.org/x.md)",
        "`[a](nowhere.md)` <!-- [a](nowhere.md) -->",
        '<a href="../sandbagging/">a</a> <a href="../">b</a> <a href="/">c</a>',
        '<a href="../sandbagging/#same">a</a> <a href="../sandbagging">b</a>',
        '<a href="../../guide/">a</a> <a href="../index.html">b</a>',
        '<a href="../a%20b/">a</a> <a href="/sitemap.xml">b</a>',
        '<img src="../../assets/Figure.png" alt="A"> <img src="/assets/Figure.png" alt="A">',
        '<a id="x"></a><a name="y"></a> [a](#x) [b](#y)',
        '<div id="x"></div>\n\n[a](#x)',
        "Words\n{: #x }\n\n[a](#x)",
        "A *word*{#x} and [a](#x)",
        "Noted[^1]. [a](#fn:1) [b](#fnref:1)\n\n[^1]: So.",
        "[a](#%C3%BC)\n\n<b id='ü'>x</b>",
    ],
)
def test_a_link_that_leads_somewhere_is_fine(docs: Path, text: str) -> None:
    """Files, addresses of pages, and places on them; what leads out of the site is not asked."""
    assert check(docs, text) == []


@pytest.mark.parametrize(
    ("text", "rule", "hint"),
    [
        ("[a](nowhere/at-all.md)", "dead-link", "Correct the path"),
        ("[a](sandbaging.md)", "dead-link", "`sandbagging.md`"),
        ("[a](Sandbagging.md#same)", "dead-link", "`sandbagging.md#same`"),
        ("[a](sandbagging/)", "dead-link", "`sandbagging.md`"),
        ("[a](sandbagging)", "dead-link", "`sandbagging.md`"),
        ("[a](../sandbagging/)", "dead-link", "`sandbagging.md`"),
        ("[a](sandbagging.html#same)", "dead-link", "`sandbagging.md#same`"),
        ("[a](../guide/)", "dead-link", "`../guide/README.md`"),
        ("[a](../)", "dead-link", "`../index.md`"),
        ("[a](about.md)", "dead-link", "`../about.md`"),
        ("[a](/about)", "dead-link", "`/about.md`"),
        ("[a](/aboot.md)", "dead-link", "`/about.md`"),
        ("[a](..\\about.md)", "dead-link", "`../about.md`"),
        ("[a](../.hidden.md)", "dead-link", "Correct the path"),
        ("[a](../../mkdocs.yml)", "dead-link", "Put the file into docs/"),
        ("[a](../assets)", "dead-link", "Correct the path"),
        ("[a](ab.md)", "dead-link", "`a%20b.md`"),
        ("[a]\n\n[a]: nowhere/x.md", "dead-link", "Correct the path"),
        ("[a](%00)", "dead-link", "Correct the path"),
        ("![a](../assets/figure.png)", "missing-picture", "`../assets/Figure.png`"),
        ("![a](assets/Figure.png)", "missing-picture", "`../assets/Figure.png`"),
        ("![a](../assets/nothing.webp)", "missing-picture", "Put the file in its place"),
        ("[a](sandbagging.md#what-is-know)", "dead-anchor", "`#what-is-known`"),
        ("[a](sandbagging.md#nothing-like-it)", "dead-anchor", "Take the id"),
        ("# Here\n\n[a](#Here)", "dead-anchor", "`#here`"),
        ("[a](#fn:1)", "dead-anchor", "Take the id"),
        ("A {#x} in the middle [a](#x)", "dead-anchor", "Take the id"),
        ('<a href="sandbagging.md">a</a>', "dead-link", "`../sandbagging/`"),
        ('<a href="../sandbagging.md#same">a</a>', "dead-link", "`../sandbagging/#same`"),
        ('<a href="sandbagging/">a</a>', "dead-link", "`../sandbagging/`"),
        ('<a href="../index.md">a</a>', "dead-link", "`../../`"),
        ('<a href="../sandbagging/#sam">a</a>', "dead-anchor", "`#same`"),
        ('<a href="../../../x/">a</a>', "dead-link", "Put the file into docs/"),
        (
            '<img src="../assets/Figure.png" alt="A">',
            "missing-picture",
            "`../../assets/Figure.png`",
        ),
        ('<img srcset="no.png 2x" alt="A">', "missing-picture", "Put the file"),
        ('<div>\n<a href="nowhere/">a</a>\n</div>', "dead-link", "Correct the path"),
    ],
)
def test_a_link_that_leads_nowhere_is_a_finding(
    docs: Path, text: str, rule: str, hint: str
) -> None:
    """One finding names the rule, and the mend where what was meant is near."""
    found = check(docs, text)
    assert [finding.rule for finding in found] == [rule]
    assert hint in found[0].hint


@pytest.mark.parametrize(
    ("name", "href"),
    [("index.md", "about/"), ("deception/index.md", "sandbagging/"), ("about.md", "../")],
)
def test_raw_html_is_relative_to_where_its_page_is_served(docs: Path, name: str, href: str) -> None:
    """`a/b.md` is served at `a/b/`, and an index at its folder."""
    assert check(docs, f'<a href="{href}">a</a>', name) == []
    assert check(docs, f'<a href="{href}no/">a</a>', name) != []


def test_a_finding_stands_where_the_address_does(docs: Path) -> None:
    """Path, line and column are those of the address as written."""
    text = '# A\n\n- x [a](no/x.md) <a title="no/y" href="no/y">b</a>\n\n[r][r]\n\n[r]: no/z.md\n'
    found = check(docs, text)
    places = [(finding.path, finding.line, finding.column) for finding in found]
    assert places == [("docs/deception/page.md", *place) for place in ((3, 9), (3, 40), (7, 6))]


def test_a_page_that_cannot_be_read_has_no_say(docs: Path) -> None:
    """What is no UTF-8 has a finding of its own, and links to places on it none."""
    (docs / "latin.md").write_bytes(b"# \xe0\n")
    assert check(docs, "[a](../latin.md#x)") == []


# -- anchors, held against what MkDocs builds --------------------------------------------------

CONFIG = """\
site_name: Anchors
theme: {name: material, font: false}
plugins: []
markdown_extensions:
  - admonition
  - attr_list
  - def_list
  - footnotes
  - md_in_html
  - tables
  - toc: {permalink: true}
  - pymdownx.details
  - pymdownx.superfences
  - pymdownx.tabbed: {alternate_style: true}
"""

HOSTILE = r"""# Title with `code` and *emphasis* __strong__ [link](other.md "t") ![alt](picture.png)

## Ünïcödé — “quotes” & entities &amp; &lt;b&gt; &copy; AT&T

## 日本語

## 😀 emoji

## Same

## Same

## Same_1

## Same

### Trailing marks ###

### C# and F#

### Escaped C\#

## Explicit {#own}

## Own

## own

## Glued{#glued}

## Several {.cls #two data-x="a #b"}

## Key and value { id=keyval }

## Colon {: #colon }

## <span id="inner">HTML</span> <b class="x > y">bold</b> and <!-- comment --> more

## 1. Numbered: what's *known*? (yes/no)

## snake_case_name and __strong__name

## `code_with_underscores` and `a < b`

## [reference][ref] and [ref] and [^1] footnote[^1]

## <https://example.org/auto> and https://bare.org/x

## a*b*c 2*3*4 \*escaped\* \_x\_

## $x_1$ and $$y$$

## !! bang ! [not a link

##No space

##

#### ...

## Tab	inside

## fn:1

## *whole*{#emphasized}

## End ## {#ending}

Setext *one*
============

Setext two
---

first
# In the middle of a paragraph
last

!!! note "T"
    ## In a note

    ### Deeper `x`
    more

??? tip "U"

    ## In details

=== "A"

    ## In a tab

=== "B"

    ## In a tab

> ## In a quote
> text
>
> ### Quoted {#quoted}

> Quoted setext
> ===

- ## In an item

- item

    ## In the item's body

1. ### Ordered

Term
:   ## In a definition

    ### Below it

A paragraph.

    ## Indented code

```
## Fenced code
```

<!--
## Comment
-->

<div markdown="1" id="parsed">

## In a div

## parsed

</div>

<div id="raw">
<h2 id="raw-heading">Raw</h2>
<a name="raw-name">x</a>

## Raw inside
</div>

<h2>No id</h2>

A *word*{#em} and [link](#own){ #link } and `c`{#code} and text {#nothing}

A block
{: #block .x }

| a | b |
|---|---|
| x {#cell} | y |

* item {#nothing-either}
* another
{: #list }

[^1]: Note.
[^unused]: Never.
[ref]: https://example.org/
"""


def build(folder: Path) -> None:
    """Build a folder's site with the real MkDocs."""
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "-q"],
        cwd=folder,
        env={**os.environ, "SOURCE_DATE_EPOCH": "1795219200"},
        check=True,
        capture_output=True,
    )


def built_anchors(page: Path) -> set[str]:
    """The ids of a built page's content, but for those that Material gives to tabs."""
    html = page.read_text(encoding="utf-8")
    article = html[html.index("<article") : html.index("</article>")]
    return {anchor for anchor in anchors_in_html(article) if not anchor.startswith("__")}


def test_headings_have_the_ids_that_python_markdown_gives_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The anchors of a page of hostile headings are those of the page that MkDocs builds."""
    monkeypatch.chdir(tmp_path)
    write(Path("mkdocs.yml"), CONFIG)
    write(Path("docs/index.md"), HOSTILE)
    build(tmp_path)
    catalog = Catalog.load(Path("docs"), Path("bib"))
    built = built_anchors(Path("site/index.html"))
    assert len(built) > 60
    assert anchors(catalog.pages[0], catalog) == built
    assert own_anchors(catalog.pages[0]) == built


def test_what_the_build_adds_can_be_linked_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cards, citations, a group's terms and added headings are anchors of their pages."""
    folder = tmp_path / "site"
    shutil.copytree(SITE, folder)
    shutil.copy(ROOT / "bib/taxonomy.yml", folder / "bib/taxonomy.yml")
    settings = (folder / "mkdocs.yml").read_text().replace("../../hooks", str(ROOT / "hooks"))
    write(folder / "mkdocs.yml", settings)
    monkeypatch.chdir(folder)
    build(folder)
    catalog = Catalog.load(Path("docs"), Path("bib"))
    for name, page in catalog.by_path.items():
        address = address_of(name)
        built = built_anchors(folder / "site" / address / "index.html")
        assert anchors(page, catalog) == built, name
        assert own_anchors(page) <= built, name
    assert "hubinger2024sleeper" in anchors(catalog.by_path["security/backdoor.md"], catalog)
