"""Asking whoever knows, not the page: registries, oEmbed and APIs (links.md, rules 6 and 16).

Publishers answer robots with 403, YouTube answers 200 for videos that are gone, GitHub answers 404
while it throttles. Who keeps the register of them has no such whims, so its word overrules the
page's. An authority speaks of a whole address, never of a place on its page, and never of a picture
shown from it: that one's bytes must be seen.

Where each of them is asked is a setting, made by whoever runs this: these requests are trusted, and
may go to a stand-in on this machine.

What each says, and where it is written:

- Handle API: responseCode 1 is alive, 100 is not found, 2 and 200 are faults
  (https://www.doi.org/doi-handbook/HTML/rest-api-response-format.html).
- YouTube's oEmbed: 401 is a video that may not be embedded, and is there
  (https://github.com/lycheeverse/lychee/issues/214); 403 is a private one, for which some answers
  have been 200 with a mere "Forbidden" (https://github.com/ruby-oembed/ruby-oembed/issues/79);
  404 and 400 are videos that are gone or never were. It knows no channels.
- GitHub's API: 301 for what has another name, 451 for what was taken down
  (https://docs.github.com/en/rest/repos/repos#get-a-repository).
- LessWrong's GraphQL: a post that is not there is `null`, or an error `app.missing_document`; one
  that may not be seen is another error (https://github.com/ForumMagnum/ForumMagnum).
- The Wayback Machine: https://archive.org/help/wayback_api.php.
"""

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Protocol
from urllib.parse import SplitResult, parse_qs, quote, unquote, urldefrag, urlencode

from ethogram.links.addresses import Kind
from ethogram.links.answers import judge
from ethogram.links.redirects import host, taken_apart
from ethogram.links.verdicts import Observation, Verdict
from ethogram.works import identify

if TYPE_CHECKING:
    from ethogram.links.client import Answer, Client
    from ethogram.settings import Endpoints

_LIMIT = 1024 * 1024  # bytes of an answer; a handle's record is at most a few thousand long


class Authority(Protocol):
    """Who knows whether an address leads to something.

    Attributes:
        name: as a report calls it.
    """

    name: ClassVar[str]

    async def ask(self, client: "Client", endpoints: "Endpoints") -> Observation | None:
        """Ask it; None where it cannot say, so that the page itself is to be asked.

        Args:
            client: what asks; it never raises for what a server does.
            endpoints: where the authorities are.
        """


def authority_for(url: str, kind: Kind, token: str) -> Authority | None:
    """Return who knows about an address; None where only its page does.

    Args:
        url: the address, with or without a fragment.
        kind: what is expected there; no authority has seen a picture.
        token: GitHub's; without one its API, which allows 60 requests an hour, is not asked.
    """
    if kind == "image":
        return None
    parts, name = taken_apart(url), host(url)
    if parts.scheme not in ("http", "https"):
        return None
    if name in _DOI_HOSTS:
        return _doi(url)
    if name in _YOUTUBE_HOSTS:
        return _video(name, parts)
    if name == "github.com":
        return _github(parts, token)
    return _post(name, parts) if name in _FORUMS else None


def _answered(answer: "Answer") -> Any:
    """What an answer's JSON holds; None where it holds none."""
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):  # RecursionError: thousands of brackets
        return None


def _at(value: Any, *path: str) -> Any:
    """What stands at a path of names in JSON; None where nothing does."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _climbs(path: str) -> bool:
    """Whether a path leads out of the folder that it is put behind, in any spelling of `..`.

    A page's link must not lead a trusted request to elsewhere on the host of an endpoint.
    """
    return ".." in re.split(r"[/\\]", unquote(path))


def _silent(answer: "Answer", name: str) -> Observation:
    """What can be said when an authority did not answer, and its page is not worth asking."""
    seen = judge(answer, "page", [""])[""]
    reason = f"{name} did not say: {seen.reason or 'no answer of its API'}"
    return Observation(Verdict.UNKNOWN, reason, answer.status, again=seen.again)


# -- DOIs ------------------------------------------------------------------------------------

_DOI_HOSTS = frozenset(("doi.org", "dx.doi.org"))
_ALIVE, _NOT_FOUND = 1, 100


@dataclass(frozen=True, slots=True)
class Doi:
    """The register of DOIs.

    The publisher's page is never asked: most answer robots with 403.

    Attributes:
        doi: bare, as `works` has it.
    """

    name: ClassVar[str] = "doi.org"
    doi: str

    async def ask(self, client: "Client", endpoints: "Endpoints") -> Observation:
        """Ask the Handle API."""
        url = endpoints.doi.rstrip("/") + "/" + quote(self.doi, safe="/")
        answer = await client.ask(url, limit=_LIMIT, trusted=True)
        code = _at(_answered(answer), "responseCode")
        if code == _ALIVE:
            return Observation(Verdict.OK, "doi.org knows it", answer.status)
        if code == _NOT_FOUND:
            return Observation(Verdict.DEAD, "doi.org has no such DOI", answer.status)
        return _silent(answer, self.name)


def _doi(url: str) -> Doi | None:
    work = identify(url)
    return Doi(work.id) if work and work.scheme == "doi" and not _climbs(work.id) else None


# -- videos ----------------------------------------------------------------------------------

_YOUTUBE_HOSTS = frozenset(
    "youtube.com m.youtube.com music.youtube.com youtube-nocookie.com youtu.be".split()
)
_VIDEO = re.compile(r"[A-Za-z0-9_-]{11}")
_VIDEO_PATH = re.compile(r"/(?:embed|live|shorts|v|e)/([^/]+)/?")
_NO_VIDEOS = frozenset(("videoseries", "live_stream"))  # playlists and channels, as embedded


@dataclass(frozen=True, slots=True)
class Video:
    """YouTube, whose pages answer 200 whether or not there is a video.

    Attributes:
        video: its id.
    """

    name: ClassVar[str] = "YouTube"
    video: str

    async def ask(self, client: "Client", endpoints: "Endpoints") -> Observation:
        """Ask for what is needed to embed the video."""
        watch = f"https://www.youtube.com/watch?v={self.video}"
        query = urlencode({"url": watch, "format": "json"})
        answer = await client.ask(f"{endpoints.youtube}?{query}", limit=_LIMIT, trusted=True)
        status = None if answer.trouble else answer.status
        if status == 401:
            return Observation(Verdict.OK, "YouTube knows it, and does not embed it", status)
        if status == 200 and isinstance(_answered(answer), dict):
            return Observation(Verdict.OK, "YouTube knows it", status)
        if status == 403 or (status == 200 and answer.body.strip() == b"Forbidden"):
            return Observation(Verdict.BLOCKED, "a private video", status)
        if status in (400, 404):
            return Observation(Verdict.DEAD, "YouTube has no such video", status)
        return _silent(answer, self.name)


def _video(host: str, parts: SplitResult) -> Video | None:
    """Read the id of a video; channels, playlists and searches have none."""
    if host == "youtu.be":
        found = parts.path.strip("/")
    elif parts.path.rstrip("/") == "/watch":
        found = parse_qs(parts.query).get("v", [""])[0]
    else:
        match = _VIDEO_PATH.fullmatch(parts.path)
        found = match[1] if match else ""
    return Video(found) if _VIDEO.fullmatch(found) and found not in _NO_VIDEOS else None


# -- GitHub ----------------------------------------------------------------------------------

_OWNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}")
_REPOSITORY = re.compile(r"[A-Za-z0-9._-]{1,100}")
_NO_OWNERS = frozenset(
    """
    about account accounts advisories apps blog business careers codespaces collections contact
    copilot customer-stories dashboard discussions education enterprise enterprises events explore
    features gist git-guides github-copilot images issues join learn login logout marketplace
    mobile models new newsroom nonprofit notifications open-source organizations orgs partners
    premium-support press pricing pulls readme repos resources search security sessions settings
    shop signup site skills social-impact solutions sponsors stars status support team teams
    topics trending users why-github wiki
    """.split()
)
"""First parts of a path on GitHub that are no owner of repositories."""


@dataclass(frozen=True, slots=True)
class Repository:
    """GitHub's API on a repository.

    Attributes:
        owner, repository: as in its address.
        token: what the API asks for.
    """

    name: ClassVar[str] = "GitHub"
    owner: str
    repository: str
    token: str = field(repr=False)

    async def ask(self, client: "Client", endpoints: "Endpoints") -> Observation | None:
        """Ask the API. What only the token's owner may see, its page decides as readers see it."""
        url = f"{endpoints.github.rstrip('/')}/repos/{self.owner}/{self.repository}"
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self.token}",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        answer = await client.ask(url, limit=_LIMIT, headers=headers, trusted=True)
        if answer.trouble:
            return None
        if answer.status == 404:
            return Observation(Verdict.DEAD, "GitHub has no such repository", 404)
        if answer.status == 451:
            return Observation(Verdict.BLOCKED, "taken down from GitHub for legal reasons", 451)
        told = _answered(answer)
        page, name = _at(told, "html_url"), _at(told, "full_name")
        named = isinstance(page, str) or isinstance(name, str)
        if answer.status != 200 or not named or _at(told, "private") not in (False, None):
            return None
        renamed = bool(answer.hops) and str(page).startswith("https://github.com/")
        moved = str(page) if renamed else ""
        return Observation(Verdict.OK, "GitHub knows it", 200, final=moved, moved=moved)


@dataclass(frozen=True, slots=True)
class File:
    """GitHub's store of files, which does not throttle as its pages do.

    Attributes:
        path: owner, repository, branch or commit, and the file's path, as in the address.
    """

    name: ClassVar[str] = "GitHub"
    path: str

    async def ask(self, client: "Client", endpoints: "Endpoints") -> Observation | None:
        """Ask for the file. Of one that it does not have, the page decides.

        It may be a folder, a private file, or kept elsewhere (LFS).
        """
        url = f"{endpoints.github_raw.rstrip('/')}/{self.path}"
        answer = await client.ask(url, method="HEAD", trusted=True)
        there = answer.trouble is None and answer.status == 200
        return Observation(Verdict.OK, "GitHub has the file", 200) if there else None


def _github(parts: SplitResult, token: str) -> Repository | File | None:
    """Read an address of a repository or of a file in one; of nothing else on GitHub."""
    names = parts.path.strip("/").split("/")
    if len(names) < 2 or names[0].lower() in _NO_OWNERS:
        return None
    owner, repository = names[0], names[1].removesuffix(".git")
    named = _REPOSITORY.fullmatch(repository) and repository not in ("", ".", "..")
    if not _OWNER.fullmatch(owner) or not named:
        return None
    if len(names) == 2:
        return Repository(owner, repository, token) if token else None
    if len(names) > 4 and names[2] in ("blob", "raw") and not _climbs(parts.path):
        return File("/".join([owner, repository, *names[3:]]))
    return None


# -- the LessWrong family --------------------------------------------------------------------

_FORUMS = {
    "lesswrong.com": "lesswrong",
    "alignmentforum.org": "lesswrong",  # the same posts, in the same database
    "forum.effectivealtruism.org": "eaforum",
}
"""Hosts, and the setting that names their GraphQL."""

_POST = re.compile(r"/(?:posts|events|[sg]/[^/]+/p)/([A-Za-z0-9]{15,24})(?:/[^/]*)?/?")
# The older of the two forms that the server takes; the EA Forum knows only this one.
_QUERY = "query Post($id: String) { post(input: {selector: {_id: $id}}) { result { _id } } }"


@dataclass(frozen=True, slots=True)
class Post:
    """A forum's own API on a post; its pages stand behind a test for robots.

    Attributes:
        post: its id.
        endpoint: the setting that names the API.
    """

    name: ClassVar[str] = "LessWrong"
    post: str
    endpoint: str

    async def ask(self, client: "Client", endpoints: "Endpoints") -> Observation | None:
        """Ask for the post's id. One that may not be seen is for its page to explain."""
        question = {"query": _QUERY, "variables": {"id": self.post}}
        url: str = getattr(endpoints, self.endpoint)
        answer = await client.ask(url, method="POST", json=question, limit=_LIMIT, trusted=True)
        told = None if answer.trouble else _answered(answer)
        if not isinstance(told, dict):
            return None
        if _at(told, "data", "post", "result", "_id") == self.post:
            return Observation(Verdict.OK, "the forum knows it", answer.status)
        if _is_missing(told):
            return Observation(Verdict.DEAD, "the forum has no such post", answer.status)
        return None


def _is_missing(told: dict[str, Any]) -> bool:
    """Whether GraphQL says that there is no post, rather than that something else is wrong."""
    if errors := told.get("errors"):
        said = json.dumps(errors).lower()
        return "missing_document" in said or "not found" in said
    data = told.get("data")
    post = data.get("post", told) if isinstance(data, dict) else told
    return post is None or post == {"result": None}


def _post(host: str, parts: SplitResult) -> Post | None:
    match = _POST.fullmatch(parts.path)
    return Post(match[1], _FORUMS[host]) if match else None


# -- the Wayback Machine ---------------------------------------------------------------------

_SNAPSHOT = re.compile(r"/web/(\d{14})(?:[a-z]{2}_)?/(https?:/{1,2}[^\s>\"]+)")
_MEMENTO = re.compile(r"<([^>]*)>[^<]*?\brel=\"?(?:[a-z ]*\blast )?memento\b")


async def archived(client: "Client", endpoints: "Endpoints", url: str) -> str:
    """Return the https address of a page's snapshot; empty where none is known.

    Only a snapshot that was taken of a 200 counts. For some addresses the archive finds nothing
    with their scheme, and something without (https://github.com/internetarchive/wayback/issues/296).

    Args:
        client: what asks.
        endpoints: where the archive is.
        url: the page; its fragment is left out.
    """
    page = urldefrag(url).url
    for spelling in (page, re.sub(r"^https?://", "", page, flags=re.IGNORECASE)):
        asked = f"{endpoints.wayback}?{urlencode({'url': spelling})}"
        answer = await client.ask(asked, limit=_LIMIT, trusted=True)
        closest = _at(_answered(answer), "archived_snapshots", "closest")
        if answer.trouble or answer.status != 200:
            return ""
        if _at(closest, "available") is True and str(_at(closest, "status")) == "200":
            return _snapshot(_at(closest, "url"))
    return ""


async def save(client: "Client", endpoints: "Endpoints", url: str) -> str:
    """Have a page saved, and return its snapshot's https address; empty where that failed.

    The archive answers when it is done, which takes longer than a page: the client should wait
    for minutes. It names the snapshot by a redirect, in `Content-Location`, or as a memento in
    `Link`; the second may be the page's own, of another page
    (https://github.com/oduwsdl/archivenow/issues/36).

    Args:
        client: what asks.
        endpoints: where the archive is.
        url: the page, http or https; its fragment is left out.
    """
    page = urldefrag(url).url
    answer = await client.ask(endpoints.wayback_save.rstrip("/") + "/" + page, trusted=True)
    if answer.trouble or not 200 <= (answer.status or 0) < 300:
        return ""
    told = [answer.final, answer.headers.get("Content-Location", "")]
    told += _MEMENTO.findall(answer.headers.get("Link", ""))
    return next(filter(None, map(_snapshot, told)), "")


def _snapshot(said: object) -> str:
    """The https address of a snapshot that an answer names, on the archive's own host."""
    match = _SNAPSHOT.search(said) if isinstance(said, str) else None
    return f"https://web.archive.org/web/{match[1]}/{match[2]}" if match else ""
