"""Asking arXiv for records, politely, with an answer for every number.

This stands beside the `arxiv` client rather than on it: that one asks again after a 400, takes
no notice of Retry-After and has a User-Agent of its own. The rules are arXiv's
(https://info.arxiv.org/help/api/tou.html, https://info.arxiv.org/help/api/user-manual.html):
one request in three seconds, over one connection, however many processes ask from here; at most
100 numbers a request, and `max_results` always sent, as it is 10 otherwise.

What an answer means:

- A number that a good answer does not hold does not exist.
- A 400 is never asked again. One malformed number spoils its whole batch with it; as malformed
  ones are never sent, this means that arXiv's grammar has changed, and nobody can say which
  number is to blame. So the batch counts as unanswered, with arXiv's own sentence.
- 429, 406 and 503 mean "later": after Retry-After, or else after 30 s, then 60 s. Answers that
  break off or are no Atom, and connections that fail, are tried again after a few seconds.
- After the last try nothing more is asked: what is left counts as unanswered.
"""

import getpass
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode, urljoin, urlsplit

import requests
from filelock import FileLock
from lxml import etree

from ethogram.bibliography import Work
from ethogram.bibtex import clean, family_name, without_latex
from ethogram.findings import EthogramError
from ethogram.manners import retry_after, user_agent
from ethogram.works import WorkId, citation_key, identify

ENDPOINT = "https://export.arxiv.org/api/query"
"""arXiv's own; `ETHOGRAM_ARXIV_API` names another."""

BATCH = 100
"""Numbers in one request: a longer address meets HTTP 414."""

MAX_BYTES = 32 * 1024 * 1024
"""The largest answer that is read: 100 records with thousands of authors stay far below."""

Progress = Callable[[int, int], None]
"""Called with the count of numbers done, and of all."""

_ATOM = {"a": "http://www.w3.org/2005/Atom", "x": "http://arxiv.org/schemas/atom"}
_LATER = {406, 429, 503}
_REDIRECTS = {301, 302, 303, 307, 308}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a batch: each number that was asked for is in one of the three.

    Attributes:
        works: records by number; their keys are provisional (`bibliography.merge` settles them).
        missing: numbers that arXiv does not have.
        unanswered: numbers without an answer, with the reason.
    """

    works: dict[str, Work] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    unanswered: dict[str, str] = field(default_factory=dict)


class _BatchError(Exception):
    """This batch has no answer; the next may be asked."""


class _ServiceError(_BatchError):
    """There is no use in asking for anything more now."""


class _TryLaterError(Exception):
    """Not now: wait, at least for as long as is said here, and try again."""

    def __init__(self, reason: str, seconds: float) -> None:
        super().__init__(reason)
        self.seconds = seconds


@dataclass
class Client:
    """A polite client of the arXiv API.

    Attributes:
        endpoint: its address; by default `ETHOGRAM_ARXIV_API`, else `ENDPOINT`.
        contact: how to reach whoever asks, for the User-Agent; by default `ETHOGRAM_CONTACT`,
            else the repository's address where the environment names it.
        interval: seconds from the start of one request to the start of the next.
        backoff: seconds to wait after "later" without Retry-After; twice as long each time.
        patience: the longest wait, in seconds, that is still sat out.
        tries: how often one batch is asked for at most.
        timeout: seconds for connecting, and for silence while reading.
        turns: a folder in which processes take turns; by default one for temporary files.
    """

    endpoint: str = ""
    contact: str = ""
    interval: float = 3.0
    backoff: float = 30.0
    patience: float = 300.0
    tries: int = 3
    timeout: tuple[float, float] = (10.0, 60.0)
    turns: Path = field(default_factory=lambda: Path(tempfile.gettempdir()))

    def __post_init__(self) -> None:
        """Settle the address.

        Raises:
            EthogramError: the endpoint is no http(s) address.
        """
        self.endpoint = self.endpoint or os.environ.get("ETHOGRAM_ARXIV_API") or ENDPOINT
        _validate(self.endpoint)

    def answers(self, numbers: Iterable[str], progress: Progress | None = None) -> Iterator[Answer]:
        """Ask for numbers in batches and yield the answer to each as it comes.

        Args:
            numbers: bare arXiv numbers (`WorkId.id`); none is asked for twice.
            progress: told after each batch.
        """
        wanted = list(dict.fromkeys(numbers))
        batches = [wanted[start : start + BATCH] for start in range(0, len(wanted), BATCH)]
        done, stop = 0, ""
        with self._session() as session:
            for batch in batches:
                answer, stop = self._answer(session, batch, stop)
                done += len(batch)
                if progress:
                    progress(done, len(wanted))
                yield answer

    def _answer(self, session: requests.Session, batch: list[str], stop: str) -> tuple[Answer, str]:
        """Ask for a batch, unless there is a reason to stop; return that as well."""
        if stop:
            return _unanswered(batch, stop), stop
        try:
            return _read_feed(self._ask(session, batch), batch), ""
        except _BatchError as error:
            reason = str(error)
            return _unanswered(batch, reason), reason if isinstance(error, _ServiceError) else ""

    def _session(self) -> requests.Session:
        session = requests.Session()
        one = requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=1)
        session.mount("https://", one)
        session.mount("http://", one)
        session.headers["User-Agent"] = user_agent(self.contact)
        return session

    def _ask(self, session: requests.Session, batch: Sequence[str]) -> etree._Element:
        """Return a good answer, after as many tries as it takes and are allowed."""
        query = urlencode({"id_list": ",".join(batch), "max_results": len(batch)}, safe=",/")
        url = f"{self.endpoint}{'&' if urlsplit(self.endpoint).query else '?'}{query}"
        for attempt in range(1, self.tries + 1):
            try:
                return self._follow(session, url, attempt)
            except _TryLaterError as later:
                if attempt == self.tries or later.seconds > self.patience:
                    raise _ServiceError(str(later)) from None
                time.sleep(later.seconds)
        raise _ServiceError("arXiv was not asked")

    def _follow(self, session: requests.Session, url: str, attempt: int) -> etree._Element:
        """Ask once, and where the answer is a redirection, once more there, four times at most."""
        for _ in range(5):
            status, headers, body = self._get(session, url, attempt)
            if status not in _REDIRECTS or "Location" not in headers:
                return self._accepted(status, headers, body, attempt)
            url = urljoin(url, headers["Location"])
            _validate(url)
        raise _ServiceError("arXiv redirects without end")

    def _get(
        self, session: requests.Session, url: str, attempt: int
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Make one request in its turn; whatever goes wrong on the way is tried again."""
        try:
            with (
                self._turn(),
                session.get(
                    url, timeout=self.timeout, stream=True, allow_redirects=False
                ) as response,
            ):
                return response.status_code, response.headers, self._body(response)
        except requests.Timeout:
            reason = "arXiv did not answer in time"
        except requests.RequestException as error:
            reason = f"arXiv could not be reached ({_told(error)})"
        raise _TryLaterError(reason, self.interval * 2 ** (attempt - 1))

    def _body(self, response: requests.Response) -> bytes:
        """Read an answer of bounded size, in bounded time."""
        body, limit = bytearray(), time.monotonic() + 2 * sum(self.timeout)
        for piece in response.iter_content(65536):
            body += piece
            if len(body) > MAX_BYTES:
                raise _ServiceError("arXiv's answer is too long")
            if time.monotonic() > limit:
                raise requests.Timeout
        return bytes(body)

    def _accepted(
        self, status: int, headers: Mapping[str, str], body: bytes, attempt: int
    ) -> etree._Element:
        """Return a good answer; tell the others apart."""
        feed = _parse(body)
        again = self.interval * 2 ** (attempt - 1)
        if status == 200 and feed is not None:
            return feed
        if status == 200:
            raise _TryLaterError("arXiv's answer is no Atom feed", again)
        if status in _LATER:
            asked = retry_after(headers.get("Retry-After", ""), datetime.now(UTC))
            wait = self.backoff * 2 ** (attempt - 1) if asked is None else asked
            raise _TryLaterError(f"arXiv asks to come later (HTTP {status})", wait)
        if status >= 500:
            raise _TryLaterError(f"arXiv has trouble (HTTP {status})", again)
        if status == 400:
            raise _BatchError(f"arXiv refuses the request: {_sentence(feed)}")
        raise _ServiceError(f"arXiv refuses the request (HTTP {status})")

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Wait until the last request, of whichever process, is over and long enough ago."""
        name = re.sub("[^A-Za-z0-9.]+", "-", f"{_user()}-{urlsplit(self.endpoint).netloc}")
        stamp = self.turns / f"ethogram-{name}"
        with _lock(f"{stamp}.lock"):
            last = stamp.stat().st_mtime_ns if stamp.exists() else 0
            # A clock that was set back must not make anyone wait for longer than the interval.
            wait = min(self.interval - (time.time_ns() - last) / 1e9, self.interval)
            if wait > 0:
                time.sleep(wait)
            now = time.time_ns()
            stamp.touch()
            os.utime(stamp, ns=(now, now))
            yield


def fetch(
    numbers: Iterable[str], client: Client | None = None, progress: Progress | None = None
) -> Answer:
    """Ask for numbers, and return one answer for all of them.

    Raises:
        EthogramError: the endpoint is no http(s) address.
    """
    joined = Answer()
    for answer in (client or Client()).answers(numbers, progress):
        joined.works.update(answer.works)
        joined.missing.extend(answer.missing)
        joined.unanswered.update(answer.unanswered)
    return joined


# -- how we ask ------------------------------------------------------------------------------


def _validate(endpoint: str) -> None:
    try:
        parts = urlsplit(endpoint)
        blank = re.search(r"\s", endpoint)
        good = (
            not blank
            and parts.scheme in ("http", "https")
            and bool(parts.hostname)
            and parts.port != 0
        )
    except ValueError:
        good = False
    if not good:
        raise EthogramError(
            f"The arXiv endpoint `{endpoint}` is no http(s) address: set ETHOGRAM_ARXIV_API to "
            f"one such as {ENDPOINT}, or unset it."
        )


@contextmanager
def _lock(path: str) -> Iterator[None]:
    lock = FileLock(path)
    try:
        lock.acquire()
    except OSError as error:
        said = f"{path} cannot be written ({error.strerror}): set TMPDIR to a folder of your own."
        raise EthogramError(said) from None
    try:
        yield
    finally:
        lock.release()


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return "user"


def _told(error: requests.RequestException) -> str:
    return type(error).__name__


# -- what we are told ------------------------------------------------------------------------


def _unanswered(batch: Iterable[str], reason: str) -> Answer:
    return Answer(unanswered=dict.fromkeys(batch, reason))


def _parse(body: bytes) -> etree._Element | None:
    """Parse Atom without entities, network or unbounded trees; None where it is none."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False
    )
    try:
        root = etree.fromstring(body, parser)
    except etree.XMLSyntaxError:
        return None
    return root if root.tag == f"{{{_ATOM['a']}}}feed" else None


def _sentence(feed: etree._Element | None) -> str:
    """What the entry titled "Error" says."""
    said = "" if feed is None else _text(feed, "a:entry/a:summary")
    return said[:200] or "it gives no reason"


def _read_feed(feed: etree._Element, asked: Sequence[str]) -> Answer:
    """Account for all that was asked; order means nothing, and what nobody asked for is let be."""
    works: dict[str, Work] = {}
    unread: dict[str, str] = {}
    for entry in feed.iterfind("a:entry", _ATOM):
        address = _text(entry, "a:id")
        if "/api/errors" in address:
            return _unanswered(asked, f"arXiv refuses the request: {_sentence(feed)}")
        found = identify(address)
        if found is not None and found.scheme == "arxiv" and found.id in asked:
            if work := read_entry(entry, found):
                works[found.id] = work
            else:
                unread[found.id] = "arXiv's record lacks title, author or date"
    missing = [number for number in asked if number not in works and number not in unread]
    return Answer(works, missing, {n: why for n, why in unread.items() if n not in works})


def read_entry(entry: etree._Element, found: WorkId) -> Work | None:
    """Read one entry of a feed; None where it lacks what a record needs.

    LaTeX accents become Unicode, math stays as it is.
    """
    title = _title(_text(entry, "a:title"))
    names = [_title(_own_text(name)) for name in entry.iterfind("a:author/a:name", _ATOM)]
    names = [name for name in names if re.search(r"\w", name)]  # arXiv has authors named ":"
    published = _day(entry, "a:published")
    if not title or not names or not published:
        return None
    corporate = frozenset(name for name in names if is_corporate(name))
    family = names[0] if names[0] in corporate else family_name(names[0])
    comment = _text(entry, "x:comment")
    category = entry.find("x:primary_category", _ATOM)
    return Work(
        id=found,
        key=citation_key(family, int(published[:4]), title),
        title=title,
        authors=tuple(names),
        corporate=corporate,
        year=int(published[:4]),
        date=published,
        primary_class="" if category is None else category.get("term", ""),
        version=found.version,
        updated=_day(entry, "a:updated"),
        doi=_published_doi(_text(entry, "x:doi")),
        journal=_title(_text(entry, "x:journal_ref")),
        note=_title(comment),
        withdrawn=says_withdrawn(comment),
    )


def _title(text: str) -> str:
    """Turn LaTeX into Unicode where there is any, that is where there is a backslash.

    A tilde is one ("~10 times"): only in BibTeX is it a blank.
    """
    if "\\" not in text:
        return text
    return clean(without_latex(text.replace("~", _TILDE))).replace(_TILDE, "~")


_TILDE = "\uf8ff"  # for private use: in no title


def _text(element: etree._Element, path: str) -> str:
    found = element.find(path, _ATOM)
    return "" if found is None else _own_text(found)


def _own_text(element: etree._Element) -> str:
    return clean("".join(str(piece) for piece in element.itertext()))


def _day(entry: etree._Element, path: str) -> str:
    match = _DAY.match(_text(entry, path))
    return match[0] if match else ""


def _published_doi(text: str) -> str:
    """The bare DOI of what was published; arXiv's own is none, and of several the first is."""
    found = (identify(word) for word in text.split())
    return next((work.id for work in found if work and work.scheme == "doi"), "")


_CORPORATE = re.compile(
    r"\b(collaborations?|consortium|teams?|groups?|initiative|community|committee|project"
    r"|network|workshop|task force|working party)\b",
    re.IGNORECASE,
)
_WITHDRAWN = re.compile(r"\bwithdrawn\b(?! from (?!arxiv))", re.IGNORECASE)


def is_corporate(name: str) -> bool:
    """Whether an author is no person: "the ATLAS Collaboration", "Gemini Team".

    arXiv does not say; it can only be told from the words.
    """
    return _CORPORATE.search(name) is not None


def says_withdrawn(comment: str) -> bool:
    """Whether arXiv's comment says that the paper is withdrawn, other than from a venue."""
    return _WITHDRAWN.search(comment) is not None
