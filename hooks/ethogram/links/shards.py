"""A long list of links in parts, so that several machines check it at once (guide/links.md, 3).

All links that one host answers for are in one part: no host is asked by two machines.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ethogram.findings import EthogramError
from ethogram.links.papers import is_arxivs
from ethogram.links.redirects import host, taken_apart
from ethogram.links.targets import Target

MOST = 8
"""Into how many parts a list is divided at most: machines are lent, too."""

_WRITTEN = re.compile(r"([1-9][0-9]{0,3})/([1-9][0-9]{0,3})")
_DOIS = ("doi.org", "dx.doi.org")


@dataclass(frozen=True, slots=True)
class Shard:
    """One of some parts; both count from 1, as in `2/3`."""

    number: int = 1
    count: int = 1

    @classmethod
    def read(cls, text: str) -> "Shard":
        """Read `2/3`.

        Raises:
            EthogramError: it is no part of so many.
        """
        written = _WRITTEN.fullmatch(text)
        number, count = map(int, written.groups()) if written else (1, 0)
        if number > count:
            raise EthogramError(f"{text!r} is no shard. Write which of how many, as in 2/3.")
        return cls(number, count)

    def __str__(self) -> str:
        """Return which of how many."""
        return f"{self.number}/{self.count}"

    def of(self, targets: Sequence[Target]) -> list[Target]:
        """Return the targets of this part, in their order.

        The hosts with the most links are dealt out first, so that the parts are of one size as
        far as may be. It hangs on the addresses alone: every machine deals alike.
        """
        answering = _by_host(targets)
        dealt = sorted(answering, key=lambda name: (-len(answering[name]), name))
        mine = {url for name in dealt[self.number - 1 :: self.count] for url in answering[name]}
        return [target for target in targets if target.url in mine]


def plan(targets: Sequence[Target], size: int) -> list[Shard]:
    """Return the parts of about so many links that a list is best checked in.

    They are no more than there are hosts, and there is always one.
    """
    wanted = -(-len(targets) // size)
    count = max(1, min(wanted, len(_by_host(targets)), MOST))
    return [Shard(number, count) for number in range(1, count + 1)]


def _by_host(targets: Sequence[Target]) -> dict[str, list[str]]:
    """The addresses that each host answers for."""
    found: dict[str, list[str]] = defaultdict(list)
    for target in targets:
        found[_answering(target.url)].append(target.url)
    return found


def _answering(url: str) -> str:
    """Who is asked for an address: arXiv's papers and the DOIs have one place each."""
    if is_arxivs(url):
        return "arxiv.org"
    named = taken_apart(url).netloc.rpartition("@")[2].lower().removeprefix("www.")
    return _DOIS[0] if host(url) in _DOIS else named
