"""One run of `ethogram links`: what is to be asked, by what is known, and what is done about it."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ethogram.bibliography import Bibliography
from ethogram.catalog import Catalog
from ethogram.links.archive import Archive
from ethogram.links.authorities import save
from ethogram.links.checker import Known, Options, asking, check_inside, check_links
from ethogram.links.journal import JOURNAL, Journal
from ethogram.links.mending import Mending, mend
from ethogram.links.progress import Progress
from ethogram.links.report import Result
from ethogram.links.targets import Target, addresses_at, targets_in_site, targets_of
from ethogram.links.verdicts import Verdict
from ethogram.settings import Settings

SAVING = 180.0
"""Seconds in which the archive should have saved a page."""

STRAY_JOURNAL = ".ethogram-links.jsonl"
"""The journal's file where there is no folder of records."""


@dataclass(frozen=True)
class Survey:
    """What is looked at.

    Attributes:
        catalog: the Markdown pages; None where only a built site is looked at.
        site: a built site's folder; None for none.
        archive: bib/archive.yml.
        known: what is known beforehand.
        options: how to ask.
        settings: the site's.
    """

    catalog: Catalog | None
    site: Path | None
    archive: Path
    known: Known
    options: Options
    settings: Settings = field(default_factory=Settings)

    @classmethod
    def of(
        cls,
        catalog: Catalog | None,
        site: Path | None,
        bib: Path,
        journal: Path | None = None,
        settings: Settings | None = None,
        **options: Any,
    ) -> "Survey":
        """Read what is known.

        Args:
            catalog: the Markdown pages, if any.
            site: a built site, if any.
            bib: the folder of records.
            journal: its file; by default that of the site.
            settings: the site's; by default those of mkdocs.yml beside the pages.
            options: those of `Options`.

        Raises:
            EthogramError: a setting, the archive or the journal cannot be read.
        """
        docs = catalog.docs if catalog else Path("docs")
        settings = settings or Settings.beside(docs)
        options["allow_private"] = options.get("allow_private") or settings.allow_private
        records = catalog.bibliography if catalog else Bibliography.load(bib)
        default = bib / JOURNAL if bib.is_dir() else Path(STRAY_JOURNAL)
        known = Known(
            Journal.load(journal or default),
            Archive.load(bib / "archive.yml"),
            records,
            settings.endpoints,
        )
        return cls(catalog, site, bib / "archive.yml", known, Options(**options), settings)

    def ask(self, new_against: str | None = None) -> list[Result]:
        """Return the verdict on each link that leads out of the site.

        Args:
            new_against: a Git revision: only links that were not there then are looked at, and a
                fault of one counts at once.

        Raises:
            EthogramError: see `check_links` and `addresses_at`.
        """
        targets = self._targets()
        new: frozenset[str] = frozenset()
        if new_against and self.catalog:
            before = addresses_at(new_against, self.catalog.docs)
            targets = [target for target in targets if target.url not in before]
            new = frozenset(target.url for target in targets)
        with Progress(len(targets)) as progress:
            return check_links(targets, self.known, self.options, new, progress.told)

    def look_inside(self) -> list[Result]:
        """Return the verdict on each link inside the site, as the Markdown has it."""
        return check_inside(self.catalog) if self.catalog else []

    def _targets(self) -> list[Target]:
        pages = targets_of(self.catalog) if self.catalog else []
        known = {target.url for target in pages}
        built = targets_in_site(self.site) if self.site else []
        return [*pages, *(target for target in built if target.url not in known)]

    def mend(self, results: Sequence[Result]) -> Mending:
        """Plan what can be mended in the Markdown and in the archive.

        Raises:
            EthogramError: see `mending.mend`.
        """
        if self.catalog is None:
            return Mending((), ())
        return mend(results, self.catalog, self.archive)

    def save_pages(self, results: Sequence[Result]) -> Iterator[tuple[str, str]]:
        """Have pages saved that are fine and have no snapshot yet; yield each with its snapshot.

        Only those of the hosts in the settings, and a few in a run (links.md, rule 16).
        """
        hosts = set(self.settings.archive_hosts)
        wanted = [
            result
            for result in results
            if result.verdict is Verdict.OK
            and result.kind == "page"
            and not result.snapshot
            and urlsplit(result.url).hostname in hosts
        ]
        chosen = wanted[: self.settings.archive_per_run]
        yield from asyncio.run(self._save(chosen))

    async def _save(self, chosen: Sequence[Result]) -> list[tuple[str, str]]:
        saved = []
        with self.known.journal.writing():
            patient = replace(self.options, timeout=SAVING)
            async with asking(self.known, patient) as client:
                for result in chosen:  # one after the other: the archive asks for it
                    address = result.url.partition("#")[0]
                    snapshot = await save(client, self.known.endpoints, address)
                    saved.append((address, snapshot))
                    entry = self.known.journal.get(result.url, result.kind)
                    if entry and snapshot:
                        self.known.journal.add(replace(entry, snapshot=snapshot))
            self.known.journal.compact()
        return saved
