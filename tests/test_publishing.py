"""`publishing`: what is written beside the build is what the build itself would write."""

import pickle
from pathlib import Path

import pytest

from building import copy_site
from ethogram import exports, publishing, search
from ethogram.catalog import Catalog
from ethogram.check import check
from ethogram.links.finished import Finished
from ethogram.links.gone import Gravestones
from ethogram.pages import explorer, social, work
from ethogram.pages.frame import CONTENT, Frame
from ethogram.site import PAPERS, Site

SITE = Site("Tests", "What is known", "https://example.org/site/")


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


def sent(catalog: Catalog) -> Catalog:
    """A catalog as the other process gets it."""
    found = pickle.loads(pickle.dumps(catalog, pickle.HIGHEST_PROTOCOL))
    assert isinstance(found, Catalog)
    return found


@pytest.mark.parametrize("asked", ["nothing", "everything"])
def test_a_catalog_that_was_sent_writes_the_same_bytes(catalog: Catalog, asked: str) -> None:
    """Files for machines, lists, redirects and search; asked before or not; pages without texts."""
    if asked == "everything":
        check(catalog)
        list(exports.files(catalog, SITE))
    other = sent(catalog)
    for make in (exports.files, explorer.files, work.redirects):
        first, second = dict(make(catalog, SITE)), dict(make(other, SITE))
        assert first and first == second, make
    assert list(search.of_works(other, SITE)) == list(search.of_works(catalog, SITE))
    assert other.related == catalog.related
    assert all(not page.document.text for page in other.pages)
    assert all(page.document.text for page in catalog.pages)


def test_what_was_released_can_be_sent(catalog: Catalog) -> None:
    """A build lets go of the texts of pages that are written; their front matter stays."""
    expected = dict(exports.files(catalog, SITE))
    for page in catalog.pages:
        page.release()
    assert dict(exports.files(sent(catalog), SITE)) == expected
    behaviors = [page.meta("behavior") for page in catalog.pages]
    assert [page.meta("behavior") for page in sent(catalog).pages] == behaviors
    assert any(behaviors)


def test_all_that_needs_no_page_of_the_theme_is_written(catalog: Catalog, tmp_path: Path) -> None:
    """Each file of each maker, as it made it, and nothing else."""
    pages = list(search.of_pages(catalog, SITE))
    publishing.write_data(sent(catalog), SITE, pages, tmp_path)
    found = {
        path.relative_to(tmp_path).as_posix(): path.read_bytes()
        for path in tmp_path.rglob("*")
        if path.is_file() and path.relative_to(tmp_path).parts[0] != search.FOLDER
    }
    expected: dict[str, bytes] = {}
    for make in (exports.files, explorer.files, work.redirects):
        expected |= make(catalog, SITE)
    pictures = set(social.paths(catalog.taxonomy))
    assert found.keys() == expected.keys() | pictures
    assert [path for path in expected if found[path] != expected[path]] == []
    assert all(found[path].startswith(b"\x89PNG") for path in pictures)
    assert (tmp_path / search.FOLDER / "pagefind-entry.json").is_file()


def test_a_file_that_the_site_brings_is_kept(catalog: Catalog, tmp_path: Path) -> None:
    """MkDocs copies it meanwhile: were it written here too, chance would say which one stays."""
    own = {"llms.txt", "papers.json"}
    pages = list(search.of_pages(catalog, SITE))
    publishing.write_data(sent(catalog), SITE, pages, tmp_path, own)
    assert own <= dict(exports.files(catalog, SITE)).keys()
    assert not any((tmp_path / path).exists() for path in own)
    assert (tmp_path / "papers.bib").is_file()


DEAD = (
    '{"url": "https://%s", "kind": "page", "verdict": "dead", "checked": "2026-11-20T01:02:03Z"}\n'
)


def test_the_pages_of_works_are_written_and_repaired(folder: Path, tmp_path: Path) -> None:
    """A page for each work and year, in the frame; a link that is dead by the journal is struck."""
    dead = "github.com/anthropics/sleeper-agents-paper"
    (folder / "bib/links.jsonl").write_text(DEAD % dead, encoding="utf-8")
    catalog = Catalog.load(folder / "docs", folder / "bib")
    gone = Gravestones(catalog.archive, catalog.journal)
    finished = Finished(tmp_path, SITE.url, {}, gone)
    frame = Frame(f"<!doctype html>{CONTENT}")
    publishing.write_pages(catalog, SITE, frame, tmp_path, finished)
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.html")}
    works = {f"{PAPERS}/{key}/index.html" for key in catalog.entries}
    assert written == works | set(explorer.year_paths(catalog))
    struck = [path for path in written if '<s class="dead-link">' in (tmp_path / path).read_text()]
    assert struck == [f"{PAPERS}/hubinger2024sleeper/index.html"]
