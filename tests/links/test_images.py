"""`links.images`: remote pictures come home small, clean and sized, and pages show them."""

import asyncio
import random
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from lxml import html
from markdown import markdown
from PIL import Image, ImageCms, PngImagePlugin

from ethogram.catalog import Catalog
from ethogram.check import check
from ethogram.links import figures, images, webp
from ethogram.links.client import Client
from ethogram.links.guard import Guard
from ethogram.links.images import (
    Fate,
    Outcome,
    RemotePicture,
    fetch,
    mirror,
    mirrored,
    remote,
)
from ethogram.links.schedule import Schedule
from ethogram.links.webp import UnfitError, encoded
from loopback_web import LoopbackWeb, Reply, redirect

EXTENSIONS = ["admonition", "attr_list", "md_in_html", "tables", "pymdownx.details"]
CARD = '!!! note "[T](https://arxiv.org/abs/2401.05566)"\n\n    Words.\n\n'
RECORD = """\
@misc{doe2024some,
  title = {{Some Title}},
  author = {Doe, Jane},
  year = {2024},
  doi = {10.1000/some},
}
"""


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    """A picture as a file of some format."""
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def opened(data: bytes) -> Image.Image:
    """A picture read with all of its pixels."""
    image = Image.open(BytesIO(data))
    image.load()
    return image


def plot(size: tuple[int, int] = (320, 200)) -> Image.Image:
    """Something like a plot: white, with a few bars."""
    image = Image.new("RGB", size, "white")
    for number in range(5):
        image.paste((20 * number, 60, 160), (20 + 50 * number, 30 * number, 50 + 50 * number, 190))
    return image


def photo(size: tuple[int, int] = (320, 200)) -> Image.Image:
    """Something like a photograph: no two pixels alike."""
    noise = random.Random(1).randbytes(size[0] * size[1] * 3)
    return Image.frombytes("RGB", size, noise)


def chunks(data: bytes) -> list[str]:
    """The kinds of the parts of a WebP file."""
    found, position = [], 12
    while position < len(data):
        found.append(data[position : position + 4].decode())
        (length,) = struct.unpack("<I", data[position + 4 : position + 8])
        position += 8 + length + length % 2
    return found


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it has very many pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return (
        b"\x89PNG\r\n\x1a\n"
        + head
        + chunk(b"IDAT", zlib.compress(b"\0" * 99))
        + chunk(b"IEND", b"")
    )


PNG = saved(plot(), "PNG")


# -- pixels ----------------------------------------------------------------------------------


def test_a_plot_stays_exactly_as_it_is() -> None:
    """A PNG of few colors becomes a lossless WebP, pixel for pixel, and is smaller than lossy."""
    webp = encoded(PNG)
    assert (webp.width, webp.height) == (320, 200)
    assert opened(webp.data).convert("RGB").tobytes() == plot().tobytes()
    assert chunks(webp.data) == ["VP8L"]
    assert len(webp.data) < len(saved(plot(), "WEBP", quality=85))


def test_a_photograph_is_lossy() -> None:
    """A PNG of very many colors would be huge without loss."""
    data = saved(photo(), "PNG")
    webp = encoded(data)
    assert chunks(webp.data) == ["VP8 "]
    assert len(webp.data) < len(data)


def jpeg_with_metadata() -> bytes:
    """A photograph that lies on its side and tells where it was taken, by whom and with what."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees to the right
    exif[0x010F] = "SecretCamera"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    image = Image.new("RGB", (64, 32), "white")
    image.paste((255, 0, 0), (0, 0, 8, 32))  # the left edge, which will be the top
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return saved(
        image,
        "JPEG",
        quality=95,
        exif=exif,
        icc_profile=profile,
        comment=b"SecretComment",
        xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>SecretXmp</x:xmpmeta>",
    )


def test_metadata_is_gone_and_the_picture_is_upright() -> None:
    """Where and by whom a picture was taken is nobody's business; how it was held counts."""
    data = jpeg_with_metadata()
    assert b"SecretCamera" in data and b"SecretXmp" in data and b"SecretComment" in data
    assert opened(data).getexif().get_ifd(0x8825)
    webp = encoded(data)
    image = opened(webp.data)
    assert image.size == (webp.width, webp.height) == (32, 64)
    red, green, _ = image.convert("RGB").getpixel((16, 2))  # type: ignore[misc]
    assert red > 200 and green < 60
    assert chunks(webp.data) == ["VP8 "]  # no EXIF, XMP, ICCP, and no VP8X that announces them
    assert not image.getexif() and not image.info.get("exif") and not image.info.get("xmp")
    assert b"Secret" not in webp.data


def test_text_in_a_png_is_gone() -> None:
    """PNG has notes of its own."""
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Author", "Secret", zip=False)
    notes.add_itxt("XML:com.adobe.xmp", "Secret")
    exif = Image.Exif()
    exif[0x010F] = "Secret"
    webp = encoded(saved(plot(), "PNG", pnginfo=notes, exif=exif))
    assert webp == encoded(PNG)


def test_a_picture_with_a_profile_is_converted_to_srgb() -> None:
    """Without its profile a picture would have wrong colors: here what is called red is blue."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = profile.replace(b"rXYZ", b"....").replace(b"bXYZ", b"rXYZ").replace(b"....", b"bXYZ")
    swapped = swapped.replace("sRGB".encode("utf-16-be"), "xBGR".encode("utf-16-be"))
    red = Image.new("RGB", (8, 8), (255, 0, 0))
    for written, color in ((profile, (255, 0, 0)), (swapped, (0, 0, 255))):
        image = opened(encoded(saved(red, "PNG", icc_profile=written)).data)
        assert image.convert("RGB").getpixel((4, 4)) == color
        assert not image.info.get("icc_profile")


@pytest.mark.parametrize("profile", [b"nonsense", b"\0" * 200])
def test_a_broken_profile_is_passed_over(profile: bytes) -> None:
    """The picture itself is fine."""
    assert encoded(saved(plot(), "PNG", icc_profile=profile)) == encoded(PNG)


def test_print_colors_become_screen_colors() -> None:
    """A JPEG in CMYK, which WebP cannot hold, looks as a browser shows it."""
    webp = encoded(saved(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), "JPEG", quality=95))
    red, green, blue = opened(webp.data).convert("RGB").getpixel((8, 8))  # type: ignore[misc]
    assert red > 200 and green < 60 and blue < 60


def test_what_is_seen_through_stays_so() -> None:
    """A palette with a transparent color becomes RGBA."""
    image = plot().quantize(8)
    background = image.getpixel((319, 0))
    webp = opened(encoded(saved(image, "PNG", transparency=background)).data)
    assert webp.mode == "RGBA"
    assert webp.getchannel("A").getextrema() == (0, 255)
    assert webp.getpixel((319, 0))[3] == 0  # type: ignore[index]


def test_an_opaque_alpha_channel_goes() -> None:
    """It says nothing and costs bytes."""
    assert encoded(saved(plot().convert("RGBA"), "PNG")) == encoded(PNG)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_mode_of_png_is_read(mode: str) -> None:
    """Black and white, gray, palettes and sixteen bits come out as they are seen."""
    image = Image.new(mode, (9, 5), {"I;16": 32768}.get(mode, 0))
    pixel = opened(encoded(saved(image, "PNG")).data).convert("RGB").getpixel((0, 0))
    assert pixel == ((128, 128, 128) if mode == "I;16" else (0, 0, 0))


@pytest.mark.parametrize("kind", ["BMP", "GIF", "WEBP", "AVIF", "ICO", "JPEG"])
def test_every_format_that_browsers_show_is_read(kind: str) -> None:
    """Whatever a picture was, it becomes WebP."""
    webp = encoded(saved(plot((64, 64)), kind))
    assert opened(webp.data).format == "WEBP"
    assert (webp.width, webp.height) == (64, 64)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((3200, 100), (1600, 50)),
        ((100, 4800), (50, 2400)),
        ((4000, 3000), (1600, 1200)),
        ((9000, 1), (1600, 1)),
        ((1600, 2400), (1600, 2400)),
        ((1, 1), (1, 1)),
    ],
)
def test_no_picture_is_larger_than_it_is_shown(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    """At most 1,600 by 2,400 pixels, in its own shape; nothing is enlarged."""
    webp = encoded(saved(Image.new("RGB", size, "navy"), "PNG"))
    assert (webp.width, webp.height) == opened(webp.data).size == expected


def movie(count: int, size: tuple[int, int] = (40, 30)) -> list[Image.Image]:
    """Frames that differ from one to the next."""
    return [Image.new("RGB", size, (60 * number % 256, 40, 90)) for number in range(count)]


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_stays_one(kind: str) -> None:
    """Frames, times and endless repetition are kept."""
    first, *rest = movie(3)
    data = saved(first, kind, save_all=True, append_images=rest, duration=[70, 130, 200], loop=0)
    image = opened(encoded(data).data)
    assert (image.format, image.n_frames, image.info["loop"]) == ("WEBP", 3, 0)  # type: ignore[attr-defined]
    times = []
    for number in range(3):
        image.seek(number)
        image.load()
        times.append(image.info["duration"])
    assert times == [70, 130, 200]


def test_an_animation_is_made_smaller_too() -> None:
    """All its frames; and one that has no time gets what browsers give it."""
    first, *rest = movie(2, (2000, 10))
    data = saved(first, "GIF", save_all=True, append_images=rest, duration=0)
    image = opened(encoded(data).data)
    assert image.size == (1600, 8)
    assert image.info["loop"] == 1  # a GIF that does not say how often plays once
    assert image.info["duration"] == 100


def test_an_endless_animation_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bound on frames, and one on all their pixels."""
    first, *rest = movie(6)
    data = saved(first, "GIF", save_all=True, append_images=rest)
    monkeypatch.setattr(webp, "MOST_FRAMES", 5)
    with pytest.raises(UnfitError, match=r"^an animation of more than 5 frames$"):
        encoded(data)
    monkeypatch.setattr(webp, "MOST_ANIMATED", 3 * 40 * 30)
    with pytest.raises(UnfitError, match=r"^an animation of more than 3 frames$"):
        encoded(data)


def test_the_same_bytes_give_the_same_bytes() -> None:
    """So that a picture fetched twice is one file."""
    for data in (PNG, jpeg_with_metadata()):
        assert encoded(data) == encoded(data)


def gif_with_a_large_frame() -> bytes:
    """A GIF that says it is small and has a frame that is not."""
    data = bytearray(saved(Image.new("P", (8, 8)), "GIF"))
    frame = data.index(b"\x2c", 13 + 3 * 2)
    data[frame + 5 : frame + 9] = struct.pack("<HH", 60000, 60000)
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty: not one byte"),
        (b"<!doctype html><p>Not found", "an HTML page, no picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>", "a drawing"),
        (png_claiming(30000, 30000), "30000 by 30000 pixels are too many to decode"),
        (png_claiming(50, 50), "broken PNG: it cannot be decoded"),
        (saved(photo(), "JPEG")[:4000], "broken JPEG: it cannot be decoded"),
        (gif_with_a_large_frame(), "pixels|broken GIF"),
    ],
)
def test_what_is_no_picture_is_refused(data: bytes, reason: str) -> None:
    """Bytes count, whatever they are called; and a bomb is never decoded."""
    with pytest.raises(UnfitError, match=f"^.*{reason}"):
        encoded(data)


@pytest.mark.parametrize("seed", range(40))
def test_broken_pictures_never_crash(seed: int) -> None:
    """Whatever a server sends, there is a picture or a reason."""
    chance = random.Random(seed)
    first, *rest = movie(2)
    kinds = [
        PNG,
        jpeg_with_metadata(),
        saved(first, "GIF", save_all=True, append_images=rest),
        saved(first, "WEBP", save_all=True, append_images=rest),
        saved(first, "AVIF"),
    ]
    data = bytearray(chance.choice(kinds))
    for _ in range(chance.randrange(1, 9)):
        data[chance.randrange(12, len(data))] = chance.randrange(256)
    try:
        said = str(encoded(bytes(data)).width)
    except UnfitError as error:
        said = str(error)
    assert said


# -- pages -----------------------------------------------------------------------------------


@pytest.fixture
def web() -> Iterator[LoopbackWeb]:
    """Give a server with pictures of every sort."""
    pictures: dict[str, Reply | list[Reply]] = {
        "/plot.png": Reply(200, {"Content-Type": "image/png"}, PNG),
        "/photo.jpg": Reply(200, {"Content-Type": "image/jpeg"}, jpeg_with_metadata()),
        "/page.png": Reply(200, {"Content-Type": "image/png"}),
        "/empty.png": Reply(200, {"Content-Type": "image/png"}, b""),
        "/bomb.png": Reply(200, {"Content-Type": "image/png"}, png_claiming(30000, 30000)),
        "/drawing.svg": Reply(200, {}, b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        "/reset.png": Reply(reset=True),
        "/moved.png": redirect("/plot.png", 302),
    }
    with LoopbackWeb(pictures) as server:
        yield server


class Site:
    """A small site in a folder."""

    def __init__(self, folder: Path) -> None:
        self.docs = folder / "docs"
        self.bib = folder / "bib"
        self.bib.mkdir()
        (self.bib / "other.bib").write_text(RECORD)

    def write(self, text: str, name: str = "group/term.md") -> Path:
        """Write a page."""
        path = self.docs / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
        return path

    def read(self, name: str = "group/term.md") -> str:
        """Read a page, its line ends as they are."""
        return (self.docs / name).read_bytes().decode()

    def catalog(self) -> Catalog:
        """The site as it stands."""
        return Catalog.load(self.docs, self.bib)

    def mirror(self, **options: Any) -> list[Outcome]:
        """Fetch everything."""
        return mirror(self.catalog(), allow_private=True, **options)

    def rules(self) -> list[str]:
        """The rules on pictures and links that the site breaks."""
        wanted = ("remote-picture", "missing-picture", "dead-link", "dead-anchor")
        return [finding.rule for finding in check(self.catalog()) if finding.rule in wanted]

    def figures(self) -> list[str]:
        """The files of pictures."""
        return sorted(file.name for file in (self.docs / "assets/figures").glob("*"))


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Give an empty site."""
    return Site(tmp_path)


def shown(text: str) -> list[dict[str, str]]:
    """The attributes of the pictures on a page, as Python-Markdown renders it."""
    tree = html.fromstring(f"<div>{markdown(text, extensions=EXTENSIONS)}</div>")
    return [dict(image.attrib) for image in tree.iter("img")]


def test_a_picture_comes_home(site: Site, web: LoopbackWeb) -> None:
    """The file is there, and the page shows it with its size and says where it is from."""
    url = web.url("/plot.png")
    before = f"{CARD}    ![Bars that fall]({url})\n"
    site.write(before)
    (outcome,) = site.mirror()
    file = site.docs / "assets/figures/2401.05566-1.webp"
    assert outcome == Outcome(
        RemotePicture(
            (site.docs / "group/term.md").as_posix(), 5, 5, url, "Bars that fall", "2401.05566"
        ),
        Fate.FETCHED,
        file,
        len(PNG),
        file.stat().st_size,
    )
    assert site.read() == (
        f"{CARD}    ![Bars that fall](../assets/figures/2401.05566-1.webp "
        f'"Source: {url}"){{ width="320" height="200" loading=lazy }}\n'
    )
    assert opened(file.read_bytes()).size == (320, 200)
    assert site.rules() == []
    assert web.asked("/plot.png") == ["GET"]


LOCAL = "../assets/figures/term-1.webp"

PLACES = {
    "paragraph": "![A]({}) and words",
    "titled": '![A]({} "It\'s (so)")',
    "titled in single quotes": "![A]({} 'Say \"so\"')",
    "angled": '![A](<{}> "T")',
    "attributes": '![A]({}){{ width="160" .wide }}',
    "attributes with a colon": "![A]({}){{: #id width=160 }}",
    "height": "![A]({}){{ height=100px }}",
    "both": '![A]({}){{ width="10" height="20" loading=eager }}',
    "share": '![A]({}){{ width="50%" }}',
    "card": "!!! note\n    ![A]({})",
    "details": "??? info\n    ![A]({})",
    "title of a card": '!!! note "![A]({}) Words"\n    More.',
    "list": "- ![A]({})\n- b",
    "quote": "> ![A]({})",
    "table": "| a | b |\n|---|---|\n| ![A]({}) | c |",
    "link": "[![A]({})](https://around.example/)",
    "heading": "# Title ![A]({})",
    "two lines": '![A](\n{}\n"T")',
    "reference": '![A][r] and [words][r].\n\n[r]: {} "T"',
    "short reference": "![A]\n\n[A]: {}",
    "awkward words": "![A `code` \\] *b*]({})",
    "tag": '<img src="{}" alt="A">',
    "tag in a sentence": 'See <img alt="A" src=\'{}\' title="T &amp; T" width="160"/> here.',
    "tag without quotes": "<img src={} alt=A title=T height=100>",
    "tag in a block": '<figure>\n<img class="c" src="{}" alt="A">\n</figure>',
    "tag in a link": 'See <a href="https://around.example/"><img src="{}" alt="A"></a>.',
    "tag in a table": '| a | b |\n|---|---|\n| <img src="{}" alt="A"> | c |',
}

SIZES = {
    "titled": ("320", "200"),
    "attributes": ("160", "100"),
    "attributes with a colon": ("160", "100"),
    "height": ("160", "100px"),
    "both": ("10", "20"),
    "share": ("50%", None),
    "tag in a sentence": ("160", "100"),
    "tag without quotes": ("160", "100"),
}

TITLES = {
    "titled": "It's (so) - ",
    "titled in single quotes": 'Say "so" - ',
    "angled": "T - ",
    "two lines": "T - ",
    "reference": "T - ",
    "tag in a sentence": "T & T - ",
    "tag without quotes": "T - ",
}


@pytest.mark.parametrize("place", PLACES)
def test_a_picture_is_shown_wherever_it_stands(site: Site, web: LoopbackWeb, place: str) -> None:
    """Python-Markdown renders it with its file, size, words and title, and all else as before."""
    path = "/plot.png?a_b=*c*&copy=(1)&d='e'"
    if place == "tag without quotes":
        path = path.replace("=", "-")  # with it Python-Markdown takes it for no tag
    url = web.url(path)
    web.set(path, Reply(200, {}, PNG))
    written = url.replace("&", "&amp;").replace("'", "&#39;")
    before = PLACES[place].format(written)
    site.write(f"{before}\n")
    (outcome,) = site.mirror()
    assert (outcome.fate, outcome.reason) == (Fate.FETCHED, "")
    (old,), (new,) = shown(before), shown(site.read())
    assert old["alt"] == new["alt"]
    local = LOCAL.replace("../", "../../") if place.startswith("tag") else LOCAL
    assert new["src"] == local
    assert (new["width"], new.get("height")) == SIZES.get(place, ("320", "200"))
    readable = url.replace("'", "%27").replace("(", "%28").replace(")", "%29")
    assert new["title"] == f"{TITLES.get(place, '')}Source: {readable}"
    assert new["loading"] == ("eager" if place == "both" else "lazy")
    assert {**old, **new} == new
    assert site.rules() == []
    assert mirrored(site.catalog()) == {readable: outcome.file}


def test_everything_else_on_the_page_stays(site: Site, web: LoopbackWeb) -> None:
    """Line ends, byte order mark, other links, and a last line without an end."""
    url = web.url("/plot.png")
    page = "\ufeff# T\r\n\r\n[a](../b.md) ![A]({})  \r\n`![B]({})`\r\n\r\n![C]({})"
    site.write(page.replace("{}", url))
    site.mirror()
    image = f'{LOCAL} "Source: {url}"){{ width="320" height="200" loading=lazy }}'
    assert site.read() == (
        f"\ufeff# T\r\n\r\n[a](../b.md) ![A]({image}  \r\n`![B]({url})`\r\n\r\n![C]({image}"
    )


def test_an_address_is_fetched_once(site: Site, web: LoopbackWeb) -> None:
    """Two places, two pages, another run: it is one request and one file."""
    text = "![A]({0})\n\n![B]({0}#top)\n".format(web.url("/plot.png"))
    site.write(text)
    site.write(text, "group/other.md")
    outcomes = site.mirror()
    assert [outcome.fate for outcome in outcomes] == [Fate.FETCHED] * 4
    assert site.figures() == ["other-1.webp"]
    site.write(text, "group/third.md")
    assert {outcome.file for outcome in site.mirror()} == {outcomes[0].file}
    assert web.asked("/plot.png") == ["GET"]
    assert site.figures() == ["other-1.webp"]
    assert site.rules() == []


def test_a_second_run_has_nothing_to_do(site: Site, web: LoopbackWeb) -> None:
    """What is local is left alone."""
    site.write(f"![A]({web.url('/plot.png')})\n")
    site.mirror()
    before = site.read()
    assert site.mirror() == [] and remote(site.catalog()) == []
    assert site.read() == before


@pytest.mark.parametrize(
    ("path", "fate", "reason"),
    [
        ("/page.png", Fate.REFUSED, "an HTML page, no picture, though called image/png"),
        ("/empty.png", Fate.REFUSED, "empty: not one byte"),
        ("/bomb.png", Fate.REFUSED, "30000 by 30000 pixels are too many to decode"),
        ("/drawing.svg", Fate.REFUSED, "a drawing (SVG), which only a person can put into docs/"),
        ("/none.png", Fate.UNREACHABLE, "HTTP 404"),
        ("/reset.png", Fate.UNREACHABLE, ""),
    ],
)
def test_one_fault_stops_nobody(
    site: Site, web: LoopbackWeb, path: str, fate: Fate, reason: str
) -> None:
    """The picture stays remote, with a reason; the others on the page come home."""
    site.write(f"![A]({web.url(path)})\n\n![B]({web.url('/moved.png')})\n")
    failed, fine = site.mirror()
    assert (failed.fate, failed.file) == (fate, None)
    assert failed.reason == reason if reason else failed.reason
    assert (fine.fate, fine.reason) == (Fate.FETCHED, "")
    assert site.read().startswith(f"![A]({web.url(path)})\n\n![B]({LOCAL} ")
    assert f"Source: {web.url('/moved.png')}" in site.read()  # never where it led
    assert site.rules() == ["remote-picture"]
    assert site.figures() == ["term-1.webp"]


def test_a_picture_is_bounded(
    site: Site, web: LoopbackWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No more is read than the limit, and a part of a picture is none."""
    monkeypatch.setattr(images, "LIMIT", 1024 * 1024)
    noise = photo((800, 800))
    web.set("/large.png", Reply(200, {}, saved(noise, "PNG")))
    site.write(f"![A]({web.url('/large.png')})\n")
    (outcome,) = site.mirror()
    assert (outcome.fate, outcome.reason) == (Fate.REFUSED, "larger than 1 MiB")


def test_private_addresses_are_not_asked(site: Site, web: LoopbackWeb) -> None:
    """Unless it is allowed, no request gets out."""
    site.write(f"![A]({web.url('/plot.png')})\n")
    (outcome,) = mirror(site.catalog())
    assert outcome.fate is Fate.UNREACHABLE and outcome.reason
    assert web.requests == []


def test_a_dry_run_writes_nothing(site: Site, web: LoopbackWeb) -> None:
    """It says what would come, and how large."""
    site.write(f"![A]({web.url('/plot.png')})\n\n![B]({web.url('/none.png')})\n")
    before = site.read()
    fine, failed = site.mirror(dry_run=True)
    assert (fine.fate, fine.file, fine.before) == (Fate.FETCHED, None, len(PNG))
    assert 0 < fine.after < fine.before
    assert failed.fate is Fate.UNREACHABLE
    assert site.read() == before
    assert not (site.docs / "assets").exists()


def test_progress_is_told(site: Site, web: LoopbackWeb) -> None:
    """After each page: how many pictures are done, of how many."""
    site.write(f"![A]({web.url('/plot.png')})\n\n![B]({web.url('/none.png')})\n")
    site.write(f"![A]({web.url('/plot.png')})\n", "group/zero.md")
    told: list[tuple[int, int]] = []
    site.mirror(progress=lambda done, all_of_them: told.append((done, all_of_them)))
    assert told == [(2, 3), (3, 3)]


def test_a_site_without_remote_pictures_asks_nobody(site: Site) -> None:
    """There is nothing to do, and no folder is made."""
    site.write("![A](../b.png)\n")
    assert site.mirror() == []
    assert not (site.docs / "assets").exists()


def test_a_list_needs_neither_pillow_nor_aiohttp() -> None:
    """Both take longer to import than a site's pictures take to be found."""
    code = "import sys, ethogram.links.images; print(*{'PIL', 'aiohttp'} & set(sys.modules))"
    hooks = Path(images.__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=hooks, check=True
    )
    assert done.stdout.split() == []


# -- names -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name", "key"),
    [
        (CARD + "    {}", "a/b.md", "2401.05566"),
        ('!!! note "[T](https://arxiv.org/abs/math/0309136)"\n    {}', "a/b.md", "math-0309136"),
        ('!!! note "[T](https://doi.org/10.1000/some)"\n    {}', "a/b.md", "doe2024some"),
        ('!!! note "[T](https://doi.org/10.1234/None(b))"\n    {}', "a/b.md", "10.1234-none-b"),
        ('!!! note "[T](https://e.org/A_b/)"\n    {}', "a/b.md", "e.org-a-b"),
        (CARD + "Outside {}", "a/b.md", "b"),
        ("---\nbehavior: the-term\n---\n{}", "a/b.md", "the-term"),
        ("{}", "a/Über uns.md", "uber-uns"),
        ("{}", "a/index.md", "a"),
        ("{}", "a/数.md", "shu"),
    ],
)
def test_a_picture_is_named_after_its_work(site: Site, text: str, name: str, key: str) -> None:
    """The card's arXiv number, its citation key or its address; else the page's term or name."""
    site.write(text.format("![A](https://e.org/a.png)"), name)
    (picture,) = remote(site.catalog())
    assert picture.key == key


def test_numbers_go_on(site: Site, web: LoopbackWeb) -> None:
    """No picture is written over, whatever its format; they are numbered as they stand."""
    figures = site.docs / "assets/figures"
    figures.mkdir(parents=True)
    taken = ["term-1.webp", "term-3.PNG", "term-x.webp", "terms-9.webp", "term-1-7.webp"]
    for name in taken:
        (figures / name).write_bytes(b"kept")
    web.set("/slow.png", Reply(200, {}, saved(plot((9, 9)), "PNG"), delay=0.2))
    site.write(f"![A]({web.url('/slow.png')})\n\n![B]({web.url('/plot.png')})\n")
    names = [outcome.file.name for outcome in site.mirror() if outcome.file]
    assert names == ["term-4.webp", "term-5.webp"]
    assert all((figures / name).read_bytes() == b"kept" for name in taken)
    assert opened((figures / "term-4.webp").read_bytes()).size == (9, 9)


def test_what_was_written_before_a_crash_is_used(site: Site, web: LoopbackWeb) -> None:
    """A file whose page never came to show it is found again by its bytes."""
    page = f"![A]({web.url('/plot.png')})\n"
    site.write(page)
    site.mirror()
    site.write(page)
    (outcome,) = site.mirror()
    assert outcome.fate is Fate.FETCHED
    assert site.figures() == ["term-1.webp"]


@pytest.mark.parametrize("linking", [True, False])
def test_a_name_taken_in_this_moment_is_not_written_over(
    site: Site, web: LoopbackWeb, monkeypatch: pytest.MonkeyPatch, linking: bool
) -> None:
    """Two that fetch at once get two names, on disks without hard links too."""
    figures = site.docs / "assets/figures"
    claim: Callable[[Path, Path], bool] = images._claim

    def late(new: Path, target: Path) -> bool:
        if target.name == "term-1.webp":
            target.write_bytes(b"the other's")
        return claim(new, target)

    def no_links(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(images, "_claim", late)
    if not linking:
        monkeypatch.setattr("os.link", no_links)
    site.write(f"![A]({web.url('/plot.png')})\n")
    (outcome,) = site.mirror()
    assert outcome.file == figures / "term-2.webp"
    assert (figures / "term-1.webp").read_bytes() == b"the other's"
    assert site.figures() == ["term-1.webp", "term-2.webp"]


# -- what is found ---------------------------------------------------------------------------


def found(site: Site, text: str) -> list[tuple[int, int, str, str | None]]:
    """The remote pictures of a page."""
    site.write(text)
    return [(p.line, p.column, p.address, p.alt) for p in remote(site.catalog())]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a ![A](https://e.org/a.png)", [(1, 3, "https://e.org/a.png", "A")]),
        ("![A](HTTP://e.org/a.png)", [(1, 1, "HTTP://e.org/a.png", "A")]),
        ("![](//e.org/a.png)", [(1, 1, "https://e.org/a.png", "")]),
        ("![A](https://e.org/a.png?x&amp;y#z)", [(1, 1, "https://e.org/a.png?x&y", "A")]),
        ("![A][b]\n\n[b]: https://e.org/a.png", [(1, 1, "https://e.org/a.png", "A")]),
        ('<img src="https://e.org/a.png">', [(1, 11, "https://e.org/a.png", None)]),
        ('<IMG alt="" SRC=https://e.org/a.png>', [(1, 17, "https://e.org/a.png", "")]),
        ("![A](a.png) <img src='b.png'> [c](https://e.org/c.png)", []),
        ("`![A](https://e.org/a.png)` <!-- ![A](https://e.org/a.png) -->", []),
        ("<!-- <img src='https://e.org/a.png'> -->\n\n    <img src='https://e.org/a.png'>", []),
        ('<img src="data:image/png;base64,AA==">', []),
        ("<img alt=A>", []),
    ],
)
def test_remote_pictures_are_found(
    site: Site, text: str, expected: Sequence[tuple[int, int, str, str | None]]
) -> None:
    """In Markdown and in raw HTML, with their place; nothing in code and comments."""
    assert found(site, text) == expected


def test_a_picture_with_more_sources_is_left_to_a_person(site: Site, web: LoopbackWeb) -> None:
    """A browser would go on fetching what `srcset` names."""
    url = web.url("/plot.png")
    text = f'<img src="{url}" srcset="{url} 2x" alt="A">\n'
    site.write(text)
    (outcome,) = site.mirror()
    assert (outcome.fate, outcome.reason) == (
        Fate.REFUSED,
        "it has a srcset too, which a person must replace",
    )
    assert site.read() == text


def test_a_page_is_read_before_it_is_changed(
    site: Site, web: LoopbackWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the new text would not be read as the picture, the page stays as it was."""
    monkeypatch.setattr(figures, "_with_source", lambda *_: 'ends" here')
    text = f"![A]({web.url('/plot.png')})\n\n<img src='{web.url('/photo.jpg')}' alt='B'>\n"
    site.write(text)
    first, second = site.mirror()
    assert (first.fate, first.reason) == (
        Fate.REFUSED,
        "with it the page would be read differently",
    )
    assert second.fate is Fate.FETCHED  # a tag's attributes are escaped in any case
    assert site.read().startswith(text.split("\n")[0])
    assert site.rules() == ["remote-picture"]


def test_a_page_that_changed_meanwhile_is_left_alone(site: Site, web: LoopbackWeb) -> None:
    """Its pictures are named with the reason, and the next run finds their files."""
    url = web.url("/plot.png")
    site.write(f"![A]({url})\n")
    catalog = site.catalog()
    site.write(f"New words.\n\n![A]({url})\n")
    (outcome,) = mirror(catalog, allow_private=True)
    assert (outcome.fate, outcome.reason) == (Fate.REFUSED, "the page has changed meanwhile")
    assert outcome.file and outcome.file.exists()
    assert site.read() == f"New words.\n\n![A]({url})\n"


def test_a_page_that_is_gone_is_named(site: Site, web: LoopbackWeb) -> None:
    """The other pages are changed nevertheless."""
    gone = site.write(f"![A]({web.url('/plot.png')})\n", "group/gone.md")
    site.write(f"![A]({web.url('/plot.png')})\n")
    catalog = site.catalog()
    gone.unlink()
    first, second = mirror(catalog, allow_private=True)
    assert first.fate is Fate.REFUSED and "cannot be read" in first.reason
    assert second.fate is Fate.FETCHED
    assert "gone-1.webp" in site.read()


def test_a_folder_that_cannot_be_written_is_a_reason(site: Site, web: LoopbackWeb) -> None:
    """Nothing half-done is left: the page still shows the remote picture."""
    text = f"![A]({web.url('/plot.png')})\n"
    site.write(text)
    (site.docs / "assets").write_text("a file in the way")
    (outcome,) = site.mirror()
    assert outcome.fate is Fate.REFUSED and outcome.reason.startswith("cannot be written: ")
    assert site.read() == text


def test_a_client_of_ones_own_is_used(site: Site, web: LoopbackWeb) -> None:
    """`fetch` asks whom it is told to ask, and knows only what it is told."""
    site.write(f"![A]({web.url('/plot.png')})\n")
    pictures = remote(site.catalog())

    async def run() -> list[Outcome]:
        async with Client(Schedule(), Guard(allow_private=True)) as client:
            return await fetch(pictures, client, site.docs / "assets/figures", site.docs)

    (outcome,) = asyncio.run(run())
    assert outcome.fate is Fate.FETCHED
    assert site.rules() == []
