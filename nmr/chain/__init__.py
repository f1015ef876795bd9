# SPDX-License-Identifier: MIT
"""The one door to a chain: the node, its logs and the contracts' words."""
