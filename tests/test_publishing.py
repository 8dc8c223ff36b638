"""`publishing`: what is written beside the build is what the build itself would write."""

import pickle
from itertools import chain
from pathlib import Path

import pytest

from building import copy_site
from ethogram import exports, publishing, search
from ethogram.catalog import Catalog
from ethogram.check import check
from ethogram.exports.contents import Contents
from ethogram.links.gone import Gravestones
from ethogram.pages import explorer, social, work
from ethogram.pages.frame import CONTENT, Frame
from ethogram.site import PAPERS, Site

SITE = Site("Tests", "What is known", "https://example.org/site/")
FRAME = Frame(f"<!doctype html>{CONTENT}")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shared site, with a page without front matter and one whose front matter is none."""
    made = copy_site(tmp_path_factory.mktemp("shared") / "site")
    (made / "docs/plain.md").write_text("# Plain\n\nWords.\n", encoding="utf-8")
    faulty = (
        '---\na: [\n---\n\n# Faulty\n\n!!! note "https://arxiv.org/abs/2401.05566"\n    Words.\n'
    )
    (made / "docs/faulty.md").write_text(faulty, encoding="utf-8")
    return made


@pytest.fixture
def catalog(folder: Path) -> Catalog:
    """It, freshly read."""
    return Catalog.load(folder / "docs", folder / "bib")


@pytest.fixture
def gone(catalog: Catalog) -> Gravestones:
    """What is dead outside."""
    return Gravestones(catalog.archive, catalog.journal)


def sent(catalog: Catalog) -> Catalog:
    """A catalog as another process gets it that is no copy of the build's."""
    found = pickle.loads(pickle.dumps(catalog, pickle.HIGHEST_PROTOCOL))
    assert isinstance(found, Catalog)
    return found


def machines(catalog: Catalog) -> dict[str, bytes]:
    """All files but pages and the search, by their paths."""
    makers = explorer.files, work.redirects
    made = chain.from_iterable(make(catalog, SITE) for make in makers)
    return dict(chain(exports.files(Contents(catalog, SITE)), made))


def written(folder: Path) -> dict[str, bytes]:
    """All files of a folder, by their paths."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("asked", ["nothing", "everything"])
def test_a_catalog_that_was_sent_makes_the_same_bytes(catalog: Catalog, asked: str) -> None:
    """Files for machines, lists, redirects and search; asked before or not; pages without texts."""
    if asked == "everything":
        check(catalog)
        machines(catalog)
    other = sent(catalog)
    assert machines(catalog)
    assert machines(other) == machines(catalog)
    assert list(search.of_works(other, SITE)) == list(search.of_works(catalog, SITE))
    assert other.related == catalog.related
    assert all(not page.document.text for page in other.pages)
    assert all(page.document.text for page in catalog.pages)


def test_what_was_released_can_be_sent(catalog: Catalog) -> None:
    """A build lets go of the texts of pages that are written; their front matter stays."""
    expected = machines(catalog)
    for page in catalog.pages:
        page.release()
    assert machines(sent(catalog)) == expected
    behaviors = [page.meta("behavior") for page in catalog.pages]
    assert [page.meta("behavior") for page in sent(catalog).pages] == behaviors
    assert any(behaviors)


def test_the_search_and_the_pictures_are_written(catalog: Catalog, tmp_path: Path) -> None:
    """By the catalog as it is sent, and the texts that pages no longer have there."""
    texts = list(search.of_pages(catalog, SITE))
    publishing.write_search(sent(catalog), SITE, texts, tmp_path)
    found = written(tmp_path)
    index = {path for path in found if path.startswith(f"{search.FOLDER}/")}
    assert f"{search.FOLDER}/pagefind-entry.json" in index
    pictures = set(social.paths(catalog.taxonomy))
    assert found.keys() - index == pictures
    assert all(found[path].startswith(b"\x89PNG") for path in pictures)


def test_all_else_is_written(catalog: Catalog, gone: Gravestones, tmp_path: Path) -> None:
    """Each file of each maker, as it made it; a page for each work and year; nothing else."""
    publishing.write_pages(sent(catalog), SITE, FRAME, tmp_path, gone)
    found, expected = written(tmp_path), machines(catalog)
    works = {f"{PAPERS}/{key}/index.html" for key in catalog.entries}
    assert found.keys() == expected.keys() | works | set(explorer.year_paths(catalog))
    assert [path for path in expected if found[path] != expected[path]] == []


def test_a_file_that_the_site_brings_is_kept(
    catalog: Catalog, gone: Gravestones, tmp_path: Path
) -> None:
    """MkDocs copies it meanwhile: were it written here too, chance would say which one stays."""
    key = next(iter(catalog.entries))
    own = {"llms.txt", "papers.json", f"{PAPERS}/{key}/index.html"}
    publishing.write_pages(catalog, SITE, FRAME, tmp_path / "all", gone)
    publishing.write_pages(catalog, SITE, FRAME, tmp_path / "rest", gone, own)
    every = written(tmp_path / "all").keys()
    assert own <= every
    assert written(tmp_path / "rest").keys() == every - own


DEAD = (
    '{"url": "https://%s", "kind": "page", "verdict": "dead", "checked": "2026-11-20T01:02:03Z"}\n'
)


def test_the_pages_of_works_are_repaired(folder: Path, tmp_path: Path) -> None:
    """A link that is dead by the journal is struck, on the page that has it."""
    dead = "github.com/anthropics/sleeper-agents-paper"
    (folder / "bib/links.jsonl").write_text(DEAD % dead, encoding="utf-8")
    catalog = Catalog.load(folder / "docs", folder / "bib")
    gone = Gravestones(catalog.archive, catalog.journal)
    publishing.write_pages(catalog, SITE, FRAME, tmp_path, gone)
    pages = {path: html for path, html in written(tmp_path).items() if path.endswith(".html")}
    struck = [path for path, html in pages.items() if b'<s class="dead-link">' in html]
    assert struck == [f"{PAPERS}/hubinger2024sleeper/index.html"]
