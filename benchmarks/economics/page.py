# SPDX-License-Identifier: MIT
"""The page of the economic attacks: the table, and the tables behind it."""

import numpy as np

from benchmarks.economics.format import bracketed, nmr, percent, ratio, share, signed
from benchmarks.economics.ledger import (
    CALLS,
    CHUNK,
    COIN,
    FREE,
    HOARD,
    RING,
    SPLIT,
    STRAGGLER,
    TWIN_SCORE,
    YEAR,
    starving_stake,
)
from benchmarks.economics.market import STAKE
from benchmarks.economics.results import Results
from benchmarks.economics.scores import BEST, HANDED_OVER, LEADERS, LOSER, LOST, PAIRS, TWINNED
from benchmarks.economics.stage import CAP, CAP_FILLS, CLIP, LONG_RING, MAX_CLIP, OUTSIDE, RESERVE
from benchmarks.economics.table import PAYS, rows
from benchmarks.meta_model.figures import BLOCK, interval, mean
from nmr.text.amounts import RATIO


def render(results: Results, picture_name: str | None = None) -> str:
    """The page, in Markdown; `picture_name` is the file of the picture, None leaves it out."""
    attacks = rows(results)
    everywhere = sum(attack[3] == f"{len(results.eras)} rounds" for attack in attacks)
    parts = [
        "# What cheating pays",
        "",
        f"Written by `python -m benchmarks.economics`, `make economics`. A crowd of {len(results.names)} models with "
        f"{nmr(STAKE)} NMR each, those of [the meta model's experiment](meta_model.md), meets an attacker in each of "
        f"{len(results.eras)} weekly rounds ({results.eras[0]} to {results.eras[-1]}) on the prices of 88 Toronto "
        "stocks. Scores are those that settle. Every amount is an integer of the reference ledger, which refuses what "
        "the contracts refuse.",
        "",
        f"Terms are the demo's and those of `docs/terms.example.toml`: 0.5 × CORR + 2 × MMC, clip {ratio(CLIP)}. The "
        f"stake threshold is what the crowd has, {nmr(results.at_risk)} NMR. The attacker's stakes come on top, begin "
        "anew in every round unless it says *compounding*, and every outcome is known before the next stake: that is "
        "a ring of 1, and more than an attacker knows on a longer one. Gains are shares of all that the attacker has "
        f"at stake, a round. Brackets are 95% intervals: blocks of {BLOCK} weeks, {len(results.drawn):,} resamples. "
        "One market, one crowd: a gain that is a bet says little about the next market; a zero that is exact holds on "
        f"all. The crowd's best models, {', '.join(LEADERS)}, and its worst, {LOSER}, are chosen with hindsight on "
        "these same weeks: what is gained by them is more than could be counted on.",
        "",
        "## The table",
        "",
        "| attack | who | needs | played on | measured | bound | verdict |",
        "|---|---|---|---|---|---|---|",
        *(f"| {' | '.join(attack)} |" for attack in attacks),
        "",
        f"{len(attacks)} attacks, {everywhere} of them played on all {len(results.eras)} rounds; "
        f"{sum(attack[-1] == PAYS for attack in attacks)} pay.",
        "",
        "The buyback has [its own simulation](../docs/buyback-simulation.md).",
        "",
    ]
    if picture_name is not None:
        parts += [f"![Late files, parked stakes, and whales]({picture_name})", ""]
    parts += ["## Twins", "", *_twins(results), ""]
    parts += ["## Files that come late", "", *_late(results), ""]
    parts += ["## Copies", "", *_copies(results), ""]
    parts += ["## Stakes that never submit", "", *_parked(results), ""]
    parts += ["## Whales", "", *_whales(results), ""]
    parts += ["## What is known when", "", *_moments(results), ""]
    parts += ["## Who settles, and when", "", *_settlements(results), ""]
    parts += ["## Reservations", "", *_starved(results), ""]
    parts += ["## Operator and guardian", "", *_colluders(results), ""]
    parts += ["## Splitting", "", *_splits(results), ""]
    return "\n".join(parts)


def _twins(results: Results) -> list[str]:
    names = list(TWINNED)
    lines = [
        f"A capital of {nmr(STAKE)} NMR on a model and its opposite, in all {len(results.eras)} rounds; what came of "
        "it, as a share of the capital.",
        "",
        f"| | {' | '.join(names)} |",
        f"|---|{'---:|' * len(names)}",
    ]
    for way, found in results.twins.items():
        lines.append(f"| {way} | {' | '.join(percent(found[name].gains.sum() / STAKE) for name in names)} |")
    lines += [
        "",
        "The scores of a prediction and its opposite differ in their sign only, to the last decimal, and the clip is "
        "the same for both signs: a reward and a burn of the same stake are the same number of gwei. So equal twins "
        "are a stake of nothing. Every way to make them unequal is a bet of the difference on one of them: on these "
        "weeks each gained on some models and lost on others.",
        "",
        "Equal twins gain nothing, and the treasury pays all the same: the reward of one comes out of it, the burn of "
        "the other leaves the supply and does not come back. Their owner risks nothing. A round of twins alone, at "
        f"scores of ±({TWIN_SCORE[0] / 10**8:g}, {TWIN_SCORE[1] / 10**8:g}), NMR:",
        "",
        "| on each twin | threshold | treasury paid | owner gained | bound |",
        "|---:|---:|---:|---:|---:|",
    ]
    for drained in results.drained:
        threshold = nmr(drained.threshold) if drained.threshold else "none"
        cells = [nmr(drained.stake), threshold, nmr(drained.paid), nmr(drained.gained), nmr(drained.bound)]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        f"The bound is half of the least of three: clip × both stakes; the cap a round, {nmr(CAP)} NMR in the example; "
        "threshold × the size of the weighted score, which for the crowd was never above "
        f"{results.largest:.2f}.",
    ]
    return lines


def _late(results: Results) -> list[str]:
    lines = [
        f"{PAIRS} random predictions and their opposites have {nmr(STAKE // (2 * PAIRS))} NMR each. Every model "
        "commits to its file before the lock; of each pair only the file that goes with the first days of the week is "
        "put into the store. The other is listed as missing, and its stake neither wins nor loses. Beside them: the "
        f"owner of {BEST}'s file alone, with {nmr(STAKE)} NMR, who delivers it only if it goes with the first days.",
        "",
        "| days known, of 5 | pairs: gain a round, of all stakes | of the bound | a year | "
        f"{BEST} alone: gain a round | of the bound | a year |",
        "|---:|---|---:|---:|---|---:|---:|",
    ]
    pairs, single = results.late_files.values()
    for days, played in pairs.items():
        cells = [str(days)]
        for found, bound in ((played, CLIP / RATIO / 2), (single[days], CLIP / RATIO)):
            gain = results.sure(found.returns)
            cells += [bracketed(gain), percent(gain.value / bound), percent(gain.value * YEAR / RING)]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "The bound is clip × what is delivered: half of the stakes of pairs, at most all of a file alone. *A year*: "
        f"{YEAR} weekly rounds on a ring of {RING}, where the same NMR is at stake in {YEAR // RING} of them. The "
        "protocol gives the operator 24 hours from `locks_at` for the list, and `resolves_at` may follow as soon as "
        "that. What is known in between is a free option for whoever decides which files arrive: the owner of the "
        "files, and the operator itself, whose *missing* nobody can refute. It takes no skill. Who has a good file and "
        f"goes by these days alone withholds it in good rounds, too: {BEST}'s owner gains "
        f"{bracketed(results.sure(single[0].returns))} by delivering always, and would gain "
        f"{bracketed(results.sure(np.maximum(single[0].returns, 0)))} by withholding it in just the rounds that it "
        "loses.",
        "",
        "What closes it is off the chain: fetch all files at the lock and publish the list at once, as the demo does, "
        "or let the outcome begin a day after `locks_at`. When the list was published is on the chain, for everybody "
        "to compare.",
    ]
    return lines


def _copies(results: Results) -> list[str]:
    lines = [
        f"A copy of {', '.join(LEADERS)} with {nmr(STAKE)} NMR, mean of the three, by the age of the file. Key and "
        f"files of a round are handed over when it is closed: on the demo's ring, {HANDED_OVER} rounds later at the "
        "soonest. The three are those that gained the most on these weeks, chosen with hindsight; the last "
        f"{results.drawn_copies.shape[1]} rounds count.",
        "",
        "| rounds old | gain a round |",
        "|---:|---|",
    ]
    for lag, returns in results.copies.items():
        lines.append(f"| {lag} | {bracketed(interval(mean, returns, results.drawn_copies))} |")
    lines += [
        "",
        f"What a copy of {BEST} in the same round gains, and what that leaves to {BEST} and to all of the crowd, NMR "
        "over all rounds:",
        "",
        f"| stake of the copy, of the crowd's | gain a round | {BEST} | crowd |",
        "|---:|---|---:|---:|",
    ]
    quiet = results.factor[0.0]
    lines.append(f"| none | | {nmr(results.gained(quiet, BEST))} | {nmr(int(quiet.crowd.sum()))} |")
    sizes = {STAKE / results.at_risk: results.small_copy} | dict(next(iter(results.whales.values())))
    for size, played in sizes.items():
        cells = [
            f"{size:.2g}",
            bracketed(results.sure(played.returns)),
            nmr(results.gained(played, BEST)),
            nmr(int(played.crowd.sum())),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _parked(results: Results) -> list[str]:
    lines = [
        "The crowd's rewards and burns over all rounds, NMR, beside a stake that never submits: once limited by the "
        f"threshold ({nmr(results.at_risk)} NMR), once by the cap a round (just what the crowd asks for, "
        f"{nmr(results.at_risk * CLIP // RATIO)} NMR).",
        "",
        f"| parked, of the crowd's | factor | rewards | burns | net | {LOSER} | cap: rewards | burns | net | {LOSER} |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for size, by_factor in results.factor.items():
        cells = [f"{size:g}", f"{1 / (1 + size):.3f}"]
        for played in (by_factor, results.cap[size]):
            rewards, burns = played.crowd_rewards, played.crowd_burns
            cells += [nmr(rewards), nmr(-burns), nmr(rewards - burns), nmr(results.gained(played))]
        lines.append(f"| {' | '.join(cells)} |")
    left = results.factor[1.0].crowd_rewards / results.factor[0.0].crowd_rewards
    lost = [found[LOST].crowd_rewards / found[0.0].crowd_rewards for found in (results.factor, results.cap)]
    saved = results.gained(results.factor[1.0]) - results.gained(results.factor[0.0])
    lines += [
        "",
        "The factor scales scores before the clip cuts them, and the clip cuts most: as much parked as staked takes "
        f"the factor to 0.5, and leaves {percent(left)} of the rewards. Parked NMR loses nothing but its use. "
        f"Nobody gains by it: parking as much as all have saved {LOSER} {nmr(saved)} NMR, and taking its stake back "
        "before the lock saves all it loses, for no capital. The bound is linear: to take the factor to 1/n, n − 1 "
        "times of what the crowd has.",
        "",
        "A compounding stake whose key is lost is parked for good, if nobody submits for it: nobody can take it out. "
        f"With {percent(LOST)} of what the crowd has lost that way, the factor is {1 / (1 + LOST):.3f} and rewards are "
        f"{share(lost[0], 1)} of what they were; where the cap binds, {share(lost[1], 1)}. The operator can raise "
        "the threshold, and the owner the cap, by as much.",
    ]
    return lines


def _whales(results: Results) -> list[str]:
    sizes = list(next(iter(results.whales.values())))
    lines = [
        "What a whale gains a round, as a share of its stake, by what it has at stake in those of the crowd; and what "
        "the crowd gains in all rounds beside a whale of its own size. The last line is the whale's share of the meta "
        "model.",
        "",
        f"| | {' | '.join(f'{size:g}' for size in sizes)} | crowd, NMR |",
        f"|---|{'---|' * len(sizes)}---:|",
    ]
    for label, found in results.whales.items():
        cells = [bracketed(results.sure(found[size].returns)) for size in sizes]
        lines.append(f"| {label} | {' | '.join(cells)} | {nmr(int(found[1.0].crowd.sum()))} |")
    backing = len(results.crowd) * STAKE
    parts = [size * results.at_risk / (size * results.at_risk + backing) for size in sizes]
    lines.append(f"| share of the meta model | {' | '.join(percent(part) for part in parts)} | |")
    most = max(played.rewards.mean() for found in results.whales.values() for played in found.values())
    lines += [
        "",
        "The more a whale has the less it earns on it: its own model becomes the meta model, so its MMC goes to "
        f"nothing, and the factor falls. The most that the treasury paid to any of these is {nmr(round(most))} NMR a "
        "round, on average; what they burned does not come back to it. Stakes that push the meta model aside lose more "
        "than the good model wins by it. Without a whale the crowd gains "
        f"{nmr(int(results.factor[0.0].crowd.sum()))} NMR.",
    ]
    return lines


def _moments(results: Results) -> list[str]:
    lines = [
        "A staker has a model that wins and one that loses. At every moment of the round the staker tries "
        f"{len(CALLS)} calls, and every two of them in a row; then the round goes on to its end and is settled. Every "
        "function of the tournament that changes something is among them, those of roles too, but for the two that "
        "hand over its ownership, which the ledger does not have.",
        "",
        "| moment | known | tried | not refused | change what the staker ends with | most gained, NMR |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for tried in results.moments:
        lines.append(
            f"| {tried.moment} | {tried.known} | {tried.sequences} | {tried.allowed} | {tried.changed} | "
            f"{nmr(tried.best)} |"
        )
    lines += [
        "",
        "Before the lock a staker decides freely, and knows nothing. After it no call moves a gwei of the round's "
        "result: `leave`, `stake` and `submit` reach the open round only, and a policy says where value goes, not how "
        "much. That holds if the outcome begins after the lock, and if the files that count are fixed by then.",
    ]
    return lines


def _settlements(results: Results) -> list[str]:
    lines = [
        "One round of a ring of 2 with three compounding models, two of them winning, settled at each moment; NMR.",
        "",
        "| settled | rewards | burns | go on into round | at stake there | to idle |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for way in results.settlements:
        cells = [way.when, nmr(way.rewards), nmr(way.burns), str(way.successor), nmr(way.kept), nmr(way.idle)]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "The moment decides which coming round a kept stake waits for, and neither how much is kept nor what goes to "
        "idle, with one exception: a chunk that nobody settles before `expires_at` pays and burns nothing. Nobody "
        "whose models all lost has a reason to settle them, and the owner "
        "of a whole chunk of losers has one not to. Anyone can: `ape run resolve` settles every chunk, for at most "
        f"{results.gas.chunk:,} gas a chunk of {CHUNK:,} models. So burns need a keeper. An operator can "
        "withhold the scores of a chunk from everybody who does not have the round's key; a guardian who has computed "
        "them can settle it.",
    ]
    return lines


def _starved(results: Results) -> list[str]:
    felt, nothing = starving_stake(FREE, results.at_risk, CLIP)
    lines = [
        f"The treasury has {nmr(FREE)} NMR. A whale's round is locked, then the crowd's, with {nmr(results.at_risk)} "
        "NMR at stake.",
        "",
        "| whale's stake, NMR | granted to the crowd's round, NMR | its clip |",
        "|---:|---:|---:|",
    ]
    for starved in results.starved:
        lines.append(f"| {nmr(starved.whale)} | {nmr(starved.granted)} | {ratio(starved.clip)} |")
    lines += [
        "",
        f"It begins at free / clip − at_risk, here {nmr(felt)} NMR, and ends at free / clip, {nmr(nothing)} NMR. All "
        f"NMR outside the treasury at stake at once reserve {nmr(OUTSIDE * CLIP // RATIO)} NMR at a clip of "
        f"{ratio(CLIP)} and {nmr(OUTSIDE * MAX_CLIP // RATIO)} at {ratio(MAX_CLIP)}: a treasury above that cannot be "
        "starved, whatever the caps, if every round is settled as soon as it can be. Below it the cap a round bounds "
        "what one round takes. Anyone can lock a round as soon as it is due, so nobody chooses the order. Burns shrink "
        "with the rewards, and the clip of a round that is locked no longer changes.",
        "",
        "A reservation is released when the last group of its round is settled. A stake that came home can be reserved "
        "for again while another group of the old round waits. Here the operator publishes nothing, so rounds expire; "
        f"the whale has {nmr(HOARD)} NMR in one group, which is settled and staked again, and {nmr(STRAGGLER)} NMR in "
        f"another. {nmr(FREE)} NMR are free at first, on a ring of {RING}.",
        "",
        "| the other group | granted to the whale's rounds, NMR | home again | granted to the crowd's round |",
        "|---|---:|---:|---:|",
    ]
    for hoarded in results.hoarded:
        other = "settled by anyone" if hoarded.settled else "left waiting"
        granted = ", ".join(nmr(gwei) for gwei in hoarded.granted)
        lines.append(f"| {other} | {granted} | {nmr(hoarded.home)} | {nmr(hoarded.left)} |")
    lines += [
        "",
        "Anyone can settle what waits. If nobody does, at most 2 × ring rounds are not closed at once, and would "
        f"reserve 2 × ring × the cap: {nmr(2 * RING * CAP)} NMR on a ring of {RING} at a cap of {nmr(CAP)}; on a ring "
        f"of {LONG_RING}, {nmr(2 * LONG_RING * CAP)}, more than a treasury has. So a tournament's ceiling bounds all "
        "of it: over any time, what is granted and not given back is at most the ceiling and what its rate comes to.",
    ]
    return lines


def _colluders(results: Results) -> list[str]:
    lines = [
        f"Every score forged for {YEAR} weekly rounds on a ring of {RING}, all compounding: the colluder's "
        f"{nmr(STAKE)} NMR a place win the most, everybody else loses the most.",
        "",
        "| clip | threshold, NMR | colluder's gain, NMR | of its stake | out of the treasury | burned of the crowd |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    for lied in results.lies:
        cells = [
            ratio(lied.clip),
            nmr(lied.threshold) if lied.threshold else "none",
            nmr(lied.gained),
            percent(lied.gained / (RING * lied.stake)),
            nmr(lied.drained),
            percent(lied.burned / lied.crowd),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    unlimited, limited = results.forged
    left = results.cap[1.0].crowd_rewards / results.cap[0.0].crowd_rewards
    lines += [
        "",
        "A lie stands only if no guardian vetoes within the window, and burned NMR is nobody's. The operator chooses "
        "the clip within the owner's bounds, and can open without a threshold. At a clip of "
        f"{ratio(MAX_CLIP)} a forged round pays {nmr(unlimited)} NMR to {nmr(CAP_FILLS)} alone at stake without a "
        f"threshold, and {nmr(limited)} with one of {nmr(results.at_risk)}. {-(-RESERVE // unlimited)} such rounds "
        f"without one empty a treasury of {nmr(RESERVE)}.",
        "",
        "What an owner can choose: the cap a round, `max_clip`, `min_window`. A cap of clip × what is honestly at risk "
        "leaves a colluder that much, and it has a price: it binds whenever more is at stake, so growth and parked "
        f"stakes cut payouts in proportion. With as much parked as staked {percent(left)} of the rewards are left. A "
        "cap of k × clip × at risk is not felt until k times as much is at stake, and leaves a colluder k times as "
        "much.",
        "",
        "Who can undo rounds has an option on each: a voided round changes a losing stake by "
        f"{signed(results.undone[0])} gwei, one without proposed scores by {signed(results.undone[1])}. "
        "What that is worth, NMR over all rounds on a stake that begins anew:",
        "",
        "| model | as it is | losing rounds undone |",
        "|---|---:|---:|",
    ]
    for name in (BEST, "noise", LOSER):
        series = results.crowd[name]
        lines.append(f"| {name} | {nmr(int(series.sum()))} | {nmr(int(np.maximum(series, 0).sum()))} |")
    lines += [
        "",
        "It is done in the open and undoes the rewards of everybody else. The owner appoints another operator, who can "
        "propose until `expires_at` − window − 24 hours, if the list was published within 24 hours of the lock "
        "and the round's private key is handed over: without the key nobody opens the files. An operator who colludes "
        "hands over nothing. A guardian's void stands.",
    ]
    return lines


def _splits(results: Results) -> list[str]:
    lines = [
        f"{SPLIT / COIN} NMR split evenly, under a factor of 2/3, over all scores of all models and rounds: the most "
        "that a round burns less or pays less, gwei.",
        "",
        "| accounts | less burned, at most | less rewarded, at most | gas to register them |",
        "|---:|---:|---:|---:|",
    ]
    for split in results.splits:
        gas = split.parts * results.gas.register
        lines.append(f"| {split.parts:,} | {split.saved:,} | {split.lost:,} | {gas:,} |")
    lines += [
        "",
        "A gwei-NMR is a billionth of an NMR. Payouts are linear in the stake, and factor and clip see the sum.",
    ]
    return lines
