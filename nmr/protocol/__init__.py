# SPDX-License-Identifier: MIT
"""The protocol in integers: the reference model, the words of storage, and the replay of a log."""
