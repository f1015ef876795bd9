"""The page of the economic attacks: what each needs, gains and is bounded by, with the tables behind it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from benchmarks.economics_ledger import (
    COIN,
    FREE,
    RING,
    SPLIT,
    YEAR,
    Lied,
    Settled,
    Split,
    Starved,
    Tried,
    starving_stake,
)
from benchmarks.economics_market import STAKE
from benchmarks.economics_scores import ALIKE, BEST, LEADERS, LOSER, MEMORY, PAIRS, TWINNED, Played
from benchmarks.economics_stage import CAP, CLIP, MAX_CLIP, OUTSIDE, RESERVE
from benchmarks.meta_model_figures import BLOCK, Interval, interval, mean
from nmr.units import RATIO

NO_GAIN: Final = "no gain"
PAYS: Final = "**pays**"
HARMS: Final = "harms others, gains nothing"


@dataclass(frozen=True)
class Gas:
    """Gas of what attacks need, from benchmarks/gas.json."""

    register: int
    settle: int
    chunk: int


@dataclass(frozen=True)
class Results:
    """What the page is made of: each field is what the function of its name gives.

    Attributes:
        eras: the weeks played, ascending.
        names: the models of the crowd.
        drawn: int64 of shape (resamples, eras): the resampled histories.
        drawn_copies: the same for the weeks of the copies.
        crowd: what each scored model gained when nobody attacks, int64 of shape (eras,), gwei.
        owners: what the owner of twins in two chunks gained, of which one was left unsettled or not.
        undone: what a losing model has lost when the guardian voids, and when the operator is silent.
    """

    eras: Sequence[int]
    names: Sequence[str]
    drawn: np.ndarray
    drawn_copies: np.ndarray
    crowd: Mapping[str, np.ndarray]
    twins: Mapping[str, Mapping[str, int]]
    late_files: Mapping[int, Played]
    sitting_out: Mapping[str, np.ndarray]
    copies: Mapping[int, np.ndarray]
    small_copy: Played
    refusals: Mapping[str, tuple[int, int]]
    whales: Mapping[str, Mapping[float, Played]]
    factor: Mapping[float, Played]
    cap: Mapping[float, Played]
    splits: Sequence[Split]
    lies: Sequence[Lied]
    starved: Sequence[Starved]
    moments: Sequence[Tried]
    settlements: Sequence[Settled]
    owners: tuple[int, int]
    undone: tuple[int, int]
    gas: Gas

    @property
    def at_risk(self) -> int:
        """What the crowd has at stake, gwei."""
        return len(self.names) * STAKE

    def sure(self, returns: np.ndarray) -> Interval:
        """The mean of a series over all eras, with its interval."""
        return interval(mean, returns, self.drawn)


def render(results: Results, picture_name: str | None = None) -> str:
    """The page, in Markdown; `picture_name` is the file of the picture, None leaves it out."""
    parts = [
        "# What cheating pays",
        "",
        f"Written by `python -m benchmarks.economics`, `make economics`. A crowd of {len(results.names)} models with "
        f"{_nmr(STAKE)} NMR each, those of [the meta model's experiment](meta_model.md), meets an attacker in each of "
        f"{len(results.eras)} weekly rounds ({results.eras[0]} to {results.eras[-1]}) on the prices of 88 Toronto "
        "stocks. Scores are those that settle. Every amount is an integer of the reference ledger, which refuses what "
        "the contracts refuse.",
        "",
        f"Terms are the demo's and those of `docs/terms.example.toml`: 0.5 × CORR + 2 × MMC, clip {_clip(CLIP)}. The "
        f"stake threshold is what the crowd has, {_nmr(results.at_risk)} NMR. The attacker's stakes come on top, begin "
        "anew in every round unless it says *compounding*, and every outcome is known before the next stake: that is "
        "a ring of 1, and more than an attacker knows on a longer one. Gains are shares of all that the attacker has "
        f"at stake, a round. Brackets are 95% intervals: blocks of {BLOCK} weeks, {len(results.drawn):,} resamples. "
        "One market, one crowd: a gain that is a bet says little about the next market; a zero that is exact holds on "
        "all.",
        "",
        "## The table",
        "",
        "| attack | who | needs | measured | bound | verdict |",
        "|---|---|---|---|---|---|",
        *(f"| {' | '.join(row)} |" for row in _rows(results)),
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


def _rows(results: Results) -> list[tuple[str, ...]]:
    halves, compounding, winner, _, alone = (list(found.values()) for found in results.twins.values())
    blind, first_day = results.sure(results.late_files[0].returns), results.sure(results.late_files[1].returns)
    always, recent, _ = (results.sure(series) for series in results.sitting_out.values())
    live, stale = (interval(mean, results.copies[lag], results.drawn_copies) for lag in (0, 1))
    plain, _, pushed = list(results.whales.values())[:3]
    tried = results.moments[1:]
    year, bounded = results.lies
    option = {name: np.maximum(series, 0) / STAKE for name, series in results.crowd.items()}
    refused = [after - before for before, after in results.refusals.values()]
    return [
        (
            "a model and its opposite, half of the stake each",
            "owner of two models",
            "nothing",
            f"{_signed_gwei(min(halves))} to {_signed_gwei(max(halves))} gwei, {len(TWINNED)} pairs, all rounds",
            "0: both scores round alike, and so do reward and burn. With stakes a and b: what a − b alone would gain, "
            "to 1 gwei",
            NO_GAIN if max(halves) <= 0 else PAYS,
        ),
        (
            "the same as a ratchet: the winner's gains stay, the loser is not topped up, or leaves",
            "owner of two models",
            "capital",
            f"over all rounds {_growth(compounding)} both compounding, {_growth(winner)} all on the last winner; "
            f"without a twin {_growth(alone)}",
            "clip × the difference of the stakes, a round, won or lost",
            "a bet of the difference, won or lost",
        ),
        (
            "one stake split over many accounts",
            "staker",
            f"{results.gas.register:,} gas an account",
            f"{results.splits[-1].saved:,} gwei less burned at most, {results.splits[-1].lost:,} less rewarded, by "
            f"{results.splits[-1].parts:,} accounts",
            "accounts − 1 gwei a round; the factor sees the sum",
            NO_GAIN,
        ),
        (
            "copying what a leader sent before",
            "copier",
            "a leak: files are sealed",
            f"{_bracketed(stale)} one round old; {_bracketed(live)} of the same round, which only the operator can "
            "read",
            "what the leader earns; the factor and MMC make it less for all",
            "as good as the old file is",
        ),
        (
            "commit to a file and its opposite, deliver after a day of the outcome",
            "owner of two models",
            "an operator who opens files a day late, and an outcome that begins at the lock",
            f"{_bracketed(first_day)} of both stakes without any skill; {_bracketed(blind)} when nothing is known. "
            f"{_percent(first_day.value * YEAR)} a year",
            "half of the clip a round; 0 if files are fetched at the lock, or the outcome begins when they are",
            PAYS if first_day.low > 0 else NO_GAIN,
        ),
        (
            "stake always, submit only when it looks good",
            "staker",
            "nothing",
            f"{_bracketed(recent)} by the last {MEMORY} outcomes, {_bracketed(always)} in every round",
            "what a round gains to who knows before the lock that it will",
            "the same as leaving before the lock",
        ),
        (
            "a stake that never submits, to lower the factor",
            "whale, or a loser",
            f"{_nmr(results.at_risk)} NMR, locked",
            _beside(results, results.factor),
            "the factor becomes threshold / (at_risk + parked); what a loser saves is never more than leaving saves, "
            "for nothing",
            HARMS,
        ),
        (
            "the same where the cap a round binds",
            "whale, or a loser",
            f"{_nmr(results.at_risk)} NMR, locked",
            _beside(results, results.cap),
            "the clip becomes cap / (at_risk + parked), once that is less",
            HARMS,
        ),
        (
            "a huge stake in an earlier round, so that nothing is left to reserve",
            "whale",
            f"free / clip: {_nmr(starving_stake(RESERVE, results.at_risk, CLIP)[1])} NMR at {_nmr(RESERVE)} free, "
            f"{_nmr(starving_stake(RESERVE, results.at_risk, MAX_CLIP)[1])} at a clip of {_clip(MAX_CLIP)}; there are "
            f"{_nmr(OUTSIDE)} outside the treasury",
            f"from {_nmr(FREE)} NMR free: clip {_clip(results.starved[0].clip)} → {_clip(results.starved[-1].clip)} by "
            f"{_nmr(results.starved[-1].whale)} NMR",
            "reserved ≤ clip × all that is at stake",
            f"{HARMS}; only beside a treasury that is almost empty",
        ),
        (
            "stakes beside a good model that push the meta model away from it",
            "whale",
            f"{_nmr(results.at_risk)} NMR",
            f"{_bracketed(results.sure(pushed[1.0].returns))} with a quarter on {LOSER}; "
            f"{_bracketed(results.sure(plain[1.0].returns))} all on {BEST}",
            "clip × stake; MMC weighs each by its stake, the whale's own model most",
            NO_GAIN if pushed[1.0].gains.sum() < plain[1.0].gains.sum() else PAYS,
        ),
        (
            "any call, or two, with what is known after the lock",
            "staker",
            "nothing",
            f"{sum(moment.changed for moment in tried)} of {sum(moment.sequences for moment in tried):,} change what "
            f"the staker ends with; {sum(moment.allowed for moment in tried)} are not refused",
            "0: a position is locked with its stake, factor and clip",
            NO_GAIN if not any(moment.changed for moment in tried) else PAYS,
        ),
        (
            "settle early or late",
            "anyone",
            "nothing",
            "the same rewards and burns at every moment before `expires_at`",
            "0; values go to idle in place of the next round if nobody settles while it is open",
            NO_GAIN,
        ),
        (
            "twins in two chunks, the loser's left unsettled until `expires_at`",
            "owner of a model in each of two chunks; the operator, who withholds one",
            "everybody else, operator and guardian too, does not settle it in time",
            f"{_nmr(results.owners[0])} of {_nmr(2 * STAKE)} NMR a round; {_signed_gwei(results.owners[1])} gwei if "
            f"anyone settles it, for {results.gas.settle:,} gas a model",
            "clip × the loser's stake, a round",
            PAYS if results.owners[0] > 0 else NO_GAIN,
        ),
        (
            "forged scores",
            "operator and a staker, guardian asleep",
            "a window without a veto",
            f"{_percent(year.gained / (RING * year.stake))} in {YEAR} rounds on a ring of {RING}; "
            f"{_percent(bounded.gained / (RING * bounded.stake))} at a clip of {_clip(MAX_CLIP)}",
            f"clip × stake a round, at most the cap ({_nmr(CAP)} in the example); (1 + clip)^({YEAR} / ring) − 1 a "
            "year",
            PAYS,
        ),
        (
            "void every losing round after its scores are proposed",
            "guardian and a staker; the operator by proposing nothing",
            "in the open, at everybody's cost",
            f"noise gains {_bracketed(results.sure(option['noise']))} in place of "
            f"{_bracketed(results.sure(results.crowd['noise'] / STAKE))}; the average model "
            f"{_bracketed(results.sure(np.mean(list(option.values()), axis=0)))}",
            "the burns avoided: clip × stake a round",
            PAYS,
        ),
        (
            f"rivals' files called invalid (rank correlation above {ALIKE})",
            "operator and a staker",
            "a false list, which `verify` finds, but for files called missing",
            f"{_share(float(np.mean(refused)) / len(results.eras) / STAKE)} of the stake a round on average, "
            f"{sum(change > 0 for change in refused)} of {len(refused)} models gain; rivals get nothing and burn "
            "nothing",
            "clip × stake a round",
            "pays little; the rivals lose their rewards",
        ),
        (
            "terms at the bounds, opened for the shortest time",
            "operator",
            "stakes that compound unwatched",
            "not a gain by itself: scores decide the sign",
            f"`max_clip` × stake a round ({_clip(MAX_CLIP)} in the example); who looks within `min_open` can leave",
            HARMS,
        ),
    ]


def _twins(results: Results) -> list[str]:
    names = list(TWINNED)
    lines = [
        f"A capital of {_nmr(STAKE)} NMR on a model and its opposite, in all {len(results.eras)} rounds; what came of "
        "it, as a share of the capital.",
        "",
        f"| | {' | '.join(names)} |",
        f"|---|{'---:|' * len(names)}",
    ]
    for way, found in results.twins.items():
        lines.append(f"| {way} | {' | '.join(_percent(found[name] / STAKE) for name in names)} |")
    lines += [
        "",
        "The scores of a prediction and its opposite differ in their sign only, to the last decimal, and the clip is "
        "the same for both signs: a reward and a burn of the same stake are the same number of gwei. So equal twins "
        "are a stake of nothing. Every way to make them unequal is a bet of the difference on one of them: on these "
        "weeks each gained on some models and lost on others.",
    ]
    return lines


def _late(results: Results) -> list[str]:
    lines = [
        f"{PAIRS} random predictions and their opposites have {_nmr(STAKE // (2 * PAIRS))} NMR each. Every model "
        "commits to its file before the lock; of each pair only the file that goes with the first days of the week is "
        "put into the store. The other is listed as missing, and its stake neither wins nor loses.",
        "",
        "| days known, of 5 | gain a round, of all stakes | of the clip | a year |",
        "|---:|---|---:|---:|",
    ]
    for days, played in results.late_files.items():
        found = results.sure(played.returns)
        clip = CLIP / RATIO / 2
        lines.append(
            f"| {days} | {_bracketed(found)} | {_percent(found.value / clip)} | {_percent(found.value * YEAR)} |"
        )
    lines += [
        "",
        "*Of the clip*: half of the stakes are delivered, so half the clip is all there is. The protocol gives the "
        "operator 24 hours from `locks_at` for the list, and `resolves_at` may follow as soon as that. What is known "
        "in between is a free option for whoever decides which files arrive: the owner of the files, and the operator "
        "itself, whose *missing* nobody can refute. It takes no skill.",
        "",
        "What closes it is off the chain: fetch all files at the lock and publish the list at once, as the demo does, "
        "or let the outcome begin a day after `locks_at`. When the list was published is on the chain, for everybody "
        "to compare.",
    ]
    return lines


def _copies(results: Results) -> list[str]:
    lines = [
        f"A copy of {', '.join(LEADERS)} with {_nmr(STAKE)} NMR, mean of the three, by the age of the file. Key and "
        "files of a round are handed over when it is closed: on the demo's ring, two rounds later at the soonest.",
        "",
        "| rounds old | gain a round |",
        "|---:|---|",
    ]
    for lag, returns in results.copies.items():
        lines.append(f"| {lag} | {_bracketed(interval(mean, returns, results.drawn_copies))} |")
    lines += [
        "",
        f"What a copy of {BEST} in the same round gains, and what that leaves to {BEST} and to all of the crowd, NMR "
        "over all rounds:",
        "",
        f"| stake of the copy, of the crowd's | gain a round | {BEST} | crowd |",
        "|---:|---|---:|---:|",
    ]
    quiet = results.factor[0.0]
    lines.append(f"| none | | {_nmr(_of(results, quiet, BEST))} | {_nmr(int(quiet.crowd.sum()))} |")
    sizes = {STAKE / results.at_risk: results.small_copy} | dict(next(iter(results.whales.values())))
    for size, played in sizes.items():
        cells = [
            f"{size:.2g}",
            _bracketed(results.sure(played.returns)),
            _nmr(_of(results, played, BEST)),
            _nmr(int(played.crowd.sum())),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def _parked(results: Results) -> list[str]:
    lines = [
        "The crowd's rewards and burns over all rounds, NMR, beside a stake that never submits: once limited by the "
        f"threshold ({_nmr(results.at_risk)} NMR), once by the cap a round (just what the crowd asks for, "
        f"{_nmr(results.at_risk * CLIP // RATIO)} NMR).",
        "",
        f"| parked, of the crowd's | factor | rewards | burns | net | {LOSER} | cap: rewards | burns | net | {LOSER} |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for size, by_factor in results.factor.items():
        cells = [f"{size:g}", f"{1 / (1 + size):.3f}"]
        for played in (by_factor, results.cap[size]):
            rewards, burns = np.maximum(played.crowd, 0).sum(), np.minimum(played.crowd, 0).sum()
            cells += [_nmr(int(rewards)), _nmr(int(burns)), _nmr(int(rewards + burns)), _nmr(_of(results, played))]
        lines.append(f"| {' | '.join(cells)} |")
    rewards, _ = _kept(results.factor[0.0], results.factor[1.0])
    saved = _of(results, results.factor[1.0]) - _of(results, results.factor[0.0])
    lines += [
        "",
        "The factor scales scores before the clip cuts them, and the clip cuts most: as much parked as staked takes "
        f"the factor to 0.5, and leaves {_percent(rewards)} of the rewards. Parked NMR loses nothing but its use. "
        f"Nobody gains by it: parking as much as all have saved {LOSER} {_nmr(saved)} NMR, and taking its stake home "
        "before the lock saves all it loses, for no capital. It is the cheapest way to harm a crowd, and the bound is "
        "linear: to take the factor to 1/n, n − 1 times of what the crowd has.",
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
        cells = [_bracketed(results.sure(found[size].returns)) for size in sizes]
        lines.append(f"| {label} | {' | '.join(cells)} | {_nmr(int(found[1.0].crowd.sum()))} |")
    backing = len(results.crowd) * STAKE
    shares = [size * results.at_risk / (size * results.at_risk + backing) for size in sizes]
    lines.append(f"| share of the meta model | {' | '.join(_percent(share) for share in shares)} | |")
    most = max(played.gains.mean() for found in results.whales.values() for played in found.values())
    lines += [
        "",
        "The more a whale has the less it earns on it: its own model becomes the meta model, so its MMC goes to "
        f"nothing, and the factor falls. The most that any of these took out of the treasury is {_nmr(round(most))} "
        "NMR a round, on average. Stakes that push the meta model aside lose more than the good model wins by it. "
        f"Without a whale the crowd gains {_nmr(int(results.factor[0.0].crowd.sum()))} NMR.",
    ]
    return lines


def _moments(results: Results) -> list[str]:
    lines = [
        "A staker has a model that wins and one that loses. At every moment of the round every call is tried, the "
        "calls of roles too, and every two in a row; then the round goes on to its end and is settled.",
        "",
        "| moment | known | tried | not refused | change what the staker ends with | most gained, NMR |",
        "|---|---|---:|---:|---:|---:|",
    ]
    for tried in results.moments:
        lines.append(
            f"| {tried.moment} | {tried.known} | {tried.sequences} | {tried.allowed} | {tried.changed} | "
            f"{_nmr(tried.best)} |"
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
        "| settled | rewards | burns | at stake in the next round | to idle |",
        "|---|---:|---:|---:|---:|",
    ]
    for way in results.settlements:
        cells = [way.when, _nmr(way.rewards), _nmr(way.burns), _nmr(way.kept), _nmr(way.idle)]
        lines.append(f"| {' | '.join(cells)} |")
    lines += [
        "",
        "The moment decides where value goes, never how much, with one exception: a chunk that nobody settles before "
        "`expires_at` pays and burns nothing. Nobody whose models all lost has a reason to settle them, and the owner "
        "of a whole chunk of losers has one not to. Anyone can: `ape run resolve` settles every chunk, for at most "
        f"{results.gas.chunk:,} gas a chunk of 1,024 models. So burns need a keeper as restaking does. An operator can "
        "withhold the scores of a chunk from everybody who does not have the round's key; a guardian who has computed "
        "them can settle it.",
    ]
    return lines


def _starved(results: Results) -> list[str]:
    felt, nothing = starving_stake(FREE, results.at_risk, CLIP)
    lines = [
        f"The treasury has {_nmr(FREE)} NMR. A whale's round is locked, then the crowd's, with {_nmr(results.at_risk)} "
        "NMR at stake.",
        "",
        "| whale's stake, NMR | granted to the crowd's round, NMR | its clip |",
        "|---:|---:|---:|",
    ]
    for starved in results.starved:
        lines.append(f"| {_nmr(starved.whale)} | {_nmr(starved.granted)} | {_clip(starved.clip)} |")
    lines += [
        "",
        f"It begins at free / clip − at_risk, here {_nmr(felt)} NMR, and ends at free / clip, {_nmr(nothing)} NMR. All "
        f"NMR outside the treasury at stake at once reserve {_nmr(OUTSIDE * CLIP // RATIO)} NMR at a clip of "
        f"{_clip(CLIP)} and {_nmr(OUTSIDE * MAX_CLIP // RATIO)} at {_clip(MAX_CLIP)}: a treasury above that cannot be "
        "starved, whatever the caps. Below it the cap a round bounds what one round takes. Anyone can lock a round as "
        "soon as it is due, so nobody chooses the order. Burns shrink with the rewards, and the clip of a round that "
        "is locked no longer changes.",
    ]
    return lines


def _colluders(results: Results) -> list[str]:
    lines = [
        f"Every score forged for {YEAR} weekly rounds on a ring of {RING}, all compounding: the colluder's "
        f"{_nmr(STAKE)} NMR a place win the most, everybody else loses the most.",
        "",
        "| clip | colluder's gain, NMR | of its stake | out of the treasury | burned of the crowd |",
        "|---:|---:|---:|---:|---:|",
    ]
    for lied in results.lies:
        cells = [
            _clip(lied.clip),
            _nmr(lied.gained),
            _percent(lied.gained / (RING * lied.stake)),
            _nmr(lied.drained),
            _percent(lied.burned / lied.crowd),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    rounds = RESERVE // CAP
    lines += [
        "",
        "A lie stands only if no guardian vetoes within the window, and burned NMR is nobody's. What an owner can "
        f"choose: the cap a round, `max_clip`, `min_window`. The example's cap of {_nmr(CAP)} NMR would let {rounds} "
        f"forged rounds empty a treasury of {_nmr(RESERVE)}, for a colluder with {_nmr(CAP * RATIO // CLIP)} NMR at "
        "stake in each; a cap of clip × what is honestly at risk takes that away and costs nobody anything.",
        "",
        "Who can undo rounds has an option on each: a voided round changes a losing stake by "
        f"{_signed_gwei(results.undone[0])} gwei, one without proposed scores by {_signed_gwei(results.undone[1])}. "
        "What that is worth, NMR over all rounds on a stake that begins anew:",
        "",
        "| model | as it is | losing rounds undone |",
        "|---|---:|---:|",
    ]
    for name in (BEST, "noise", LOSER):
        series = results.crowd[name]
        lines.append(f"| {name} | {_nmr(int(series.sum()))} | {_nmr(int(np.maximum(series, 0).sum()))} |")
    lines += [
        "",
        "It is done in the open and undoes the rewards of everybody else. The owner appoints another: an operator's "
        "silence can be broken by the next one until `expires_at` − window − grace − 24 hours; a guardian's void "
        "cannot.",
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


def _beside(results: Results, found: Mapping[float, Played]) -> str:
    """What as much parked as the crowd has changes for the crowd, and for its worst model."""
    quiet, parked = found[0.0], found[1.0]
    rewards, burns = _kept(quiet, parked)
    return (
        f"rewards {_percent(rewards)} and burns {_percent(burns)} of what they were, net "
        f"{_nmr(int(quiet.crowd.sum()))} → {_nmr(int(parked.crowd.sum()))} NMR over all rounds; {LOSER} loses "
        f"{_nmr(-_of(results, quiet))} → {_nmr(-_of(results, parked))}"
    )


def _kept(quiet: Played, parked: Played) -> tuple[float, float]:
    """The crowd's rewards and burns, as shares of those of quiet rounds."""
    now, before = parked.crowd, quiet.crowd
    rewards = np.maximum(now, 0).sum() / np.maximum(before, 0).sum()
    return float(rewards), float(np.minimum(now, 0).sum() / np.minimum(before, 0).sum())


def _of(results: Results, played: Played, name: str = LOSER) -> int:
    return int(played.crowd[:, results.names.index(name)].sum())


def _growth(found: Sequence[int]) -> str:
    shares = [gained / STAKE for gained in found]
    return f"{_percent(float(np.mean(shares)))} ({_percent(min(shares))} to {_percent(max(shares))})"


def _nmr(gwei: int) -> str:
    """NMR with as many decimals as an amount of this size needs."""
    amount = gwei / COIN
    return (
        f"{amount:,.0f}".replace("-", "−")
        if abs(amount) >= 100 or gwei % COIN == 0
        else f"{amount:,.2f}".replace("-", "−")
    )


def _signed_gwei(gwei: int) -> str:
    return f"{gwei:,}".replace("-", "−")


def _clip(ratio: int) -> str:
    return f"{100 * ratio / RATIO:.3g}%"


def _percent(share: float) -> str:
    return _share(share, 0)


def _share(share: float, places: int = 2) -> str:
    rounded = round(share, places + 2) + 0.0  # no zero has a sign
    return f"{rounded:.{places}%}".replace("-", "−")


def _bracketed(found: Interval) -> str:
    return f"{_share(found.value)} [{_share(found.low)}, {_share(found.high)}]"
