# SPDX-License-Identifier: MIT
"""A round as people lead it: its state, terms and scores, and what comes next."""
