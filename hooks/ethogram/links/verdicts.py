"""What is known of a link: ok, dead, blocked, unknown or suspect (links.md, rule 1).

"Could not check" is never "broken" and never "fine". `answers` finds the verdict; a build, which
only reads those of the journal, needs no more than this.
"""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What is known of a link; only `DEAD` is an error."""

    OK = "ok"
    DEAD = "dead"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"
    SUSPECT = "suspect"


@dataclass(frozen=True, slots=True)
class Observation:
    """What one check of one address showed.

    Attributes:
        verdict: what the answer means by itself, whatever was seen before.
        reason: why, in a few words without a full stop ("HTTP 404"); of *ok* may be empty.
        status: the HTTP status of the last answer; None where there was none.
        final: the address that answered, where it is another one, with the place that redirects
            lead to; else empty.
        moved: where redirects that are all permanent lead, if what is there is ok; else empty.
        again: whether it may pass, so that it is to be asked again before it counts.
    """

    verdict: Verdict
    reason: str = ""
    status: int | None = None
    final: str = ""
    moved: str = ""
    again: bool = False
