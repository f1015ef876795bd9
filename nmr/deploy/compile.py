"""`python -m nmr.deploy.compile`: compile the contracts, if anything changed that their bytecode comes from."""

from ape import project

from nmr.deploy.ape_chain import compiled

if __name__ == "__main__":
    compiled(project)
