"""`python -m ethogram.cli`."""

from ethogram.cli import main

main()
