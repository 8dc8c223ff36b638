"""All of it joined: the pages, the records and the terms of a site."""

import gc
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ethogram import entries, glossary, standing
from ethogram.bibliography import Bibliography
from ethogram.cards import RELATIONS, Card, Page, read_page
from ethogram.entries import Entry
from ethogram.findings import EthogramError, Finding
from ethogram.links.archive import Archive
from ethogram.links.journal import JOURNAL, Journal
from ethogram.render import Context, Href, Snippet
from ethogram.site import Site
from ethogram.standing import Standing
from ethogram.taxonomy import Taxonomy
from ethogram.works import WorkId, identify

HIDDEN = (".", "_")
"""Files and folders whose names start so are no pages (MkDocs skips dotfiles too)."""


@dataclass(frozen=True)
class Catalog:
    """A site's pages with what is known of their works and terms.

    Attributes:
        docs: the folder in which pages are named; pages' paths begin with it.
        pages: every page, sorted by path.
        bibliography: the records of bib/.
        taxonomy: the terms of bib/taxonomy.yml; empty where that file is missing or faulty.
        findings: what was wrong with reading any of them.
        archive: the archived copies in bib/archive.yml of what is gone elsewhere.
        journal: the file in bib/ that tells what checks of links have seen; it need not exist.
    """

    docs: Path
    pages: tuple[Page, ...]
    bibliography: Bibliography
    taxonomy: Taxonomy
    findings: tuple[Finding, ...]
    archive: Archive = field(default_factory=Archive)
    journal: Path = Path("bib") / JOURNAL

    @classmethod
    def load(
        cls,
        docs: Path,
        bib: Path,
        paths: Iterable[Path] | None = None,
        earlier: "Catalog | None" = None,
    ) -> "Catalog":
        """Read a site from disk.

        Args:
            docs: the folder of its pages.
            bib: the folder of its records and terms.
            paths: the pages to read; by default all of `docs`.
            earlier: a catalog whose pages are taken over where their text is the same.
        """
        with _collector_paused():
            return cls._load(docs, bib, paths, earlier)

    @classmethod
    def _load(
        cls, docs: Path, bib: Path, paths: Iterable[Path] | None, earlier: "Catalog | None"
    ) -> "Catalog":
        findings: list[Finding] = []
        known = {page.path: page for page in earlier.pages} if earlier else {}
        files = sorted(set(paths if paths is not None else markdown_files(docs)))
        pages = tuple(filter(None, (_read(file, known, findings) for file in files)))
        taxonomy = _taxonomy(bib / "taxonomy.yml", findings)
        bibliography = Bibliography.load(bib)
        archive = Archive.load(bib / "archive.yml")
        found = (*findings, *bibliography.findings, *archive.findings)
        return cls(docs, pages, bibliography, taxonomy, found, archive, bib / JOURNAL)

    @cached_property
    def cards(self) -> tuple[Card, ...]:
        """Every card, in the order of pages."""
        return tuple(card for page in self.pages for card in page.cards)

    @cached_property
    def by_path(self) -> dict[str, Page]:
        """The pages by their path inside the docs folder."""
        return {self.relative(page.path): page for page in self.pages}

    @cached_property
    def by_term(self) -> dict[str, tuple[Card, ...]]:
        """The cards of each term: those on its page first, then those that name it."""
        found: dict[str, list[Card]] = {}
        for page in self.pages:
            for card in page.cards:
                named = {value.text for value in card.values("behaviors")}
                for slug in named | ({page.meta("behavior")} - {""}):
                    found.setdefault(slug, []).append(card)
        return {slug: tuple(cards) for slug, cards in found.items()}

    @cached_property
    def term_pages(self) -> dict[str, str]:
        """The page of each term that has one, relative to docs/; the first, if two claim it."""
        found: dict[str, str] = {}
        for page in self.pages:
            if slug := page.meta("behavior"):
                found.setdefault(slug, self.relative(page.path))
        return found

    @cached_property
    def entries(self) -> dict[str, Entry]:
        """Every record with all that the site says of it, by citation key, in their order."""
        terms = {page.path: page.meta("behavior") for page in self.pages}
        return entries.join(self.cards, self.bibliography, lambda card: terms[card.path])

    def entry(self, card: Card) -> Entry | None:
        """The entry of a card's work; None while it has no record."""
        work = self.bibliography.get(card.work)
        return self.entries[work.key] if work else None

    @cached_property
    def standings(self) -> dict[str, Standing]:
        """How well each behavior stands that has a card, by slug."""
        found = {}
        for slug, cards in self.by_term.items():
            named = filter(None, map(self.entry, cards))
            works = {entry.work.key: entry for entry in named if not entry.void}
            if works:
                known = [(entry.work, entry.standing) for entry in works.values()]
                found[slug] = standing.of_behavior((work, how) for work, how in known if how)
        return found

    @cached_property
    def glossary(self) -> tuple[glossary.Term, ...]:
        """The terms of art that the site explains."""
        page = self.by_path.get(glossary.PATH)
        return glossary.read(page) if page else ()

    @cached_property
    def related(self) -> dict[str, tuple[str, ...]]:
        """The keys of the works most related to each, the nearest first, by citation key."""
        from ethogram.related import related  # only now: a check has no use for it

        return related(self.entries)

    def checked(self, url: str) -> str:
        """The day on which a link was last asked for, as 2026-11-21; empty if it never was."""
        return self._checked.get(url, "")

    @cached_property
    def _checked(self) -> dict[str, str]:
        return {entry.url: entry.checked[:10] for entry in Journal.load(self.journal).entries()}

    def relative(self, path: str) -> str:
        """A page's path as seen from the docs folder, with forward slashes."""
        return Path(os.path.relpath(path, self.docs)).as_posix()

    def places(self, page: Page) -> Iterator[tuple[WorkId, str, int, int]]:
        """Every place on a page that wants a record: work, path, line, column.

        Cards of any work, and arXiv works named in running text.
        """
        for card in page.cards:
            yield card.work, page.path, *card.url_place
        for mention in page.mentions:
            if mention.work.scheme == "arxiv":
                yield mention.work, page.path, *page.document.place(mention.start)

    def named_works(self) -> list[WorkId]:
        """Every work that the pages name and cite, each once: cards, mentions, relations."""
        named = [work for page in self.pages for work, *_ in self.places(page)]
        for card in self.cards:
            for relation in RELATIONS:
                named += filter(None, (identify(value.text) for value in card.values(relation)))
        return list({str(work): work.base for work in named}.values())

    def unrecorded(self) -> list[WorkId]:
        """The works among them that have no record yet."""
        return [work for work in self.named_works() if not self.bibliography.get(work)]

    def context(
        self, href: Href, top: str = "..", site: Site | None = None, **lists: Snippet
    ) -> Context:
        """What rendering a page needs.

        Args:
            href: the address of a docs path, relative to the page that is rendered.
            top: the address of the site's top, relative to the same, without a slash at its end.
            site: its name, and where things are on it; by default those of no site in particular.
            lists: further lists that pages may ask for (`render.LISTS`), by name.
        """
        return Context(
            self.bibliography,
            self.taxonomy,
            self.term_pages,
            self.by_term,
            self.docs,
            href,
            top,
            self.entries,
            self.standings,
            self.checked,
            {"links": self._link_health, **lists},
            site or Site(),
            self.glossary,
        )

    def _link_health(self) -> str:
        from ethogram.links.health import health  # only now: one page alone asks for it

        return health(Journal.load(self.journal).entries(), self.archive)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Pause the garbage collector while much is made and nothing is dropped.

    It would look through all that has been made again and again, and cost more with every card.
    """
    paused = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if paused:
            gc.enable()


def markdown_files(folder: Path) -> Iterator[Path]:
    """The Markdown files of a folder and those below it, hidden ones left out."""
    for path in folder.rglob("*.md"):
        inner = path.relative_to(folder)
        if not path.is_dir() and not any(part.startswith(HIDDEN) for part in inner.parts):
            yield path


def read_text(path: Path) -> str:
    """A file's text as MkDocs reads it: UTF-8, with or without a byte order mark.

    Raises:
        EthogramError: it cannot be read, or it is not UTF-8.
    """
    name = path.as_posix()
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        place = (before.count(b"\n") + 1, error.start - before.rfind(b"\n"))
        message = "The file is not UTF-8 text"
        raise EthogramError(finding=Finding.of("unreadable-page", name, place, message)) from None
    except OSError as error:
        message = f"The file cannot be read: {error.strerror}"
        mend = "Put a file there that can be read."
        told = Finding.of("unreadable-page", name, (1, 1), message, mend)
        raise EthogramError(finding=told) from None


def _read(path: Path, known: dict[str, Page], findings: list[Finding]) -> Page | None:
    try:
        text = read_text(path)
    except EthogramError as error:
        findings.extend(error.findings)
        return None
    name = path.as_posix()
    if name in known and known[name].document.text == text:
        return known[name]
    return read_page(text, name)


def _taxonomy(path: Path, findings: list[Finding]) -> Taxonomy:
    if not path.exists():
        return Taxonomy()
    try:
        return Taxonomy.load(path)
    except EthogramError as error:
        findings.extend(error.findings)
        return Taxonomy()
