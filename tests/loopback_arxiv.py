"""A real HTTP server on loopback that speaks the arXiv API's protocol, faults included.

As https://info.arxiv.org/help/api/user-manual.html has it: ten entries unless `max_results` says
otherwise, numbers that do not exist are left out, a malformed one spoils the batch with HTTP 400
and an entry titled "Error", and too long an address meets 414.
"""

import re
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import cast
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from loopback import Loopback

_NUMBER = re.compile(r"(?P<base>\d{4}\.\d{4,5}|[a-z-]+(\.[A-Za-z-]+)?/\d{7})(v\d+)?")
_FEED = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"
      xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">
  <id>https://arxiv.org/api/loopback</id>
  <title>arXiv Query</title>
  <updated>2026-11-21T00:00:00Z</updated>
  <opensearch:itemsPerPage>{size}</opensearch:itemsPerPage>
  <opensearch:totalResults>{total}</opensearch:totalResults>
  <opensearch:startIndex>0</opensearch:startIndex>
{entries}
</feed>
"""


@dataclass(frozen=True)
class Paper:
    """A paper as arXiv knows it; texts are plain, the server escapes them."""

    number: str
    title: str = "A Title"
    authors: tuple[str, ...] = ("Ada Lovelace",)
    published: str = "2024-01-10T12:00:00Z"
    updated: str = "2024-01-17T12:00:00Z"
    version: int = 1
    category: str = "cs.CL"
    comment: str = ""
    journal: str = ""
    doi: str = ""

    def entry(self) -> str:
        """The paper as an Atom entry; what it lacks is left out."""
        authors = "".join(f"<author><name>{escape(a)}</name></author>" for a in self.authors)
        optional = {"comment": self.comment, "journal_ref": self.journal, "doi": self.doi}
        extra = "".join(f"<arxiv:{k}>{escape(v)}</arxiv:{k}>" for k, v in optional.items() if v)
        return (
            f"<entry><id>http://arxiv.org/abs/{self.number}v{self.version}</id>"
            f"<title>{escape(self.title)}</title><updated>{self.updated}</updated>"
            f"<published>{self.published}</published><summary>A summary.</summary>"
            f'<category term="{self.category}"/><arxiv:primary_category term="{self.category}"/>'
            f"{authors}{extra}</entry>"
        )


@dataclass(frozen=True)
class Fault:
    """What happens to one request instead of a good answer.

    `drop` hangs up without a word, `truncate` in the middle of the good answer, `delay` waits
    for so many seconds before anything else. Without a body or another status, the good answer
    follows.
    """

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    drop: bool = False
    truncate: bool = False
    delay: float = 0.0


@dataclass
class Asked:
    """One request: when it came and was answered (`time.time`), and what it said."""

    time: float
    path: str
    ids: list[str]
    max_results: int | None
    user_agent: str
    answered: float = 0.0


class LoopbackArxiv(Loopback):
    """The server, running while the context lasts.

    Attributes:
        endpoint: its address, for `ETHOGRAM_ARXIV_API`.
        papers: what it knows, by number; may be changed at any time.
        faults: the next request takes the first of them, and so on.
        lost: numbers that it knows and leaves out.
        refused: numbers that it takes for malformed.
        shuffle: answers in an order that is not that of the numbers.
        requests: every request so far.
        connections, peak: connections so far, and how many there were at one time at most.
        overlap: how many requests waited for their answers at one time at most.
    """

    def __init__(self, papers: Iterable[Paper] = (), shuffle: bool = False) -> None:
        self.papers = {paper.number: paper for paper in papers}
        self.faults: list[Fault] = []
        self.lost: set[str] = set()
        self.refused: set[str] = set()
        self.shuffle = shuffle
        self.requests: list[Asked] = []
        self.connections = self.open = self.peak = 0
        self.waiting = self.overlap = 0
        self.lock = threading.Lock()
        self._server = _Server(self)
        self.endpoint = f"http://127.0.0.1:{self._server.server_address[1]}/api/query"

    def answer_to(self, ids: list[str]) -> tuple[int, str]:
        """Status and body that a request for these numbers would get; it is not logged."""
        return self.answer(Asked(time.time(), "", ids, len(ids), ""))

    def answer(self, asked: Asked) -> tuple[int, str]:
        """Status and body of the answer that arXiv would give."""
        if len(asked.ids) > 100:
            return 414, "<html><body>Request-URI Too Large</body></html>"
        for number in asked.ids:
            if number in self.refused or not _NUMBER.fullmatch(number):
                return 400, _error(f"incorrect id format for {number}")
        return 200, self._feed(asked)

    def _feed(self, asked: Asked) -> str:
        bases = [match["base"] for i in asked.ids if (match := _NUMBER.fullmatch(i))]
        known = [self.papers[base] for base in bases if base in self.papers]
        held = [paper for paper in known if paper.number not in self.lost]
        limit = 10 if asked.max_results is None else asked.max_results
        entries = [paper.entry() for paper in held[:limit]]
        if self.shuffle:
            entries = entries[1::2] + entries[::2]
        # arXiv counts what was asked for, whether or not it exists.
        return _FEED.format(total=len(bases), size=limit, entries="\n".join(entries))


def _error(sentence: str) -> str:
    address = "http://arxiv.org/api/errors#incorrect_id_format"
    entry = f"<entry><id>{address}</id><title>Error</title><summary>{escape(sentence)}</summary>"
    return _FEED.format(total=1, size=1, entries=f"{entry}</entry>")


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    block_on_close = True

    def __init__(self, arxiv: LoopbackArxiv) -> None:
        self.arxiv = arxiv
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # so that a connection may be kept
    timeout = 5

    @property
    def arxiv(self) -> LoopbackArxiv:
        return cast(_Server, self.server).arxiv

    def setup(self) -> None:
        super().setup()
        with self.arxiv.lock:
            self.arxiv.connections += 1
            self.arxiv.open += 1
            self.arxiv.peak = max(self.arxiv.peak, self.arxiv.open)

    def finish(self) -> None:
        try:
            super().finish()
        except ConnectionError:
            pass  # a client that timed out has gone
        with self.arxiv.lock:
            self.arxiv.open -= 1

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except ConnectionError:
            self.close_connection = True

    def do_GET(self) -> None:
        asked = self._asked()
        with self.arxiv.lock:
            self.arxiv.requests.append(asked)
            self.arxiv.waiting += 1
            self.arxiv.overlap = max(self.arxiv.overlap, self.arxiv.waiting)
            fault = self.arxiv.faults.pop(0) if self.arxiv.faults else Fault()
        time.sleep(fault.delay)
        with self.arxiv.lock:
            self.arxiv.waiting -= 1
        asked.answered = time.time()
        if fault.drop:
            self.close_connection = True
            return
        status, text = self.arxiv.answer(asked)
        body = text.encode()
        if fault.status != 200 or fault.body is not None:
            status, body = fault.status, fault.body or b""
        self._send(status, fault.headers, body, len(body) // 2 if fault.truncate else len(body))

    def _asked(self) -> Asked:
        query = parse_qs(urlsplit(self.path).query)
        ids = [i for value in query.get("id_list", []) for i in value.split(",")]
        limit = int(query["max_results"][0]) if "max_results" in query else None
        agent = self.headers.get("User-Agent", "")
        return Asked(time.time(), self.path, ids, limit, agent)

    def _send(self, status: int, headers: dict[str, str], body: bytes, sent: int) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/atom+xml; charset=UTF-8")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[:sent])
        self.close_connection = self.close_connection or sent < len(body)

    def log_message(self, format: str, *args: object) -> None:
        pass
