"""The terms a card may use: groups of behaviors, methods, kinds of evidence; and "did you mean".

They stand in bib/taxonomy.yml. Its YAML is composed into nodes and never turned into Python
values by itself: so every fault has a line, a slug such as ``2310`` or ``no`` is seen before YAML
makes a number or a truth value of it, and a key written twice is seen at all.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from types import ModuleType

import yaml

from ethogram.findings import EthogramError
from ethogram.nodes import NodeReader

SHELVES = ("behaviors", "mechanisms", "shaping", "measuring")
"""The tabs of the site on which a group can stand."""

FACETS = ("methods", "evidence", "directions", "statuses")
"""The lists of terms beside the groups."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word of the taxonomy; `group` is the slug of a behavior's group and "" for a facet."""

    slug: str
    label: str
    definition: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Behaviors that belong together, on one of the `SHELVES`."""

    slug: str
    label: str
    shelf: str
    definition: str
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Taxonomy:
    """Every term by its slug, in the order of the file."""

    groups: tuple[Group, ...] = ()
    methods: dict[str, Term] = field(default_factory=dict)
    evidence: dict[str, Term] = field(default_factory=dict)
    directions: dict[str, Term] = field(default_factory=dict)
    statuses: dict[str, Term] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> "Taxonomy":
        """Read a taxonomy file.

        All that is wrong is found in one run and raised as one `EthogramError`, whose `findings`
        are of the rule ``bad-taxonomy``.
        """
        reader = _Reader(path.as_posix())
        root = reader.root(path)
        taxonomy = reader.taxonomy(root) if root is not None else cls()
        if reader.findings:
            raise EthogramError(findings=sorted(reader.findings))
        return taxonomy

    @cached_property
    def terms(self) -> dict[str, Term]:
        """All behaviors by slug; a slug is unique over all groups."""
        return {term.slug: term for group in self.groups for term in group.terms}

    def group(self, slug: str) -> Group | None:
        """Return the group of that slug, or None."""
        return self._groups.get(slug)

    def page(self, term_slug: str) -> str:
        """Return the path of a behavior's page under docs/: ``deception/sandbagging.md``.

        Raises `KeyError` for a slug that is no behavior's.
        """
        return f"{self.terms[term_slug].group}/{term_slug}.md"

    @cached_property
    def _groups(self) -> dict[str, Group]:
        return {group.slug: group for group in self.groups}


# -- reading the file ------------------------------------------------------------------------

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml is not everywhere
_SLUG = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_TERM_KEYS = ("slug", "label", "definition")
_GROUP_KEYS = ("slug", "label", "shelf", "definition", "terms")
_STRING, _NULL = "tag:yaml.org,2002:str", "tag:yaml.org,2002:null"
_BROKEN = "Look for a missing quote, bracket or colon, or a wrong indent, here or just above."
_READ_AS = {"int": "a number", "float": "a number", "bool": "yes or no", "timestamp": "a date"}


class _Reader(NodeReader):
    """Turns the nodes of one file into terms and collects what is wrong on the way."""

    def __init__(self, path: str) -> None:
        super().__init__(path, "bad-taxonomy")
        self._seen: dict[tuple[str, str], int] = {}  # (kind, slug) -> the line that has it

    def root(self, path: Path) -> yaml.Node | None:
        """Read the file into nodes; a file that is absent, no text or no YAML is a fault."""
        try:
            root = yaml.compose(path.read_text(encoding="utf-8-sig"), Loader=_Loader)
        except OSError as error:
            why = error.strerror or "it is not a file"
            self.fault(None, f"The taxonomy cannot be read: {why}", "Put the file in its place.")
        except UnicodeDecodeError:
            self.fault(None, "The taxonomy is not UTF-8 text", "Save the file as UTF-8.")
        except yaml.YAMLError as error:
            self.broken(error, _BROKEN)
        else:
            if root is not None:
                return root
            self.fault(None, "The taxonomy is empty", f"Write {_listed(('groups', *FACETS))}.")
        return None

    def taxonomy(self, root: yaml.Node) -> Taxonomy:
        """Read the whole file: the groups and the four facets."""
        parts = self.mapping(root, "The taxonomy", ("groups", *FACETS))
        groups = tuple(self.group(node) for node in self.sequence(parts.get("groups"), "groups"))
        facets = {name: self.facet(parts.get(name), name) for name in FACETS}
        return Taxonomy(groups, **facets)

    def group(self, node: yaml.Node) -> Group:
        """Read one group with its behaviors."""
        parts = self.mapping(node, "A group", _GROUP_KEYS)
        slug = self.slug(parts.get("slug"), "group")
        shelf = self.text(parts.get("shelf"), "shelf")
        if shelf and shelf not in SHELVES:
            self.fault(parts["shelf"], f'"{shelf}" is no shelf', f"Take {_either(SHELVES)}.")
        nodes = self.sequence(parts.get("terms"), "terms")
        return Group(
            slug,
            self.text(parts.get("label"), "label"),
            shelf,
            self.text(parts.get("definition"), "definition"),
            tuple(self.term(each, "behavior", slug) for each in nodes),
        )

    def facet(self, node: yaml.Node | None, name: str) -> dict[str, Term]:
        """Read one of the flat lists of terms."""
        terms = (self.term(each, name) for each in self.sequence(node, name))
        return {term.slug: term for term in terms}

    def term(self, node: yaml.Node, kind: str, group: str = "") -> Term:
        """Read one term; `kind` is what its slug must be unique among."""
        parts = self.mapping(node, "A term", _TERM_KEYS)
        return Term(
            self.slug(parts.get("slug"), kind),
            self.text(parts.get("label"), "label"),
            self.text(parts.get("definition"), "definition"),
            group,
        )

    def mapping(self, node: yaml.Node, what: str, keys: Sequence[str]) -> dict[str, yaml.Node]:
        """Read a mapping that has exactly these keys, each once."""
        if not isinstance(node, yaml.MappingNode):
            self.fault(node, f"{what} is no mapping", f"Write it as {_listed(keys)}, each with :.")
            return {}
        parts: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            self._key(key, name, what, keys, parts)
            parts.setdefault(name, value)
        for name in keys:
            if name not in parts:
                self.fault(node, f"{what} has no {name}", f"Add a line with {name}: to it.")
        return parts

    def _key(
        self, key: yaml.Node, name: str, what: str, keys: Sequence[str], seen: Collection[str]
    ) -> None:
        if name in seen:
            self.fault(key, f"{what} has {name} twice", "Keep one of them.")
        elif name not in keys:
            near = suggest(name, keys)
            hint = f"Did you mean {near}?" if near else f"It takes {_listed(keys)}."
            self.fault(key, f'{what} has an unknown key "{name}"', hint)

    def sequence(self, node: yaml.Node | None, name: str) -> list[yaml.Node]:
        """Read a list, which may be empty; an absent one was reported with its mapping."""
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            self.fault(node, f"{name} is no list", "Start each of its entries with a hyphen.")
            return []
        return list(node.value)

    def text(self, node: yaml.Node | None, name: str) -> str:
        """Read a text that says something, its white space folded."""
        if node is None:
            return ""
        if not isinstance(node, yaml.ScalarNode):
            self.fault(node, f"The {name} is no text", "Write one line, in quotes if need be.")
            return ""
        text = " ".join(node.value.split())
        if not text or node.tag == _NULL:
            self.fault(node, f"The {name} is empty", "Write it out.")
        elif node.tag != _STRING:
            read_as = _READ_AS.get(node.tag.rpartition(":")[2], "something else than text")
            self.fault(node, f"YAML reads the {name} {text} as {read_as}", f'Write "{text}".')
        return text

    def slug(self, node: yaml.Node | None, kind: str) -> str:
        """Read a slug, which must be well formed and unique among its kind."""
        slug = self.text(node, "slug")
        if node is None or not slug or node.tag != _STRING:
            return slug
        if not _SLUG.fullmatch(slug):
            hint = "Use lower-case letters, digits and single hyphens, and start with a letter."
            self.fault(node, f'"{slug}" is no slug', hint)
        if first := self._seen.get((kind, slug)):
            message = f'The slug "{slug}" was taken on line {first}'
            self.fault(node, message, "Give this one another; a published slug never changes.")
        self._seen.setdefault((kind, slug), node.start_mark.line + 1)
        return slug


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}"


def _either(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + f" or {names[-1]}"


# -- did you mean ----------------------------------------------------------------------------

# British endings and the American ones, in the order in which they are tried.
_BRITISH = (
    (re.compile(r"our(?=\b|s|al|ed|ing)"), "or"),
    (re.compile(r"is(?=e|ation|ing)"), "iz"),
    (re.compile(r"ys(?=e|ing)"), "yz"),
    (re.compile(r"ll(?=ed|ing)"), "l"),
    (re.compile(r"dgement"), "dgment"),
    (re.compile(r"defence"), "defense"),
)
_NEAR_ENOUGH = 0.7  # of the letters, in order


def suggest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that was most likely meant, or None where none is near.

    Case, blanks and underscores for hyphens, British spelling and slips are forgiven; a part of
    a known word will do when no other has it ("sycophancy" for "opinion-sycophancy").

    >>> suggest("Alignment_Fakeing", ["sandbagging", "alignment-faking"])
    'alignment-faking'
    """
    plain: dict[str, str] = {}
    for name in known:
        plain.setdefault(_plain(name), name)
    wanted = _plain(word)
    if not wanted or wanted in plain:
        return plain.get(wanted)
    return _nearest(wanted, plain) or _containing(wanted, plain)


@cache
def _distances() -> ModuleType:
    # Imported late: only a slip needs it, and it is a third of the time the engine takes to load.
    from rapidfuzz.distance import DamerauLevenshtein

    return DamerauLevenshtein


def _nearest(wanted: str, plain: dict[str, str]) -> str | None:
    similarity = _distances().normalized_similarity
    found = max(plain, key=lambda name: similarity(wanted, name), default="")
    return plain[found] if found and similarity(wanted, found) >= _NEAR_ENOUGH else None


def _containing(wanted: str, plain: dict[str, str]) -> str | None:
    parts = set(wanted.split("-"))
    found = [name for each, name in plain.items() if parts <= set(each.split("-"))]
    return found[0] if len(found) == 1 else None


def is_slip(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that this one misses by a single slip, or None.

    A slip is one letter too many, too few, wrong or swapped with its neighbor (a
    Damerau-Levenshtein distance of 1), or only case, or blanks and underscores for hyphens.
    A known word itself is no slip.

    >>> is_slip("behaviours", ["behaviors", "methods"])
    'behaviors'
    """
    names = list(known)
    if word in names:
        return None
    typed = _hyphenated(word)
    near = ((_distances().distance(typed, _hyphenated(name)), name) for name in names)
    return next((name for distance, name in sorted(near) if distance <= 1), None)


def _hyphenated(word: str) -> str:
    return re.sub(r"[\s_-]+", "-", word.strip().casefold())


def _plain(word: str) -> str:
    plain = _hyphenated(word)
    for british, american in _BRITISH:
        plain = british.sub(american, plain)
    return plain
