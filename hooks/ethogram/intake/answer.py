"""What is answered to a suggestion: in the issue, and in a pull request, in plain words."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from ethogram import writing
from ethogram.add import Added
from ethogram.findings import EthogramError
from ethogram.intake.form import BOXES
from ethogram.intake.issue import Issue
from ethogram.intake.words import inert, still
from ethogram.record import Work
from ethogram.taxonomy import Term

Outcome = Literal["card", "duplicate", "unclear", "failed", "ignored"]
"""What became of a suggestion: a card was begun; there is one; it does not say enough; it could
not be done; it was none, or not to be answered, and nothing is said."""

MARKER = "<!-- ethogram: intake -->"
"""How the workflow knows its own comment again, to edit it rather than write another."""

_AGAIN = (
    "Editing this issue has it looked at again; so does taking its label `suggestion` off and "
    "putting it back."
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an event, and what is said about it.

    Attributes:
        outcome: see `Outcome`.
        branch: where the card goes, `suggestion/<number>-<key>`; empty where none was begun.
        title, body: of the pull request.
        comment: for the issue, with its marker; empty where nothing is said.
        path, line: the card, or the one that there was already.
        commit: the message of the commit.
        label: which the issue should have, whatever the form could give it.
    """

    outcome: Outcome
    branch: str = ""
    title: str = ""
    body: str = ""
    comment: str = ""
    path: str = ""
    line: int = 0
    commit: str = ""
    label: str = ""

    def as_object(self) -> dict[str, str | int]:
        """The answer as `ethogram intake --format json` prints it."""
        return asdict(self)

    def __str__(self) -> str:
        """Say it for a person: outcome and place, then what is said in the issue."""
        place = f" {self.path}:{self.line}" if self.path else ""
        return "\n".join(filter(None, (f"{self.outcome}{place}", self._said())))

    def _said(self) -> str:
        return self.comment.removeprefix(MARKER).strip()

    def write(self, folder: Path) -> None:
        """Write the parts that a workflow needs as files, so that no shell ever reads them.

        Raises:
            EthogramError: they cannot be written.
        """
        files = {
            "outcome.txt": self.outcome,
            "branch.txt": self.branch,
            "title.txt": self.title,
            "body.md": self.body,
            "comment.md": self.comment,
            "commit.txt": self.commit,
            "label.txt": self.label,
        }
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, text in files.items():
                writing.replace(folder / name, text.encode("utf-8"))
        except OSError as error:
            place = error.filename or folder
            raise EthogramError(f"{place} cannot be written: {error.strerror}.") from None


# -- what stands in the way ------------------------------------------------------------------


def comment(*paragraphs: str) -> str:
    """A comment of paragraphs; those that are empty are left out."""
    return "\n\n".join([MARKER, *filter(None, paragraphs)]) + "\n"


def nothing_named(asked: str) -> str:
    """That the address is none."""
    said = f"Where its address should be stands: {inert(asked)}" if asked else ""
    return comment(
        "Thank you. It could not be made out which paper this is about.",
        said,
        "Please edit the issue, and write an arXiv number (`2401.05566`), a DOI, or the address of "
        f"the paper's page under **{BOXES['address']}**.",
    )


def no_page(work: Work, near: Iterable[Term], asked: str = "") -> str:
    """That somebody has to say where the card belongs."""
    terms = "\n".join(f"- {term.label} ({term.slug}): {term.definition}" for term in near)
    where = f"The nearest are:\n\n{terms}" if terms else "All are listed in `bib/taxonomy.yml`."
    unknown = f"No behavior here is called {inert(asked)}." if asked else ""
    return comment(
        f"Thank you. The paper was found: {named(work)}.",
        unknown or "Its title does not tell on which page its card belongs.",
        where,
        "Please edit the issue, or let a maintainer do so, and write one of them under "
        f"**{BOXES['behavior']}**.",
    )


def failed(reason: str, elsewhere: bool = False) -> str:
    """That it could not be done, and why.

    Args:
        reason: as the command says it.
        elsewhere: whether the paper was named by something else than its number on arXiv.
    """
    other = "If the paper is on arXiv, or has a DOI that was not given, write that instead."
    said = inert(_for_anybody(reason), 600)
    return comment("Thank you. No card could be begun:", said, other * elsewhere, _AGAIN)


def _for_anybody(reason: str) -> str:
    """A reason without what it advises those who have the command before them."""
    last = reason[max(reason.rfind("There is no record of "), 0) :]
    sentences = re.split(r"(?<=\.) (?=[A-Z])", last)
    return " ".join(each for each in sentences if not re.search(r"(?<!\S)--[a-z]", each))


def duplicate(places: Sequence[str], pages: Sequence[str], rest: str) -> str:
    """That the paper has a card.

    Args:
        places: where its cards are, as Markdown.
        pages: the addresses of the same on the site.
        rest: a word on what else was named.
    """
    cards = "\n".join(f"- {place}" for place in (*pages, *places))
    return comment(
        "Thank you. This paper is here already:",
        cards,
        "If the card is wrong, or says too little, its link *Correct this card* is the way; if it "
        "bears on another behavior too, that can be named there.",
        rest,
    )


# -- a card ----------------------------------------------------------------------------------


def begun(work: Work, place: str, why: str, rest: str) -> str:
    """That a card was begun; the workflow adds where."""
    withdrawn = "Its authors have withdrawn it; the card says so." if work.withdrawn else ""
    return comment(
        f"Thank you. A card was begun for {named(work)}, in {place}.",
        " ".join(filter(None, (why, withdrawn))),
        "Someone who has read the paper fills in the rest, and you are welcome to. This issue is "
        "closed when the card is merged.",
        rest,
    )


def request(issue: Issue, work: Work, place: str, why: str, added: Added, finding: str) -> str:
    """The text of the pull request.

    Args:
        issue: where it was suggested.
        work: its record.
        place: where the card is, as Markdown.
        why: how its page was chosen.
        added: the fields that are left to fill in, and those that hold suggestions.
        finding: the suggester's own sentence.
    """
    by = f" by @{issue.login}" if issue.login else ""
    left = "\n".join(f"- [ ] {line}" for line in _left(added))
    withdrawn = "Its authors have withdrawn this paper." if work.withdrawn else ""
    hint = f"What was said of it in the issue:\n\n> {inert(finding, 1000)}" if finding else ""
    return (
        "\n\n".join(
            filter(
                None,
                (
                    f"A card for {named(work)}, suggested{by}. Closes #{issue.number}.",
                    " ".join(filter(None, (f"It stands in {place}.", why, withdrawn))),
                    f"Left to do before it is merged:\n\n{left}",
                    hint,
                ),
            )
        )
        + "\n"
    )


def _left(added: Added) -> Iterator[str]:
    """What is left to do before the card is merged."""
    yield (
        "**The finding**, in 40 to 140 words of your own: what was done, what was found, on which "
        "models, and what limits it. The lines `<!-- ... -->` go."
    )
    if added.fields:
        yield f"**Fields**: {_listed(added.fields)}. Take out what the paper does not say."
    if added.suggested:
        yield f"**Suggestions**: {_listed(added.suggested)}. Hold them against the paper."
    yield (
        "`ethogram check` tells what else is wrong. Here the checks begin with the first commit "
        "that a person pushes: GitHub starts none for a request that a workflow has opened."
    )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def title(work: Work) -> str:
    """The title of the pull request, which may become that of a commit."""
    return f"Add a card: {still(work.title, 120)}"


def commit(issue: Issue, work: Work, credit: bool) -> str:
    """The message of the commit; it credits the suggester, unless they would rather not."""
    lines = [title(work), "", f"Suggested in #{issue.number}."]
    if credit and issue.email:
        lines += ["", f"Co-authored-by: {issue.login} <{issue.email}>"]
    return "\n".join(lines) + "\n"


def named(work: Work) -> str:
    """A work by its title and its number, linked, or its address, as it is."""
    if work.id.scheme == "url":
        return f"**{inert(work.title)}** ({inert(work.id.id)})"
    number = inert(f"{'arXiv' if work.id.scheme == 'arxiv' else 'doi'}:{work.id.id}")
    return f"**{inert(work.title)}** ([{number}](<{work.id.address}>))"


def further(count: int) -> str:
    """A word on works beyond the first."""
    if count == 0:
        return ""
    more = "one more paper is" if count == 1 else f"{count} more papers are"
    return f"Only the first was taken: {more} named. Please open an issue for each."
