# SPDX-License-Identifier: MIT
"""Words, numbers and files: what people type and read, as values."""
