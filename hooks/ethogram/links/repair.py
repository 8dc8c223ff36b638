"""What is gone is shown as gone: the links and pictures of a finished page, repaired for readers.

A dead address is served from its archived copy and marked, or struck and marked; a dead picture
gives way to its alternative text; a picture of the site itself gets its size (guide/links.md, 16).
In the theme's header, footer and navigation, where there is no room for words, only a title tells.
Tags are edited where they stand, and no byte beside them moves: a page that is parsed and written
anew would not be the page that the theme made.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import escape
from typing import NamedTuple

from ethogram.links.addresses import Kind, resolve
from ethogram.links.gone import Gone, Gravestones, asked_for
from ethogram.links.tags import RAW_TEXT, SPACES, Tag, Text, decode, tags

_CONTROLS = "".join(map(chr, range(33)))  # what a browser strips from both ends of an address
_FOREIGN = ("svg", "math")
_PARTS = ("article", "footer", "header", "main", "nav")  # of a page: its content, and around it
_OWN = frozenset(("a", "base", "img", "picture", "source", *_PARTS))  # what is looked at
_OUTWARD = re.compile(r"[:&\\]|//")  # without one of these, a tag leads to nowhere but the site

# A tag as the HTML standard reads it (13.2.5), in one step; `ethogram.links.tags` takes one apart.
# Quotes count only behind an equals sign, and a quote that is never closed swallows the page.
# (The loops are not possessive, as Python before 3.11.5 gets those wrong. So that they stay fast
# where a tag is never closed, there is one way only to read an attribute.)
_ATTRIBUTES = (
    rf"(?:[{SPACES}/]*+[^{SPACES}/>][^{SPACES}/>=]*+"
    rf"(?:[{SPACES}]*+=[{SPACES}]*+(?:\"[^\"]*+\"|'[^']*+'|[^{SPACES}>\"'][^{SPACES}>]*+)"
    rf"|(?![{SPACES}]*+=[{SPACES}]*+[^{SPACES}>])))*(?P<tail>[{SPACES}/]*+)"
)
_TOKEN = re.compile(
    rf"<(?:(?P<end>/?)(?P<name>[a-zA-Z][^{SPACES}/>]*+){_ATTRIBUTES}(?P<close>>?)"
    r"|(?P<comment>!--)|[!?/])"
)
# Text and tags that nothing is to be done about, many at once: they are most of a page.
_NAMES = "|".join(sorted({*_OWN, *_FOREIGN, *RAW_TEXT}))
_PLAIN = re.compile(
    rf"(?:[^<]++|</?(?!(?:{_NAMES})[{SPACES}/>])[a-zA-Z][^{SPACES}/>]*+{_ATTRIBUTES}>)*",
    re.IGNORECASE,
)
_COMMENT_END = re.compile(r"(?<=<!--)-?>|--!?>")
# An address of a `srcset` ends at a blank; one that a comma ends has no `2x` or `640w` behind it.
_CANDIDATE = re.compile(
    rf"[{SPACES},]*+(?:(?P<bare>[^{SPACES}]*[^{SPACES},]),++(?=[{SPACES}]|$)"
    rf"|(?P<told>[^{SPACES}]++)(?:[^(,]|\([^)]*+(?:\)|$))*,?)"
)
_WAYBACK = re.compile(r"(https?://web\.archive\.org/web/\d+)/")
_PIXELS = re.compile(rf"[{SPACES}]*0*([1-9]\d{{0,4}})(?:px)?[{SPACES}]*", re.ASCII)
_WIDE = re.compile(rf"\d[wh](?=[{SPACES},]|$)")  # a candidate of a `srcset` chosen by its room
_SIZE = ("width", "height")
_OUTSIDE = re.compile(r'\bhref="(https?://[^"]*)"')
_STYLES = ("style", "class")  # by these an author lays a picture out
# Material keeps pictures in proportion by its style sheet (`height: auto`); other themes do not.
_MATERIAL = re.compile(r'<meta name="generator" content="[^"]*mkdocs-material')


Lookup = Callable[[str, Kind], Gone | None]
"""From an address and what should be there to what became of it; None where it is not dead."""

Local = Callable[[str], tuple[int, int] | None]
"""From an address to the size of a picture of the site, 0 by 0 if it has none; None for others.

It is asked of every picture that a page shows, so that each can be looked at.
"""


def mend(html: str, base: str, gone: Gravestones) -> str:
    """Repair words that the engine made: what they link to inside the site is there by how.

    Args:
        html: a part of a page; if nothing is to be done, it is returned itself.
        base: the page's own address.
        gone: what is dead outside.
    """
    outside = map(decode, _OUTSIDE.findall(html) if gone.names else ())
    dead = any(url.partition("#")[0] in gone.names for url in outside)
    return repair(html, base, gone.get, _no_picture) if dead else html


def _no_picture(_: str) -> None:
    """None is the site's own."""


def repair(html: str, base: str, gone: Lookup, local: Local) -> str:
    """Return a page with what is dead marked, and with the sizes of the site's own pictures.

    Args:
        html: the page. If nothing is to be done, it is returned itself.
        base: its own address, against which its links are resolved.
        gone: which addresses are dead.
        local: which pictures are the site's own.
    """
    work = _Repair(html, base, gone, local, "" if _MATERIAL.search(html) else "height:auto")
    for token in tokens(html):
        work.element(token)
    return work.result()


class Token(NamedTuple):  # made for each tag of a page, and twice as fast as a dataclass
    """A tag and where it stands.

    Attributes:
        name: lower case.
        end: whether it is an end tag.
        foreign: whether it stands in a drawing or a formula, where other rules hold.
        start, stop: from its `<` to behind its `>`.
    """

    name: str
    end: bool
    foreign: bool
    start: int
    stop: int


def tokens(html: str) -> Iterator[Token]:
    """The tags that matter in order, where `tags.tags` finds them, and their end tags."""
    position, foreign = 0, 0
    while match := _TOKEN.search(html, _skipped(html, position)):
        position = match.end()
        if not match["name"]:
            position = _behind(html, match)
            continue
        if not match["close"]:
            return  # nothing closes it to the end of the page
        name, end, empty = match["name"].lower(), bool(match["end"]), match["tail"].endswith("/")
        if name in _FOREIGN and not empty:
            foreign = max(0, foreign - 1) if end else foreign + 1
        elif name in RAW_TEXT and not end and not (foreign and empty):
            position = _raw_end(html, name, position)
        if name in _OWN:
            yield Token(name, end, bool(foreign), match.start(), match.end())


def _skipped(html: str, position: int) -> int:
    """Behind all that is plain."""
    plain = _PLAIN.match(html, position)
    return plain.end() if plain else position


def _behind(html: str, opening: re.Match[str]) -> int:
    """Behind a comment, or what stands in a comment's place: `<!doctype>`, `<?xml>`, `</>`."""
    if not opening["comment"]:
        return html.find(">", opening.end()) + 1 or len(html)
    end = _COMMENT_END.search(html, opening.end())
    return end.end() if end else len(html)


def _raw_end(html: str, name: str, start: int) -> int:
    end = re.compile(rf"</{name}(?=[{SPACES}/>])", re.IGNORECASE).search(html, start)
    return end.start() if end else len(html)


@dataclass(slots=True)
class _Repair:
    """A page on its way: what is open where the reading stands, and the edits so far.

    Attributes:
        style: what a picture with a size needs to keep its proportions.
        link: whether the reading stands in a link.
        dead: what became of that link's address, where it is dead.
        opened: how many edits there were when a dead link began.
        parts: the parts of the page that the reading stands in, the outermost first.
        inside: how many of each they are.
        shown: the sources of the `picture` that the reading stands in which are still alive.
        edits: start, end and new text, in the order of the page.
    """

    html: str
    base: str
    gone: Lookup
    local: Local
    style: str
    based: bool = False
    link: bool = False
    dead: Gone | None = None
    opened: int = 0
    parts: list[str] = field(default_factory=list)
    inside: Counter[str] = field(default_factory=Counter)
    shown: int = 0
    edits: list[tuple[int, int, str]] = field(default_factory=list)

    def result(self) -> str:
        """The page with all edits made."""
        if self.dead and not self.dead.copy:
            del self.edits[self.opened]  # a link that nothing closes is not struck to the end
        if not self.edits:
            return self.html
        pieces, position = [], 0
        for start, end, text in self.edits:
            pieces += [self.html[position:start], text]
            position = end
        return "".join([*pieces, self.html[position:]])

    def element(self, token: Token) -> None:
        """Look at one tag of the elements that matter."""
        if token.name == "a" and not token.foreign:
            self.close(token)
            if not token.end:
                self.open(token)
        elif token.name == "picture":
            self.shown = 0
        elif token.name in _PARTS:
            self.part(token)
        elif not token.end and not token.foreign:
            tag = _Opened.at(self.html, token)
            if token.name == "base" and not self.based and "href" in tag.tag.attributes:
                self.based = True
                self.base = resolve(tag.tag.value("href").strip(_CONTROLS), self.base)
            elif token.name == "img":
                self.picture(tag)
            elif token.name == "source":
                self.source(tag)

    def became(self, tag: "_Opened", name: str, kind: Kind) -> Gone | None:
        """What became of the address in an attribute; None where it is not dead, or is none."""
        address = tag.tag.value(name).strip(_CONTROLS)
        return self.gone(self.url(address), kind) if address else None

    def url(self, address: str) -> str:
        """An address as it is known whether it is dead."""
        return asked_for(address, resolve(address, self.base))

    def part(self, token: Token) -> None:
        """Begin a part of the page, or end it and what was left open in it."""
        if not token.end:
            self.parts.append(token.name)
            self.inside[token.name] += 1
            return
        while self.inside[token.name]:
            last = self.parts.pop()
            self.inside[last] -= 1
            if last == token.name:
                return

    @property
    def around(self) -> bool:
        """Whether the reading stands in what the theme puts around a page's content."""
        inside = self.inside
        framed = not inside["main"] and (inside["header"] or inside["footer"])
        return bool(framed or inside["nav"]) and not inside["article"]

    # -- links

    def open(self, token: Token) -> None:
        """Begin a link: its address becomes the copy's, or it is struck."""
        self.link, self.opened = True, len(self.edits)
        if not self.based and not _OUTWARD.search(self.html, token.start, token.stop):
            return
        tag = _Opened.at(self.html, token)
        self.link = "href" in tag.tag.attributes
        self.dead = self.became(tag, "href", "page")
        if self.dead is None:
            return
        if self.around:
            served = {"href": self.dead.copy} if self.dead.copy else {}
            self.edits += tag.edits({**served, "title": tag.titled(self.dead)})
            self.dead = None
        elif self.dead.copy:
            self.edits += tag.edits({"href": self.dead.copy, "class": tag.marked("archived")})
        else:
            self.edits.append((token.start, token.start, '<s class="dead-link">'))

    def close(self, token: Token) -> None:
        """End the link that is open, at its end tag or where the next one begins."""
        if self.dead:
            at, text = token.stop, ""
            if not token.end:  # a link inside a link: a browser ends the first one here
                at, text = token.start, "</a>"
            text += "" if self.dead.copy else "</s>"
            self.edits.append((at, at, f"{text}{_note(escape(self.dead.note))}"))
        self.link, self.dead = False, None

    # -- pictures

    def picture(self, tag: "_Opened") -> None:
        """A picture: from its copy, or its words in its place, or its size."""
        dead = self.became(tag, "src", "image")
        srcset, alive = self.candidates(tag)
        changed = {} if srcset is None else {"srcset": srcset}
        if dead is None:
            changed |= self.measured(tag)
        elif dead.copy:
            told = "title" if self.around else "class"
            mark = tag.titled(dead) if self.around else tag.marked("archived")
            changed |= {"src": _still(dead), told: mark}
        elif alive:
            changed |= {"src": alive[0]}
        elif self.around:
            changed |= {"title": tag.titled(dead)}
        elif not self.shown:
            self.edits.append((tag.start, tag.stop, self.words(tag)))
            return
        self.edits += tag.edits(changed)
        if dead and dead.copy and not self.around:
            self.edits.append((tag.stop, tag.stop, _note(escape(dead.note))))

    def measured(self, tag: "_Opened") -> dict[str, str]:
        """What a picture of the site wants: its size and leave to wait, unless the author spoke."""
        address = tag.tag.value("src").strip(_CONTROLS)
        size = self.local(resolve(address, self.base)) if address else None
        if size is None:
            return {}
        wanted = {"loading": "lazy", "decoding": "async"}
        if not self.is_laid_out(tag):
            wanted |= self.sized(tag, *size)
        return {name: value for name, value in wanted.items() if name not in tag.tag.attributes}

    def is_laid_out(self, tag: "_Opened") -> bool:
        """Whether a style, or the choice among several files, says how large a picture is."""
        several = "sizes" in tag.tag.attributes or _WIDE.search(tag.tag.value("srcset"))
        return bool(self.shown or several) or not tag.tag.attributes.keys().isdisjoint(_STYLES)

    def sized(self, tag: "_Opened", width: int, height: int) -> dict[str, str]:
        """Both dimensions of a picture: its own, or by its proportions where one is given.

        A style sheet that makes it narrower must not leave it as high.
        """
        given = {name: tag.tag.value(name) for name in _SIZE if name in tag.tag.attributes}
        if not width or not height or len(given) == len(_SIZE):
            return {}
        for name, value in given.items():
            pixels = _PIXELS.fullmatch(value)
            if not pixels:
                return {}
            scale = int(pixels[1]) / (width if name == "width" else height)
            width, height = max(1, round(width * scale)), max(1, round(height * scale))
        styled = {"style": self.style} if self.style else {}
        return {"width": str(width), "height": str(height)} | styled

    def words(self, tag: "_Opened") -> str:
        """What stands in for a dead picture: its alternative text, and where it was."""
        said = escape(tag.tag.value("alt").strip())
        address = self.url(tag.tag.value("src").strip(_CONTROLS))
        where = "" if self.link else f', <a href="{escape(address)}">source</a>'
        anchor = tag.tag.value("id")
        own = f' id="{escape(anchor)}"' if anchor else ""
        note = _note(f"picture gone{where}")
        return f'<span class="dead-picture"{own}>{said}{note if said else note.lstrip()}</span>'

    def source(self, tag: "_Opened") -> None:
        """A source of a `picture`: what is dead leaves its list; without any left it goes."""
        srcset, alive = self.candidates(tag)
        self.shown += len(alive)
        if srcset == "" and "src" not in tag.tag.attributes:
            self.edits.append((tag.start, tag.stop, ""))
        elif srcset is not None:
            self.edits += tag.edits({"srcset": srcset})

    def candidates(self, tag: "_Opened") -> tuple[str | None, list[str]]:
        """A `srcset` without its dead candidates, or None where all live; and who lives."""
        listed, alive, changed = [], [], False
        for match in _CANDIDATE.finditer(tag.tag.value("srcset")):
            address = match["bare"] or match["told"]
            if self.gone(self.url(address), "image"):
                changed = True
            else:
                listed.append(match[0].strip(f"{SPACES},"))
                alive.append(address)
                self.local(resolve(address, self.base))
        return (", ".join(listed) if changed else None), alive


def _still(dead: Gone) -> str:
    """The address of a picture's copy alone, without the archive's frame."""
    return _WAYBACK.sub(r"\1im_/", dead.copy, count=1)


def _note(html: str) -> str:
    return f' <small class="link-note">{html}</small>'


@dataclass(frozen=True, slots=True)
class _Opened:
    """A start tag taken apart, with its place in the page."""

    tag: Tag
    source: str
    start: int

    @classmethod
    def at(cls, html: str, token: Token) -> "_Opened":
        """Take a tag of a page apart."""
        source = html[token.start : token.stop]
        return cls(next(tags(Text.of(source))), source, token.start)

    @property
    def stop(self) -> int:
        """Behind its `>`."""
        return self.start + len(self.source)

    def marked(self, name: str) -> str:
        """The value of `class` with one more in it."""
        return " ".join(filter(None, [self.tag.value("class").strip(), name]))

    def titled(self, dead: Gone) -> str:
        """The value of `title` with what became of the address in it."""
        title = self.tag.value("title").strip()
        return f"{title} ({dead.note})" if title else dead.note

    def edits(self, values: dict[str, str]) -> list[tuple[int, int, str]]:
        """Give attributes new values: where they stand, or behind the element's name.

        An empty value takes the attribute out.
        """
        behind = self.start + 1 + len(self.tag.name)
        new = "".join(
            f' {name}="{escape(value)}"'
            for name, value in values.items()
            if value and name not in self.tag.attributes
        )
        made = [self._changed(name, value) for name, value in values.items()]
        return [(behind, behind, new)] * bool(new) + sorted(filter(None, made))

    def _changed(self, name: str, value: str) -> tuple[int, int, str] | None:
        """The edit of an attribute that is there, its quotes and its name included."""
        if name not in self.tag.attributes:
            return None
        offsets = self.tag.attributes[name].offsets
        start, end = offsets[0], offsets[-1]
        if self.source[start - 1] in "\"'" and self.source[end : end + 1] == self.source[start - 1]:
            start, end = start - 1, end + 1
        before = self.source[:start].rstrip(SPACES).removesuffix("=").rstrip(SPACES)
        text = f'{name}="{escape(value)}"' if value else ""
        return self.start + len(before) - len(name), self.start + end, text
