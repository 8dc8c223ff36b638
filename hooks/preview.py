"""What a preview keeps: a page that comes out as it did in the last build is not made again.

MkDocs makes every page anew when one is edited. To parse its Markdown and to fill the theme's
templates take longest by far, and both give what they gave before if they are given the same.
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.utils.templates import TemplateContext

_PARSED = ("content", "toc", "_title_from_render", "present_anchor_ids")
"""What `Page.render` sets; the anchors that it links to are looked up by our own check."""


@dataclass(frozen=True, slots=True)
class _Parsed:
    markdown: str
    result: dict[str, Any]


class Kept:
    """The pages of a preview's last build."""

    def __init__(self) -> None:
        self._ground: Hashable = None
        self._nav: Hashable = None
        self._parsed: dict[str, _Parsed] = {}
        self._filled: dict[str, tuple[Hashable, str]] = {}
        self._keys: dict[str, Hashable] = {}

    def begin(self, config: MkDocsConfig, files: Files) -> None:
        """Forget all if settings or templates have changed, or which files there are."""
        ground = (frozenset(file.src_uri for file in files), *_changes(config))
        if ground != self._ground:
            self._ground, self._parsed, self._filled = ground, {}, {}
        self._keys = {}

    def know(self, nav: Navigation) -> None:
        """Take note of the navigation, which stands on every page."""
        self._nav = tuple(_entries(nav.items))

    def parse_once(self, page: Page, markdown: str) -> None:
        """Have a page's Markdown parsed only if it is another than last time."""
        name, render = page.file.src_uri, page.render

        def parse(config: MkDocsConfig, files: Files) -> None:
            known = self._parsed.get(name)
            if known is None or known.markdown != markdown:
                render(config, files)
                result = {each: vars(page)[each] for each in _PARSED}
                known = self._parsed[name] = _Parsed(markdown, result)
            vars(page).update(known.result)

        page.render = parse  # type: ignore[method-assign]  # MkDocs has no event in its place

    def fill_once(self, page: Page, head: str, context: TemplateContext) -> None:
        """Give the template a page as it was, as `kept`, if nothing that stands on it differs.

        Args:
            page: with its content and title.
            head: what stands in its head.
            context: what the template is given.
        """
        name = page.file.src_uri
        around = [each and (each.title, each.url) for each in (page.previous_page, page.next_page)]
        toc = tuple(_contents(page.toc))  # which may name a section otherwise than its heading
        key = (page.content, toc, page.title, repr(page.meta), head, *around, self._nav)
        self._keys[name] = key
        known = self._filled.get(name)
        if known and known[0] == key:
            kept = {"kept": known[1]}  # more than MkDocs names
            context.update(kept)  # type: ignore[typeddict-item]

    def keep(self, page: Page, output: str) -> None:
        """Remember a page as the template made it."""
        name = page.file.src_uri
        if name in self._keys:
            self._filled[name] = self._keys[name], output


def _changes(config: MkDocsConfig) -> Iterator[tuple[str, int]]:
    """When the settings, and the templates that are not the theme's own, last changed."""
    own = [Path(each) for each in config.theme.dirs if "site-packages" not in Path(each).parts]
    templates = (path for folder in own for path in sorted(folder.rglob("*.html")))
    for path in (Path(config.config_file_path), *templates):
        yield str(path), path.stat().st_mtime_ns if path.exists() else 0


def _contents(links: Iterable[Any]) -> Iterator[tuple[Any, ...]]:
    """What a reader sees of a page's table of contents."""
    for link in links:
        yield (link.title, link.url, tuple(_contents(link.children)))


def _entries(items: Any) -> Iterator[tuple[Any, ...]]:
    """What a reader sees of a navigation."""
    for item in items:
        yield (item.title, getattr(item, "url", ""), tuple(_entries(item.children or ())))
