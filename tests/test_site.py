"""Addresses on the site."""

from pathlib import Path

import pytest
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File

from building import build, copy_site
from ethogram.settings import site_beside
from ethogram.site import Site


@pytest.mark.parametrize("directories", [True, False])
@pytest.mark.parametrize(
    "path",
    [
        "index.md",
        "about.md",
        "deception/index.md",
        "deception/sandbagging.md",
        "a/README.md",
        "a/b/c.md",
        "a b/ü&.md",
    ],
)
def test_a_page_is_where_mkdocs_puts_it(path: str, directories: bool) -> None:
    """Exports are written without MkDocs, and must give the addresses of its pages."""
    config = MkDocsConfig()
    config.load_dict({"site_name": "T", "use_directory_urls": directories})
    file = File(path, "docs", "site", config.use_directory_urls)
    assert Site(directory_urls=directories).page(path) == file.url.removeprefix("./")


@pytest.mark.parametrize(
    ("repo", "start"),
    [
        ("https://github.com/a-b/c.d", "https://github.com/a-b/c.d/issues/new?"),
        ("https://github.com/a/b/", "https://github.com/a/b/issues/new?"),
        ("https://github.com/a/b.git", "https://github.com/a/b/issues/new?"),
        ("https://github.com/a", ""),
        ("https://github.com.evil.example/a/b", ""),
        ("http://git.example/a/b", ""),
        ("", ""),
    ],
)
def test_a_card_is_corrected_on_github(repo: str, start: str) -> None:
    """Only there is the form; its boxes are filled in whatever a path or key holds."""
    form = "template=correct-a-card.yml&title=Correction%3A%20k&card=a%20b%2Fc.md%23k"
    assert Site(repo=repo).correction("a b/c.md", "k") == (start and f"{start}{form}")


def test_a_build_and_an_export_know_the_repository(tmp_path: Path) -> None:
    """Both read it in mkdocs.yml, and the pages have the link that rests on it."""
    folder, repo = copy_site(tmp_path / "site"), "https://github.com/example/ethogram"
    settings = folder / "mkdocs.yml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f"repo_url: {repo}\n{text}", encoding="utf-8")
    assert site_beside(folder / "docs").repo == repo
    assert build(folder).returncode == 0
    for page in ("security/backdoor", "papers/hubinger2024sleeper"):
        html = (folder / "site" / page / "index.html").read_text(encoding="utf-8")
        assert f'<a href="{repo}/issues/new?template=correct-a-card.yml&amp;' in html


def test_addresses_of_works() -> None:
    """A work's page has a permanent place, absolute where the site's address is known."""
    site = Site(url="https://x.example/y/")
    assert site.work("doe2024one") == "papers/doe2024one/"
    assert Site(directory_urls=False).work("doe2024one") == "papers/doe2024one/index.html"
    assert site.page("a/b.md", "doe2024one") == "a/b/#doe2024one"
    assert site.absolute(site.work("doe2024one")) == "https://x.example/y/papers/doe2024one/"
    assert Site().absolute("a/") == "a/"
