# SPDX-License-Identifier: MIT
"""A recorded suite as its users meet it: read through a node, and driven by whatever signs."""
