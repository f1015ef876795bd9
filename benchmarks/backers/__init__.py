# SPDX-License-Identifier: MIT
"""What the calls of a pool cost at one backer, and at 10,000."""
