"""Pictures re-encoded as WebP: no larger than they need be, and nothing in them but pixels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import count
from typing import TYPE_CHECKING

from ethogram.links import pictures
from ethogram.links.heads import BROKEN

if TYPE_CHECKING:
    from PIL.Image import Image

WIDEST, HIGHEST = 1600, 2400
"""The most pixels that a picture keeps; the page's column is 800 wide, doubled for fine screens."""

MOST_PIXELS = 40_000_000
"""The largest picture that is decoded: a few bytes may claim to be gigabytes."""

MOST_FRAMES, MOST_ANIMATED = 300, 64_000_000
"""The longest animation, and the most pixels that all of its frames may have together."""


class UnfitError(Exception):
    """A picture that is not taken; the message is the reason, in a few words."""


@dataclass(frozen=True, slots=True)
class Webp:
    """A picture as it is stored: its file, and its size in pixels."""

    data: bytes
    width: int
    height: int


_ANIMATED = ("GIF", "WEBP", "PNG", "AVIF")  # a JPEG of several pictures (MPO) is no animation
_CRISP = ("PNG", "GIF", "BMP", "ICO")  # formats that lose nothing, of screens and of plots
_FEW_COLORS = 4096
_TENTH = 100  # milliseconds: what browsers take for a frame that has no time, or next to none


def encoded(data: bytes) -> Webp:
    """Re-encode a picture as WebP: no larger than it need be, and nothing in it but pixels.

    It is turned as its EXIF says and converted to sRGB, so that all metadata can go: they may
    tell where and by whom it was taken. Animations stay so. The same bytes give the same bytes.

    Raises:
        UnfitError: it is none, is broken, or is too large to be decoded safely.
    """
    from PIL import Image

    look = pictures.look(data)
    if look.fault:
        raise UnfitError(look.fault)
    if look.format == "SVG":
        raise UnfitError("a drawing (SVG), which only a person can put into docs/")
    if look.width * look.height > MOST_PIXELS:
        raise UnfitError(f"{look.width} by {look.height} pixels are too many to decode")
    try:
        with Image.open(BytesIO(data), formats=[look.format]) as image:
            frames = list(_frames(image, look.format))
            written = _written(frames, image, look.format)
    except Image.DecompressionBombError:
        raise UnfitError("it has more pixels than it says") from None
    except BROKEN:
        raise UnfitError(f"broken {look.format}: it cannot be decoded") from None
    return Webp(written, *frames[0][0].size)


def _frames(image: "Image", kind: str) -> Iterator[tuple["Image", int]]:
    """A picture's frames as they are stored, each with its milliseconds."""
    if kind not in _ANIMATED or not getattr(image, "is_animated", False):
        yield _frame(image), 0
        return
    first = 1 if getattr(image, "default_image", False) else 0  # shown where nothing moves
    pixels = 0
    for number in count(first):
        try:
            image.seek(number)
        except EOFError:
            return
        frame = _frame(image)
        pixels += frame.width * frame.height
        if number - first >= MOST_FRAMES or pixels > MOST_ANIMATED:
            raise UnfitError(f"an animation of more than {number - first} frames")
        yield frame, _milliseconds(image)


def _milliseconds(image: "Image") -> int:
    duration = round(image.info.get("duration", 0))
    return duration if duration > _TENTH // 10 else _TENTH


def _frame(image: "Image") -> "Image":
    """Upright, in sRGB, no larger than is shown, and without anything but pixels."""
    from PIL import Image, ImageOps

    if image.width * image.height > MOST_PIXELS:
        raise UnfitError("it has more pixels than it says")
    frame = _in_srgb(ImageOps.exif_transpose(image))
    scale = min(1, WIDEST / frame.width, HIGHEST / frame.height)
    if scale < 1:
        size = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
        frame = frame.resize(size, Image.Resampling.LANCZOS)
    frame.info = {}
    return frame


def _in_srgb(image: "Image") -> "Image":
    """The colors that a browser shows, as RGB, or RGBA where something is seen through."""
    if image.mode.startswith("I;16"):  # Pillow cuts off what is more than 255, so scale it first
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    alpha = image.convert("RGBA").getchannel("A") if image.has_transparency_data else None
    profile = image.info.get("icc_profile")
    flat = image if image.mode in ("RGB", "CMYK", "L") else image.convert("RGB")
    flat = _converted(flat, profile) if profile else flat.convert("RGB")
    if alpha and alpha.getextrema() != (255, 255):
        flat.putalpha(alpha)
    return flat


def _converted(image: "Image", profile: bytes) -> "Image":
    """Convert the colors from a profile; one that is broken or of other colors counts for none."""
    from PIL import ImageCms

    try:
        own = ImageCms.ImageCmsProfile(BytesIO(profile))
        if image.mode == "RGB" and "sRGB" in ImageCms.getProfileDescription(own):
            return image.copy()
        srgb = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, own, srgb, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        converted = None
    return converted or image.convert("RGB")


def _written(frames: Sequence[tuple["Image", int]], image: "Image", kind: str) -> bytes:
    """The file: of a plot or a screen, lossless where that is smaller."""
    if len(frames) > 1:
        plain = 1 if kind == "GIF" else 0  # a GIF that does not say how often plays once
        return _saved(
            frames[0][0],
            save_all=True,
            append_images=[frame for frame, _ in frames[1:]],
            duration=[milliseconds for _, milliseconds in frames],
            loop=int(image.info.get("loop", plain)),
            method=4,
        )
    frame = frames[0][0]
    small = _saved(frame, method=6)
    if kind in _CRISP and frame.getcolors(_FEW_COLORS):
        small = min(_saved(frame, lossless=True, method=4, quality=100), small, key=len)
    return small


def _saved(frame: "Image", quality: int = 85, **options: object) -> bytes:
    buffer = BytesIO()
    nothing = {"exif": b"", "icc_profile": b"", "xmp": b""}
    frame.save(buffer, "WEBP", quality=quality, **nothing, **options)
    return buffer.getvalue()
