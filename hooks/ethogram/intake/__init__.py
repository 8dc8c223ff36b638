"""Suggestions made as issues on GitHub, turned into cards or into answers in plain words."""

from ethogram.intake.answer import Answer
from ethogram.intake.issue import read_event
from ethogram.intake.suggestion import take

__all__ = ["Answer", "read_event", "take"]
