"""One run of `ethogram links`: what is to be asked, by what is known, and what is done about it."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag, urlsplit

from ethogram.bibliography import Bibliography
from ethogram.catalog import Catalog
from ethogram.links.archive import Archive
from ethogram.links.authorities import save
from ethogram.links.checker import Known, Options, asking, check_links
from ethogram.links.inside import Site, in_markdown
from ethogram.links.journal import JOURNAL, Journal
from ethogram.links.mending import Mending, mend
from ethogram.links.progress import Progress
from ethogram.links.report import Result
from ethogram.links.shards import Shard, plan
from ethogram.links.targets import Before, Target, before, targets_in, targets_of
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
        site: a built site; None for none.
        archive: bib/archive.yml.
        known: what is known beforehand.
        options: how to ask.
        settings: the site's.
    """

    catalog: Catalog | None
    site: Site | None
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
        options["contact"] = settings.contact
        records = catalog.bibliography if catalog else Bibliography.load(bib)
        default = bib / JOURNAL if bib.is_dir() else Path(STRAY_JOURNAL)
        known = Known(
            Journal.load(journal or default),
            catalog.archive if catalog else Archive.load(bib / "archive.yml"),
            records,
            settings.endpoints,
        )
        return cls(
            catalog,
            Site(site) if site else None,
            bib / "archive.yml",
            known,
            Options(**options),
            settings,
        )

    def shards(self, size: int) -> list[Shard]:
        """Return the parts of about so many links in which those out of the site are best asked.

        Raises:
            EthogramError: see `inside.Site`.
        """
        return plan(self._targets(), size)

    def ask(self, new_against: str | None = None, shard: Shard | None = None) -> list[Result]:
        """Return the verdict on each link, out of the site and inside it.

        Args:
            new_against: a Git revision: only links that were not there then are looked at, and a
                fault of one counts at once.
            shard: the part to look at; links inside the site belong to the first.

        Raises:
            EthogramError: see `check_links`, `targets.before` and `inside.Site`.
        """
        known = None
        if new_against is not None and self.catalog:
            known = before(new_against, self.catalog.docs)
        results = self.ask_outside(known, shard)
        if shard and shard.number > 1:
            return results
        if self.catalog:
            results += in_markdown(self.catalog, known.inward if known else ())
        return [*results, *(self.site.inward() if self.site else ())]

    def ask_outside(self, known: Before | None = None, shard: Shard | None = None) -> list[Result]:
        """Return the verdict on each link that leads out of the site.

        Args:
            known: the links that were there before; all others are new, if it is given.
            shard: the part to look at; by default all of them.
        """
        old = known.outward if known else ()
        mine = shard.of(self._targets()) if shard else self._targets()
        targets = [target for target in mine if target.url not in old]
        added = [target.url for target in targets] if known else []
        with Progress(len(targets)) as progress:
            return check_links(targets, self.known, self.options, added, progress.told)

    def _targets(self) -> list[Target]:
        """The addresses; of one that the Markdown has, the built pages tell nothing more."""
        pages = targets_of(self.catalog) if self.catalog else []
        known = {target.url for target in pages}
        built = targets_in(self.site.outward()) if self.site else []
        return [*pages, *(target for target in built if target.url not in known)]

    def mend(self, results: Sequence[Result]) -> Mending:
        """Plan what can be mended in the Markdown and in the archive.

        Raises:
            EthogramError: see `mending.mend`.
        """
        if self.catalog is None:
            return Mending((), ())
        return mend(results, self.catalog, self.archive)

    def save_pages(self, results: Sequence[Result], told: Callable[[str, str], None]) -> None:
        """Have pages saved that are fine and have no snapshot yet (links.md, rule 16).

        Only those of the hosts in the settings, a few in a run, and not always the same first: one
        that cannot be saved must not keep the others waiting.

        Args:
            results: verdicts on links.
            told: called with each page and its snapshot; an empty one where it was not saved.

        Raises:
            EthogramError: the journal cannot be written, or another run writes it.
        """
        wanted: dict[str, list[Result]] = defaultdict(list)
        for result in results:
            fine = result.verdict is Verdict.OK and result.kind == "page" and not result.snapshot
            if fine and urlsplit(result.url).hostname in self.settings.archive_hosts:
                wanted[urldefrag(result.url).url].append(result)
        chosen = random.sample(sorted(wanted), len(wanted))[: self.settings.archive_per_run]
        asyncio.run(self._save({page: wanted[page] for page in chosen}, told))

    async def _save(
        self, chosen: Mapping[str, Sequence[Result]], told: Callable[[str, str], None]
    ) -> None:
        journal, patient = self.known.journal, replace(self.options, timeout=SAVING)
        with journal.writing():
            async with asking(patient) as client:
                for page, results in chosen.items():  # one after the other: the archive asks for it
                    snapshot = await save(client, self.known.endpoints, page)
                    for result in results if snapshot else ():
                        if entry := journal.get(result.url, result.kind):
                            journal.add(replace(entry, snapshot=snapshot))
                    told(page, snapshot)
            journal.compact()
