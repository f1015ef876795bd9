# SPDX-License-Identifier: MIT
"""The page at the size of a large tournament, in this machine's Chromium."""
