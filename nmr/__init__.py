# SPDX-License-Identifier: MIT
"""Off-chain side of the NMR suite: plain values in, plain values out."""
