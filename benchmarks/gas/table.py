# SPDX-License-Identifier: MIT
"""The rows of the gas table: their limits, what other systems pay, and how a measurement compares with them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from textwrap import fill
from typing import Final

RENEW: Final = "run `make bench` and commit benchmarks/gas.md and benchmarks/gas.json in the same change"
WIDTH: Final = 120
"""Characters in a line of text."""
HASH_SLACK: Final = 32 * 12
"""Init code ends with a hash of the sources, of which a byte that is zero costs 12 gas less than another: so the gas
of a deployment may move by this much with a comment."""

SETTLE_PEERS: Final = (
    "NumeraiTournamentV3 resolve 41,317 and stake 38,428; Erasure CountdownGriefing reward 65,751, punish 77,309; "
    "Uniswap MerkleDistributor claim 57,332 at best, 91,510 first; Synthetix StakingRewards claim 73,618"
)
STAKE_PEERS: Final = (
    "NumeraiTournamentV3 stake 38,428; Erasure CountdownGriefing stake 97,962; Synthetix StakingRewards stake 137,716"
)
TRANSFER_PEERS: Final = "solady 34,055; snekmate 34,175; solmate 34,203; OpenZeppelin 34,515"
OTHER_ROUND: Final = 38_428 + 41_317
"""What NumeraiTournamentV3 takes for a model's stake and its resolution."""


BEFORE: Final = "6609452"
"""The commit before stakes could wait for rounds."""
GREW: Final = (
    ("settle_dearest", 8_755_240, "300 groups in place of 256: 32,386 gas a group, before 34,201"),
    ("settle_expired_dearest", 7_466_936, "reads policies, and writes what is kept as well as what goes to idle"),
    ("deposit", 56_667, "names the owner, and reads who it is"),
    ("deposit_many", 14_974, "the same; a slot that nothing else of the multicall has read"),
    ("lock", 235_636, "the treasury writes what is used of the ceiling, since when, and that something is reserved"),
    ("void", 70_241, "the place of an open round has to know that nobody can enter it any more"),
    ("pause", 46_944, "writes since when, until when, and when its guardian may pause again"),
    ("authorise", 52_123, "writes a ceiling, a rate, and what is used since when, beside the cap"),
)
"""Figures of 5,000 models that grew by more than 1% since `BEFORE`, what they were, and why."""


@dataclass(frozen=True)
class Row:
    """A figure of the table.

    Attributes:
        key: its name in gas.json.
        what: its name in the table.
        most: the largest value allowed, if any.
        under: what it must stay below, if anything.
        peers: what other systems pay.
        slack: how much it may grow without anybody's doing.
        unit: "gas" or "bytes".
    """

    key: str
    what: str
    most: int | None = None
    under: int | None = None
    peers: str = ""
    slack: int = 0
    unit: str = "gas"

    @property
    def limit(self) -> str:
        """The limit as the table shows it."""
        if self.most is not None:
            return f"≤ {self.most:,}"
        return "" if self.under is None else f"< {self.under:,}"

    def allows(self, value: int) -> bool:
        """Whether a value is within the limit."""
        return (self.most is None or value <= self.most) and (self.under is None or value < self.under)


@dataclass(frozen=True)
class Section:
    """Rows under a heading."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class GasTable:
    """Measured figures, and how they were measured."""

    compiler: str
    evm_version: str
    models: int
    figures: Mapping[str, int]


@dataclass(frozen=True)
class Comparison:
    """What a new measurement says of the committed table: problems, and changes for the better."""

    problems: tuple[str, ...]
    notes: tuple[str, ...]


SECTIONS: Final = (
    Section(
        "A model's share of a round",
        (
            Row("settle_compounding", "settle and restake, all compounding", most=1_890, peers=SETTLE_PEERS),
            Row("settle_compounding_first", "settle and restake, all compounding, first turn of a place", most=1_890),
            Row("settle_target", "settle and restake, all on a target", most=3_710, peers="as above"),
            Row("settle_target_first", "settle and restake, all on a target, first turn of a place", most=3_710),
            Row("enter", "enter, every stake topped up", most=3_632, peers="NumeraiTournamentV3 stake 38,428"),
            Row("enter_half", "enter, stakes as a round left them: half of them burned"),
            Row("enter_first", "enter, the first stakes of a place"),
            Row("settle_expired", "settle_expired of a void round, all compounding"),
            Row("settle_expired_target", "settle_expired of a void round, all on a target that they do not exceed"),
        ),
    ),
    Section(
        "A model's submission",
        (
            Row("submit_next", "submit, each further model of consecutive ones", most=4_500),
            Row("signed", "submit_signed, a signature of its submitter for each model", most=9_500),
            Row("signed_owner", "submit_signed, a signature of its owner for each model", most=11_620),
            Row("signed_four", "submit_signed, a signature of their submitter for four models"),
            Row("signed_next", "submit_signed, each further model of a signature", most=4_500),
        ),
    ),
    Section(
        "A model's share of a whole round, all compounding, with signed submissions",
        (
            Row("round_1", "open_round, submit_signed, lock, publish_opened, propose, settle", most=12_000),
            Row("round_4", "the same, four models a signature", most=8_500),
        ),
    ),
    Section(
        "The dearest calls: 300 groups settled, 256 entered or settled without scores",
        (
            Row("settle_dearest", "settle", most=10_000_000),
            Row("settle_expired_dearest", "settle_expired", under=16_777_216),
            Row("enter_dearest", "enter", under=16_777_216),
            Row("open_round_dearest", "open_round, ring of 128, all places but the last one blocked", under=16_777_216),
        ),
    ),
    Section(
        "Stakers, a transaction each",
        (
            Row("register", "register"),
            Row("register_many", "register, a model of 64 in a multicall"),
            Row("deposit_first", "deposit, the first of a group", most=78_000, peers=STAKE_PEERS),
            Row("deposit", "deposit, a later one", most=60_000),
            Row("deposit_allowed", "deposit, a later one, out of a limited allowance", most=60_400),
            Row("deposit_with_permit", "deposit_with_permit, a later one"),
            Row("deposit_many", "deposit, a model of 64 in a multicall"),
            Row("set_policy_first", "set_policy, the first of a group"),
            Row("set_policy", "set_policy, a later one"),
            Row("stake_first", "stake, the first of a group at a place", peers=STAKE_PEERS),
            Row("stake", "stake, a later one"),
            Row("leave", "leave, all of it"),
            Row("leave_part", "leave, a part"),
            Row("leave_waiting", "leave, all of what waits for a round to open, during a pause"),
            Row(
                "withdraw",
                "withdraw a part, to an existing holder",
                most=55_000,
                peers="Synthetix StakingRewards withdraw 101,686",
            ),
            Row("withdraw_all", "withdraw all, to an existing holder", most=55_000),
            Row("move_idle", "move_idle"),
            Row("submit", "submit one model, word of the bitmap in use", most=45_000),
            Row("signed_alone", "submit_signed, one model"),
            Row("submit_owner", "submit one model by its owner, who is not its submitter", most=45_000),
            Row("submit_new", "submit one model, new word of the bitmap", most=62_000),
            Row("set_submitter", "set_submitter"),
            Row("offer_model", "offer_model"),
            Row("accept_model", "accept_model"),
        ),
    ),
    Section(
        "Rounds",
        (
            Row("open_round", "open_round"),
            Row("lock", "lock, with the reservation in the treasury"),
            Row("publish_opened", "publish_opened"),
            Row("propose", "propose"),
            Row("veto", "veto"),
            Row("void", "void"),
            Row("pause", "pause"),
            Row("unpause", "unpause"),
        ),
    ),
    Section(
        "Numeraire",
        (
            Row("transfer", "transfer to an existing holder", most=34_300, peers=TRANSFER_PEERS),
            Row("transfer_new", "transfer to a new holder"),
            Row("transfer_from", "transferFrom"),
            Row("approve", "approve"),
            Row("permit", "permit"),
            Row("burn", "burn"),
            Row("burn_from", "burnFrom"),
        ),
    ),
    Section(
        "Buyback, with a feed of 8 decimals and a stablecoin of 6",
        (
            Row("kick_first", "kick, the first", most=150_000),
            Row("kick", "kick, a later one", most=150_000),
            Row("take_first", "take without a callback, the first, to a new holder", most=150_000),
            Row("take", "take without a callback, a later one", most=150_000),
            Row("end", "end, while a lot is on offer"),
            Row("sweep", "sweep"),
        ),
    ),
    Section(
        "Pools, at any number of backers",
        (
            Row("pool_checkpoint", "checkpoint of an open round without orders and fee", most=45_000),
            Row("pool_checkpoint_fee", "checkpoint, a fee booked", most=60_000),
            Row("pool_checkpoint_exits", "checkpoint, exits of backers", most=150_000),
            Row("pool_checkpoint_group", "checkpoint, exits of backers, the first of a group", most=150_000),
            Row("pool_checkpoint_all", "checkpoint, a fee, exits of manager and backers", most=150_000),
            Row("pool_fill", "fill, a fee, exits and entries of manager and backers", most=240_000),
            Row("pool_fill_opening", "fill, the first of a place", most=240_000),
            Row("pool_enter_place", "enter_order, the first of a place"),
            Row("pool_enter_first", "enter_order, the first of a backer", most=90_000),
            Row("pool_enter", "enter_order, raised", most=90_000),
            Row("pool_enter_claim", "enter_order, with a claim of the first shares and of what did not fit"),
            Row("pool_cancel_entry", "cancel_entry", most=90_000),
            Row("pool_exit_place", "exit_order, the first of a place"),
            Row("pool_exit_batch", "exit_order, the first of a later batch", most=90_000),
            Row("pool_exit_first", "exit_order, a later one of a batch", most=90_000),
            Row("pool_exit", "exit_order, raised", most=90_000),
            Row("pool_claim_first", "claim of shares, the first of a backer", most=70_000),
            Row("pool_claim", "claim of shares, a later one", most=70_000),
            Row("pool_claim_exit", "claim of an exit", most=70_000),
            Row("pool_claim_both", "claim of the first shares, and of what did not fit"),
            Row("pool_sweep", "sweep of a donation to the pool"),
            Row("pool_create", "create, with the model's registration"),
            Row("deploy_blueprint", "the blueprint that pools are copied from", slack=HASH_SLACK),
        ),
    ),
    Section(
        "Treasury, through the timelock that owns it",
        (
            Row("schedule", "schedule a call in the timelock"),
            Row("authorise", "execute: authorise a tournament"),
            Row("spend", "execute: spend"),
        ),
    ),
)


def sections(figures: Mapping[str, int]) -> tuple[Section, ...]:
    """All sections; those of the contracts follow from the figures there are."""
    contracts = sorted(key.removeprefix("size_") for key in figures if key.startswith("size_"))
    deployed = [name for name in contracts if f"deploy_{name}" in figures]
    return (
        *SECTIONS,
        Section("Size", tuple(Row(f"size_{name}", name, under=24_576, unit="bytes") for name in contracts)),
        Section(
            "Init code without the constructor's arguments",
            tuple(Row(f"init_{name}", name, most=49_152, unit="bytes") for name in contracts),
        ),
        Section("Deployment", tuple(Row(f"deploy_{name}", name, slack=HASH_SLACK) for name in deployed)),
    )


def render(table: GasTable) -> str:
    """The table as Markdown."""
    figures = table.figures
    compounding, target = figures["settle_compounding"], figures["settle_target"]
    paragraphs = (
        "Made by `make bench`; `make gas` measures again and fails when a figure grew or is over its limit.",
        f"{table.compiler}, optimised for gas, EVM version {table.evm_version}. {table.models:,} models, chunks of at "
        "most 300 groups (1,200 models), a ring of 64 places. Every figure is `gasUsed` of receipts on the embedded "
        "chain with everything included: the 21,000 of a transaction, its calldata, proof, burn, draw and events. A "
        "model's share is the sum over all transactions divided by the models, rounded up. Deposits and stakes draw "
        "on an unlimited allowance unless the row says otherwise.",
        f"Settling and restaking a model takes {compounding:,} gas when it compounds and {target:,} on a target: "
        f"{OTHER_ROUND / compounding:.0f} and {OTHER_ROUND / target:.0f} times less than the {OTHER_ROUND:,} of stake "
        "and resolve in NumeraiTournamentV3.",
        "The dearest chunk has all its models staked directly, so that no idle slot was in use; one lane of each group "
        "compounds and three end above their target, all but one lose, no byte of a score is zero, the proof is as "
        "long as proofs get, and the chunk closes the round. The dearest open_round finds each place of the largest "
        "ring blocked, by a round that is final after one that is final and not settled, but for the place at which "
        "it looks last.",
        "A whole round is the sum over the receipts of all its steps. It has no enter, which compounding models do not "
        "need, and nothing of the token or of a model's registration.",
        "Others were measured the same way: NumeraiTournamentV3 with its mock token in batches of 100, "
        "MerkleDistributor with 10,000 leaves.",
    )
    lines = ["# Gas"]
    for paragraph in paragraphs:
        lines += ["", fill(paragraph, WIDTH, break_on_hyphens=False)]
    for section in sections(figures):
        lines += ["", f"## {section.title}", "", *_rows(section, figures)]
    lines += ["", "## What grew", "", f"By more than 1% since commit {BEFORE}, where nothing waited for a round.", ""]
    lines += ["|  | Before | Now | Why |", "| --- | ---: | ---: | --- |"]
    names = {
        row.key: f"the dearest {row.what}" if row.key.endswith("_dearest") else row.what
        for section in SECTIONS
        for row in section.rows
    }
    lines += [f"| {names[key]} | {before:,} | {figures[key]:,} | {why} |" for key, before, why in GREW]
    return "\n".join(lines) + "\n"


def over_limit(figures: Mapping[str, int]) -> tuple[str, ...]:
    """A sentence for each figure that is over its limit."""
    return tuple(
        f"{_name(section, row)} takes {figures[row.key]:,} {row.unit} and its limit is {row.limit}: make it smaller."
        for section in sections(figures)
        for row in section.rows
        if row.key in figures and not row.allows(figures[row.key])
    )


def compare(measured: GasTable, committed: GasTable) -> Comparison:
    """What is wrong with the committed table, or could be better, by a new measurement."""
    problems = list(over_limit(measured.figures))
    notes = []
    if (measured.compiler, measured.evm_version) != (committed.compiler, committed.evm_version):
        problems.append(
            f"The table is of {committed.compiler} for {committed.evm_version}, this is {measured.compiler} for "
            f"{measured.evm_version}: {RENEW}."
        )
    for section in sections(measured.figures):
        for row in section.rows:
            name, value = _name(section, row), measured.figures[row.key]
            before = committed.figures.get(row.key)
            if before is None:
                problems.append(f"{name} is not in the table and takes {value:,} {row.unit}: {RENEW}.")
            elif value > before + row.slack:
                problems.append(
                    f"{name} takes {value:,} {row.unit}, {value - before:,} more than in the table: "
                    f"if that is what the change is worth, {RENEW}."
                )
            elif value < before - row.slack:
                notes.append(f"{name} takes {value:,} {row.unit}, {before - value:,} less than in the table: {RENEW}.")
    for key in committed.figures:
        if key not in measured.figures:
            problems.append(f"{key} is in the table and was not measured: {RENEW}.")
    return Comparison(tuple(problems), tuple(notes))


def _rows(section: Section, figures: Mapping[str, int]) -> Iterator[str]:
    limits = any(row.limit for row in section.rows)
    peers = any(row.peers for row in section.rows)
    titles = ["", section.rows[0].unit.capitalize()]
    titles += ["Limit"] * limits + ["Others"] * peers
    yield f"| {' | '.join(titles)} |"
    yield f"| --- |{' ---: |' * (1 + limits)}{' --- |' * peers}"
    for row in section.rows:
        if row.key not in figures:
            continue
        cells = [row.what, f"{figures[row.key]:,}"]
        cells += [row.limit] * limits + [row.peers] * peers
        yield f"| {' | '.join(cells)} |"


def _name(section: Section, row: Row) -> str:
    return f"{section.title}: {row.what}"
