# SPDX-License-Identifier: MIT
"""What the fund earns on the meta model of a staked crowd, after costs and fees, and what the crowd is worth to it."""
