# SPDX-License-Identifier: MIT
"""Whatever imports Ape. Nothing else does."""
