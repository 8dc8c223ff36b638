"""The search index, which Pagefind makes: a record for each card, not for each page.

Pagefind's own program does the work, beside a build. It is spoken to as its Python
package does (https://pagefind.app/docs/py-api/), in one go and without an event loop: requests and
answers are JSON in Base64, each with a comma behind it. Reading HTML files instead takes it longer,
and they would have to be written for it first.
"""

import base64
import gzip
import hashlib
import json
import os
import re
import subprocess
import threading
import unicodedata
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

from ethogram import writing
from ethogram.bibliography import Work
from ethogram.cards import Card, Page, plain, prose, unlinked
from ethogram.catalog import Catalog
from ethogram.entries import Entry
from ethogram.findings import EthogramError
from ethogram.site import Site
from ethogram.standing import LABELS
from ethogram.taxonomy import Term

FOLDER = "pagefind"
"""Where the index lies in a site."""

TIMEOUT = 120.0
"""Seconds in which an index is made, or never."""


class Record(TypedDict):
    """What is found: its address below the site, its words, and what it is told and counted by.

    The filter `kind` tells cards from works without one and from pages; the others are what a
    reader can narrow a search by: group, behavior, evidence, year and standing.

    Pagefind looks for words in `meta`, too. So what stands there is not repeated in the content.
    """

    url: str
    content: str
    meta: dict[str, str]
    filters: dict[str, list[str]]


def write(records: Iterable[Record], folder: Path) -> None:
    """Make the index of records and write it into a site's folder.

    Raises:
        EthogramError: Pagefind is missing, has failed, or does not end.
    """
    found = _completed(records)
    writing.publish(folder / FOLDER, _index(_requests(found)).items())
    writing.publish(folder / FOLDER, _vocabulary(found))


# -- what is found ---------------------------------------------------------------------------


def of_works(catalog: Catalog, site: Site) -> Iterator[Record]:
    """What a search can find of works: their cards, and those that have none."""
    for path, page in catalog.by_path.items():
        for card in page.cards:
            yield _card(card, page.meta("behavior"), site.page(path), catalog)
    for key, entry in catalog.entries.items():
        if not entry.cards:
            meta = {"title": entry.work.title, **_said_of(entry.work)}
            filters = {"kind": ["work"], **_known_of(entry)}
            yield Record(url=site.work(key), content="", meta=meta, filters=filters)


def of_pages(catalog: Catalog, site: Site) -> Iterator[Record]:
    """What a search can find beside them: groups, terms, and other pages, by their texts."""
    for group in catalog.taxonomy.groups:
        yield _page(site.page(f"{group.slug}/index.md"), group.label, group.definition)
        yield from (_term(term, catalog, site) for term in group.terms)
    told = {*catalog.term_pages.values()}
    told |= {f"{group.slug}/index.md" for group in catalog.taxonomy.groups}
    for path, page in catalog.by_path.items():
        if path not in told:
            yield _page(site.page(path), _name(page), _prose(page))


_WORD_AT_ALL = re.compile(r"[^\W_]")


def _completed(records: Iterable[Record]) -> list[Record]:
    """Give every record an address of its own, and a word: Pagefind leaves out what has neither.

    Cards without a record have their page's address, and so has a work's second card on a page its
    first one's. A query tells them apart, which a site of files does not mind; pages go first, and
    keep theirs. A text may be nothing but dots, and so may a title.
    """
    found: dict[str, Record] = {}
    for record in sorted(records, key=lambda record: record["filters"]["kind"] != ["page"]):
        page, mark, anchor = record["url"].partition("#")
        if record["url"] in found:
            record["url"] = f"{page}?{len(found)}{mark}{anchor}"
        texts = (record["content"], record["meta"]["title"], *record["filters"]["kind"])
        record["content"] = next(filter(_WORD_AT_ALL.search, texts))
        found[record["url"]] = record
    return list(found.values())


def _card(card: Card, own: str, page: str, catalog: Catalog) -> Record:
    """A card: `own` is the behavior of its page, which stands before those that it names."""
    entry, terms = catalog.entry(card), catalog.taxonomy
    slugs = dict.fromkeys((own, *(value.text for value in card.values("behaviors"))))
    behaviors = [terms.terms[slug] for slug in slugs if slug in terms.terms]
    groups = [group.label for term in behaviors if (group := terms.group(term.group))]
    kind = terms.evidence.get(card.value("evidence"))
    methods = (terms.methods.get(value.text) for value in card.values("methods"))
    named = [term.label for term in (*behaviors, *filter(None, methods))]
    named += [value.text for value in card.values("models")]
    filters = {
        "kind": ["card"],
        "group": list(dict.fromkeys(groups)),
        "behavior": [term.label for term in behaviors],
        "evidence": [kind.label] if kind else [],
        **(_known_of(entry) if entry else {}),
    }
    meta = {"title": entry.work.title if entry else card.title or card.url}
    meta |= _said_of(entry.work, named) if entry else {"terms": ", ".join(named)}
    url = f"{page}#{entry.work.key}" if entry else page
    return Record(url=url, content="\n".join(prose(card)), meta=meta, filters=filters)


def _said_of(work: Work, terms: Iterable[str] = ()) -> dict[str, str]:
    """Names as "Family, Given; ...", and the other words by which a work is looked for.

    The first author's family name stands by itself as well: who types it means that work before
    those of which the same person is the ninth author.
    """
    names = [_inverted(name, work.family(at)) for at, name in enumerate(work.authors)]
    names += [] if work.authors_complete else ["others"]
    rest = [*terms, work.journal, work.id.id if work.id.scheme != "url" else "", str(work.year)]
    lead = {"lead": work.family(0)} if work.authors else {}
    return {**lead, "authors": "; ".join(names), "terms": ", ".join(filter(None, rest))}


def _inverted(name: str, family: str) -> str:
    given = " ".join(name.replace(family, " ", 1).split())
    return ", ".join(part.replace(";", " ") for part in (family, given) if part)


def _known_of(entry: Entry) -> dict[str, list[str]]:
    """The year of a work and how it stands, in words; that it was retracted is a standing, too."""
    standing = [LABELS[entry.standing.name]] if entry.standing else []
    standing += [entry.status] * (entry.status != "current")
    return {"year": [str(entry.work.year)], "standing": standing}


def _term(term: Term, catalog: Catalog, site: Site) -> Record:
    """A behavior: on its page where it has one, else on its group's."""
    path = catalog.term_pages.get(term.slug)
    if path is None:
        url = site.page(f"{term.group}/index.md", term.slug)
        return _page(url, term.label, term.definition)
    return _page(site.page(path), term.label, f"{term.definition} {_prose(catalog.by_path[path])}")


def _page(url: str, title: str, content: str) -> Record:
    return Record(url=url, content=content, meta={"title": title}, filters={"kind": ["page"]})


def _name(page: Page) -> str:
    headings = page.document.headings
    return plain(headings[0].text) if headings else Path(page.path).stem


def _prose(page: Page) -> str:
    """What a page says beside its cards, without marks."""
    inside = {number for card in page.cards for number in range(card.line, card.last + 1)}
    lines = [each.text for each in page.document.lines if each.prose and each.number not in inside]
    return " ".join(plain(unlinked(line.strip("#>*|- \t"))) for line in lines).strip()


# -- making the index ------------------------------------------------------------------------


def _requests(found: list[Record]) -> bytes:
    """Everything that Pagefind is asked, in order."""
    parts: list[Mapping[str, object]] = [
        {"type": "NewIndex", "config": {"force_language": "en"}},
        *({"type": "AddRecord", "index_id": 0, "language": "en", **each} for each in found),
        {"type": "GetFiles", "index_id": 0},
    ]
    asked = ({"message_id": number, "payload": part} for number, part in enumerate(parts))
    return b"".join(base64.b64encode(json.dumps(each).encode()) + b"," for each in asked)


@lru_cache(maxsize=1)  # a preview builds again and again, and seldom changes what is found
def _index(requests: bytes) -> dict[str, bytes]:
    """The files of the index."""
    try:
        return dict(_settled(_ask(requests)))
    except (BrokenPipeError, EOFError):
        fault = "it has ended early"
    except (ImportError, OSError) as error:
        fault = str(error)
    except (ValueError, LookupError, zlib.error) as error:
        fault = f"its answer is not understood ({error})"
    message = f"Pagefind could not make the search index: {fault}."
    raise EthogramError(f"{message} Install the packages of requirements.lock again.")


def _ask(requests: bytes) -> dict[str, bytes]:
    """Put all questions at once; it reads them beside its work, so that nobody waits in vain.

    Its input is left open until the last answer is there: it ends with its input, however much
    is still to be done.
    """
    from pagefind.service import get_executable  # only now: the package is slow to load

    program = get_executable()
    if program is None:
        raise FileNotFoundError("its program is not installed")
    with subprocess.Popen(
        [program, "--service"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        patience = threading.Timer(TIMEOUT, process.kill)
        patience.start()
        try:
            answers = _conversation(process, requests)
        except (BrokenPipeError, EOFError):
            if patience.finished.is_set():
                raise TimeoutError(f"it did not end within {TIMEOUT:.0f} seconds") from None
            raise
        finally:
            patience.cancel()
    added = answers.count(b",") - 2
    files = json.loads(base64.b64decode(answers.split(b",")[-2]))["payload"]["files"]
    found = {each["path"]: base64.b64decode(each["content"]) for each in files}
    if (counted := _language(found)["page_count"]) != added:
        raise ValueError(f"{counted} of {added} records are in it")
    return found


def _conversation(process: subprocess.Popen[bytes], requests: bytes) -> bytes:
    """Write the requests and read as many answers."""
    if process.stdin is None or process.stdout is None:
        raise EOFError
    process.stdin.write(requests)
    process.stdin.flush()
    answers, missing = [], requests.count(b",")
    while missing > 0:
        part = os.read(process.stdout.fileno(), 2**20)
        if not part:
            raise EOFError
        answers.append(part)
        missing -= part.count(b",")
    return b"".join(answers)


# -- the same index, the same bytes, in smaller pieces ---------------------------------------
#
# Pagefind keeps the values of a filter, and the list of filters, in an order that differs from run
# to run, and names files after what they hold. So both are put in order here, and named again. It
# also keeps words in pieces of which each word of a query costs some 25 KB; they are cut smaller.
#
# The files are CBOR (RFC 8949) of numbers, texts and arrays, packed, behind a mark. The overview is
# [version, pages, pieces, filters, sorts, fields]. There a piece is [from, to, name], and its file
# [[[word, places, spellings]...]]; a filter is [label, name], and its file [label, values].

_MARK = b"pagefind_dcd"
_ENTRY = "pagefind-entry.json"
_WANTED = re.compile(r"pagefind\.js|wasm\.en\.pagefind|fragment/.+")
"""The rest is interfaces, workers and languages that this site does not use."""

PIECE = 10_000
"""Bytes that a piece of the index has before it is packed, which takes two thirds off."""


def _settled(files: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    yield from ((path, data) for path, data in files.items() if _WANTED.fullmatch(path))
    language = _language(files)
    overview = _items(_unpack(files[f"pagefind.{language['hash']}.pf_meta"]))
    pieces, filters = [], []
    for _, _, name in map(_items, _items(overview[2])):
        for first, last, data in _cut(_unpack(files[f"index/{_said(name)}.pf_index"])):
            stem = _hash(data, 7)
            pieces.append(_array((first, last, _text(stem))))
            yield f"index/{stem}.pf_index", _pack(data)
    for name, old in map(_items, _items(overview[3])):
        label, values = _items(_unpack(files[f"filter/{_said(old)}.pf_filter"]))
        data = _array((label, _array(sorted(_items(values)))))
        stem = _hash(data, 7)
        filters.append(_array((name, _text(stem))))
        yield f"filter/{stem}.pf_filter", _pack(data)
    overview[2:4] = _array(pieces), _array(sorted(filters))
    data = _array(overview)
    yield f"pagefind.{_hash(data, 10)}.pf_meta", _pack(data)
    entry = files[_ENTRY].decode().replace(language["hash"], _hash(data, 10))
    yield _ENTRY, entry.encode()


_NUMBERS = rb"[\x00-\x17\x20-\x37]|[\x18\x38].|[\x19\x39]..|[\x1a\x3a].{4}"
_ARRAYS = rb"(?!\x83[\x60-\x7b])(?:[\x80-\x97]|\x98.|\x99..|\x9a.{4})"
_TEXTS = b"|".join(rb"%c.{%d}" % (0x60 + length, length) for length in range(24))
_PLACES = re.compile(rb"(?:%b|%b|%b)*" % (_NUMBERS, _ARRAYS, _TEXTS), re.DOTALL)
"""All up to the next word, or to a long text: there are millions, too many to step through."""
_WORD_AHEAD = re.compile(rb"\x83[\x60-\x7b]")
_LONG_TEXT_AHEAD = re.compile(rb"[\x78-\x7b]")


def _cut(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """The parts of a piece of the index: first word, last word, data."""
    words: list[bytes] = []
    entries: list[bytes] = []
    size = 0
    for word, entry in _words(data):
        words.append(word)
        entries.append(entry)
        size += len(entry)
        if size > PIECE:
            yield words[0], words[-1], _array((_array(entries),))
            words, entries, size = [], [], 0
    if words:
        yield words[0], words[-1], _array((_array(entries),))


def _words(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The words in a piece of the index, each with its entry, which begins with it."""
    number, at = _head(data, 1)
    for _ in range(number):
        start = at
        if not _WORD_AHEAD.match(data, start):
            raise ValueError("its index is written in another way")
        at = _end(data, start + 1)
        word = data[start + 1 : at]
        at = _after_places(data, at)
        while _LONG_TEXT_AHEAD.match(data, at):
            at = _after_places(data, _end(data, at))
        yield word, data[start:at]
    if at != len(data):
        raise ValueError("its index has more than its words")


def _after_places(data: bytes, at: int) -> int:
    found = _PLACES.match(data, at)
    return found.end() if found else at


def _items(data: bytes) -> list[bytes]:
    """The items of an array."""
    number, at = _head(data, 0)
    found = []
    for _ in range(number):
        end = _end(data, at)
        found.append(data[at:end])
        at = end
    return found


def _head(data: bytes, at: int) -> tuple[int, int]:
    """The number in an item's head, and where the head ends."""
    size = data[at] & 31
    if size < 24:
        return size, at + 1
    end = at + 1 + (1 << (size - 24))
    return int.from_bytes(data[at + 1 : end], "big"), end


def _end(data: bytes, at: int) -> int:
    """Where an item ends."""
    kind, (number, at) = data[at] >> 5, _head(data, at)
    if kind == 4:
        for _ in range(number):
            at = _end(data, at)
    return at + number if kind == 3 else at


def _array(items: Sequence[bytes]) -> bytes:
    return _headed(0x80, len(items)) + b"".join(items)


def _text(text: str) -> bytes:
    return _headed(0x60, len(text.encode())) + text.encode()


def _headed(kind: int, number: int) -> bytes:
    if number < 24:
        return bytes([kind + number])
    width = 0 if number < 2**8 else 1 if number < 2**16 else 2
    return bytes([kind + 24 + width]) + number.to_bytes(1 << width, "big")


def _said(text: bytes) -> str:
    return text[_head(text, 0)[1] :].decode()


def _hash(data: bytes, length: int) -> str:
    return f"en_{hashlib.sha256(data).hexdigest()[:length]}"


def _unpack(data: bytes) -> bytes:
    return gzip.decompress(data).removeprefix(_MARK)


def _pack(data: bytes) -> bytes:
    return gzip.compress(_MARK + data, mtime=0)


class _Language(TypedDict):
    hash: str
    page_count: int


def _language(files: Mapping[str, bytes]) -> _Language:
    found: _Language = json.loads(files[_ENTRY])["languages"]["en"]
    return found


# -- words, for slips of the pen -------------------------------------------------------------
#
# Pagefind takes a word that it does not know for the start of another. So the words of all records
# are written beside the index, by their first letter, for the browser to look for the nearest.

_WORD = re.compile(r"[^\W\d_]{4,}")
_MARKS = re.compile("[\u0300-\u036f]")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_OTHERS = "_"


def fold(text: str) -> str:
    """A text in lower case without accents, as search.js folds what is typed."""
    return _MARKS.sub("", unicodedata.normalize("NFKD", text.lower()))


def _vocabulary(found: Iterable[Record]) -> Iterator[tuple[str, bytes]]:
    """The words of four letters and more, a line each; behind it a digit that tells how frequent.

    There is a file for every letter, even an empty one: so the browser never asks in vain.
    """
    texts = (text for record in found for text in (record["content"], *record["meta"].values()))
    counts = Counter(_WORD.findall(fold("\n".join(texts))))
    shelves: dict[str, list[str]] = {letter: [] for letter in (*_LETTERS, _OTHERS)}
    for word, count in sorted(counts.items()):
        often = "" if count == 1 else str(min(9, count.bit_length()))
        shelves[word[0] if word[0] in _LETTERS else _OTHERS].append(word + often)
    for letter, words in shelves.items():
        yield f"words/{letter}.txt", "\n".join(words).encode()
