"""`sources.text`: what others write of a work becomes what a reader would see of it."""

import pytest

from ethogram.sources.text import LONGEST, says_something, text_of


@pytest.mark.parametrize(
    ("written", "seen"),
    [
        ("Plain  title\n over lines", "Plain title over lines"),
        ("Deep <i>learning</i> &amp; <b>CO<sub>2</sub></b>", "Deep learning & CO2"),
        ("Escaped &lt;i&gt;twice&lt;/i&gt; &amp;amp; more", "Escaped twice & more"),
        ("<jats:title>The <jats:italic>E. coli</jats:italic></jats:title>", "The E. coli"),
        ("Line<br/>break and <p>paragraph</p>", "Line break and paragraph"),
        (
            '<mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML"><mml:mi>n</mml:mi>'
            "<mml:mo>=</mml:mo><mml:mn>2</mml:mn></mml:math> bodies",
            "n=2 bodies",
        ),
        (
            "<math><semantics><mi>x</mi><annotation encoding='TeX'>\\x</annotation></semantics>"
            "</math>",
            "x",
        ),
        ("<tex-math>$x$</tex-math><mml:math><mml:mi>x</mml:mi></mml:math>", "x"),
        ("A <script>alert('x')</script>B<style>p{}</style>", "A B"),
        ("A <!-- hidden -->B <![CDATA[C]]>", "A B C"),
        ("Vec<T> when p < 0.05 and a > b", "Vec<T> when p < 0.05 and a > b"),
        ("AT&T and R&D", "AT&T and R&D"),
        ("Erdo\u030bs", "Erdős"),
        ("turned \u202egnorw\u202c \u2066x\u2069 \u200bhere\ufeff", "turned gnorw x here"),
        ("bell\x07 and\x00 escape\x1b[31m", "bell and escape[31m"),
        ("\ud800half \ue000private \uffff\ufdd0none", "half private none"),
        ("نمی\u200cدانم", "نمی\u200cدانم"),
        (12, "12"),
        (True, ""),
        (None, ""),
        (1.5, ""),
        (["a"], ""),
        ({"a": 1}, ""),
    ],
)
def test_markup_goes_and_the_rest_stays(written: object, seen: str) -> None:
    """Tags and entities go, less-than signs stay, and what nobody sees is dropped."""
    assert text_of(written) == seen


def test_a_long_text_is_cut() -> None:
    """Nobody's title is that long; and open comments by the thousand cost nothing."""
    assert len(text_of("x" * 1_000_000)) == LONGEST
    assert text_of("<!--" * 250_000) == ""
    assert text_of("<script>" * 100_000) == ""


def test_marks_alone_say_nothing() -> None:
    """A title of dots or joiners is none."""
    assert says_something("π") and says_something("5")
    assert not says_something("...") and not says_something("\u200d")
