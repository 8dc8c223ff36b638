"""Pages that have moved: what front matter may say, who leads on, and what links say of it."""

import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Page

from building import build, copy_site
from ethogram import exports, moves
from ethogram.catalog import Catalog
from ethogram.check import check
from ethogram.exports.contents import Contents
from ethogram.findings import Finding
from ethogram.pages import redirect
from ethogram.site import Site

KEY = "hubinger2024sleeper"
ATOM = "{http://www.w3.org/2005/Atom}"
SITE = Site("Tests", "What is known", "https://example.org/site/")
FILES = Site("Tests", "What is known", "https://example.org/site/", directory_urls=False)
NEW = re.compile(r"/security/backdoor(?:/|\.html)$")
OLD = ("goals/old.md", "old group/index.md")
"""What the page about backdoors says that it was, in `site`."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shared site, one of whose pages has moved twice."""
    return move(copy_site(tmp_path_factory.mktemp("moved") / "site"), *OLD)


def move(folder: Path, *old: str) -> Path:
    """Say of the page about backdoors that it was at other paths."""
    return front_matter(folder, "security/backdoor.md", f"moved-from: [{', '.join(old)}]")


def front_matter(folder: Path, path: str, line: str) -> Path:
    """Put a line at the top of a page's front matter."""
    page = folder / "docs" / path
    text = page.read_text(encoding="utf-8") if page.exists() else "---\n---\n\n# Another\n"
    assert text.startswith("---\n")
    page.write_text(f"---\n{line}\n{text.removeprefix('---')[1:]}", encoding="utf-8")
    return folder


def catalog(folder: Path) -> Catalog:
    """A site as it is read."""
    return Catalog.load(folder / "docs", folder / "bib")


def faults(folder: Path) -> list[Finding]:
    """What is wrong with a site's old paths."""
    return [each for each in check(catalog(folder)) if each.rule == "bad-move"]


# -- what front matter may say -----------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "moved-from: [goals/old.md]",
        "moved-from: goals/old.md",
        "moved-from:\n  - goals/old.md",
        'moved-from: ["goals/old.md", older.md]',
        "moved-from: []",
    ],
)
def test_one_path_or_a_list_of_them(tmp_path: Path, line: str) -> None:
    """Both are ordinary YAML, and no fault."""
    folder = front_matter(copy_site(tmp_path / "site"), "security/backdoor.md", line)
    assert faults(folder) == []
    expected = {"goals/old.md": "security/backdoor.md"} if "goals" in line else {}
    assert expected.items() <= moves.moved(catalog(folder)).items()


@pytest.mark.parametrize(
    ("old", "message", "hint"),
    [
        ("old.html", "'old.html' is no path of a page", "Write the path that the page had below"),
        ("security/", "'security/' is no path of a page", "such as deception/sandbagging.md"),
        ("''", "'' is no path of a page", "Write the path"),
        ("{a: b}", "{'a': 'b'}", "Write the path"),
        ('"\\eold.md"', r"'\x1bold.md' is no path of a page", "Write the path"),
        ("../old.md", "../old.md leads out of docs/", "Write the path"),
        ("a/../../old.md", "a/../../old.md leads out of docs/", "Write the path"),
        ("/old.md", "/old.md leads out of docs/", "Write the path"),
        ("https://a.org/old.md", "https://a.org/old.md leads out of docs/", "Write the path"),
        ("docs/goals/old.md", "docs/goals/old.md begins with docs/", "Write goals/old.md."),
        ("goals//old.md", "goals//old.md is no path that a page can have had", "Write the path"),
        ("a/../old.md", "a/../old.md is no path that a page can have had", "Write the path"),
        ("a\\old.md", "a\\old.md is no path that a page can have had", "Write the path"),
        (".old/old.md", ".old/old.md is no path that a page can have had", "Write the path"),
        (f"{'o' * 300}.md", "is no path that a page can have had", "Write the path"),
        (
            "deception/sandbagging.md",
            "deception/sandbagging.md has not moved",
            "the address leads to deception/sandbagging.md, which is there.",
        ),
        ("security/backdoor.md", "security/backdoor.md has not moved", "Take it out"),
        ("Deception/Sandbagging.md", "Deception/Sandbagging.md has not moved", "Take it out"),
        ("deception/sandbagging/index.md", "has not moved", "Take it out"),
        ("README.md", "README.md has not moved", "leads to index.md"),
        ("404.md", "404.md has the address of a page that the site makes", "Write each path"),
        (f"papers/{KEY}.md", "has the address of a page that the site makes", "Write each path"),
        ("papers/2401.05566/index.md", "the address of a page that the site makes", "Write each"),
        ("papers/2019.md", "papers/2019.md has the address of a page that the site makes", ""),
        ("assets/square.png.md", "has the address of a file in", "Write each path"),
        ("assets/square.png/old.md", "old.md lies in assets/square.png, which is a file", "Write"),
        ("papers.bib/a/old.md", "old.md lies in papers.bib, which is a file", "Write each path"),
        ("goals/Feed.XML/old.md", "old.md lies in goals/Feed.XML, which is a file", "Write each"),
        ("security/backdoor.html/old.md", "lies in security/backdoor.html, which is", "Write each"),
    ],
)
def test_a_path_that_cannot_lead_on_is_told(
    tmp_path: Path, old: str, message: str, hint: str
) -> None:
    """At its line and column, with what is wrong and the mend; and nothing leads on from it."""
    folder = move(copy_site(tmp_path / "site"), "goals/good.md", old)
    (finding,) = faults(folder)
    assert message in finding.message and hint in finding.hint
    assert finding.path.endswith("docs/security/backdoor.md")
    assert finding.line == 2
    shown = old in (folder / "docs/security/backdoor.md").read_text(encoding="utf-8")
    assert shown
    assert finding.column in (1, len("moved-from: [goals/good.md, ") + 1)
    assert [*moves.moved(catalog(folder))] == ["goals/good.md"]


def test_a_path_is_claimed_once(tmp_path: Path) -> None:
    """Of two pages that say they were at one place, the second is told of the first."""
    folder = move(copy_site(tmp_path / "site"), "goals/old.md")
    front_matter(folder, "security/index.md", "moved-from:\n  - goals/old/index.md")
    (finding,) = faults(folder)
    expected = "security/backdoor.md says already that it was goals/old/index.md"
    assert (finding.message, finding.line, finding.column) == (expected, 3, 5)


def test_a_place_is_told_where_the_path_stands(tmp_path: Path) -> None:
    """Each line of a list has its own."""
    line = "moved-from:\n  - goals/a.md\n  - goals/b.html"
    folder = front_matter(copy_site(tmp_path / "site"), "security/backdoor.md", line)
    (finding,) = faults(folder)
    assert (finding.line, finding.column) == (4, 5)


# -- links -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "mend"),
    [
        ("[there](goals/old.md)", "Write `security/backdoor.md`."),
        (f"[there](goals/old.md#{KEY})", f"Write `security/backdoor.md#{KEY}`."),
        ("[there](</goals/old.md>)", "Write `/security/backdoor.md`."),
        ("[there](goals/old/)", "Write `security/backdoor.md`."),
        ('<a href="goals/old/">there</a>', "Write `security/backdoor/`."),
        ('<a href="goals/old.html#x">there</a>', "Write `security/backdoor/#x`."),
    ],
)
def test_a_link_to_a_page_that_has_moved_is_told_its_new_path(
    tmp_path: Path, written: str, mend: str
) -> None:
    """In Markdown as its file, in raw HTML as its address, with the place."""
    folder = move(copy_site(tmp_path / "site"), "goals/old.md")
    (folder / "docs/index.md").write_text(f"# Home\n\n{written}\n", encoding="utf-8")
    found = [each for each in check(catalog(folder)) if each.path.endswith("docs/index.md")]
    (finding,) = found
    assert (finding.rule, finding.line, finding.hint) == ("dead-link", 3, mend)
    assert "has moved to security/backdoor.md" in finding.message


def test_a_finished_page_is_told_of_an_old_address(tmp_path: Path) -> None:
    """What only a build knows, an absolute address in raw HTML, is a fault in the same words."""
    folder = move(copy_site(tmp_path / "site"), "goals/old.md")
    link = f'<a href="http://127.0.0.1:8000/goals/old/#{KEY}">there</a>'
    (folder / "docs/index.md").write_text(f"# Home\n\n{link}\n", encoding="utf-8")
    result = build(folder)
    assert result.returncode == 0, result.stdout
    assert "leads to a page that has moved to security/backdoor/" in result.stdout
    assert "docs/index.md:3:10: dead-link" in result.stdout


# -- pages that lead on ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (
            SITE,
            {
                "goals/old/index.html": "../../security/backdoor/",
                "old group/index.html": "../security/backdoor/",
            },
        ),
        (
            FILES,
            {
                "goals/old.html": "../security/backdoor.html",
                "old group/index.html": "../security/backdoor.html",
            },
        ),
    ],
    ids=["folders", "files"],
)
def test_each_old_address_has_a_page(site: Path, given: Site, expected: dict[str, str]) -> None:
    """Whether the site serves folders or files; a plain link is there for everyone."""
    made = dict(redirect.of_pages(catalog(site), given))
    assert made.keys() == expected.keys()
    for path, link in expected.items():
        html = made[path].decode()
        assert f'<a href="{link}">' in html
        canonical = given.absolute(given.page("security/backdoor.md"))
        assert f'<link rel="canonical" href="{canonical}">' in html
        assert f'<noscript><meta http-equiv="refresh" content="0; url={link}"></noscript>' in html


def test_a_page_can_become_the_home_page(tmp_path: Path) -> None:
    """The top of the site is an address like any other."""
    folder = copy_site(tmp_path / "site")
    home = "---\nmoved-from: home.md\n---\n\n# Home\n"
    (folder / "docs/index.md").write_text(home, encoding="utf-8")
    ((path, html),) = redirect.of_pages(catalog(folder), SITE)
    assert path == "home/index.html" and b'<a href="../">Tests</a>' in html
    ((path, html),) = redirect.of_pages(catalog(folder), FILES)
    assert path == "home.html" and b'<a href="index.html">' in html


def test_a_hostile_path_is_text(tmp_path: Path) -> None:
    """Quotes and angle brackets in a path end no attribute and no script."""
    folder = copy_site(tmp_path / "site")
    name = "a\"b'c<script>&.md"
    page = folder / "docs/security" / name
    page.write_text("---\nmoved-from: old.md\n---\n\n# Odd\n", encoding="utf-8")
    ((_, html),) = redirect.of_pages(catalog(folder), SITE)
    text = html.decode()
    assert text.count("<script>") == 1 and "c<script" not in text
    assert "a%22b%27c%3Cscript%3E%26/" in text


@pytest.fixture(scope="module", params=[True, False], ids=["folders", "files"])
def served(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    serve: Callable[[Path], str],
) -> tuple[Path, str]:
    """The site built in both styles, and where it is served."""
    folder = move(copy_site(tmp_path_factory.mktemp("served") / "site"), *OLD)
    config = folder / "mkdocs.yml"
    text = config.read_text(encoding="utf-8")
    if not request.param:
        text += "use_directory_urls: false\n"
    config.write_text(text, encoding="utf-8")
    result = build(folder)
    assert result.returncode == 0, result.stdout
    assert "has moved" not in result.stdout
    return folder / "site", serve(folder / "site")


def old_address(folder: Path) -> str:
    """Where the page was, in the style of a built site."""
    return "goals/old/" if (folder / "goals/old").is_dir() else "goals/old.html"


def test_a_reader_comes_to_the_same_place(served: tuple[Path, str], page: Page) -> None:
    """An old address with a card's place leads to that card on the new page."""
    folder, url = served
    page.goto(f"{url}{old_address(folder)}?q=1#{KEY}")
    page.wait_for_url(re.compile(rf"/security/backdoor(?:/|\.html)\?q=1#{KEY}$"))
    assert page.locator(f"#{KEY}").count() == 1
    page.goto(f"{url}old%20group/index.html")
    page.wait_for_url(NEW)


def test_a_reader_without_scripts_is_led_on(served: tuple[Path, str], browser: Browser) -> None:
    """By the page alone, to the top of the new one."""
    folder, url = served
    context = browser.new_context(java_script_enabled=False)
    plain = context.new_page()
    plain.goto(f"{url}{old_address(folder)}")
    plain.wait_for_url(NEW)
    assert plain.locator("h1").count() == 1
    context.close()


def test_search_engines_find_one_page(served: tuple[Path, str]) -> None:
    """The sitemap has the new address and not the old one."""
    folder, _ = served
    text = (folder / "sitemap.xml").read_text(encoding="utf-8")
    assert "security/backdoor" in text and "goals/old" not in text


# -- what machines read ------------------------------------------------------------------------


def files(folder: Path) -> dict[str, bytes]:
    """The files for machines of a site."""
    return dict(exports.files(Contents(catalog(folder), SITE)))


def entries(feed: bytes) -> dict[str, str]:
    """Where each entry of a feed leads, by its id."""
    root = ElementTree.fromstring(feed)
    found = {}
    for entry in root.iter(f"{ATOM}entry"):
        link = entry.find(f"{ATOM}link[@rel='alternate']")
        assert link is not None
        found[entry.findtext(f"{ATOM}id", "")] = link.attrib["href"]
    return found


def test_a_move_is_no_news(tmp_path: Path) -> None:
    """A feed's entries keep their ids over any number of moves, and lead to where the cards are."""
    folder = copy_site(tmp_path / "site")
    before = entries(files(folder)["feed.xml"])
    page, new = folder / "docs/security/backdoor.md", folder / "docs/deception/moved.md"
    page.rename(new)
    front_matter(folder, "deception/moved.md", "moved-from: [security/backdoor.md, goals/then.md]")
    after = entries(files(folder)["feed.xml"])
    assert after.keys() == before.keys()
    changed = {before[each]: after[each] for each in after if before[each] != after[each]}
    assert changed
    for old, address in changed.items():
        assert old.replace("security/backdoor/", "deception/moved/") == address


def test_references_are_found_at_the_old_paths_as_well(site: Path) -> None:
    """A program that takes a page's .bib goes on getting it: it would follow no page."""
    made = files(site)
    for suffix in ("bib", "ris", "csl.json"):
        assert made[f"goals/old.{suffix}"] == made[f"security/backdoor.{suffix}"]
    assert "goals/old.bib" in set(exports.paths(catalog(site)))


def test_data_tells_of_the_new_address_alone(site: Path) -> None:
    """papers.json, feeds and llms.txt lead nobody to an old address."""
    made = files(site)
    for path in ("papers.json", "feed.xml", "security/feed.xml", "llms.txt", "llms-full.txt"):
        assert b"goals/old" not in made[path], path
