"""Identifiers of works: every spelling of an arXiv number, a DOI or an address, and citation keys.

The grammar of arXiv numbers follows https://info.arxiv.org/help/arxiv_identifier.html: before
April 2007 ``archive/YYMMNNN``, then ``YYMM.NNNN``, and ``YYMM.NNNNN`` from January 2015 on.
Whatever cannot be a number by that grammar is refused, so that nothing malformed is ever asked
for. A page on a host that is not named here is an address and nothing more, even if its path
looks like a number.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Literal
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from anyascii import anyascii

if TYPE_CHECKING:
    from pylatexenc.latex2text import LatexNodes2Text

Scheme = Literal["arxiv", "doi", "url"]


@dataclass(frozen=True, slots=True)
class WorkId:
    """What names a work: a scheme, the bare identifier in it, and the version where one is given.

    >>> identify("https://arxiv.org/pdf/2401.05566v3.pdf")
    WorkId(scheme='arxiv', id='2401.05566', version=3)
    """

    scheme: Scheme
    id: str
    version: int | None = None

    def __str__(self) -> str:
        """Return scheme and identifier without a version: ``arxiv:2401.05566``."""
        return f"{self.scheme}:{self.id}"

    @property
    def base(self) -> "WorkId":
        """The work itself, whatever its version."""
        return self if self.version is None else replace(self, version=None)

    @property
    def address(self) -> str:
        """The address a reader follows; `identify` reads it back to an equal value."""
        if self.scheme == "arxiv":
            return f"https://arxiv.org/abs/{self._numbered}"
        if self.scheme == "doi":
            return f"https://doi.org/{quote(self.id, safe=_DOI_SAFE)}"
        return self.id

    @property
    def pdf(self) -> str | None:
        """The address of the PDF, which only arXiv promises for every work."""
        return f"https://arxiv.org/pdf/{self._numbered}" if self.scheme == "arxiv" else None

    @property
    def _numbered(self) -> str:
        return self.id if self.version is None else f"{self.id}v{self.version}"


# -- the grammar of arXiv numbers ------------------------------------------------------------

# Every archive that gave out numbers before April 2007, the closed ones included
# (https://info.arxiv.org/help/prep.html and https://arxiv.org/archive/).
_NUMBERED = """
    acc-phys adap-org alg-geom ao-sci astro-ph atom-ph bayes-an chao-dyn chem-ph cmp-lg comp-gas
    cond-mat cs dg-ga funct-an gr-qc hep-ex hep-lat hep-ph hep-th math math-ph mtrl-th nlin
    nucl-ex nucl-th patt-sol physics plasm-ph q-alg q-bio quant-ph solv-int supr-con
"""
ARCHIVES = tuple(_NUMBERED.split())
"""The archives that stand in front of an old number."""

_ARCHIVE = "|".join(map(re.escape, ARCHIVES))
_FIELD = rf"{_ARCHIVE}|econ|eess|q-fin|stat"
_CLASS = r"\.[a-z][a-z-]{1,8}"
_NEW = r"(?P<month>[0-9]{4})\.(?P<number>[0-9]{4,5})"
_OLD = rf"(?P<archive>{_ARCHIVE})(?:{_CLASS})?/(?P<old>[0-9]{{7}})"
_NUMBER = rf"(?:{_NEW}|{_OLD})(?:v(?P<version>[1-9][0-9]{{0,2}}))?"
_FLAGS = re.ASCII | re.IGNORECASE

_ID = re.compile(_NUMBER, _FLAGS)
_ABSTRACT = re.compile(rf"https?://arxiv\.org/abs/(?P<id>{_NUMBER})", _FLAGS)
_CATEGORY = rf"\[(?:{_FIELD})(?:{_CLASS})?\]"
# The stamp down the side of a PDF is `arXiv:2401.05566v3 [cs.CR] 17 Jan 2024`.
_SPELLED = re.compile(
    rf"(?:(?:oai:arxiv\.org:|arxiv(?:: ?| ))?)(?P<id>{_NUMBER})(?:\.pdf)*"
    rf"(?: ?{_CATEGORY})?(?: [0-9]{{1,2}} [a-z]{{3}} [0-9]{{4}})?",
    _FLAGS,
)


def _arxiv(text: str) -> WorkId | None:
    """Read one arXiv number, ``2401.05566v2`` or ``math.GT/0309136``, and nothing else."""
    match = _ID.fullmatch(text)
    if match is None:
        return None
    found = _old_number(match) if match["old"] else _new_number(match)
    if found is None:
        return None
    return WorkId("arxiv", found, int(match["version"]) if match["version"] else None)


def _new_number(match: re.Match[str]) -> str | None:
    """Return ``YYMM.number`` if its month exists and has numbers of that length."""
    month, number = match["month"], match["number"]
    digits = 5 if month >= "1501" else 4
    exists = month >= "0704" and "01" <= month[2:] <= "12"
    return f"{month}.{number}" if exists and len(number) == digits and int(number) else None


def _old_number(match: re.Match[str]) -> str | None:
    """Return ``archive/YYMMNNN`` without the subject class, which is no part of a number."""
    old = match["old"]
    year = int(old[:2]) + (1900 if old[:2] >= "91" else 2000)
    exists = 199107 <= year * 100 + int(old[2:4]) <= 200703 and "01" <= old[2:4] <= "12"
    return f"{match['archive'].lower()}/{old}" if exists and int(old[4:]) else None


# -- DOIs ------------------------------------------------------------------------------------

_DOI_SAFE = "/:;()!$&'*+,=@"
_DOI = re.compile(r"10\.[0-9]{4,9}(?:\.[0-9]+)*/\S+", re.ASCII)
_DOI_PREFIX = re.compile(r"(?:info:doi/|doi: ?|doi )(?=10\.)", _FLAGS)
_ARXIV_DOI = "10.48550/arxiv."


def _doi(text: str) -> WorkId | None:
    """Read a bare DOI. Case does not tell DOIs apart; arXiv's own DOIs are arXiv works."""
    doi = text.lower().rstrip("/.,;")
    if not _DOI.fullmatch(doi) or not doi.isprintable():
        return None
    if doi.startswith(_ARXIV_DOI):
        return _arxiv(doi.removeprefix(_ARXIV_DOI))
    return WorkId("doi", doi)


# -- addresses -------------------------------------------------------------------------------

_PAPER = {"abs", "pdf", "html", "ps", "format", "src", "e-print", "bibtex"}
ARXIV_HOSTS = {
    "arxiv.org",
    "export.arxiv.org",
    "browse.arxiv.org",
    "xxx.lanl.gov",
    "ar5iv.org",
    "ar5iv.labs.arxiv.org",
}
"""Hosts on which a paper's address has arXiv's own form."""
_DOI_HOSTS = {"doi.org", "dx.doi.org"}
# Host -> the first parts of a path after which an arXiv number stands.
_PATHS: dict[str, set[str]] = dict.fromkeys(ARXIV_HOSTS, _PAPER) | {
    "alphaxiv.org": {"abs", "overview", "pdf"},
    "huggingface.co": {"papers"},
    "semanticscholar.org": {"arxiv"},
    "scirate.com": {"arxiv"},
}
# These have files below the paper: /html/<id>/x1.png, /src/<id>/anc/data.csv.
_WITH_FILES = {"html", "src", "format"}
_NEVER_IN_ADDRESS = re.compile(r'[\s<>"\\]')
_NUMBER_LIKE = re.compile(r"(?:arxiv:)?[0-9]{4}\.[0-9]", _FLAGS)


def identify(text: str) -> WorkId | None:
    """Say which work a text names, or None where it names none; never raises.

    The text is one identifier in any spelling: an arXiv number with or without ``arXiv:``,
    version and category; a DOI; an address of arXiv or of a site that shows arXiv's papers by
    number; any other http(s) address. Running text is not searched: see `mentions`.

    >>> identify("arXiv: 2401.05566v2 [cs.CR]")
    WorkId(scheme='arxiv', id='2401.05566', version=2)
    >>> identify("https://doi.org/10.48550/ARXIV.math.GT/0309136")
    WorkId(scheme='arxiv', id='math/0309136', version=None)
    >>> identify("10.1145/1234.12345")
    WorkId(scheme='doi', id='10.1145/1234.12345', version=None)
    >>> identify("version 2212.09251.4")
    """
    if plain := _ABSTRACT.fullmatch(text):  # nearly all are, and the rest takes ten times as long
        return _arxiv(plain["id"])
    text = _unwrapped(text)
    if not text.isprintable():
        return None
    spelled = _SPELLED.fullmatch(unquote(text))
    if spelled:
        return _arxiv(spelled["id"])
    bare = _DOI_PREFIX.sub("", text, count=1)
    if bare.startswith("10."):
        return _doi(bare)
    return _address(text)


def _unwrapped(text: str) -> str:
    """Fold white space, and take off angle brackets and the ``url:`` that `WorkId` prints."""
    text = " ".join(text.split())
    if text.startswith("<") and text.endswith(">"):
        text = text[1:-1].strip()
    return text.removeprefix("url:")


def _address(text: str) -> WorkId | None:
    """Read an http(s) address; without a scheme only those of the hosts that are named here."""
    parts = _split(text)
    if parts is None:
        return None
    host = _site(parts)
    if host in _DOI_HOSTS:
        return _on_doi_host(parts)
    if host in _PATHS:
        return _on_arxiv_host(host, parts)
    return _plain_address(parts)


def _split(text: str) -> SplitResult | None:
    """Take an address apart, or None where it is no address that a browser would follow."""
    if _NEVER_IN_ADDRESS.search(text):
        return None
    try:
        parts = urlsplit(_with_scheme(text))
        known_port = parts.port is None or parts.port > 0
    except ValueError:  # a port that is no number, a broken IPv6 address
        return None
    web = parts.scheme in ("http", "https") and (parts.hostname or "").strip(".")
    return parts if web and known_port else None


def _site(parts: SplitResult) -> str:
    """Return the host without ``www.`` and without the dot that ends a full domain name."""
    return (parts.hostname or "").rstrip(".").removeprefix("www.")


def _with_scheme(text: str) -> str:
    """Give ``//host/path`` and ``arxiv.org/abs/...`` the scheme they leave out."""
    if text.startswith("//") and "." in text.split("/")[2]:
        return f"https:{text}"
    host = re.split(r"[/:?#]", text, maxsplit=1)[0].lower().rstrip(".")
    known = host.removeprefix("www.") in (_PATHS.keys() | _DOI_HOSTS)
    return f"https://{text}" if known else text


def _on_doi_host(parts: SplitResult) -> WorkId | None:
    """Read ``/10.x/y``; query and fragment are no part of a DOI. Other pages are addresses."""
    path = _DOI_PREFIX.sub("", unquote(parts.path).strip("/"), count=1)
    return _doi(path) if path.startswith("10.") else _plain_address(parts)


def _on_arxiv_host(host: str, parts: SplitResult) -> WorkId | None:
    """Read the number in a paper's path; lists, authors and searches are mere addresses."""
    kind, _, rest = unquote(parts.path).strip("/").partition("/")
    if parts.port not in (None, 80, 443) or kind.lower() not in _PATHS[host]:
        return _plain_address(parts)
    found = _number_in_path(kind.lower(), rest, parts.query)
    malformed = host in ARXIV_HOSTS or _NUMBER_LIKE.match(rest)
    return found if found or malformed else _plain_address(parts)


def _number_in_path(kind: str, rest: str, query: str) -> WorkId | None:
    """Read ``<id>``, ``<id>.pdf``, ``arXiv:<id>``, ``<id>/x1.png`` or ``<archive>?papernum=``."""
    rest = re.sub(r"^arxiv: ?", "", rest.strip("/"), count=1, flags=_FLAGS)
    papernum = parse_qs(query).get("papernum")
    if papernum and "/" not in rest:
        return _arxiv(f"{rest}/{papernum[0]}")
    if kind in _WITH_FILES and (start := _ID.match(rest)) and rest[start.end() :][:1] == "/":
        rest = start[0]
    return _arxiv(re.sub(r"(?:\.pdf)+$", "", rest, flags=_FLAGS))


def _plain_address(parts: SplitResult) -> WorkId:
    """Name a work by its address: scheme and host in lower case, no default port, no fragment.

    Nothing else is touched (RFC 3986, 6.2.2.1 and 6.2.3): what a server makes of dots, slashes
    and capitals in a path is its own affair.
    """
    userinfo, at, _ = parts.netloc.rpartition("@")
    host = (parts.hostname or "").rstrip(".")
    host = f"[{host}]" if ":" in host else host
    default = {"http": 80, "https": 443}[parts.scheme]
    port = "" if parts.port in (None, default) else f":{parts.port}"
    query = f"?{parts.query}" if parts.query else ""
    return WorkId("url", f"{parts.scheme}://{userinfo}{at}{host}{port}{parts.path}{query}")


# -- mentions in running text ----------------------------------------------------------------

_MENTION = re.compile(
    # Only what RFC 3986 allows in an address: a dash or a full-width comma ends it.
    r"(?P<address>(?<![\w@/:.%?=&#+-])https?://[\w.~:/?#@!$&'()*+,;=%-]+)"
    r"|(?<![\w@/:.%?=&#-])arXiv:[ \u00a0]?"
    rf"(?P<id>{_NUMBER})(?![A-Za-z0-9_/%]|\.[0-9])"
    rf"(?:[ \u00a0]{_CATEGORY}(?![(\[]))?",
    re.IGNORECASE | re.ASCII,
)


def mentions(text: str) -> Iterator[tuple[int, int, WorkId]]:
    """Yield start, end and work of every bare arXiv mention in running text, in order.

    Found are ``arXiv:2308.09124v2 [cs.CL]`` and addresses of papers on arXiv's own hosts; the
    punctuation after them is left out. Code, links and math are the caller's to keep away.
    """
    for match in _MENTION.finditer(text):
        shown = _trimmed(match[0]) if match["address"] else match[0]
        work = _mentioned_address(shown) if match["address"] else _arxiv(match["id"])
        if work is not None:
            yield match.start(), match.start() + len(shown), work


def _mentioned_address(address: str) -> WorkId | None:
    """Read an address on arXiv's own hosts; a link to another site is kept as its author's."""
    parts = _split(address)
    host = _site(parts) if parts else ""
    work = identify(address) if host in ARXIV_HOSTS else None
    return work if work is not None and work.scheme == "arxiv" else None


def _trimmed(address: str) -> str:
    """Drop the punctuation that ends the sentence, and brackets that the address never opened."""
    while address and (
        address[-1] in ".,;:!?*_~'\u2019\u201d\u2026"
        or (address[-1] == ")" and address.count(")") > address.count("("))
    ):
        address = address[:-1]
    return address


# -- citation keys and the comparison of titles ----------------------------------------------

# Articles, conjunctions, prepositions, auxiliaries and question words tell nothing.
_SILENT = """
    a an the and or but nor so yet if than that as though although because while whereas unless
    about above across after against along among around at before behind below beneath beside
    besides between beyond by despite down during except for from in inside into like of off
    on onto out outside over past per since through throughout till to toward towards under
    underneath until up upon versus via vs with within without
    am is are was were be been being do does did done have has had having can cannot could may
    might must shall should will would dont doesnt didnt isnt arent wasnt werent wont cant
    what when where which who whom whose why how whether
"""
_STOP_WORDS = frozenset(_SILENT.split())


def citation_key(family: str, year: int, title: str, taken: Collection[str] = ()) -> str:
    """Make a key of family name, year and first telling word: ``hubinger2024sleeper``.

    A name's particles belong to it ("van der Maaten" gives ``vandermaaten``). Where a key is
    taken, whatever its case, the letters b, c, ... z, aa, ab, ... follow.

    >>> citation_key("Hubinger", 2024, "Sleeper Agents: Training Deceptive LLMs", ["Hubinger2024S"])
    'hubinger2024sleeper'
    >>> citation_key("Nanda", 2023, "The Fact", ["NANDA2023fact"])
    'nanda2023factb'
    """
    key = f"{''.join(_ascii_words(family)) or 'anon'}{year}{_telling_word(title)}"
    used = {other.lower() for other in taken}
    return next(name for name in _lettered(key) if name not in used)


def _telling_word(title: str) -> str:
    """Return the first word that says something; of a title without one, its first word."""
    words = _ascii_words(title)
    telling = [word for word in words if word not in _STOP_WORDS]
    solid = [word for word in telling if len(word) > 1 and not word.isdigit()]
    return next(iter(solid + telling + words), "untitled")


def _ascii_words(text: str) -> list[str]:
    """Split a text into words of [a-z0-9]; apostrophes join, everything else parts."""
    plain = "".join(c for c in _without_latex(text) if unicodedata.category(c) != "So")
    return re.findall(r"[a-z0-9]+", anyascii(_APOSTROPHES.sub("", plain)).lower())


def _lettered(key: str) -> Iterator[str]:
    """Yield the key itself, then with b, c, ... z, aa, ab, ... behind it."""
    yield key
    count = 1
    while True:
        count += 1
        letters, rest = "", count
        while rest:
            rest, letter = divmod(rest - 1, 26)
            letters = chr(ord("a") + letter) + letters
        yield key + letters


_APOSTROPHES = re.compile("['\u2018\u2019\u02bc`\u00b4]")
_LATEX = re.compile(r"[\\${}]")
_SCRIPTS = re.compile(r"[\^_]")


def fold(text: str) -> str:
    """Reduce a title to what tells it apart: two titles are the same when their folds are.

    LaTeX becomes Unicode, accents and case go (NFKD, case folding), apostrophes and the signs
    for sub- and superscript vanish, any other punctuation and white space becomes one blank.

    >>> fold("{GPT}-4: Don't  Panic") == fold("gpt 4 don\u2019t panic")
    True
    """
    plain = unicodedata.normalize("NFKD", _without_latex(text)).casefold()
    plain = unicodedata.normalize("NFKD", plain)
    plain = "".join(c for c in plain if unicodedata.category(c) != "Mn")
    words = re.sub(r"\W+", " ", _SCRIPTS.sub("", _APOSTROPHES.sub("", plain))).strip()
    return words or " ".join(plain.split())


def _without_latex(text: str) -> str:
    """Turn LaTeX into Unicode, if there is any: on plain text the parser would eat ``&``."""
    if not _LATEX.search(text):
        return text
    # A percent sign in a title is one, not the start of a comment.
    escaped = re.sub(r"(?<!\\)%", r"\\%", text)
    return str(_latex_reader().latex_to_text(escaped, tolerant_parsing=True))


@cache
def _latex_reader() -> "LatexNodes2Text":
    # Imported late: it takes as long as all the rest, and most titles have no LaTeX.
    from pylatexenc.latex2text import LatexNodes2Text

    return LatexNodes2Text(math_mode="text", strict_latex_spaces=False)
