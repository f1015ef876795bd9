# SPDX-License-Identifier: MIT
"""Gas and speed, printed as tables; run as `python -m benchmarks.<name>`."""
