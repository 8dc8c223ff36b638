"""The seam to the theme: our templates, and its page as a frame for those that the engine makes."""

import re
from pathlib import Path
from typing import Any

from mkdocs.commands.build import get_context
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.structure.toc import AnchorLink, TableOfContents

from ethogram.pages.frame import CONTENT, DESCRIPTION, HEAD, TITLE, Frame
from ethogram.pages.work import ANCHOR
from ethogram.site import PAPERS

TEMPLATES = Path(__file__).parent / "theme"
TEMPLATE = "work.html"
_INDEX = f"{PAPERS}/index.md"
_EXPLORER = "# Papers\n\n<!-- list: explorer -->\n"
_OF_MATERIAL = "partials/tabs-item.html"
_BLANKS = re.compile(r"\s*\n\s*")


def bring_templates(config: MkDocsConfig) -> None:
    """Put our templates before the theme's, but after a site's own (`custom_dir`), if it has any.

    So a site that uses the hook has nothing to set. The theme's place for other languages, in its
    header, is where `partials/alternate.html` puts what opens the search.

    Raises:
        PluginError: the theme is not Material, nor made of it.
    """
    dirs, own = config.theme.dirs, config.theme.custom_dir
    if not any((Path(folder) / _OF_MATERIAL).is_file() for folder in dirs):
        raise PluginError(
            "mkdocs.yml: set `theme` to `material`; the pages of works are made of it."
        )
    config.extra.setdefault("alternate", True)
    if str(TEMPLATES) not in dirs:
        dirs.insert(1 if own in dirs else 0, str(TEMPLATES))


def bring_explorer(files: Files, config: MkDocsConfig) -> None:
    """Give a site that has no page of all works one, as every page leads there."""
    if all(file.dest_uri != f"{PAPERS}/index.html" for file in files):
        page = File.generated(
            config, _INDEX, content=_EXPLORER, inclusion=InclusionLevel.NOT_IN_NAV
        )
        files.append(page)


def make(env: Any, nav: Navigation, files: Files, config: MkDocsConfig) -> Frame:
    """Render the theme's page once, with marks for what each work's page has of its own.

    MkDocs and the theme are given a page that is in no navigation; while it is rendered, the tab
    of all works is the one that is open.
    """
    page = _page(config)
    context = get_context(nav, files, config, page)
    index = files.get_file_from_path(_INDEX)
    shelf = index.page if index else None
    if shelf:
        shelf.active = True
    html = env.get_template(TEMPLATE).render({**context, "head": HEAD, "content": CONTENT})
    if shelf:
        shelf.active = False
    return Frame(_BLANKS.sub("\n", html))


def _page(config: MkDocsConfig) -> Page:
    """A page two folders below the top, as any work's is, whose words are marks."""
    name = f"{PAPERS}/any/index.md"
    file = File(name, config.docs_dir, config.site_dir, config.use_directory_urls)
    page = Page(None, file, config)
    page.meta = {"title": TITLE, "description": DESCRIPTION}
    page.toc = TableOfContents([AnchorLink(TITLE, ANCHOR, 1)])
    page.canonical_url = None  # each work's page has its own, among what it puts into the head
    return page
