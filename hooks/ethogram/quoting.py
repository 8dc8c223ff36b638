"""An outsider's text in Markdown: as code, GitHub reads no names, numbers, HTML or marks in it."""

import re


def code(text: str) -> str:
    """Write a line of text as code, as it is: a fence longer than any backticks inside holds it."""
    fence = "`" * (_longest(text) + 1)
    blank = " " if len(fence) > 1 else ""
    return f"{fence}{blank}{text}{blank}{fence}"


def cell(text: str) -> str:
    """Write the same for a table, which wants bars escaped."""
    return code(text).replace("|", "\\|")


def block(text: str) -> str:
    """Write lines of text as a block of code, as they are."""
    fence = "`" * max(_longest(text) + 1, 3)
    return f"{fence}text\n{text}\n{fence}\n"


def _longest(text: str) -> int:
    """How long the longest run of backticks is."""
    return max(map(len, re.findall("`+", text)), default=0)
