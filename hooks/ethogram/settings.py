"""What a site sets under `extra.ethogram` in mkdocs.yml, each setting with a sentence."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import yaml
from yaml_env_tag import construct_env_tag

from ethogram.findings import EthogramError, Finding
from ethogram.site import Site
from ethogram.taxonomy import suggest


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where to ask those who know better than a page whether it is there (links.md, rule 6).

    Each is overridden by `ETHOGRAM_<NAME>_API` in the environment: tests and mirrors stand in.

    Attributes:
        arxiv: arXiv's API.
        doi: the Handle API; a DOI follows.
        doi_records: where records of DOIs are, by content negotiation; a DOI follows.
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
    doi_records: str = "https://doi.org/"
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
        contact: how to reach whoever asks other people's servers; by default the repository, else
            the site. `ETHOGRAM_CONTACT` overrides it.
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
    contact: str = ""

    @classmethod
    def read(
        cls,
        given: object,
        environment: Mapping[str, str],
        source: str = "",
        path: str = "mkdocs.yml",
    ) -> "Settings":
        """Check what mkdocs.yml says, and let the environment override it.

        Args:
            given: the value of `extra.ethogram`; None where there is none.
            environment: the process's environment.
            source: the text of mkdocs.yml, for the line of a fault.
            path: its name, for the same.

        Raises:
            EthogramError: a setting is unknown or has a value it cannot have.
        """
        return cls(**_Reader(environment, source, path).settings(given))

    @classmethod
    def beside(cls, docs: Path) -> "Settings":
        """Read the settings of the site whose pages are in a folder.

        Args:
            docs: the folder; mkdocs.yml lies beside it, or there is none and the defaults hold.

        Raises:
            EthogramError: mkdocs.yml cannot be read, or a setting is not what it can be.
        """
        path, source, top = _beside(docs)
        extra = top.get("extra")
        given = extra.get("ethogram") if isinstance(extra, dict) else None
        settings = cls.read(given, os.environ, source, path.as_posix())
        return settings.reached_at(top.get("repo_url"), top.get("site_url"))

    def reached_at(self, *addresses: object) -> "Settings":
        """These settings, with the first public address as contact where none is set."""
        public = (each for each in addresses if isinstance(each, str) and _is_public(each))
        return self if self.contact else replace(self, contact=next(public, ""))


def site_beside(docs: Path) -> Site:
    """Read what the site is called whose pages are in a folder, and where it is.

    Args:
        docs: the folder; mkdocs.yml lies beside it, or there is none and the site has no address.

    Raises:
        EthogramError: mkdocs.yml cannot be read, or what it says is no name or address.
    """
    path, source, top = _beside(docs)
    reader, told = _Reader({}, source, path.as_posix()), dict[str, Any]()
    for name, good in _OF_SITE.items():
        if top.get(name) is not None:
            reader.check(told, name, top[name], good)
    url = told.get("site_url", "")
    return Site(
        told.get("site_name", Site().name),
        told.get("site_description", ""),
        f"{url.rstrip('/')}/" if url else "",
        told.get("use_directory_urls", True),
        told.get("repo_url", ""),
    )


def _beside(docs: Path) -> tuple[Path, str, dict[str, Any]]:
    """The mkdocs.yml beside a folder of pages: its path, its text, its top level."""
    path = Path(os.path.relpath(docs / ".." / "mkdocs.yml"))
    source = _text_of(path) if path.is_file() else ""
    try:
        config = yaml.load(source, _Plain)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise _fault(path, place, "The settings are no YAML", "Mend that line.") from None
    return path, source, config if isinstance(config, dict) else {}


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        message = "The settings are not UTF-8 text"
        raise _fault(path, (line, 1), message, "Save the file as UTF-8.") from None
    except OSError as error:
        message = f"The settings cannot be read: {error.strerror}"
        raise _fault(path, (1, 1), message, "Make it a readable file.") from None


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
    known = isinstance(value, list) and all(
        isinstance(host, str) and _HOST.fullmatch(host) for host in value
    )
    return "" if known else "Write a list of host names, in lower case and without ports."


_HOST = re.compile(r"[a-z0-9.-]+")


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
    "contact": _text,
}


_OF_SITE: dict[str, _Check] = {
    "site_name": _text,
    "site_description": lambda value: "" if isinstance(value, str) else "Write some text.",
    "site_url": lambda value: (
        "" if value == "" or _is_address(value) else "Write the site's http(s) address."
    ),
    "use_directory_urls": _yes_or_no,
    "repo_url": lambda value: "" if isinstance(value, str) else "Write the repository's address.",
}
"""What mkdocs.yml says of the site itself, which MkDocs checks in a build."""


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads settings, and knows where each comes from."""

    environment: Mapping[str, str]
    source: str
    path: str

    def settings(self, given: object) -> dict[str, Any]:
        values = self.mapping(given, "ethogram", "extra.ethogram")
        values["endpoints"] = self.endpoints(values.get("endpoints"))
        for name in ("resolve", "links", "contact"):
            variable = f"ETHOGRAM_{name.upper()}"
            if variable in self.environment:
                self.check(values, name, self.environment[variable], _CHECKS[name], variable)
        for name, value in values.items():
            self.known(name, list(_CHECKS), "extra.ethogram")
            self.check(values, name, value, _CHECKS[name])
        if "archive_hosts" in values:
            values["archive_hosts"] = tuple(values["archive_hosts"])
        return values

    def endpoints(self, given: object) -> Endpoints:
        values = self.mapping(given, "endpoints", "extra.ethogram.endpoints")
        for endpoint in fields(Endpoints):
            name, variable = endpoint.name, f"ETHOGRAM_{endpoint.name.upper()}_API"
            if told := self.environment.get(variable):
                self.check(values, name, told, _endpoint(name), variable)
        for name, value in values.items():
            self.known(name, [field.name for field in fields(Endpoints)], "...endpoints")
            self.check(values, name, value, _endpoint(name))
        return Endpoints(**values)

    def check(
        self, values: dict[str, Any], name: str, value: object, good: _Check, variable: str = ""
    ) -> None:
        """Take a value; what a variable says wrong has no line."""
        if mend := good(value):
            if variable:
                raise EthogramError(f"{variable} is {value!r}. {mend}")
            raise self.fault(name, f"The setting `{name}` is {value!r}", mend)
        values[name] = value

    def mapping(self, given: object, name: str, title: str) -> dict[str, Any]:
        if given is not None and not isinstance(given, dict):
            message = f"`{title}` is no list of `name: value` lines"
            raise self.fault(name, message, "Write one line for each setting.")
        return {str(key): value for key, value in (given or {}).items()}

    def known(self, name: str, names: list[str], title: str) -> None:
        if name not in names:
            near = suggest(name, names)
            hint = f"Did you mean `{near}`?" if near else f"It may be {' or '.join(names)}."
            raise self.fault(name, f"`{title}` has no setting `{name}`", hint)

    def fault(self, name: str, message: str, hint: str) -> EthogramError:
        """The error of a setting, at the first line of mkdocs.yml that has its name."""
        line = re.search(rf"^[ ]*{re.escape(name)}[ ]*:", self.source, re.MULTILINE)
        number = self.source.count("\n", 0, line.start()) + 1 if line else 1
        return _fault(Path(self.path), (number, 1), message, hint)


def _endpoint(name: str) -> _Check:
    said = getattr(Endpoints(), name, "https://example.org")
    return lambda value: "" if _is_address(value) else f"Write an http(s) address such as {said}."


def _is_address(value: object) -> bool:
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
        return bool(parts and parts.scheme in ("http", "https") and parts.hostname)
    except ValueError:  # a broken IPv6 address
        return False


def _is_public(address: str) -> bool:
    """Whether others could reach an address: not the one of a preview."""
    return _is_address(address) and "." in address and not re.search(r"//(127\.|0\.0)", address)


def _fault(path: Path, place: tuple[int, int], message: str, hint: str) -> EthogramError:
    return EthogramError(finding=Finding.of("bad-setting", path.as_posix(), place, message, hint))
