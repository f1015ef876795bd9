"""Whatever imports Ape. Nothing else does."""
