"""``python -m pegboard``; a file to run as it is, too."""

from pegboard.cli import main

main()
