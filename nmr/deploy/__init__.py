# SPDX-License-Identifier: MIT
"""Deployment of the suite: one function for scripts, fixtures and benchmarks, and the record that a check re-reads."""
