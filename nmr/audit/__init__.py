# SPDX-License-Identifier: MIT
"""The audit: a suite's whole log replayed through the reference model, and the books compared with its storage."""
