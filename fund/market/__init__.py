# SPDX-License-Identifier: MIT
"""Markets that the fund trades: real returns, features known before an era, and neutral targets after it."""
