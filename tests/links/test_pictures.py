"""`links.pictures`: bytes are a picture or they are not, whatever their name and their type."""

import gzip
import io
import struct
import zlib
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from ethogram.links.pictures import Look, begins_drawing, look, look_at, size

FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "AVIF", "BMP", "ICO")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="37" height="21"><path d="M0 0"/></svg>'


@cache
def picture(name: str, **options: object) -> bytes:
    """A small picture of a format."""
    file = io.BytesIO()
    options = {"sizes": [(48, 32)]} if name == "ICO" else options
    Image.new("RGB", (48, 32), (200, 100, 50)).save(file, name, **options)
    return file.getvalue()


@pytest.mark.parametrize("name", FORMATS)
def test_a_picture_is_known_by_its_bytes(name: str) -> None:
    """Each format that browsers show has its format and its size read, whatever it is called."""
    assert look(picture(name), "text/html") == Look(name, 48, 32)


@pytest.mark.parametrize("name", ["PNG", "GIF", "WEBP", "BMP"])
def test_a_head_is_enough(name: str) -> None:
    """A body that was cut at a limit is no broken picture while its head is there."""
    data = picture(name)
    assert look(data[: min(len(data) - 1, 70)]) == look(data)


def test_webp_is_read_in_its_three_forms() -> None:
    """Lossy, lossless and extended WebP tell their size in three places."""
    for options in ({"quality": 50}, {"lossless": True}, {"exif": b"Exif\0\0MM\0*\0\0\0\x08\0\0"}):
        found = look(picture("WEBP", **options))
        assert (found.width, found.height) == (48, 32), options


def test_a_picture_is_as_wide_as_it_is_shown() -> None:
    """A photo that its camera took upright is turned, as browsers turn it."""
    exif = Image.Exif()
    exif[0x0112] = 6
    file = io.BytesIO()
    Image.new("RGB", (48, 32)).save(file, "JPEG", exif=exif)
    assert look(file.getvalue()) == Look("JPEG", 32, 48)


def cut(name: str) -> bytes:
    """Half of a picture with some pixels, the head in it."""
    data = noisy(name)
    return data[: len(data) * 2 // 3]


@cache
def noisy(name: str) -> bytes:
    """A picture whose pixels fill some kilobytes."""
    file = io.BytesIO()
    Image.effect_noise((120, 90), 80).convert("RGB").save(file, name)
    return file.getvalue()


@pytest.mark.parametrize("name", ["PNG", "JPEG", "GIF", "WEBP", "AVIF"])
def test_half_a_picture_is_broken(name: str) -> None:
    """What is all there is, and ends within its pixels, is shown broken or half."""
    assert look(noisy(name), complete=True) == Look(name, 120, 90)
    assert look(cut(name), complete=True).fault == f"broken {name}: cut off"
    assert look(cut(name)) == Look(name, 120, 90)
    called = look(cut(name), "image/x", complete=False)
    assert not called.fault


@pytest.mark.parametrize("name", ["PNG", "JPEG", "GIF", "WEBP", "AVIF"])
@pytest.mark.parametrize("behind", [bytes(3000), b"<!-- served in 3 ms -->", b"\xff\xd8\xff\xe0\0"])
def test_what_follows_a_picture_does_no_harm(name: str, behind: bytes) -> None:
    """Browsers show the picture and leave what is behind it."""
    assert look(noisy(name) + behind, complete=True) == Look(name, 120, 90)


def test_what_browsers_do_not_miss() -> None:
    """All pixels without the mark of the end, metadata behind them, later frames: all is shown."""
    assert not look(noisy("PNG")[:-12], complete=True).fault
    assert not look(noisy("GIF")[:-1], complete=True).fault
    exif = picture("WEBP", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0" + bytes(100))
    assert not look(exif[:-20], complete=True).fault


def test_a_thumbnail_does_not_end_a_photo() -> None:
    """The picture within a JPEG's EXIF has an end of its own."""
    thumbnail = b"\xff\xe1\0\x0cExif\0\0\xff\xd9\0\0"
    whole = b"\xff\xd8" + thumbnail + noisy("JPEG")[2:]
    assert not look(whole, complete=True).fault
    assert look(whole[:2000], complete=True).fault == "broken JPEG: cut off"


def test_a_progressive_photo_and_an_animation_are_whole() -> None:
    """Pixels may come in several scans, or frames."""
    assert not look(picture("JPEG", progressive=True), complete=True).fault
    frames = [Image.new("RGB", (48, 32), (shade, 0, 0)) for shade in (0, 90, 200)]
    for name in ("GIF", "WEBP", "PNG"):
        file = io.BytesIO()
        frames[0].save(file, name, save_all=True, append_images=frames[1:], comment=b"x" * 600)
        assert look(file.getvalue(), complete=True) == Look(name, 48, 32), name


def test_a_bomb_is_only_measured() -> None:
    """A picture of 4 billion pixels costs no more than its head; no warning, no memory."""
    head = struct.pack(">IIBBBBB", 65000, 65000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
    bomb = start + struct.pack(">I", zlib.crc32(chunk)) + b"\0\0\0\0IDAT"
    assert look(bomb) == Look("PNG", 65000, 65000)


FAULTS = [
    (b"", "empty: not one byte"),
    (bytes(5000), "zero bytes only"),
    (b"<!DOCTYPE html><title>Not found</title>", "an HTML page, no picture"),
    (b"\xef\xbb\xbf\n<!-- x --><HTML lang=en>", "an HTML page, no picture"),
    (b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"/>', "an HTML page"),
    (b'{"error": "gone"}', "JSON, no picture"),
    (b"Forbidden.", "text, no picture"),
    (b"<rss/>", "XML, but no SVG"),
    (b"%PDF-1.7\n\x01\x02\x03", "no format that browsers show"),
    (b"II*\0\x08\0\0\0", "no format that browsers show"),
    (b"\x89PNG\r\n\x1a\n", "broken PNG"),
    (SVG[:-7], "broken SVG"),
    (gzip.compress(b"anything", mtime=0), "an archive, no picture"),
    (b"\x1f\x8b\x08 torn", "broken archive"),
]


@pytest.mark.parametrize(("data", "fault"), FAULTS)
def test_what_is_no_picture_is_told_apart(data: bytes, fault: str) -> None:
    """A page, an error in JSON, a text, nothing at all: each is named, and has no format."""
    found = look(data, "image/png")
    assert found.fault.startswith(fault)
    assert (found.format, found.width, found.height) == ("", 0, 0)


def test_a_wrong_type_is_named_in_the_fault() -> None:
    """HTML served as a picture says so: the server is what is to be mended."""
    assert look(b"<html>", "image/png; charset=x").fault.endswith("though called image/png")


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ('width="37" height="21"', (37, 21)),
        ('width="37px" height="1in"', (37, 96)),
        ('viewBox="0 0 10 20" width="5" height="6"', (5, 6)),
        ('viewBox="0 0 10 20"', (0, 0)),
        ('viewBox="0,0,10,20" width="100%"', (0, 0)),
        ('viewBox="0 0 10 20" width="5"', (0, 0)),
        ('viewBox="0 0 10 20" width="10em" height="20em"', (0, 0)),
        ('width="37" height="21" style="Height : auto"', (0, 0)),
        ('width="37" height="21" style="stroke-width: 2"', (37, 21)),
        ('width="100%" height="100%"', (0, 0)),
        ("", (0, 0)),
        ('width="1e400" height="1e400"', (0, 0)),
        ('viewBox="0 0 0 0"', (0, 0)),
    ],
)
def test_a_drawing_has_the_size_that_browsers_give_it(
    attributes: str, expected: tuple[int, int]
) -> None:
    """Width and height in absolute units; a share of the room or a view box alone is none."""
    svg = f'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" {attributes}/>'
    assert look(svg.encode()) == Look("SVG", *expected)
    assert look(svg.encode("utf-16")) == Look("SVG", *expected)
    assert look(gzip.compress(svg.encode())) == Look("SVG", *expected)


@pytest.mark.parametrize("depth", [260, 2040, 3000])
def test_no_drawing_is_too_deep(depth: int) -> None:
    """Browsers show more than the parser takes; a fault above is one all the same."""
    deep = b"<svg width='3' height='4'>" + b"<g>" * depth + b"</g>" * depth
    assert look(deep + b"</svg>", complete=True) == Look("SVG", 3, 4)
    assert look(b"<svg><p></g>" + deep).fault == "broken SVG: it does not parse"
    assert look(b"<rss>" + deep + b"</svg></rss>").fault == "XML, but no SVG"


def test_a_long_drawing_is_told_by_its_root() -> None:
    """Five megabytes are parsed; of more the beginning must do."""
    svg = b"<?xml version='1.0'?><!-- x --><svg width='3' height='4'>" + b"<g/>" * 1_400_000
    assert look(svg) == Look("SVG", 3, 4)
    assert look(svg[:5_000_000]).fault == "broken SVG: it does not parse"
    assert begins_drawing(svg[:5_000_000]) and begins_drawing(gzip.compress(svg)[:5000])
    assert not begins_drawing(b"<?xml version='1.0'?><rss><svg>")
    assert not begins_drawing(b"\x1f\x8b\x08 torn") and not begins_drawing(picture("PNG"))


def test_a_drawing_that_would_explode_is_broken() -> None:
    """Entities are held in check, whatever depth is allowed."""
    names = b"".join(b"<!ENTITY a%d '%s'>" % (i, b"&a%d;" % (i - 1) * 10) for i in range(1, 12))
    bomb = b"<!DOCTYPE svg [<!ENTITY a0 'x'>" + names + b"]><svg width='3' height='4' id='&a11;'/>"
    assert look(bomb).fault == "broken SVG: it does not parse"


def test_a_drawing_loads_nothing(tmp_path: Path) -> None:
    """A drawing's DTD and its entities are left where they are; a drawing it is."""
    secret = tmp_path / "secret"
    secret.write_text("!", encoding="utf-8")
    entity = f'<!DOCTYPE svg SYSTEM "http://127.0.0.1:9/x.dtd" [<!ENTITY a SYSTEM "{secret}">]>'
    assert look(f"{entity}<svg width='3' height='4'>&a;</svg>".encode()) == Look("SVG", 3, 4)


def test_a_file_has_a_size(tmp_path: Path) -> None:
    """Of a file on disk only the head is read; what is none, or is missing, has no size."""
    file = tmp_path / "a.png"
    file.write_bytes(picture("PNG") + bytes(3_000_000))
    assert size(file) == (48, 32)
    (tmp_path / "b.svg").write_bytes(SVG)
    assert size(tmp_path / "b.svg") == (37, 21)
    (tmp_path / "c.svg").write_bytes(b"<svg/>")
    (tmp_path / "d.png").write_bytes(b"<html>")
    for name in ("c.svg", "d.png", "missing.png", "\0.png", "."):
        assert size(tmp_path / name) is None, name
    kinds = [look_at(tmp_path / name) for name in ("c.svg", "d.png", "missing.png")]
    assert kinds == [Look("SVG"), Look(fault="an HTML page, no picture"), None]


@given(
    st.sampled_from([*FORMATS, "SVG", "SVGZ"]),
    st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=6)), max_size=6),
    st.integers(0, 2000),
    st.text(max_size=20),
)
def test_nothing_raises(
    name: str, changes: list[tuple[int, bytes]], length: int, called: str
) -> None:
    """Real pictures, damaged and cut, are pictures with a size or have a fault: never both."""
    whole = {"SVG": SVG, "SVGZ": gzip.compress(SVG)}.get(name) or picture(name)
    data = bytearray(whole)
    for place, new in changes:
        data[place : place + len(new)] = new
    found = look(bytes(data[:length]), called, complete=length % 2 == 0)
    assert bool(found.format) != bool(found.fault)
    assert found.width >= 0 and found.height >= 0
    assert found.format or found.width == found.height == 0


@given(st.binary(max_size=300))
def test_no_bytes_raise(data: bytes) -> None:
    """Whatever a server sends is looked at."""
    assert look(data, "image/svg+xml").fault or data
