"""How well a finding stands: by rules over relations and kinds of evidence, never a score.

The rules are told to readers on the page about this site (`<!-- list: standing -->`), from here.
The first that fits is the one that counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from ethogram.record import Work

Name = Literal["contested", "replicated", "review", "single-source"]

LABELS: Mapping[Name, str] = {
    "contested": "contested",
    "replicated": "replicated",
    "review": "review",
    "single-source": "single source",
}
"""Each standing in words, in the order in which the rules are tried."""

WORK_RULES: Mapping[Name, str] = {
    "contested": "A work here says that it contradicts this one, or that it fails to replicate it.",
    "replicated": (
        "A work here says that it replicates this one, or that it supports it, and its own kind of "
        "evidence is a replication."
    ),
    "review": "Its kind of evidence is a review: it gathers what other works have found.",
    "single-source": "No other work here speaks against it or has seen it again.",
}
"""The rules for a work. A work that is withdrawn or retracted speaks for or against nothing."""

BEHAVIOR_RULES: Mapping[Name, str] = {
    "contested": "At least one of its works is contested.",
    "replicated": "None of its works is contested, and at least one is replicated.",
    "review": "None of its works is contested or replicated, and at least one is a review.",
    "single-source": "Each of its findings rests on one work alone.",
}
"""The rules for a behavior, over the works that have a card on its page or name it on theirs."""

_TIMES = ("", "once", "twice")


@dataclass(frozen=True, slots=True)
class Standing:
    """How well a work or a behavior stands, and why.

    Attributes:
        name: the standing.
        rule: the sentence of the rule that fired.
        against: the works that contest it; of a behavior, its works that are contested.
        replications: the works that replicate it; of a behavior, those of any of its works. A
            contested work may have some, too.
        works: how many works it is about; more than one where it is a behavior's.
    """

    name: Name
    rule: str
    against: tuple[Work, ...] = ()
    replications: tuple[Work, ...] = ()
    works: int = 1

    @property
    def label(self) -> str:
        """The standing in words: "contested", "replicated twice", "review", "single source".

        Of a behavior with several works, each of which stands alone: "single sources".
        """
        count = len(self.replications)
        if self.name == "single-source" and self.works > 1:
            return f"{LABELS[self.name]}s"
        if self.name != "replicated":
            return LABELS[self.name]
        times = _TIMES[count] if count < len(_TIMES) else f"{count} times"
        return f"{LABELS[self.name]} {times}"


def of_work(
    evidence: Iterable[str], against: Iterable[Work], replications: Iterable[Work]
) -> Standing:
    """How well a work stands.

    Args:
        evidence: the kinds of evidence that its cards give.
        against: the works that contradict it or fail to replicate it.
        replications: those that replicate it.
    """
    return _standing(WORK_RULES, tuple(against), tuple(replications), "review" in evidence)


def of_behavior(works: Iterable[tuple[Work, Standing]]) -> Standing:
    """How well a behavior stands.

    Args:
        works: its works that have a card, each once, with their standings.
    """
    known = list(works)
    contested = tuple(work for work, each in known if each.name == "contested")
    replications = {work.key: work for _, each in known for work in each.replications}
    reviewed = any(each.name == "review" for _, each in known)
    found = _standing(BEHAVIOR_RULES, contested, tuple(replications.values()), reviewed)
    return replace(found, works=len(known))


def _standing(
    rules: Mapping[Name, str],
    against: tuple[Work, ...],
    replications: tuple[Work, ...],
    reviewed: bool,
) -> Standing:
    name: Name = "single-source"
    if against:
        name = "contested"
    elif replications:
        name = "replicated"
    elif reviewed:
        name = "review"
    return Standing(name, rules[name], against, replications)
