# SPDX-License-Identifier: MIT
"""`python -m nmr.ape.compile`: compile the contracts, if anything changed that their bytecode comes from."""

from ape import project

from nmr.ape.project import compiled

if __name__ == "__main__":
    compiled(project)
