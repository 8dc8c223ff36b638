"""Records of works that are not on arXiv, from whoever brought them out.

    text, dates, names      what all of them write in their own ways
    sketch                  what is known of a work -> a record
    csl                     registers of DOIs: Crossref, DataCite and others
    page, jsonld            pages
    asking                  the network

What is read here is data from outside: sizes are bounded, forms are not trusted, and what nobody
sees (controls, marks that turn the direction of a text) is dropped.
"""

from typing import TYPE_CHECKING

from ethogram.findings import EthogramError
from ethogram.record import Work
from ethogram.sources.errors import Elsewhere, Unreachable, no_record
from ethogram.works import WorkId, identify

if TYPE_CHECKING:
    from ethogram.settings import Settings
    from ethogram.sources.asking import Told
    from ethogram.sources.sketch import Sketch

__all__ = ["Elsewhere", "Unreachable", "record_of"]


def record_of(work: WorkId, settings: "Settings") -> Work:
    """Look up the record of a work that is not on arXiv.

    A DOI's is the one that its register has. A page that says which DOI its paper has leads to
    that record; otherwise what its tags say is the record.

    Args:
        work: a DOI or an address.
        settings: where DOIs are asked for, who asks, and whether private addresses may be.

    Returns:
        The record, with a key that may be taken (`bibliography.append` settles it). Of a page
        that names a DOI, that is what identifies it.

    Raises:
        Unreachable: nobody answered.
        Elsewhere: it is on arXiv, and has its record there.
        EthogramError: there is no record to be had; the sentence says why.
    """
    if work.scheme == "arxiv":
        raise Elsewhere(work, work)
    if work.scheme == "doi":
        return _of_doi(work, settings)
    return _of_page(work, settings)


def _of_doi(work: WorkId, settings: "Settings", url: str = "") -> Work:
    """The record that a register has; where it knows only a page, the page's."""
    from ethogram.sources import csl  # only now: most of what needs a record has one
    from ethogram.sources.asking import ask_register

    told = ask_register(work, settings)
    sketch = csl.read(told.data) if told.data is not None else _sketch(told)
    return _record(work, work, sketch, url)


def _of_page(work: WorkId, settings: "Settings") -> Work:
    from ethogram.sources.asking import ask_page

    told = ask_page(work, settings)
    sketch = _sketch(told)
    doi = sketch.lead("doi")
    if doi is None or sketch.lead("arxiv"):
        return _record(work, work, sketch)
    try:
        return _of_doi(doi, settings, work.id)
    except Elsewhere:
        raise
    except EthogramError:  # the register is out of order, or has not heard of it yet
        return _record(work, doi, sketch, work.id)


def _sketch(told: "Told") -> "Sketch":
    """What a page says, and the addresses on the way to it."""
    from dataclasses import replace

    from ethogram.sources import page

    assert told.page is not None  # where there is no data, there is a page
    found = page.read(told.page.source, told.addresses[-1])
    passed = tuple(each for each in map(identify, told.addresses) if each and each.scheme != "url")
    return replace(found, named=(*found.named, *passed))


def _record(asked: WorkId, work: WorkId, sketch: "Sketch", url: str = "") -> Work:
    """Make a sketch a record, unless arXiv has a better one."""
    from ethogram.days import today

    if found := sketch.lead("arxiv"):
        raise Elsewhere(asked, found)
    try:
        return sketch.work(work, today(), url)
    except ValueError as error:  # a title or name of nothing but marks, and the like
        raise no_record(asked, f"what is there makes no record ({error})") from None
