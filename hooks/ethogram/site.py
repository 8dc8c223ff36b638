"""Where things are on the site: its name and address, and those of pages, works and files."""

from dataclasses import dataclass
from urllib.parse import quote

PAPERS = "papers"
"""The folder of works: the explorer, and a page for each work."""

SUFFIXES = ("bib", "ris", "csl.json")
"""The formats in which works are cited: files of all and of each page that has works."""

CITE = "cite"
"""The place on a work's page where its record stands, to read and to save in each format."""


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

    def absolute(self, address: str) -> str:
        """An address as it is seen from anywhere; relative where the site has none."""
        return f"{self.url}{address}"
