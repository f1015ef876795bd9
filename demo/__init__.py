# SPDX-License-Identifier: MIT
"""The demo: a tournament of real models on real prices, from deployment to the last withdrawal."""
