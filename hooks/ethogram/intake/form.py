"""The form "Suggest a paper", read back from the text that GitHub makes of it.

GitHub writes `### <label>`, a blank line and the value of each box. People edit that text
afterwards, so what is missing is missing, and what cannot be placed belongs to the box above it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from ethogram.works import WorkId, fold, identify

BOXES = {
    "address": "Address of the paper",
    "finding": "What it found, in a sentence",
    "behavior": "The behavior that it says most about",
    "credit": "How to name you",
}
"""The form's boxes by their ids, as they are labeled."""

READ, OF_A_BOX = 64 * 1024, 4 * 1024
"""Characters of an issue that are read, and of one box: an address or a sentence has fewer."""

UNKNOWN, NOBODY = "I do not know", "nobody"
"""What is chosen or written in place of a behavior, and of a name."""

_UNANSWERED = ("_no response_", UNKNOWN.casefold())
_LONGEST = 1000  # characters of an address
_REST = r"[^\s<>\"'`|\\^{}\[\]]+"
_NUMBER = r"(?:\d{4}\.\d{4,5}|[a-z-]{2,8}(?:\.[a-z-]{2,9})?/\d{7})(?:v\d{1,3})?(?![\w/])"
_CANDIDATE = re.compile(
    rf"https?://{_REST}|(?<![\w./])(?:(?:www\.)?(?:arxiv|doi)\.org/{_REST}"
    rf"|(?:doi:[ ]?)?10\.\d{{4,9}}/{_REST}|(?:arxiv:[ ]?)?{_NUMBER})",
    re.ASCII | re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Form:
    """What was filled in.

    Attributes:
        address: what stands where the address should be.
        works: the works that this names, each once, in order.
        finding, behavior, credit: the other boxes, the last two by their first lines; empty where
            nothing was said.
        whole: whether the box of the address was there.
    """

    address: str
    works: tuple[WorkId, ...]
    finding: str
    behavior: str
    credit: str
    whole: bool


def read_form(body: str) -> Form:
    """Read an issue's text; without the form's headings all of it may be the address."""
    text = body[:READ].replace("\r\n", "\n").replace("\r", "\n")
    boxes = _boxes(text.split("\n"))
    address = boxes.get("address", "" if boxes else _answered(text))
    behavior, credit = (boxes.get(name, "").partition("\n")[0] for name in ("behavior", "credit"))
    works = tuple(dict.fromkeys(_works(address)))
    return Form(address, works, boxes.get("finding", ""), behavior, credit, "address" in boxes)


def _boxes(lines: Iterable[str]) -> dict[str, str]:
    """The text under each heading of the form; a heading counts where it stands first."""
    found: dict[str, list[str]] = {}
    current: list[str] = []
    for line in lines:
        name = _box(line)
        if name and name not in found:
            current = found[name] = []
        elif not line.lstrip().startswith(("```", "~~~")):  # a fence is not what was meant
            current.append(line)
    return {name: _answered("\n".join(text)) for name, text in found.items()}


def _box(line: str) -> str:
    """The box whose heading a line is; empty for any other line."""
    heading = line.strip()
    if not heading.startswith("#") or len(heading) > 200:
        return ""
    words = fold(heading.lstrip("#"))
    return next((name for name, label in BOXES.items() if fold(label) == words), "")


def _answered(text: str) -> str:
    text = text.strip()[:OF_A_BOX]
    return "" if text.casefold() in _UNANSWERED else text


def _works(text: str) -> Iterator[WorkId]:
    """The works that a text names: as a whole, or by what in it looks like a name of one."""
    whole = identify(text) if len(text) <= _LONGEST else None
    if whole and _is_meant(whole):
        yield whole.base
        return
    for match in _CANDIDATE.finditer(text):
        shown = _trimmed(match[0][: _LONGEST + 1])
        work = identify(shown) if len(shown) <= _LONGEST else None
        if work and _is_meant(work):
            yield work.base


def _is_meant(work: WorkId) -> bool:
    """Whether an address is what it seems: one with a user's name in it leads elsewhere."""
    return work.scheme != "url" or "@" not in urlsplit(work.id).netloc


def _trimmed(address: str) -> str:
    """An address without what ends the sentence, or the link, that it stands in."""
    while address and (
        address[-1] in ".,;:!?*_~"
        or (address[-1] == ")" and address.count(")") > address.count("("))
    ):
        address = address[:-1]
    return address
