# SPDX-License-Identifier: MIT
"""A tournament's past in a folder of Parquet files: the log itself, and the tables that follow from it."""
