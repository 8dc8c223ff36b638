"""Works that have much to do with one another.

Three things speak for it: a relation that a card states, terms that both have, and rare words that
both use. What few works have tells more than what many have. Each work is compared only with some
that share what tells most of it, so that its cost does not grow with the collection.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from math import fsum, log, sqrt

from ethogram.cards import Card, prose
from ethogram.entries import Entry

SHOWN = 6
"""How many works are named for each, at most."""

_TERMS: Mapping[str, float] = {"behaviors": 3.0, "methods": 1.5, "models": 0.8}
_TITLE, _FINDING = 1.2, 0.4
"""What it weighs to share a term, a word of a title, or a word of a finding, before its rarity."""

_TELLING = 8
"""By how many terms and words of a work others are looked up: by those that tell most."""

_NEAR = 6
"""With how many of those that have the same one a work is compared: so many before it in time,
and so many behind."""

_RARE = 60
"""A word that more works use than this tells nothing; nor does a term that more than a fourth of
all have, if they are more than this."""

_ENOUGH = 0.04
"""How alike two works must be, from 0 to 1, where no card says how they relate."""

_WORD = re.compile(r"[a-z]{4,}")
_MARKUP = re.compile(r"[\[<>`$]")

_COMMON = frozenset(
    """
    about above across after again against almost alone along also although always among analysis
    analyzing another answer answers approach approaches argue asked authors based because become
    been before behavior behaviors being below better between beyond both call called cannot case
    cases come compare compared could data dataset datasets deep differ different directly does
    doing done down during each earlier easy effect effects either else enough even evaluating
    evaluation evaluations ever every example examples exploring fast fewer find finding findings
    finds first five found four from full further general generative gets give given gives goes
    good have help here high higher human improve improving into investigating itself just keep
    know known language large larger learn learned learning less like limited little long lower
    made make makes many mean means measure measured measuring method methods might model modeling
    models more most mostly much must need needs network networks neural never newest next none
    often once only open other others over paper part parts people perform performance prompt
    prompts question questions rather really reason result results same score scores seen several
    shall should show shown shows simple simply since single small some soon still studies study
    such system systems take taken task tasks tell tells test tested tests than that their them
    then there these they thing things this those though three through thus time together toward
    towards train trained training transformer transformers tries true under understanding until
    upon used uses using very want ways well were what when where whether which while whole whom
    whose will with within without word words work works would write written year years your
    """.split()
)
"""Words that tell nothing: grammar, and what any paper on language models says."""


_ENDINGS = (
    *("ations", "ation", "izing", "ings", "ing", "ness", "ions", "ion", "ies"),
    *("ed", "es", "ly", "s", "e", "y"),
)
_STEM = 4
"""Letters that an ending leaves at least."""

_Features = Mapping[str, float]


def related(entries: Mapping[str, Entry]) -> dict[str, tuple[str, ...]]:
    """Return for each work the keys of those most related to it, the nearest first.

    At most `SHOWN`: those that a relation links to it, then those that share most with it. Never
    the work itself, and none that shares nothing.
    """
    search = _Search({key: _features(entries[key]) for key in sorted(entries, key=_time(entries))})
    alike = dict(search.run())
    return {key: _first(key, _stated(entry), alike[key]) for key, entry in entries.items()}


def _time(entries: Mapping[str, Entry]) -> Callable[[str], tuple[str, str]]:
    works = {key: entry.work for key, entry in entries.items()}
    return lambda key: (works[key].date or f"{works[key].year:04}", key)


def _first(key: str, stated: Iterable[str], alike: Iterable[str]) -> tuple[str, ...]:
    found = dict.fromkeys((*stated, *alike))
    found.pop(key, None)
    return tuple(found)[:SHOWN]


def _stated(entry: Entry) -> list[str]:
    """The works that a relation links to this one, what speaks against it first."""
    said = [each.source.key for each in entry.said]
    return said + [each.record.key for each in entry.says if each.record]


class _Search:
    """Looks up what has most in common: works are vectors, and near where their angle is small.

    Attributes:
        told: by work, in the order of time, how much each of its features tells, of those that
            others have too; the whole vector is 1 long.
        holders: by feature, the works that have it, in the same order, and how much it tells.
        compared: how often a work was held against another for one feature.
    """

    def __init__(self, features: Mapping[str, _Features]) -> None:
        self.compared = 0
        having = Counter(chain.from_iterable(features.values()))
        rarity = {name: self._rarity(name, count, len(features)) for name, count in having.items()}
        shared = [name for name, count in having.items() if count > 1 and rarity[name]]
        self.holders: dict[str, list[tuple[str, float]]] = {name: [] for name in shared}
        self.told: dict[str, dict[str, float]] = {}
        for key, weights in features.items():
            length = _length([weight * rarity[name] for name, weight in weights.items()])
            told = self.told[key] = {}
            for name in weights.keys() & self.holders.keys():
                tells = told[name] = weights[name] * rarity[name] / length
                self.holders[name].append((key, tells))

    @staticmethod
    def _rarity(name: str, count: int, works: int) -> float:
        """How much more a feature tells for being rare; one that is common tells nothing."""
        common = max(_RARE, works // 4 if ":" in name else 0)
        return log(1 + works / count) if count <= common else 0.0

    def run(self) -> Iterator[tuple[str, list[str]]]:
        """Yield each work with those that have most in common with it, the nearest first."""
        passed = dict.fromkeys(self.holders, 0)
        for key, told in self.told.items():
            alike = self._alike(told, passed)
            alike.pop(key, None)
            ranked = [(-how, other) for other, how in alike.items() if how >= _ENOUGH]
            yield key, [other for _, other in sorted(ranked)[:SHOWN]]
            for name in told:
                passed[name] += 1

    def _alike(self, told: _Features, passed: Mapping[str, int]) -> dict[str, float]:
        """How alike a work is to others near in time."""
        alike: dict[str, float] = {}
        for minus, name in sorted([(-tells, name) for name, tells in told.items()])[:_TELLING]:
            at = passed[name]
            near = self.holders[name][max(0, at - _NEAR) : at + _NEAR + 1]
            self.compared += len(near)
            for other, tells in near:
                alike[other] = alike.get(other, 0.0) - minus * tells
        return alike


def _length(parts: list[float]) -> float:
    """The length of a vector; `fsum` makes it the same in whatever order a set gives its parts."""
    return sqrt(fsum([part * part for part in parts])) or 1.0


def _features(entry: Entry) -> dict[str, float]:
    """A work's terms, and the words of its findings and title, with what each weighs."""
    weights: dict[str, float] = {}
    for card in entry.cards:
        weights.update(dict.fromkeys(_words(_text(card)), _FINDING))
    weights.update(dict.fromkeys(_words(entry.work.title), _TITLE))
    for name, weight in _TERMS.items():
        weights.update(dict.fromkeys([f"{name}:{slug}" for slug in entry.values(name)], weight))
    return weights


def _text(card: Card) -> str:
    """A card's finding; its Markdown as it is where it has no marks, which is far faster."""
    return "\n".join(prose(card)) if _MARKUP.search(card.body) else card.body


def _words(text: str) -> set[str]:
    """The words of a text that may tell something, without their endings."""
    return {*map(_STEMS.__getitem__, {*_WORD.findall(text.lower())})} - _NO_WORD


_NO_WORD = {""}


class _Stems(dict[str, str]):
    """Words without their endings, so that "circuit" meets "circuits"; nothing for common ones.

    Each is made once: a site's texts repeat their words.
    """

    def __missing__(self, word: str) -> str:
        self[word] = "" if word in _COMMON else _stem(word)
        return self[word]


_STEMS = _Stems()


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _STEM:
            return word.removesuffix(ending)
    return word
