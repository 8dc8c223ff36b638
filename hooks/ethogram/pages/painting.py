"""Painting the pictures by which a shared link is known: calm, in the site's colors.

All is painted as shades between two colors, ground and paper, and kept as a palette of few: edges
are smooth, the files small, and sixteen pictures are made in the time that one takes in full color.
The font comes with Pillow, so the same bytes come out on every machine.
"""

import zlib
from collections.abc import Iterable
from io import BytesIO
from typing import cast

from PIL import Image, ImageDraw, ImageFont

_GROUND, _PAPER, _RUST = (0x1F, 0x3A, 0x34), (0xFB, 0xFA, 0xF7), (0xA3, 0x3B, 0x1F)
_SHADES = 15  # between ground and paper; with rust they are as many as four bits can name
_SHADE_OF = [value * (_SHADES - 1) // 255 for value in range(256)]
_INK, _MUTE, _HAIR, _BEHIND, _WHITE = 0, 70, 205, 34, 255  # how much paper is in each

_CARD, _CORNER = (84, 96, 1116, 552), 22
_LEFT, _ROOM = 148, 904
_NAME_AT, _TITLE_AT, _LINE_HEIGHT = 146, 212, 1.42
_TITLE_SIZES = (84, 72, 60, 48)


class Painter:
    """Paints an index card, before others in a box, with a title and a sentence on it."""

    def __init__(self, width: int, height: int, name: str) -> None:
        """Paint what all pictures share.

        Args:
            width, height: their size in pixels.
            name: that of the site, small at the card's top.
        """
        self._name = name
        self._ground = Image.new("L", (width, height), _INK)
        draw = ImageDraw.Draw(self._ground)
        left, top, right, bottom = _CARD
        for behind in (2, 1):  # the edges of the cards that stand behind it
            step = 24 * behind
            box = (left + step, top - step, right - step, top + 3 * _CORNER)
            shade = _BEHIND + 22 * (2 - behind)
            draw.rounded_rectangle(box, _CORNER, fill=shade, outline=_INK, width=3)
        draw.rounded_rectangle(_CARD, _CORNER, fill=_WHITE)
        draw.line((_LEFT, bottom - 64, right - 64, bottom - 64), fill=_HAIR, width=2)

    def paint(self, title: str, sentence: str, words: Iterable[str] = ()) -> bytes:
        """Return a picture as PNG; what has no room on the card is left out.

        Args:
            title: what it is about.
            sentence: what that is.
            words: what belongs to it, small at the card's foot.
        """
        image = self._ground.copy()
        draw = ImageDraw.Draw(image)
        if title != self._name:
            draw.text((_LEFT, _NAME_AT), self._name, _MUTE, _font(30), anchor="ls")
        foot = _row(words, _font(26))
        draw.text((_LEFT, _CARD[3] - 22), foot, _MUTE, _font(26), anchor="ls")
        font = next((f for f in map(_font, _TITLE_SIZES) if f.getlength(title) <= _ROOM), _font(48))
        bottom = _TITLE_AT + font.size
        draw.text(
            (_LEFT - 4, bottom), title, _INK, font, anchor="ls", stroke_width=1, stroke_fill=_INK
        )
        small = _font(36)
        for number, line in enumerate(_lines(sentence, small)[:3]):
            at = bottom + 84 + number * small.size * _LINE_HEIGHT
            draw.text((_LEFT, at), line, _MUTE, small, anchor="ls")
        return _png(image)


_FONTS: dict[int, ImageFont.FreeTypeFont] = {}


def _font(size: int) -> ImageFont.FreeTypeFont:
    """Pillow's own font in a size; its plain layout, as not every machine has the other."""
    if size not in _FONTS:
        # Where a size is given it is always of that type.
        font = cast("ImageFont.FreeTypeFont", ImageFont.load_default(size))
        _FONTS[size] = font.font_variant(layout_engine=ImageFont.Layout.BASIC)
    return _FONTS[size]


def _lines(text: str, font: ImageFont.FreeTypeFont) -> list[str]:
    """Break a text into lines that have room on the card."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= _ROOM:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _row(words: Iterable[str], font: ImageFont.FreeTypeFont) -> str:
    """As many words as have room on one line, apart by middle dots."""
    row = ""
    for word in words:
        longer = f"{row}  ·  {word}" if row else word
        if font.getlength(longer) > _ROOM:
            break
        row = longer
    return row


def _png(image: Image.Image) -> bytes:
    palette = [
        round(ground + (paper - ground) * shade / (_SHADES - 1))
        for shade in range(_SHADES)
        for ground, paper in zip(_GROUND, _PAPER, strict=True)
    ]
    few = image.point(_SHADE_OF)
    few.putpalette([*palette, *_RUST])
    few.paste(_SHADES, (_LEFT, _NAME_AT + 18, _LEFT + 56, _NAME_AT + 22))
    file = BytesIO()
    few.save(file, "PNG", bits=4, compress_type=zlib.Z_RLE)  # plain areas: half the time
    return file.getvalue()
