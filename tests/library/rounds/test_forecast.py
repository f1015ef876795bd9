# SPDX-License-Identifier: MIT
"""What a stake would win or lose."""

import pytest

from nmr.protocol.reference.rounds import Round, Terms
from nmr.rounds.forecast import forecast
from nmr.text.amounts import FACTOR, NMR, RATIO, SCORE

TERMS = Terms(5_000, 20_000, RATIO // 20, 10_000 * NMR, b"\7" * 32, 1, 2, 3, 4)
"""0.5 CORR and 2 MMC, a clip of 5%, and a threshold of 10,000 NMR."""
CASES = [
    # CORR, MMC, NMR at stake in the round, what 100 NMR bring
    (0.02, 0.005, 5_000, 2),
    (0.02, 0.005, 20_000, 1),
    (-0.02, -0.005, 20_000, -1),
    (0.2, 0, 10_000, 5),
    (-0.2, 0, 10_000, -5),
    (0.02, -0.005, 10_000, 0),
]


@pytest.mark.parametrize(("corr", "mmc", "staked", "change"), CASES)
def test_forecast__before_the_lock__is_by_what_is_at_stake_now(corr, mmc, staked, change):
    info = Round(TERMS, staked=staked * NMR)

    assert forecast(info, 100 * NMR, (round(corr * SCORE), round(mmc * SCORE))) == change * NMR


def test_forecast__from_the_lock_on__is_by_factor_and_clip_of_the_lock():
    info = Round(TERMS, staked=NMR, locked=True, at_risk=NMR, factor=FACTOR // 4, clip=RATIO // 1_000)

    assert forecast(info, 100 * NMR, (SCORE // 500, 0)) == NMR // 40
    assert forecast(info, 100 * NMR, (SCORE, 0)) == NMR // 10
    assert forecast(info, 100 * NMR, (-SCORE, 0)) == -NMR // 10
