"""Cards and works -> what a page shows.

What is data goes *around* the Markdown parser, not through it: a title or a name from a record is
put into the Markdown as a token between private-use characters, and replaced in the finished HTML
by HTML that this module escaped. So nothing in a record can be taken for Markdown, and the parser
has little to chew. What must go through the parser, because footnotes are made there, is the
citation mark.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, partial
from html import escape
from pathlib import PurePath
from urllib.parse import quote

from ethogram.bibliography import Bibliography, Work
from ethogram.cards import Card, Page
from ethogram.entries import Entry
from ethogram.findings import CHECK, RULES, Rule
from ethogram.site import PAPERS
from ethogram.standing import BEHAVIOR_RULES, LABELS, WORK_RULES, Standing
from ethogram.taxonomy import SHELVES, Group, Taxonomy, Term
from ethogram.works import WorkId

CITE_OPEN, CITE_CLOSE = "\ue0e2", "\ue0e3"
"""Marks around the key of a citation; the adapter puts its own syntax in their place."""

_OPEN, _CLOSE = "\x91", "\x92"  # PRIVATE USE ONE and TWO: in Latin-1, pages take half the memory
_MARKS = (_OPEN, _CLOSE, *map(chr, range(0xE0E0, 0xE100)))
_REFERENCE = "ref-"
REFERENCE_OPEN = f"{_OPEN}{_REFERENCE}"
"""How the token begins that stands for a work's reference."""

_CARD = re.compile(r'ethogram-(\d+)"')
LIST_MARK = re.compile(r"^<!-- list: (?P<name>[\w-]+) -->$", re.MULTILINE)
"""Where a page wants something made by the build: one of `LISTS`."""

_BLOCKS = ("<p", "<ul", "<dl", "<div", "<pre")
_BLOCK_ENDS = ("</p>", "</ul>", "</dl>", "</div>", "</pre>")
_EAGER_PICTURE = re.compile(r"<img (?![^>]*\bloading=)")
_ATTRIBUTE_LIST = re.compile(r"\{:?[^}\n]*\}")

AUTHORS_SHOWN = 3
"""Names in the line under a card's title before *et al.* (DESIGN: "What a build adds")."""

AUTHORS_CITED = 10
"""Names in a reference before *et al.*; the record, and every export, has them all."""

Href = Callable[[str], str]
"""From a page of docs/ with an optional anchor ("deception/sandbagging.md#x") to an address."""


@dataclass(frozen=True)
class Context:
    """What rendering needs to know besides the page.

    Attributes:
        bibliography: the records.
        taxonomy: the terms.
        pages: the docs/ path of each term that has a page of its own.
        cards: by term, the cards that stand on its page or name it.
        docs: the folder of the pages, by which a card's path begins.
        href: the address of a page, relative to the one being rendered; empty where the site
            has no such page.
        top: the address of the site's top, relative to the page; without a slash at its end.
        entries: by citation key, every record with all that the site says of it.
        standings: how well each behavior stands, by slug.
        checked: the day on which a link was last asked for; empty if it never was.
        lists: what is made elsewhere and a page may ask for, by its name in `LISTS`.
    """

    bibliography: Bibliography
    taxonomy: Taxonomy
    pages: Mapping[str, str]
    cards: Mapping[str, Sequence[Card]]
    docs: PurePath
    href: Href
    top: str = ".."
    entries: Mapping[str, Entry] = field(default_factory=dict)
    standings: Mapping[str, Standing] = field(default_factory=dict)
    checked: Callable[[str], str] = str
    lists: Mapping[str, "Snippet"] = field(default_factory=dict)

    def work(self, key: str, suffix: str = "/") -> str:
        """The address of a work's permanent page, or of a file of it (`.bib`, `.ris`)."""
        return f"{self.top}/{PAPERS}/{key}{suffix}"

    def address(self, card: Card, anchor: str = "") -> str:
        """The address of a card's page, or of the card itself."""
        path = PurePath(os.path.relpath(card.path, self.docs)).as_posix()
        return self.href(f"{path}#{anchor}" if anchor else path)


Snippet = Callable[[], str]
"""A piece of HTML, made when it is needed: between a site's pages being read and being written
there is a time when all of them are held at once."""


@dataclass
class Rendered:
    """A page on its way: Markdown with tokens, and what will replace them.

    Attributes:
        markdown: what the Markdown parser is given.
        snippets: HTML by token.
        cards: the attributes of each card's element, by its number on the page.
        shown: numbers of the cards found again in the HTML; filled in by `finish`.
    """

    markdown: str
    snippets: dict[str, Snippet] = field(default_factory=dict)
    cards: dict[int, str] = field(default_factory=dict)
    shown: set[int] = field(default_factory=set)
    _made: dict[str, str] = field(default_factory=dict)

    def token(self, snippet: Snippet) -> str:
        """Keep a piece of HTML and return the token that stands for it."""
        name = str(len(self.snippets))
        self.snippets[name] = snippet
        return f"{_OPEN}{name}{_CLOSE}"

    def finish(self, html: str, works: Mapping[str, Work]) -> str:
        """The page for a reader: the kept HTML in place of the tokens, its pictures lazy.

        Args:
            html: what the parser made of `markdown`.
            works: the records by key, for the references.
        """
        html = self._fill(html, works)
        self.snippets, self._made = {}, {}  # a site's pages are many, and this one is done
        return _EAGER_PICTURE.sub('<img loading="lazy" ', _CARD.sub(self._card, html))

    def _fill(self, html: str, works: Mapping[str, Work]) -> str:
        """Replace each token; a block takes the place of the paragraph around its token."""
        pieces = html.split(_OPEN)
        for number, piece in enumerate(pieces[1:], 1):
            token, _, rest = piece.partition(_CLOSE)
            snippet = self._snippet(token, works)
            if snippet.startswith(_BLOCKS):
                pieces[number - 1] = pieces[number - 1].removesuffix("<p>")
            if snippet.endswith(_BLOCK_ENDS):
                rest = rest.removeprefix("</p>")
            pieces[number] = snippet + rest
        return "".join(pieces)

    def _snippet(self, token: str, works: Mapping[str, Work]) -> str:
        """The HTML of a token: the page's own, or a reference, which is looked up by key."""
        if token in self.snippets:
            if token not in self._made:
                self._made[token] = self.snippets[token]()
            return self._made[token]
        work = works.get(token.removeprefix(_REFERENCE))
        return reference(work) if work else ""

    def _card(self, match: re.Match[str]) -> str:
        number = int(match[1])
        if number not in self.cards:
            return match[0]
        self.shown.add(number)
        return f'paper"{self.cards[number]}'


def reference_token(key: str) -> str:
    """The token that stands for a work's reference, on any page."""
    return f"{REFERENCE_OPEN}{key}{_CLOSE}"


@dataclass(frozen=True, slots=True)
class _Edit:
    """A replacement of part of the text; where two stand at one place, the lower rank is first."""

    start: int
    end: int
    text: str
    rank: int = 0


def render_page(page: Page, text: str, context: Context) -> Rendered:
    """Return a page's Markdown with its cards and mentions turned into citations.

    Args:
        page: the page as read.
        text: the part of its text to render; it must be the end of what was read (the reader of
            front matter cuts the beginning).
        context: records, terms and addresses.
    """
    shift = len(page.document.text) - len(text)
    rendered = Rendered("")
    edits: list[_Edit] = []
    first: dict[WorkId, int] = {}
    for number, card in enumerate(page.cards):
        has_id = first.setdefault(card.work.base, number) == number
        rendered.cards[number] = _card_attributes(card, has_id, context)
        edits.extend(_card_edits(page, card, number, rendered, context))
    edits.extend(_mention_edits(page, context))
    edits.extend(_citation_edits(page, context))
    edits.extend(_heading_edits(page, rendered, context))
    edits.extend(_list_edits(page, rendered, context))
    body = _apply(page.document.text, edits, shift)
    rendered.markdown = body.rstrip("\n") + "\n\n" + _ending(page, rendered, context)
    return rendered


def _apply(text: str, edits: Iterable[_Edit], start: int) -> str:
    """Make the edits; characters that would pass for our marks leave the author's text."""
    if any(mark in text for mark in _MARKS):
        text = text.translate(dict.fromkeys(map(ord, _MARKS), " "))
    pieces, position = [], start
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end, edit.rank)):
        if edit.start < position:
            continue
        pieces += [text[position : edit.start], edit.text]
        position = edit.end
    return "".join([*pieces, text[position:]])


def _card_edits(
    page: Page, card: Card, number: int, rendered: Rendered, context: Context
) -> Iterator[_Edit]:
    """What changes in a card's Markdown: its types, a bare title, its fields, head and foot."""
    work = context.bibliography.get(card.work)
    types = "" if card.types else " note"
    yield _Edit(card.types_end, card.types_end, f"{types} ethogram-{number}")
    if not card.title:
        yield _Edit(*_bare_span(page, card), rendered.token(partial(_title_link, card, work)))
    yield from _field_edits(page, card)
    header_end = _line_end(page, card.line)
    head = _head(card, work, rendered, context)
    yield _Edit(header_end, header_end, f"\n{' ' * card.indent}{head}\n")
    if foot := _foot(card):
        yield _foot_edit(page, card, number, foot, rendered)


def _foot_edit(page: Page, card: Card, number: int, foot: str, rendered: Rendered) -> _Edit:
    """Put the foot at a card's end; where two cards end together, the inner one's is first."""
    end = _line_end(page, card.last)
    rank = 1 + len(page.cards) - number
    if _ends_in_paragraph(page, card):
        return _Edit(end, end, rendered.token(partial(str, f"</p>{foot}")), rank)
    indent = " " * (card.indent + card.inset)
    return _Edit(end, end, f"\n\n{indent}{rendered.token(partial(str, foot))}\n", rank)


_PLAIN_LINE = re.compile(r"\s*(?!\d+\.\s)[\w\"'(“‘]")


def _ends_in_paragraph(page: Page, card: Card) -> bool:
    """Whether a card ends in plain prose, which can take the foot in: a paragraph less to parse."""
    if card.inset:
        return False
    for line in reversed(page.document.lines[card.line : card.last]):
        if line.prose and line.blank:
            return True
        if line.indent != card.indent or not line.prose or not _PLAIN_LINE.match(line.text):
            return False
    return False


def _card_attributes(card: Card, has_id: bool, context: Context) -> str:
    """The id and data of the outer element; a second card of one work has no id."""
    work = context.bibliography.get(card.work) if has_id else None
    anchor = f' id="{work.key}"' if work else ""
    return f'{anchor} data-work="{escape(str(card.work))}"'


def _bare_span(page: Page, card: Card) -> tuple[int, int]:
    """The address of a bare title, with the angle brackets around it."""
    text, (start, stop) = page.document.text, card.url_span
    if text[start - 1 : start] == "<" and text[stop : stop + 1] == ">":
        return start - 1, stop + 1
    return start, stop


def _title_link(card: Card, work: Work | None) -> str:
    title = display(work.title) if work else escape(card.url)
    return f'<a href="{escape(card.work.address)}">{title}</a>'


def _field_edits(page: Page, card: Card) -> Iterator[_Edit]:
    """Fields leave the text; in an item's own block the prose moves in with the card's head."""
    fields = {found.line for found in card.fields}
    in_block = bool(card.inset)
    for line in page.document.lines[card.line : card.last]:
        in_block = in_block and not line.blank
        if line.number in fields:
            yield _Edit(line.start, line.start + len(line.text), "")
        elif in_block:
            yield _Edit(line.start, line.start, " " * card.inset)


def _line_end(page: Page, number: int) -> int:
    line = page.document.lines[number - 1]
    return line.start + len(line.text)


def _head(card: Card, work: Work | None, rendered: Rendered, context: Context) -> str:
    """The paragraph under a title: who, when and where, the citation mark, and the chips."""
    chips = rendered.token(partial(_chips, card, context))
    if work is None:
        return rendered.token(partial(_unresolved, card)) + chips
    return rendered.token(partial(_who, card, work)) + cite(work.key) + chips


def cite(key: str) -> str:
    """The mark of a citation, for the adapter to turn into its own syntax."""
    return f"{CITE_OPEN}{key}{CITE_CLOSE}"


def _unresolved(card: Card) -> str:
    mend = (
        f"<code>ethogram resolve {escape(card.work.id)}</code>"
        if card.work.scheme == "arxiv"
        else "an entry in <code>bib/other.bib</code>"
    )
    return f'<p class="who unresolved">This work has no record yet: it wants {mend}.'


def _status(card: Card, work: Work) -> str:
    status = "withdrawn" if work.withdrawn else card.value("status")
    if status in ("", "current"):
        return ""
    return f'<strong class="status">{escape(status.capitalize())}</strong> '


def _who(card: Card, work: Work) -> str:
    """Authors, year, place of publication, and the number or address, apart by middle dots.

    The paragraph is closed by the chips, which follow the citation mark.
    """
    parts = [_authors_shown(work), f"<time>{work.year}</time>"]
    if work.journal:
        parts.append(f"<cite>{display(work.journal)}</cite>")
    parts.append(_source_link(card.work))
    if work.doi and card.work.scheme == "arxiv":
        parts.append(_source_link(WorkId("doi", work.doi)))
    return f'<p class="who">{_status(card, work)}{_coins(work)}{" · ".join(parts)} '


def _authors_shown(work: Work) -> str:
    families = [escape(work.family(i)) for i in range(min(len(work.authors), AUTHORS_SHOWN))]
    more = len(work.authors) > AUTHORS_SHOWN or not work.authors_complete
    return ", ".join(families) + (" <i>et al.</i>" if more else "")


def _source_link(work: WorkId) -> str:
    labels = {"arxiv": f"arXiv:{work.id}", "doi": f"doi:{work.id}"}
    label = labels.get(work.scheme) or re.sub(r"^https?://(?:www\.)?([^/]+).*$", r"\1", work.id)
    version = f" v{work.version}" if work.version else ""
    return f'<a href="{escape(work.address)}">{escape(label)}</a>{version}'


def _coins(work: Work) -> str:
    """An OpenURL ContextObject in a span (COinS), which Zotero reads from a page."""
    pairs = {
        "rft.type": "preprint" if work.id.scheme == "arxiv" else "document",
        "rft.title": work.title,
        "rft.date": work.date or str(work.year),
        "rft.identifier": work.id.address,
        "rft.source": work.journal,
        "rft_id": f"info:doi/{work.doi}" if work.doi else "",
    }
    given = [*((name, value) for name, value in pairs.items() if value)]
    given += [("rft.creator", name) for name in work.authors]
    # All values in one call: quoting them one by one is what a build would wait for.
    quoted = quote("\0".join(value for _, value in given), safe="").split("%00")
    text = "&amp;".join(f"{name}={value}" for (name, _), value in zip(given, quoted, strict=True))
    return f'<span class="Z3988" title="{_COINS}&amp;{text}"></span>'


_COINS = "ctx_ver=Z39.88-2004&amp;rft_val_fmt=info%3Aofi%2Ffmt%3Akev%3Amtx%3Adc"


def _chips(card: Card, context: Context) -> str:
    """Evidence kind, terms, methods and models, in that order; a term links to its page."""
    taxonomy = context.taxonomy
    items = [
        *_facet_chips(card, "evidence", taxonomy.evidence),
        *(
            _term_chip(taxonomy.terms.get(value.text), value.text, context)
            for value in card.values("behaviors")
        ),
        *_facet_chips(card, "methods", taxonomy.methods),
        *_facet_chips(card, "direction", taxonomy.directions),
        *(_chip("model", escape(value.text)) for value in card.values("models")),
    ]
    return f'</p><ul class="chips">{" ".join(items)}</ul>' if items else "</p>"


def _facet_chips(card: Card, name: str, facet: Mapping[str, Term]) -> Iterator[str]:
    for value in card.values(name):
        term = facet.get(value.text)
        label = term.label if term else value.text
        yield _chip(name, escape(label), term.definition if term else "")


def _term_chip(term: Term | None, written: str, context: Context) -> str:
    if term is None:
        return _chip("behavior", escape(written))
    link = _link(term_address(term, context), escape(term.label))
    return _chip("behavior", link, term.definition)


@cache
def _chip(kind: str, html: str, definition: str = "") -> str:
    title = f' title="{escape(definition)}"' if definition else ""
    return f'<li class="{kind}"{title}>{html}</li>'


def _link(href: str, html: str) -> str:
    """A link, or what it would show where there is no such page."""
    return f'<a href="{escape(href)}">{html}</a>' if href else html


def term_address(term: Term, context: Context) -> str:
    """The page of a term, or its place on its group's page while it has none."""
    return context.href(context.pages.get(term.slug, f"{term.group}/index.md#{term.slug}"))


def _foot(card: Card) -> str:
    """PDF, code and data, and to the right when the card was added; empty if there is none."""
    links = [("PDF", card.work.pdf), ("Code", card.value("code")), ("Data", card.value("data"))]
    html = [
        f'<a href="{escape(url)}">{name}</a>'
        for name, url in links
        if url and url.startswith(("https://", "http://"))
    ]
    if added := card.value("added"):
        html.append(f'<span class="added">added <time>{escape(added)}</time></span>')
    return f'<div class="card-foot">{" ".join(html)}</div>' if html else ""


def reference(work: Work) -> str:
    """A work's reference as HTML: authors, title, place, year, address."""
    names = ", ".join(escape(name) for name in work.authors[:AUTHORS_CITED])
    more = len(work.authors) > AUTHORS_CITED or not work.authors_complete
    place = f" {display(work.journal)}," if work.journal else ""
    who = f"{names}{' <i>et al.</i>' if more else '.'} " if names else ""
    title = f"<cite>{display(work.title)}</cite>{'' if work.title.endswith(('?', '!')) else '.'}"
    return f"{who}{title}{place} {work.year}. {_source_link(work.id)}"


_MATH = re.compile(r"\$([^$]+)\$")


def display(text: str) -> str:
    """A record's text as HTML: escaped, with `$...$` in italics rather than as source."""
    return _MATH.sub(r"<i>\1</i>", escape(text))


def _mention_edits(page: Page, context: Context) -> Iterator[_Edit]:
    """Works named in running text become citations; a bare name becomes a link as well."""
    text = page.document.text
    for mention in page.mentions:
        work = context.bibliography.get(mention.work)
        mark = cite(work.key) if work else ""
        if mention.linked:
            attributes = _ATTRIBUTE_LIST.match(text, mention.end)
            end = attributes.end() if attributes else mention.end
            yield _Edit(end, end, mark)
        elif mention.work.scheme == "arxiv":
            version = f"v{mention.work.version}" if mention.work.version else ""
            name = f"arXiv:{mention.work.id}{version}"
            yield _Edit(mention.start, mention.end, f"[{name}]({mention.work.address}){mark}")


_NO_WORD = re.compile(r"(?:[\s>*+-]|\d+\.|:|\[\^[^\]]*\]:|\|)*")
"""What may stand before a line's first word: white space, and marks that must keep theirs."""


def _citation_edits(page: Page, context: Context) -> Iterator[_Edit]:
    """Citations by hand become marks, which stand close to the word before them."""
    for citation in page.citations:
        if all(key in context.bibliography.works for key in citation.keys):
            line = page.document.lines[page.document.place(citation.start)[0] - 1]
            before = page.document.text[line.start : citation.start]
            start = citation.start
            if not _NO_WORD.fullmatch(before):
                start = line.start + len(before.rstrip(" "))
            yield _Edit(start, citation.end, "".join(map(cite, citation.keys)))


def _heading_edits(page: Page, rendered: Rendered, context: Context) -> Iterator[_Edit]:
    """Under the title of a behavior's page: its definition and a line of numbers."""
    html = _opening(page, context)
    first = next((heading for heading in page.document.headings if heading.level == 1), None)
    if html and first:
        end = _line_end(page, first.last)
        tokens = [rendered.token(partial(str, part)) for part in html]
        yield _Edit(end, end, "".join(f"\n\n{token}\n\n" for token in tokens))


def _opening(page: Page, context: Context) -> list[str]:
    term = context.taxonomy.terms.get(page.meta("behavior"))
    if term is None:
        group = context.taxonomy.group(page.meta("group"))
        return [_lede(group.definition)] if group else []
    return [_lede(term.definition), _numbers(page, context)]


def _lede(definition: str) -> str:
    return f'<p class="lede">{escape(definition)}</p>'


def _numbers(page: Page, context: Context) -> str:
    """How many cards, from which years, and when the page was last held against them."""
    works = [context.bibliography.get(card.work) for card in page.cards]
    years = sorted({work.year for work in works if work})
    count = len(page.cards)
    items = [f"<b>{count}</b> {'card' if count == 1 else 'cards'}"]
    if elsewhere := len(_cards_elsewhere(page, context)):
        items.append(f"<b>{elsewhere}</b> elsewhere")
    if years:
        items.append(str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1]}")
    if reviewed := page.meta("reviewed"):
        items.append(f"reviewed <time>{escape(reviewed)}</time>")
    return f'<ul class="numbers">{" ".join(f"<li>{item}</li>" for item in items)}</ul>'


def _ending(page: Page, rendered: Rendered, context: Context) -> str:
    """What stands below a page's own text: a group's terms, or a behavior's cards elsewhere."""
    if group := context.taxonomy.group(page.meta("group")):
        heading = "Behaviors" if group.shelf == "behaviors" else "Topics"
        return f"## {heading}\n\n{rendered.token(partial(_terms, group, context))}\n"
    elsewhere = _cards_elsewhere(page, context)
    if not elsewhere:
        return ""
    return f"## Cards elsewhere\n\n{rendered.token(partial(_elsewhere, elsewhere, context))}\n"


def _cards_elsewhere(page: Page, context: Context) -> list[Card]:
    """The cards on other pages that name a page's behavior."""
    named = context.cards.get(page.meta("behavior"), ())
    return [card for card in named if card.path != page.path]


def _elsewhere(cards: list[Card], context: Context) -> str:
    items = "".join(f"<li>{_card_link(card, context)}</li>" for card in cards)
    return f'<ul class="elsewhere">{items}</ul>'


def _list_edits(page: Page, rendered: Rendered, context: Context) -> Iterator[_Edit]:
    """Lists that a page asks for by a comment, `<!-- list: groups -->`, take its place."""
    for match in LIST_MARK.finditer(page.document.text):
        if make := LISTS.get(match["name"]):
            yield _Edit(match.start(), match.end(), make(rendered, context))


def _rules(rendered: Rendered, _: Context) -> str:
    return "\n\n".join(_rule(rule, rendered) for rule in RULES.values())


def _groups(rendered: Rendered, context: Context) -> str:
    """The groups by shelf, each with its definition; a shelf of one group is not named twice."""
    parts = []
    for shelf in SHELVES:
        groups = [group for group in context.taxonomy.groups if group.shelf == shelf]
        token = rendered.token(partial(_group_items, groups, context))
        parts.append(f"### {shelf.capitalize()}\n\n{token}")
    return "\n\n".join(parts)


def _group_items(groups: list[Group], context: Context) -> str:
    return f'<dl class="terms">{"".join(_group_item(group, context) for group in groups)}</dl>'


def _group_item(group: Group, context: Context) -> str:
    count = len({card for term in group.terms for card in context.cards.get(term.slug, ())})
    number = f' <span class="count">{count} {"card" if count == 1 else "cards"}</span>'
    label = _link(context.href(f"{group.slug}/index.md"), escape(group.label))
    title = f"<dt>{label}{number if count else ''}</dt>"
    return f"{title}<dd>{escape(group.definition)}</dd>"


def _rule(rule: Rule, rendered: Rendered) -> str:
    other = "" if rule.command == CHECK else f" Found by <code>{escape(rule.command)}</code>."
    html = (
        f'<p class="rule {rule.severity}"><b>{rule.severity.capitalize()}.</b> '
        f"{escape(rule.summary)} {escape(rule.mend)}{other}</p>"
        f"<pre><code>{escape(rule.example)}</code></pre>"
    )
    return f"## `{rule.name}`\n\n{rendered.token(partial(str, html))}"


def _terms(group: Group, context: Context) -> str:
    return f'<dl class="terms">{"".join(_term(term, context) for term in group.terms)}</dl>'


def _term(term: Term, context: Context) -> str:
    """A term, linked where it has a page, with how many cards name it, and its definition."""
    label = escape(term.label)
    if term.slug in context.pages:
        label = _link(context.href(context.pages[term.slug]), label)
    count = len(context.cards.get(term.slug, ()))
    number = f' <span class="count">{count} {"card" if count == 1 else "cards"}</span>'
    title = f'<dt id="{term.slug}">{label}{number if count else ""}</dt>'
    return f"{title}<dd>{escape(term.definition)}</dd>"


def _elsewhere_made(name: str, rendered: Rendered, context: Context) -> str:
    """A list that needs more than a page to be made; nothing where nobody makes it."""
    return rendered.token(context.lists.get(name, str))


def _standing_rules(rendered: Rendered, _: Context) -> str:
    """The rules by which works and behaviors stand, in the order in which they are tried."""
    parts = []
    for what, rules in (("A work", WORK_RULES), ("A behavior", BEHAVIOR_RULES)):
        items = "".join(
            f"<li><b>{LABELS[name].capitalize()}.</b> {escape(rule)}</li>"
            for name, rule in rules.items()
        )
        parts.append(f"<p>{what} is</p><ol>{items}</ol>")
    return rendered.token(partial("".join, parts))


LISTS: Mapping[str, Callable[[Rendered, Context], str]] = {
    "groups": _groups,
    "rules": _rules,
    "standing": _standing_rules,
    **{name: partial(_elsewhere_made, name) for name in ("explorer", "links", "map", "timeline")},
}
"""The lists that a page may ask for, by name."""


def _card_link(card: Card, context: Context) -> str:
    work = context.bibliography.get(card.work)
    if work is None:
        return f'<a href="{escape(context.address(card))}">{escape(card.title or card.url)}</a>'
    href = escape(context.address(card, work.key))
    link = f'<a href="{href}">{display(work.title)}</a>'
    return f'{link} <span class="who">{_authors_shown(work)} · {work.year}</span>'
