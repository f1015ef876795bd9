# SPDX-License-Identifier: MIT
"""Is the meta model of a staked crowd better than its models and their mean, on two wide universes?"""
