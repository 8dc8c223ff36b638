"""Asking every link once: the journal first, then arXiv in batches, then authorities and pages.

What is asked goes out at once, as far as the schedule lets it; what fails for a reason that may
pass is asked again at the end, twice at most. Each result is in the journal as soon as it is known,
so that a run that is stopped has lost nothing but what was in flight.
"""

import asyncio
import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import zip_longest

from ethogram.bibliography import Bibliography
from ethogram.links import answers, papers
from ethogram.links.addresses import Kind
from ethogram.links.archive import Archive, is_stable
from ethogram.links.authorities import archived, authority_for
from ethogram.links.client import Answer, Client
from ethogram.links.guard import Guard, GuardError, is_public, origin
from ethogram.links.guard import target as sent
from ethogram.links.journal import Entry, Journal, graced
from ethogram.links.redirects import taken_apart
from ethogram.links.report import Result
from ethogram.links.schedule import Schedule
from ethogram.links.targets import Target
from ethogram.links.verdicts import Observation, Verdict
from ethogram.settings import Endpoints
from ethogram.works import identify

PASSES = 3
"""How often what may pass is asked for: once, and twice more at the end (links.md, rule 8)."""

Told = Callable[[Verdict, str, float], None]
"""Called for each link that is done: its verdict, its host, and the seconds that it took."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to ask.

    Attributes:
        allow_private: whether loopback and private addresses may be asked.
        in_flight: requests under way at once, in all.
        per_host: requests under way at once to one host.
        fresh: ask again whatever the journal says.
        timeout: seconds for one request, its answer included.
        pause: seconds before what failed is asked again; twice as long before the last time.
        contact: how to reach whoever asks, for the User-Agent.
        token: GitHub's, for its API; without one the API is not asked.
    """

    allow_private: bool = False
    in_flight: int = 100
    per_host: int = 8
    fresh: bool = False
    timeout: float = 20.0
    pause: float = 1.0
    contact: str = ""
    token: str = field(default_factory=lambda: os.environ.get("GITHUB_TOKEN", ""), repr=False)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known beforehand.

    Attributes:
        journal: what was seen before; what is seen now is added to it.
        archive: snapshots of what is gone.
        bibliography: records, those of arXiv among them.
        endpoints: where to ask the authorities.
    """

    journal: Journal
    archive: Archive = field(default_factory=Archive)
    bibliography: Bibliography = field(default_factory=Bibliography)
    endpoints: Endpoints = field(default_factory=Endpoints)


@dataclass(frozen=True, slots=True)
class _Question:
    """One page or picture to ask for, with all the places on it that links lead to."""

    address: str
    kind: Kind
    targets: tuple[Target, ...]

    @property
    def fragments(self) -> list[str]:
        return [target.fragment for target in self.targets]


def check_links(
    targets: Sequence[Target],
    known: Known,
    options: Options | None = None,
    new: Collection[str] = (),
    told: Told | None = None,
) -> list[Result]:
    """Return the verdict on each target, in their order.

    Args:
        targets: addresses, each once.
        known: what is known beforehand.
        options: how to ask.
        new: addresses that the change at hand adds: a fault of these counts at once.
        told: called for each link that is done.

    Raises:
        EthogramError: the journal cannot be written, or another run writes it.
    """
    run = _Run(known, options or Options(), frozenset(new), told or (lambda *_: None))
    with known.journal.writing():
        asyncio.run(run.ask(targets))
        known.journal.compact()
    return [run.result(target) for target in targets]


def asking(options: Options) -> Client:
    """Return who asks, for an `async with`."""
    return Client(
        Schedule(options.in_flight, options.per_host),
        Guard(options.allow_private),
        contact=options.contact,
        timeout=options.timeout,
    )


@dataclass
class _Run:
    known: Known
    options: Options
    new: frozenset[str]
    told: Told
    settled: dict[str, Entry] = field(default_factory=dict)

    async def ask(self, targets: Sequence[Target]) -> None:
        """Ask for whatever the journal does not know."""
        # Names are looked up in threads, and one that is slow must not hold up the others.
        threads = ThreadPoolExecutor(self.options.in_flight)
        asyncio.get_running_loop().set_default_executor(threads)
        wanted = [target for target in targets if not self._remembered(target)]
        arxiv: list[_Question] = []
        others: list[_Question] = []
        for question in _questions(wanted):
            (arxiv if papers.is_arxivs(question.address) else others).append(question)
        async with asking(self.options) as client, asyncio.TaskGroup() as group:
            group.create_task(self._ask_arxiv(arxiv))
            group.create_task(self._ask_all(others, client))

    def result(self, target: Target) -> Result:
        """What a target's report says."""
        entry = self.settled[target.url]
        kept = self.known.archive.get(target.url)
        return Result(
            url=target.url,
            kind=target.kind,
            verdict=entry.verdict,
            reason=entry.reason,
            status=entry.status,
            final=entry.final,
            moved=entry.moved,
            snapshot=kept.address if kept else entry.snapshot,
            checked=entry.checked,
            places=target.places,
            served=kept is not None,
        )

    # -- the journal -------------------------------------------------------------------------

    def _remembered(self, target: Target) -> bool:
        """Take the journal's word where it is fresh; a new link's fault is not graced by it."""
        entry = self.known.journal.get(target.url, target.kind)
        fresh = entry is not None and self.known.journal.fresh(entry, datetime.now(UTC))
        graced = entry is not None and bool(entry.faults) and target.url in self.new
        if entry is None or not fresh or graced or self.options.fresh:
            return False
        self.settled[target.url] = entry
        self.told(entry.verdict, _host(target.url), 0.0)
        return True

    def _settle(self, entry: Entry, seconds: float) -> None:
        """Write down what is known of a link by now."""
        self.known.journal.add(entry)
        self.settled[entry.url] = entry
        self.told(entry.verdict, _host(entry.url), seconds)

    def _graced(self, target: Target, seen: Observation) -> Entry:
        """What was seen, in the light of what was seen before."""
        earlier = self.known.journal.get(target.url, target.kind)
        new = target.url in self.new
        return graced(earlier, seen, target.url, target.kind, datetime.now(UTC), new)

    # -- pages and pictures ------------------------------------------------------------------

    async def _ask_all(self, questions: Sequence[_Question], client: Client) -> None:
        client.expect(_asked_often(questions))
        for number in range(PASSES):
            last = number == PASSES - 1
            done = [self._ask_one(question, client, last) for question in questions]
            again = await asyncio.gather(*done)
            questions = [each for each, failed in zip(questions, again, strict=True) if failed]
            if not questions:
                return
            await asyncio.sleep(self.options.pause * 2**number)

    async def _ask_one(self, question: _Question, client: Client, last: bool) -> bool:
        """Ask for one page or picture; return whether it is to be asked for again."""
        started = time.monotonic()
        seen = await self._observe(question, client)
        if not last and any(each.again for each in seen.values()):
            return True
        seconds = time.monotonic() - started
        for target in question.targets:
            observation = seen[target.fragment]
            entry = self._graced(target, observation)
            if snapshot := await self._snapshot(target, observation, entry, client):
                entry = replace(entry, snapshot=snapshot)
            self._settle(entry, seconds)
        return False

    async def _observe(self, question: _Question, client: Client) -> dict[str, Observation]:
        """Ask whoever knows; the page itself where nobody does, or where places on it count."""
        address, kind, fragments = question.address, question.kind, question.fragments
        authority = authority_for(address, kind, self.options.token)
        seen = await authority.ask(client, self.known.endpoints) if authority else None
        places = any(map(answers.sought, fragments))
        if seen and not (places and seen.verdict is Verdict.OK):
            return dict.fromkeys(fragments, seen)
        wants = answers.wants(kind, fragments)
        method = answers.method(address, kind)
        answer = await client.ask(address, method=method, wants=wants)
        if method == "HEAD" and not answers.enough(answer):
            answer = await client.ask(address, wants=wants)
        judged = await _judged(answer, kind, fragments)
        return _overruled(judged, seen) if seen else judged

    async def _snapshot(
        self, target: Target, seen: Observation, entry: Entry, client: Client
    ) -> str:
        """Ask for an archived copy of what is gone, or may be; of nothing else (links.md, 16)."""
        whole = not target.fragment or not 200 <= (seen.status or 0) < 300
        needed = entry.verdict in (Verdict.DEAD, Verdict.SUSPECT) and whole
        known = self.known.archive.get(target.url) or entry.snapshot
        stands_in = self.known.endpoints.wayback != Endpoints().wayback  # it may know any page
        archivable = stands_in or _is_public(target.address)
        if not needed or known or is_stable(target.url) or not archivable:
            return ""
        return await archived(client, self.known.endpoints, target.address)

    # -- arXiv -------------------------------------------------------------------------------

    async def _ask_arxiv(self, questions: Sequence[_Question]) -> None:
        """Answer for links to arXiv from records, and from its API for all others at once."""
        wanted: dict[str, list[_Question]] = defaultdict(list)
        for question in questions:
            seen = papers.from_records(question.address, question.kind, self.known.bibliography)
            if seen:
                self._settle_all(question, seen)
            elif work := identify(question.address):
                wanted[work.id].append(question)
        if not wanted:
            return
        endpoint, contact = self.known.endpoints.arxiv, self.options.contact
        async for answer in papers.from_arxiv(list(wanted), endpoint, contact):
            for number, told in answer.items():
                for question in wanted[number]:
                    self._settle_all(question, papers.judged(question.address, question.kind, told))

    def _settle_all(self, question: _Question, seen: Observation) -> None:
        for target in question.targets:
            self._settle(self._graced(target, seen), 0.0)


# -- what is asked in which order ------------------------------------------------------------


def _questions(targets: Iterable[Target]) -> list[_Question]:
    """One for each page and picture, whatever the places on it (links.md, rule 11).

    Hosts take turns, so that those with many links and those with few begin together.
    """
    pages: dict[tuple[str, Kind], list[Target]] = defaultdict(list)
    for target in targets:
        pages[target.address, target.kind].append(target)
    hosts: dict[str, list[_Question]] = defaultdict(list)
    for (address, kind), found in pages.items():
        hosts[_host(address)].append(_Question(address, kind, tuple(found)))
    rounds = zip_longest(*hosts.values())
    return [question for each in rounds for question in each if question]


async def _judged(answer: Answer, kind: Kind, fragments: Sequence[str]) -> dict[str, Observation]:
    """What an answer means; one that is long to read must not keep the others waiting."""
    if len(answer.body) > _LONG:
        return await asyncio.to_thread(answers.judge, answer, kind, fragments)
    return answers.judge(answer, kind, fragments)


_LONG = 512 * 1024  # bytes


def _overruled(judged: dict[str, Observation], seen: Observation) -> dict[str, Observation]:
    """What an authority has seen of a page, with what the page itself says of places on it.

    An authority knows of no places. Where the page cannot be looked at, nobody does.
    """
    hidden = Observation(Verdict.UNKNOWN, "the page is there; its places could not be looked at")

    def told(fragment: str, each: Observation) -> Observation:
        if not answers.sought(fragment):
            return seen
        return each if 200 <= (each.status or 0) < 300 else hidden

    return {fragment: told(fragment, each) for fragment, each in judged.items()}


def _asked_often(questions: Iterable[_Question]) -> list[str]:
    """Origins that more than one question goes to."""
    counts = Counter(origin(question.address) for question in questions)
    return [name for name, count in counts.items() if count > 1]


def _is_public(address: str) -> bool:
    """Whether an archive could have a page: not that of an IP address in a private network."""
    try:
        host = sent(address).host
    except GuardError:
        return False
    is_number = ":" in host or host.rpartition(".")[2].isdecimal()
    return is_public(host) if is_number else host != "localhost"


def _host(url: str) -> str:
    """The host of an address, with its port where it has one; empty where there is none."""
    return taken_apart(url).netloc.rpartition("@")[2].lower()
