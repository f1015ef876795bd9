# SPDX-License-Identifier: MIT
"""The fund: what a crowd of staked models is worth when it trades. In a checkout only."""
