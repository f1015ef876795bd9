# SPDX-License-Identifier: MIT
"""The terms of the tests' rounds."""

from typing import Any, Final

from nmr.protocol.reference import Terms
from nmr.text.amounts import RATIO

SEALING_KEY: Final = b"\x11" * 32


def terms(now: int, hour: int = 3_600, **changes: Any) -> Terms:
    """Terms of a round that opens now, within the bounds that the suite is deployed with.

    CORR × 0.5 + MMC × 2, a clip of 5%, no threshold; open for 24 hours, resolved 48 hours after the lock, a window of
    24 hours, expired 96 hours after it could be resolved.

    Args:
        now: unix seconds.
        hour: seconds in an hour of the hard limits.
        changes: terms of another value; `opens_for`, `resolves_in` and `expires_in` are seconds from one time to the
            next.
    """
    opens_for, resolves_in, expires_in = (
        changes.pop(name, hours * hour) for name, hours in (("opens_for", 24), ("resolves_in", 48), ("expires_in", 96))
    )
    locks_at = changes.get("locks_at", now + opens_for)
    resolves_at = changes.get("resolves_at", locks_at + resolves_in)
    usual = {
        "primary": 5_000,
        "contribution": 20_000,
        "clip": RATIO // 20,
        "threshold": 0,
        "sealing_key": SEALING_KEY,
        "locks_at": locks_at,
        "resolves_at": resolves_at,
        "expires_at": resolves_at + expires_in,
        "window": 24 * hour,
    }
    return Terms(**usual | changes)
