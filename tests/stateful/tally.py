"""How often what was reached in all histories: a machine that reaches nothing finds nothing."""

from collections import Counter
from typing import Final

TALLY: Final = Counter[str]()
