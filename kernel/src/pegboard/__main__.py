"""``python -m pegboard``"""

from .cli import main

main()
