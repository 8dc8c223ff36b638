"""Where things are on the site: its name and address, and those of pages, works and files."""

from dataclasses import dataclass
from urllib.parse import quote

PAPERS = "papers"
"""The folder of works: the explorer, a page and files for each work."""

SUFFIXES = ("bib", "ris", "csl.json")
"""The formats of which each work, and each page with cards, has a file of its own."""


@dataclass(frozen=True, slots=True)
class Site:
    """A site as readers and machines address it.

    Attributes:
        name: its name.
        description: what it is, in a sentence.
        url: its address, with a slash at its end; empty where it is not known.
        directory_urls: whether `a/b.md` is served at `a/b/` rather than at `a/b.html`.
    """

    name: str = "Ethogram"
    description: str = ""
    url: str = ""
    directory_urls: bool = True

    def page(self, path: str, anchor: str = "") -> str:
        """The address of a page of docs/, relative to the site: `deception/sandbagging/#key`.

        The rule is MkDocs': README.md is a folder's index where there is no index.md.
        """
        folder, _, name = path.rpartition("/")
        stem = name.removesuffix(".md")
        if stem in ("index", "README"):
            found = f"{folder}/" if folder else ""
            found += "" if self.directory_urls else "index.html"
        else:
            found = path.removesuffix(".md") + ("/" if self.directory_urls else ".html")
        return quote(found) + (f"#{anchor}" if anchor else "")

    def work(self, key: str) -> str:
        """The permanent address of a work, relative to the site."""
        return f"{PAPERS}/{key}/" if self.directory_urls else f"{PAPERS}/{key}/index.html"

    def work_file(self, key: str, suffix: str) -> str:
        """The address of a work's own file, relative to the site: `papers/<key>.bib`."""
        return f"{PAPERS}/{key}.{suffix}"

    def absolute(self, address: str) -> str:
        """An address as it is seen from anywhere; relative where the site has none."""
        return f"{self.url}{address}"
