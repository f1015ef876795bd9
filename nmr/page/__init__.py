# SPDX-License-Identifier: MIT
"""The page of a suite: a snapshot of all that it shows, and the built files that show it."""
