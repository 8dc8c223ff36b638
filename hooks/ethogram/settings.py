"""What a site sets under `extra.ethogram` in mkdocs.yml, each setting with a sentence."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import yaml
from yaml_env_tag import construct_env_tag

from ethogram.findings import EthogramError, Finding
from ethogram.taxonomy import suggest


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where to ask those who know better than a page whether it is there (links.md, rule 6).

    Each is overridden by `ETHOGRAM_<NAME>_API` in the environment: tests and mirrors stand in.

    Attributes:
        arxiv: arXiv's API.
        doi: the Handle API; a DOI follows.
        youtube: YouTube's oEmbed.
        github: GitHub's API, asked only with a token (`GITHUB_TOKEN`).
        github_raw: GitHub's files as they are.
        lesswrong: GraphQL of LessWrong, which also has the posts of the Alignment Forum.
        eaforum: GraphQL of the EA Forum.
        wayback: the Wayback Machine's word on whether it has a page.
        wayback_save: asks it to save a page; the address follows.
    """

    arxiv: str = "https://export.arxiv.org/api/query"
    doi: str = "https://doi.org/api/handles/"
    youtube: str = "https://www.youtube.com/oembed"
    github: str = "https://api.github.com"
    github_raw: str = "https://raw.githubusercontent.com"
    lesswrong: str = "https://www.lesswrong.com/graphql"
    eaforum: str = "https://forum.effectivealtruism.org/graphql"
    wayback: str = "https://archive.org/wayback/available"
    wayback_save: str = "https://web.archive.org/save/"


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a site.

    Attributes:
        bib: the folder of records and terms, beside mkdocs.yml.
        resolve: whether `mkdocs serve`, and only it, asks arXiv in the background for works that
            have no record yet (`serve`), or nothing ever does but the command (`never`).
            `ETHOGRAM_RESOLVE` overrides it.
        links: whether a build takes what is known of links from the journal alone (`journal`), or
            asks every one of them at its end (`online`). `ETHOGRAM_LINKS` overrides it.
        allow_private: whether links to loopback and private addresses may be asked: for tests.
        endpoints: where to ask about links.
        archive_hosts: hosts whose pages `ethogram links --archive` has saved.
        archive_per_run: how many pages it has saved in one run at most.
    """

    bib: str = "bib"
    resolve: Literal["serve", "never"] = "serve"
    links: Literal["journal", "online"] = "journal"
    allow_private: bool = False
    endpoints: Endpoints = field(default_factory=Endpoints)
    archive_hosts: tuple[str, ...] = (
        "alignment.anthropic.com",
        "distill.pub",
        "transformer-circuits.pub",
        "www.alignmentforum.org",
        "www.anthropic.com",
        "www.lesswrong.com",
    )
    archive_per_run: int = 5

    @classmethod
    def read(cls, given: object, environment: Mapping[str, str], source: str = "") -> "Settings":
        """Check what mkdocs.yml says, and let the environment override it.

        Args:
            given: the value of `extra.ethogram`; None where there is none.
            environment: the process's environment.
            source: the text of mkdocs.yml, for the line of a fault.

        Raises:
            EthogramError: a setting is unknown or has a value it cannot have.
        """
        values = _mapping(given, "ethogram", "extra.ethogram", source)
        for name in ("resolve", "links"):
            if f"ETHOGRAM_{name.upper()}" in environment:
                values[name] = environment[f"ETHOGRAM_{name.upper()}"]
        values["endpoints"] = _endpoints(values.get("endpoints"), environment, source)
        for name, value in values.items():
            _known(name, [field.name for field in fields(cls)], "extra.ethogram", source)
            if mend := _CHECKS[name](value):
                raise _fault(source, name, f"`extra.ethogram.{name}` is {value!r}", mend)
        if "archive_hosts" in values:
            values["archive_hosts"] = tuple(values["archive_hosts"])
        return cls(**values)

    @classmethod
    def beside(cls, docs: Path) -> "Settings":
        """Read the settings of the site whose pages are in a folder.

        Args:
            docs: the folder; mkdocs.yml lies beside it, or there is none and the defaults hold.

        Raises:
            EthogramError: mkdocs.yml is no YAML, or a setting is not what it can be.
        """
        path = docs / ".." / "mkdocs.yml"
        source = path.read_text(encoding="utf-8-sig") if path.is_file() else ""
        try:
            config = yaml.load(source, _Plain) or {}
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
            message = "The settings are no YAML"
            finding = Finding.of("bad-setting", "mkdocs.yml", place, message, "Mend that line.")
            raise EthogramError(finding=finding) from None
        extra = config.get("extra") if isinstance(config, dict) else None
        given = extra.get("ethogram") if isinstance(extra, dict) else None
        return cls.read(given, os.environ, source)


class _Plain(yaml.SafeLoader):
    """Reads mkdocs.yml as MkDocs does, but imports nothing that a tag names (`!!python/name:`)."""


_Plain.add_constructor("!ENV", construct_env_tag)
_Plain.add_multi_constructor("", lambda *_: None)


# -- what each setting may be ----------------------------------------------------------------

_Check = Callable[[object], str]  # a setting's value -> how to mend it; empty where it is good


def _one_of(*choices: str) -> _Check:
    said = " or ".join(f"`{choice}`" for choice in choices)
    return lambda value: "" if value in choices else f"Write {said}."


def _text(value: object) -> str:
    return "" if isinstance(value, str) and value else "Write some text."


def _hosts(value: object) -> str:
    good = isinstance(value, list) and all(isinstance(host, str) for host in value)
    return "" if good else "Write a list of host names."


def _yes_or_no(value: object) -> str:
    return "" if isinstance(value, bool) else "Write `true` or `false`."


def _count(value: object) -> str:
    good = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    return "" if good else "Write a number, 0 or more."


_CHECKS: dict[str, _Check] = {
    "bib": _text,
    "resolve": _one_of("serve", "never"),
    "links": _one_of("journal", "online"),
    "allow_private": _yes_or_no,
    "endpoints": lambda _: "",  # checked one by one, as they are read
    "archive_hosts": _hosts,
    "archive_per_run": _count,
}


def _endpoints(given: object, environment: Mapping[str, str], source: str) -> Endpoints:
    values = _mapping(given, "endpoints", "extra.ethogram.endpoints", source)
    names = [field.name for field in fields(Endpoints)]
    told = {name: environment.get(f"ETHOGRAM_{name.upper()}_API") for name in names}
    values |= {name: value for name, value in told.items() if value}
    for name, value in values.items():
        _known(name, names, "extra.ethogram.endpoints", source)
        if not _is_address(value):
            origin = f"ETHOGRAM_{name.upper()}_API" if told[name] else f"The endpoint `{name}`"
            mend = f"Write an http(s) address such as {getattr(Endpoints(), name)}."
            raise _fault(source, name, f"{origin} is {value!r}", mend)
    return Endpoints(**values)


def _is_address(value: object) -> bool:
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
        return bool(parts and parts.scheme in ("http", "https") and parts.hostname)
    except ValueError:  # a broken IPv6 address
        return False


def _mapping(given: object, name: str, title: str, source: str) -> dict[str, Any]:
    if given is not None and not isinstance(given, dict):
        message = f"`{title}` is no list of `name: value` lines"
        raise _fault(source, name, message, "Write one line for each setting.")
    return {str(key): value for key, value in (given or {}).items()}


def _known(name: str, known: list[str], title: str, source: str) -> None:
    if name not in known:
        near = suggest(name, known)
        hint = f"Did you mean `{near}`?" if near else f"It may be {' or '.join(known)}."
        raise _fault(source, name, f"`{title}` has no setting `{name}`", hint)


def _fault(source: str, name: str, message: str, hint: str) -> EthogramError:
    """The error of a setting, at the first line of mkdocs.yml that has its name."""
    line = re.search(rf"^[ ]*{re.escape(name)}[ ]*:", source, re.MULTILINE)
    number = source.count("\n", 0, line.start()) + 1 if line else 1
    return EthogramError(
        finding=Finding.of("bad-setting", "mkdocs.yml", (number, 1), message, hint)
    )
