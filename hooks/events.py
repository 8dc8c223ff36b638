"""The MkDocs adapter and nothing else: the build's events in order, one call each."""

import gc
import gzip
import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Literal, ParamSpec

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.livereload import LiveReloadServer
from mkdocs.plugins import CombinedEvent, event_priority, get_plugin_logger
from mkdocs.structure.files import File, Files, InclusionLevel
from mkdocs.structure.nav import Navigation
from mkdocs.structure.pages import Page
from mkdocs.utils import get_relative_url
from mkdocs.utils.templates import TemplateContext

import citations
import frame
from ethogram import exports, navigation, publishing, search
from ethogram.beside import Beside
from ethogram.cards import read_page
from ethogram.catalog import Catalog
from ethogram.check import check
from ethogram.findings import EthogramError, Finding, Severity, to_text
from ethogram.links.finished import Finished
from ethogram.links.gone import Gravestones
from ethogram.pages import charts, explorer, redirect, social, thanks, work
from ethogram.render import Href, Rendered, Snippet, render_page
from ethogram.report import Report
from ethogram.settings import Settings
from ethogram.site import CITE, Site
from preview import Kept

log = get_plugin_logger("ethogram")
_Given = ParamSpec("_Given")


@dataclass
class _State:
    """What the events of one process tell each other."""

    serving: bool = False
    dirty: bool = False
    settings: Settings = field(default_factory=Settings)
    bib: Path = Path("bib")
    site: Site = field(default_factory=Site)
    catalog: Catalog | None = None
    beside: Beside = field(default_factory=Beside)
    nav: Navigation | None = None
    findings: list[Finding] = field(default_factory=list)
    rendered: dict[str, Rendered] = field(default_factory=dict)
    finished: Finished | None = None
    report: Report | None = None
    asked: set[str] = field(default_factory=set)
    kept: Kept = field(default_factory=Kept)


_state = _State()


def on_startup(command: Literal["build", "gh-deploy", "serve"], dirty: bool) -> None:
    """Remember whether this is a preview, which no fault may stop."""
    _state.serving, _state.dirty = command == "serve", dirty


@event_priority(100)
def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Read the settings, and see to it that the records are read once, with our own templates."""
    _state.beside.abandon()  # a preview's last build may have failed on the way
    citations.take_over(config)
    frame.bring_templates(config)
    try:
        given, source = config.extra.get("ethogram"), _source(config)
        settings = Settings.read(given, os.environ, source)
        _state.settings = settings.reached_at(config.repo_url, config.site_url)
    except EthogramError as error:
        raise PluginError(str(error)) from None
    _state.bib = _beside(config, _state.settings.bib)
    _state.site = Site(
        config.site_name,
        config.site_description or "",
        f"{config.site_url.rstrip('/')}/" if config.site_url else "",
        config.use_directory_urls,
        config.repo_url or "",
    )
    _state.rendered = {}
    return config


def on_serve(server: LiveReloadServer, config: MkDocsConfig, **_: Any) -> LiveReloadServer:
    """Watch the records and terms too."""
    server.watch(str(_state.bib))
    return server


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Read the pages, the records and the terms; report what is wrong with them."""
    frame.bring_explorer(files, config)
    docs = _relative(Path(config.docs_dir))
    sources = [file.abs_src_path for file in files.documentation_pages()]
    paths = [_relative(Path(source)) for source in sources if source]
    catalog = Catalog.load(docs, _state.bib, paths, earlier=_state.catalog)
    _state.catalog = catalog
    _state.report = _report_wanted(catalog)
    _state.findings = check(catalog)
    _report(_state.findings)
    citations.use_records(config, catalog.bibliography)
    if _state.serving:
        _state.kept.begin(config, files)
    else:
        gc.freeze()  # all of this is wanted to the end: the collector need not look through it
    config.nav = navigation.expand(config.nav, catalog)
    if not _state.serving:
        _publish_search(Path(config.site_dir))
    return files


def on_nav(nav: Navigation, **_: Any) -> Navigation:
    """Remember the navigation, for the frame of pages that MkDocs does not know of."""
    _state.nav = nav
    return nav


@event_priority(-100)
def on_env(env: Any, config: MkDocsConfig, files: Files) -> Any:
    """Get ready to look at finished pages, now that all files of the site are known."""
    try:
        gone = Gravestones(_catalog().archive, _catalog().journal)
    except EthogramError as error:
        raise PluginError(str(error)) from None
    unbuilt = InclusionLevel.EXCLUDED if _state.serving else InclusionLevel.DRAFT
    wanted = [file for file in files if file.inclusion.value > unbuilt.value]
    built = {file.dest_uri: _source_of(file) for file in wanted}
    logo, folder = str(config.theme.get("logo") or "").lstrip("/"), Path(config.site_dir)
    _state.finished = Finished(folder, config.site_url or "", built, gone, (logo,))
    _expect_files(_state.finished, _catalog())
    if _state.serving and _state.nav is not None:
        _state.kept.know(_state.nav)
    if _state.nav is not None:
        page = frame.make(env, _state.nav, files, config)
        given = (_catalog(), _state.site, page, folder, gone, frozenset(built))
        _beside_or_later(publishing.write_pages, *given)
    if _state.serving:
        _publish_search(folder)  # what is read comes before what is searched
    return env


@event_priority(100)
def _render(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn cards and mentions into citations, before any plugin sees the page."""
    catalog = _catalog()
    source = catalog.by_path.get(page.file.src_uri)
    if source is None or not source.document.text.endswith(markdown):
        source = read_page(markdown, source.path if source else page.file.src_uri)
    rendered = render_page(
        source,
        markdown,
        catalog.context(_href(page, files), _top(page), _state.site, **_lists(page)),
    )
    _state.rendered[page.file.src_uri] = rendered
    text, rendered.markdown = rendered.markdown, ""
    # A preview builds again, and reads only what has changed; a check of links wants their places.
    if not _state.serving and _state.settings.links == "journal":
        source.release()
    return citations.veil(text)


@event_priority(-100)
def _unveil(markdown: str, page: Page, **_: Any) -> str:
    """Show again what mkdocs-bibtex was not to see."""
    text = citations.unveil(markdown)
    if _state.serving:
        _state.kept.parse_once(page, text)
    return text


on_page_markdown = CombinedEvent(_render, _unveil)


@event_priority(-100)
def on_page_context(context: TemplateContext, /, page: Page, **_: Any) -> TemplateContext:
    """Complete the cards, now that the Markdown is HTML, and say in the head what the page is."""
    rendered = _state.rendered[page.file.src_uri]
    page.content = rendered.finish(page.content or "", _catalog().bibliography.works)
    path, title = page.file.src_uri, page.title or ""
    shared = social.shared(path, title, page.content, _catalog(), _state.site)
    page.meta["description"] = social.attribute(shared.description)
    head = {"head": social.tags(shared, _state.site, _top(page))}  # more than MkDocs names
    context.update(head)  # type: ignore[typeddict-item]
    if _state.serving:
        _state.kept.fill_once(page, head["head"], context)
    return context


@event_priority(-100)
def on_post_template(output: str, *, template_name: str, **_: Any) -> str:
    """Look at the pages that the theme makes of no Markdown, such as 404.html; add our own."""
    is_page = template_name.endswith((".html", ".htm"))
    if template_name == "sitemap.xml":
        return work.sitemap(output, _catalog(), _state.site)
    return _finished().page(output, template_name) if is_page else output


@event_priority(-100)
def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Look at the finished page and repair it."""
    if _state.serving:
        _state.kept.keep(page, output)
    page.content = ""  # MkDocs would hold it until all pages are written
    return _finished().page(output, page.file.dest_uri, _source_of(page.file))


@event_priority(-100)
def on_post_build(config: MkDocsConfig) -> None:
    """Count, and fail where a card was lost, or where errors meet a strict build."""
    _wait()
    _undate(Path(config.site_dir) / "sitemap.xml")
    _conclude(config)
    pages = _state.rendered
    found = sum(len(rendered.cards) for rendered in pages.values())
    shown = sum(len(rendered.shown) for rendered in pages.values())
    log.info("%d cards found, %d rendered, on %d pages", found, shown, len(pages))
    lost = _lost_cards(_catalog())
    errors = sum(finding.severity is Severity.ERROR for finding in _state.findings)
    if _state.serving:
        _report(lost)
        _state.beside.begin_later(lambda error: log.warning("%s", error))
        _resolve_in_background()
    elif lost:
        raise PluginError(f"{len(lost)} cards were found but not rendered:\n{to_text(lost)}")
    elif errors and config.strict:
        raise PluginError(f"Errors, {errors} in all: see above, or run `ethogram check`.")


def on_shutdown() -> None:
    """End what still runs beside the build."""
    _state.beside.abandon()


def _catalog() -> Catalog:
    if _state.catalog is None:
        raise PluginError("The pages have not been read: on_files did not run.")
    return _state.catalog


def _report_wanted(catalog: Catalog) -> Report | None:
    """The state of the collection, if a page tells it: made while all pages have their text."""
    try:
        return Report.wanted(catalog)
    except EthogramError as error:
        raise PluginError(str(error)) from None


def _finished() -> Finished:
    if _state.finished is None:
        raise PluginError("The site's files are not known: on_env did not run.")
    return _state.finished


def _publish_search(folder: Path) -> None:
    """Begin to write what needs no page of the theme, beside the build."""
    catalog, site = _catalog(), _state.site
    texts = list(search.of_pages(catalog, site))
    _beside_or_later(publishing.write_search, catalog, site, texts, folder)


def _beside_or_later(
    function: Callable[_Given, None], *args: _Given.args, **kwargs: _Given.kwargs
) -> None:
    """Begin at once; but a preview is there for the page that is edited, and all else follows."""
    do = _state.beside.do_later if _state.serving else _state.beside.do
    do(function, *args, **kwargs)


def _expect_files(finished: Finished, catalog: Catalog) -> None:
    """Name what is written beside the build."""
    finished.expect(publishing.others(catalog))
    finished.expect(publishing.pages(catalog), (CITE,))
    finished.know_moved(redirect.moved_files(catalog, _state.site))


def _undate(sitemap: Path) -> None:
    """Pack the sitemap without the time of the build, which MkDocs writes into it."""
    packed = sitemap.with_name(f"{sitemap.name}.gz")
    if packed.is_file():
        packed.write_bytes(gzip.compress(sitemap.read_bytes(), mtime=0))


def _wait() -> None:
    """Wait for what is done beside the build."""
    try:
        _state.beside.wait()
    except EthogramError as error:
        raise PluginError(str(error)) from None


def _lists(page: Page) -> dict[str, Snippet]:
    """What a page may ask for that is made of the whole catalog."""
    made = {
        "explorer": explorer.explorer,
        "map": charts.evidence_map,
        "timeline": charts.timeline,
        "contributors": thanks.thanks,
    }
    given = (_catalog(), _state.site, _top(page))
    lists: dict[str, Snippet] = {name: partial(make, *given) for name, make in made.items()}
    if _state.report:
        lists["report"] = partial(_state.report.html, _top(page), _state.site)
    return lists | {"files": partial(exports.listing, _top(page))}


def _conclude(config: MkDocsConfig) -> None:
    """Report what the finished pages have that leads nowhere, in the site or out of it."""
    found = _finished().findings(static=not _state.dirty)
    if _state.settings.links == "online" and not _state.serving:
        found += _ask_outside(_relative(Path(config.site_dir)))
    _report(found)
    _state.findings += found


def _ask_outside(site: Path) -> list[Finding]:
    """Ask every link of the site whether it is still there."""
    from ethogram.links import report  # only now: a build has no use for the network
    from ethogram.links.survey import Survey

    log.info("Asking every link whether it is still there")
    try:
        survey = Survey.of(_catalog(), site, _state.bib, settings=_state.settings)
        results = survey.ask_outside()
    except EthogramError as error:
        raise PluginError(str(error)) from None
    log.info("%s", report.counts(results))
    found = report.to_findings(map(report.told_once, results))
    return [finding for finding in found if finding.severity is not Severity.NOTE]


def _source_of(file: File) -> Path | None:
    return Path(file.abs_src_path) if file.abs_src_path else None


def _beside(config: MkDocsConfig, name: str) -> Path:
    return _relative(Path(config.config_file_path or "mkdocs.yml").parent / name)


def _source(config: MkDocsConfig) -> str:
    """The text of mkdocs.yml; empty where the settings come from elsewhere."""
    path = Path(config.config_file_path)
    return path.read_text(encoding="utf-8-sig") if path.is_file() else ""


def _relative(path: Path) -> Path:
    """A path as a person at the command line would write it."""
    return Path(os.path.relpath(path))


def _top(page: Page) -> str:
    """The address of the site's top as seen from a page."""
    return get_relative_url(".", page.url)


def _href(page: Page, files: Files) -> Href:
    """Addresses of docs pages as seen from a page."""
    top, known = _top(page), files.src_uris

    def href(target: str) -> str:
        path, hash_mark, anchor = target.partition("#")
        file = known.get(path)  # get_file_from_path takes the path apart first, each time
        return f"{top}/{file.url}{hash_mark}{anchor}" if file else ""

    return href


def _report(findings: list[Finding]) -> None:
    """Log faults in the words of `ethogram check`; strict builds count the errors."""
    for finding in findings:
        grave = finding.severity is Severity.ERROR
        log.log(logging.WARNING if grave else logging.INFO, "%s", to_text([finding]))


def _lost_cards(catalog: Catalog) -> list[Finding]:
    lost = []
    for page in catalog.pages:
        rendered = _state.rendered.get(catalog.relative(page.path))
        for number, card in enumerate(page.cards):
            if rendered and number in rendered.cards and number not in rendered.shown:
                message = f"The card of {card.work} is not on the rendered page"
                place = (card.line, card.column)
                lost.append(Finding.of("card-not-rendered", page.path, place, message))
    return lost


def _resolve_in_background() -> None:
    """Ask arXiv for works without a record; the records' arrival refreshes the preview.

    Each work is asked for once a preview, so that an outage or a wrong number is no loop.
    """
    wanted = [str(work.id) for work in _catalog().unrecorded() if work.scheme == "arxiv"]
    new = [number for number in wanted if number not in _state.asked]
    if _state.settings.resolve != "serve" or not new:
        return
    _state.asked.update(new)
    threading.Thread(target=_resolve, args=(new, _state.bib), daemon=True).start()


def _resolve(numbers: list[str], bib: Path) -> None:
    from ethogram import resolve  # only now: a build has no use for its libraries

    log.info("Asking arXiv for %s", ", ".join(numbers))
    try:
        outcome = resolve.resolve(numbers, bib)
    except EthogramError as error:
        log.warning("%s", error)
        return
    log.info("%s", outcome)
