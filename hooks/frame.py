"""The theme's page as a frame for those that the engine makes: the seam to the theme."""

from typing import Any

from mkdocs.commands.build import get_context
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import Files
from mkdocs.structure.nav import Navigation

from ethogram.pages.frame import CONTENT, DESCRIPTION, HEAD, TITLE, Frame

TEMPLATE = "work.html"


def make(env: Any, nav: Navigation, files: Files, config: MkDocsConfig) -> Frame:
    """Render the theme's page once, with marks for what each work's page has of its own."""
    context = get_context(nav, files, config, base_url="../..")
    marks = {"title": TITLE, "description": DESCRIPTION, "head": HEAD, "content": CONTENT}
    return Frame(env.get_template(TEMPLATE).render({**context, "work": marks}))
