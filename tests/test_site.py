"""Addresses on the site."""

import pytest
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File

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


def test_addresses_of_works() -> None:
    """A work's page has a permanent place, absolute where the site's address is known."""
    site = Site(url="https://x.example/y/")
    assert site.work("doe2024one") == "papers/doe2024one/"
    assert Site(directory_urls=False).work("doe2024one") == "papers/doe2024one/index.html"
    assert site.page("a/b.md", "doe2024one") == "a/b/#doe2024one"
    assert site.absolute(site.work("doe2024one")) == "https://x.example/y/papers/doe2024one/"
    assert Site().absolute("a/") == "a/"
