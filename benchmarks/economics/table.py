# SPDX-License-Identifier: MIT
"""The table of the economic attacks: what each needs, gains and is bounded by."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from benchmarks.economics.format import bracketed, nmr, percent, ratio, signed
from benchmarks.economics.ledger import FREE, RING, YEAR, starving_stake
from benchmarks.economics.market import STAKE
from benchmarks.economics.results import Results
from benchmarks.economics.scores import ALIKE, BEST, HANDED_OVER, LOSER, MEMORY, TWINNED, Played
from benchmarks.economics.stage import CAP, CLIP, MAX_CLIP, OUTSIDE, RESERVE
from benchmarks.meta_model.figures import interval, mean

NO_GAIN: Final = "no gain"
PAYS: Final = "**pays**"
HARMS: Final = "harms others, gains nothing"


def rows(results: Results) -> list[tuple[str, ...]]:
    """The attacks, each with who, what it needs, what it was played on, measured, bound and verdict."""
    every = f"{len(results.eras)} rounds"
    halves, compounding, winner, _, alone = (
        [int(played.gains.sum()) for played in found.values()] for found in results.twins.values()
    )
    paid = [round(played.rewards.mean()) for played in next(iter(results.twins.values())).values()]
    first, *_, unlimited = results.drained
    pairs, single = (
        {days: results.sure(played.returns) for days, played in found.items()} for found in results.late_files.values()
    )
    known = results.sure(np.maximum(results.late_files[BEST][0].returns, 0))
    always, recent, hindsight = (results.sure(series) for series in results.sitting_out.values())
    live, stale = (interval(mean, results.copies[lag], results.drawn_copies) for lag in (0, HANDED_OVER))
    plain, _, pushed = list(results.whales.values())[:3]
    tried = results.moments[1:]
    year, bounded = results.lies
    option = {name: np.maximum(series, 0) / STAKE for name, series in results.crowd.items()}
    refused = results.sure(np.mean(list(results.refusals.values()), axis=0) / STAKE)
    *settled, _ = results.settlements
    amounts = sorted({(way.rewards, way.burns) for way in settled})
    return [
        (
            "a model and its opposite, half of the stake each",
            "owner of two models",
            "capital, which is not at risk",
            every,
            f"gain {signed(min(halves))} to {signed(max(halves))} gwei, {len(TWINNED)} pairs, all rounds; treasury "
            f"paid {nmr(min(paid))} to {nmr(max(paid))} NMR a round for {nmr(STAKE)}. Alone: {nmr(first.paid)} a round "
            f"for {nmr(first.stake)} on each, {nmr(unlimited.paid)} for {nmr(unlimited.stake)} on each and no "
            "threshold",
            "gain 0: both scores round alike, and so do reward and burn; with stakes a and b what a − b alone would "
            "gain, to 1 gwei. Treasury paid: half of the least of clip × stakes, cap, threshold × the size of the "
            "weighted score",
            HARMS if max(halves) <= 0 else PAYS,
        ),
        (
            "the same as a ratchet: the winner's gains stay, the loser is not topped up, or leaves",
            "owner of two models",
            "capital",
            every,
            f"over all rounds {_growth(compounding)} both compounding, {_growth(winner)} all on the last winner; "
            f"without a twin {_growth(alone)}",
            "clip × the difference of the stakes, a round, won or lost",
            "a bet of the difference, won or lost",
        ),
        (
            "one stake split over many accounts",
            "staker",
            f"{results.gas.register:,} gas an account",
            "the scores of all rounds",
            f"{results.splits[-1].saved:,} gwei less burned at most, {results.splits[-1].lost:,} less rewarded, by "
            f"{results.splits[-1].parts:,} accounts",
            "accounts − 1 gwei a round; the factor sees the sum",
            NO_GAIN,
        ),
        (
            "copying what a leader sent before",
            "copier",
            "key and files of a round that is closed, or a leak",
            every,
            f"{bracketed(stale)} {HANDED_OVER} rounds old, the soonest without a leak; {bracketed(live)} of the same "
            "round, which only the operator can read",
            "what the leader earns; the factor and MMC make it less for all",
            "as good as the old file is",
        ),
        (
            "commit to a file and its opposite, or to one alone; deliver what looks right after a day of the outcome",
            "owner of one model or two",
            "an operator who opens files a day late, and an outcome that begins at the lock",
            every,
            f"{bracketed(pairs[1])} of both stakes without any skill, {bracketed(pairs[0])} when nothing is known; "
            f"{bracketed(single[1])} with {BEST} alone, {bracketed(single[0])} when it is always delivered, "
            f"{bracketed(known)} if it were known which rounds lose",
            "clip × what is delivered, a round; no choice if files are fetched at the lock, or the outcome begins when "
            "they are",
            PAYS if pairs[1].low > 0 else NO_GAIN,
        ),
        (
            "stake always, submit only when it looks good",
            "staker",
            "nothing",
            every,
            f"{bracketed(recent)} by the last {MEMORY} outcomes, {bracketed(always)} in every round",
            f"{bracketed(hindsight)}, if it were known before the lock which rounds gain",
            "the same as leaving before the lock",
        ),
        (
            "a stake that never submits, to lower the factor",
            "whale, or a loser",
            f"{nmr(results.at_risk)} NMR, locked",
            every,
            _beside(results, results.factor),
            "the factor becomes threshold / (at_risk + parked); what a loser saves is never more than leaving saves, "
            "for nothing",
            HARMS,
        ),
        (
            "the same where the cap a round binds",
            "whale, or a loser",
            f"{nmr(results.at_risk)} NMR, locked",
            every,
            _beside(results, results.cap),
            "the clip becomes cap / (at_risk + parked), once that is less",
            HARMS,
        ),
        (
            "a huge stake in an earlier round, so that nothing is left to reserve",
            "whale",
            f"free / clip: {nmr(starving_stake(RESERVE, results.at_risk, CLIP)[1])} NMR at {nmr(RESERVE)} free, "
            f"{nmr(starving_stake(RESERVE, results.at_risk, MAX_CLIP)[1])} at a clip of {ratio(MAX_CLIP)}; there are "
            f"{nmr(OUTSIDE)} outside the treasury",
            "two or three rounds",
            f"from {nmr(FREE)} NMR free: clip {ratio(results.starved[0].clip)} → {ratio(results.starved[-1].clip)} by "
            f"{nmr(results.starved[-1].whale)} NMR",
            "if every round is settled as soon as it can be, reserved ≤ clip × all that is at stake; else 2 × ring × "
            "the cap",
            f"{HARMS}; beside a full treasury only while nobody settles what waits",
        ),
        (
            "stakes beside a good model that push the meta model away from it",
            "whale",
            f"{nmr(results.at_risk)} NMR",
            every,
            f"{bracketed(results.sure(pushed[1.0].returns))} with a quarter on {LOSER}; "
            f"{bracketed(results.sure(plain[1.0].returns))} all on {BEST}",
            "clip × stake; MMC weighs each by its stake, the whale's own model most",
            NO_GAIN if pushed[1.0].gains.sum() < plain[1.0].gains.sum() else PAYS,
        ),
        (
            "any call, or two, with what is known after the lock",
            "staker",
            "nothing",
            "one round",
            f"{sum(moment.changed for moment in tried)} of {sum(moment.sequences for moment in tried):,} change what "
            f"the staker ends with; {sum(moment.allowed for moment in tried)} are not refused",
            "0: a position is locked with its stake, factor and clip",
            NO_GAIN if not any(moment.changed for moment in tried) else PAYS,
        ),
        (
            "settle early or late",
            "anyone",
            "nothing",
            "one round",
            f"{' or '.join(f'rewards {nmr(rewards)} and burns {nmr(burns)} NMR' for rewards, burns in amounts)} at "
            f"{len(settled)} moments before `expires_at`",
            "0; only the coming round that stakes wait for differs",
            NO_GAIN if len(amounts) == 1 else PAYS,
        ),
        (
            "twins in two chunks, the loser's left unsettled until `expires_at`",
            "owner of a model in each of two chunks; the operator, who withholds one",
            "everybody else, operator and guardian too, does not settle it in time",
            "one round",
            f"{nmr(results.owners[0])} of {nmr(2 * STAKE)} NMR a round; {signed(results.owners[1])} gwei if "
            f"anyone settles it, for {results.gas.settle:,} gas a model",
            "clip × the loser's stake, a round",
            PAYS if results.owners[0] > 0 else NO_GAIN,
        ),
        (
            "forged scores",
            "operator and a staker, guardian asleep",
            "a window without a veto",
            f"{year.rounds} rounds",
            f"{percent(year.gained / (RING * year.stake))} in {YEAR} rounds on a ring of {RING}; "
            f"{percent(bounded.gained / (RING * bounded.stake))} at a clip of {ratio(bounded.clip)} and no threshold, "
            "which the operator can choose",
            f"clip × stake a round, at most the cap ({nmr(CAP)} in the example), and threshold × the size of the "
            f"weighted score if there is a threshold; (1 + clip)^({YEAR} / ring) − 1 a year",
            PAYS,
        ),
        (
            "void every losing round after its scores are proposed",
            "guardian and a staker; the operator by proposing nothing",
            "in the open, at everybody's cost",
            every,
            f"noise gains {bracketed(results.sure(option['noise']))} in place of "
            f"{bracketed(results.sure(results.crowd['noise'] / STAKE))}; the average model "
            f"{bracketed(results.sure(np.mean(list(option.values()), axis=0)))}",
            "the burns avoided: clip × stake a round",
            PAYS,
        ),
        (
            f"rivals' files called invalid (rank correlation above {ALIKE})",
            "operator and a staker",
            "a false list, which `verify` finds, but for files called missing",
            every,
            f"{bracketed(refused)} more of the stake, mean of {len(results.refusals)} models, of which "
            f"{sum(int(more.sum()) > 0 for more in results.refusals.values())} gain; rivals get nothing and burn "
            "nothing",
            "clip × stake a round",
            PAYS if refused.low > 0 else HARMS,
        ),
        (
            "terms at the bounds, opened for the shortest time",
            "operator",
            "stakes that compound unwatched",
            "not played",
            "not a gain by itself: scores decide the sign",
            f"`max_clip` × stake a round ({ratio(MAX_CLIP)} here); who looks within `min_open` can leave",
            HARMS,
        ),
    ]


def _beside(results: Results, found: Mapping[float, Played]) -> str:
    """What as much parked as the crowd has changes for the crowd, and for its worst model."""
    quiet, parked = found[0.0], found[1.0]
    rewards = parked.crowd_rewards / quiet.crowd_rewards
    burns = parked.crowd_burns / quiet.crowd_burns
    return (
        f"rewards {percent(rewards)} and burns {percent(burns)} of what they were, net "
        f"{nmr(int(quiet.crowd.sum()))} → {nmr(int(parked.crowd.sum()))} NMR over all rounds; {LOSER} loses "
        f"{nmr(-results.gained(quiet))} → {nmr(-results.gained(parked))}"
    )


def _growth(found: Sequence[int]) -> str:
    of_stake = [gained / STAKE for gained in found]
    return f"{percent(float(np.mean(of_stake)))} ({percent(min(of_stake))} to {percent(max(of_stake))})"
