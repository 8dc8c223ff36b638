"""Where things are on the site: its name and address, and those of pages, works and files."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode

PAPERS = "papers"
"""The folder of works: the explorer, and a page for each work."""

SUFFIXES = ("bib", "ris", "csl.json")
"""The formats in which works are cited: files of all and of each page that has works."""

CITE = "cite"
"""The place on a work's page where its record stands, to read and to save in each format."""


_ON_GITHUB = re.compile(r"https://github\.com/[\w-]+/[\w.-]+?(?:\.git)?/?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Site:
    """A site as readers and machines address it.

    Attributes:
        name: its name.
        description: what it is, in a sentence.
        url: its address, with a slash at its end; empty where it is not known.
        directory_urls: whether `a/b.md` is served at `a/b/` rather than at `a/b.html`.
        repo: the address of its repository; empty where it is not known.
    """

    name: str = "Ethogram"
    description: str = ""
    url: str = ""
    directory_urls: bool = True
    repo: str = ""

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

    def correction(self, path: str, key: str) -> str:
        """The address of the form in which a reader corrects a card; empty without GitHub.

        Args:
            path: the card's page, from docs/ on.
            key: the citation key of its work.
        """
        if not _ON_GITHUB.fullmatch(self.repo):
            return ""
        form = {"template": "correct-a-card.yml", "title": f"Correction: {key}"}
        boxes = urlencode({**form, "card": f"{path}#{key}"}, quote_via=quote)
        return f"{self.repo.rstrip('/').removesuffix('.git')}/issues/new?{boxes}"

    def absolute(self, address: str) -> str:
        """An address as it is seen from anywhere; relative where the site has none."""
        return f"{self.url}{address}"
