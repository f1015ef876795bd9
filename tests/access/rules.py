# SPDX-License-Identifier: MIT
"""Who may do what, declared by hand: for every function the checks that a call has to pass, in order.

Nothing here is read from a contract. `test_matrix.py` tries every function with every caller in every scene, and
compares what comes of it with `expected`; `page.py` writes the same declaration down for people, as docs/access.md.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

SILENT: Final = ""
"""Refused without a reason."""
NOTHING: Final = "goes through and does nothing"
"""Not refused, but nothing changes and nothing is logged."""

# Callers. Each holds NMR and has allowed it to tournament and buyback, so that a lack of it refuses nothing.
OWNER = "owner"
NEXT_OWNER = "next owner"
OPERATOR = "operator"
GUARDIAN = "guardian"
MODEL_OWNER = "model owner"
SUBMITTER = "submitter"
NEXT_MODEL_OWNER = "next model owner"
OTHER_MODEL_OWNER = "other model owner"
NEIGHBOUR = "neighbour"
PROPOSER = "proposer"
CANCELLER = "canceller"
EXECUTOR = "executor"
BUYBACK_GUARDIAN = "buyback guardian"
SPENDER = "spender"
DEPLOYER = "deployer"
STRANGER = "stranger"
CONTRACT = "contract"
TOURNAMENT = "tournament"
OTHER_TOURNAMENT = "other tournament"
BUYBACK = "buyback"
TREASURY = "treasury"
FILLER = "filler"
OTHER_GUARDIAN = "neighbour's guardian"
MANAGER = "manager"
BACKER = "backer"

CALLERS: Final = {
    OWNER: "the timelock, which owns tournament, treasury and buyback and is the only admin of itself",
    NEXT_OWNER: "to whom the owner has offered all three; has not accepted",
    OPERATOR: "of the tournament",
    GUARDIAN: "of the tournament",
    MODEL_OWNER: "owns the model that every call names",
    SUBMITTER: "of that model",
    NEXT_MODEL_OWNER: "to whom that model was offered; has not accepted",
    OTHER_MODEL_OWNER: "owns other models, in the same storage words",
    NEIGHBOUR: "operator and model owner of another tournament beside the same treasury",
    PROPOSER: "of the timelock; every proposer may cancel",
    CANCELLER: "of the timelock, and no proposer",
    EXECUTOR: "of the timelock",
    BUYBACK_GUARDIAN: "of the buyback",
    SPENDER: "whom the model owner has allowed to spend NMR",
    DEPLOYER: "deployed everything",
    STRANGER: "holds NMR and nothing else",
    CONTRACT: "a stranger that is a contract, really calling from within a transaction; has `on_buyback`",
}
"""Who tries every function, and who they are."""
MORE_CALLERS: Final = {
    "Numeraire": {
        TOURNAMENT: "its contract",
        BUYBACK: "its contract",
        TREASURY: "its contract",
        FILLER: "its contract, `UniswapV2Filler`",
    },
    "Treasury": {
        TOURNAMENT: "its contract; has a reservation",
        OTHER_TOURNAMENT: "its contract, authorised too; has no reservation",
        BUYBACK: "its contract; the treasury allows it stablecoin",
    },
    "UniswapV2Filler": {BUYBACK: "its contract"},
    "Pool": {
        MANAGER: "created it; has shares and orders",
        BACKER: "has shares and orders",
    },
}
"""Who tries the functions of one contract beside the others: contracts of the suite that call it by themselves, and who
has a part in it. What the filler does with the buyback, its own functions try."""

# Scenes of the tournament: the state of the round that calls name, the latest one on a ring of one place.
UNKNOWN = "UNKNOWN"
OPEN = "OPEN"
ENDED = "ENDED"
LOCKED = "LOCKED"
OPENED_EARLY = "OPENED, before `resolves_at`"
OPENED = "OPENED, from `resolves_at` on"
OPENED_LATE = "OPENED, with less than window and 24 hours left"
PROPOSED = "PROPOSED"
FINAL = "FINAL"
FINAL_NEXT_OPEN = "FINAL, next round of the place open"
FINAL_NEXT_OVER = "FINAL, next round of the place over"
VOID = "VOID"
EXPIRED_UNLOCKED = "EXPIRED, never locked"
EXPIRED_UNOPENED = "EXPIRED, no opened list"
EXPIRED_UNSETTLED = "EXPIRED, root never settled"
CLOSED = "CLOSED, its stakes wait for the next round of the place to open"
CLOSED_LATE = "CLOSED, its stakes wait for the round after the one that is open"

STATES: Final = (
    "UNKNOWN",
    "OPEN",
    "ENDED",
    "LOCKED",
    "OPENED",
    "PROPOSED",
    "FINAL",
    "VOID",
    "EXPIRED",
    "CLOSED",
)
"""As `ITournament.State` has them, in its order."""
_OPENED: Final = (OPENED_EARLY, OPENED, OPENED_LATE)
_FINAL: Final = (FINAL, FINAL_NEXT_OPEN, FINAL_NEXT_OVER)
_EXPIRED: Final = (EXPIRED_UNLOCKED, EXPIRED_UNOPENED, EXPIRED_UNSETTLED)
_PENDING: Final = (OPEN, ENDED, LOCKED, *_OPENED, PROPOSED)

# The scene of what has but one.
ALWAYS = "always"

# Scenes of the treasury.
SOME_FREE = "some NMR is free"
NOTHING_FREE = "all NMR is reserved"

# Scenes of the buyback, and of its filler.
ON_OFFER = "a lot is on offer"
BELOW_POOL = "a lot is on offer below the pool's price"
SOLD_OUT = "a lot is sold out"
STALE = "a lot is on offer, the feed's answer is too old"
DOWN = "a lot is on offer, the sequencer is down"
STOPPED = "a pause has stopped the lot"
LOT_OVER = "a lot is over"
NEXT_DUE = "the next lot is due"
FIRST_DUE = "the first lot is due"
FIRST_DUE_STALE = "the first lot is due, the feed's answer is too old"
FIRST_DUE_BROKE = "the first lot is due, the treasury allows nothing"
FIRST_DUE_POOR = "the first lot is due, the treasury allows less than a lot has to offer"
FIRST_DUE_DOWN = "the first lot is due, the sequencer is down"
PROGRAMME_ENDED = "the programme has ended"
PROGRAMME_SWEPT = "the programme has ended, its stablecoin is returned"

# Scenes of the pool: what is at stake, and whether orders wait that were given in an earlier block.
EMPTY = "nothing at stake, no round open, entries wait"
NOT_OPEN = "settled, no round open, entries and exits wait"
ORDERS = "round open, entries and exits wait"
TURN_PAUSED = "round open, entries and exits wait, the tournament is paused"
EXITS_RAN = "round open, entries wait, exits ran"
AT_RISK = "round over, entries and exits wait"

# Scenes of the timelock: where the operation is that calls name.
UNSET = "not scheduled"
WAITING = "waiting"
READY = "ready"
READY_LACKING = "ready, but not what it depends on"
DONE = "done"

# Scenes of the TWAP feed.
AVERAGE = "a window old"
TOO_YOUNG = "younger than a window"
TOO_OLD = "older than the longest window"
TRADED = "a window old, the pool was traded on in this block"
STRAYS = "a window old, the spot price strays"
SHALLOW = "a window old, the pool is shallow"

SCENES: Final = {
    "Numeraire": (ALWAYS,),
    "Tournament": (UNKNOWN, OPEN, ENDED, LOCKED, *_OPENED, PROPOSED, *_FINAL, VOID, *_EXPIRED, CLOSED, CLOSED_LATE),
    "TermsCheck": (ALWAYS,),
    "Treasury": (SOME_FREE, NOTHING_FREE),
    "Buyback": (
        ON_OFFER,
        BELOW_POOL,
        SOLD_OUT,
        STALE,
        DOWN,
        STOPPED,
        LOT_OVER,
        NEXT_DUE,
        FIRST_DUE,
        FIRST_DUE_STALE,
        FIRST_DUE_BROKE,
        FIRST_DUE_POOR,
        FIRST_DUE_DOWN,
        PROGRAMME_ENDED,
        PROGRAMME_SWEPT,
    ),
    "Timelock": (READY, UNSET, WAITING, READY_LACKING, DONE),
    "UniswapV2TwapFeed": (AVERAGE, TOO_YOUNG, TOO_OLD, TRADED, STRAYS, SHALLOW),
    "Lens": (ALWAYS,),
    "Pool": (EMPTY, NOT_OPEN, ORDERS, TURN_PAUSED, EXITS_RAN, AT_RISK),
    "PoolFactory": (ALWAYS,),
}
"""By contract. In the scenes of the others a contract, but for the tournament, is in its first."""
PAUSABLE: Final = ("Tournament", "Buyback")
FOLLOWS: Final = {"UniswapV2Filler": "Buyback"}
"""What a contract does depends on the scene of another."""


@dataclass(frozen=True)
class Check:
    """Something that a call has to pass, or `reason` is what comes of it. What is None does not matter."""

    reason: str
    callers: frozenset[str] | None = None
    scenes: frozenset[str] | None = None
    paused: bool | None = None
    text: str = ""
    """For scenes: what has to hold."""

    def holds(self, caller: str, scene: str, paused: bool) -> bool:
        """Whether a call passes."""
        return (
            (self.callers is None or caller in self.callers)
            and (self.scenes is None or scene in self.scenes)
            and (self.paused is None or paused == self.paused)
        )


@dataclass(frozen=True)
class Rule:
    """A function, the checks of a call in the order in which they are made, and what comes of the same call again."""

    function: str
    checks: tuple[Check, ...] = ()
    again: str | None = None
    fits_multicall: bool = True


def expected(rule: Rule, caller: str, scene: str, paused: bool) -> str | None:
    """What a call comes to: None if it does what it is for, else the reason of the first check that it fails."""
    return next((check.reason for check in rule.checks if not check.holds(caller, scene, paused)), None)


def _only(reason: str, *callers: str) -> Check:
    return Check(reason, callers=frozenset(callers))


def _when(text: str, reason: str, scenes: Iterable[str]) -> Check:
    return Check(reason, scenes=frozenset(scenes), text=text)


def _unless(text: str, reason: str, contract: str, *scenes: str) -> Check:
    return _when(text, reason, set(SCENES[contract]) - set(scenes))


_OWNER = _only("ownable: caller is not the owner", OWNER)
_NEXT_OWNER = _only("ownable_2step: caller is not the new owner", NEXT_OWNER)
_OPERATOR = _only("roles: not the operator", OPERATOR)
_GUARDIAN = _only("roles: not the guardian", GUARDIAN)
_MODEL_OWNER = _only("models: not the owner", MODEL_OWNER)
_VETOER = _only("roles: not the guardian", OPERATOR, GUARDIAN)
_RUNNING = Check("roles: paused", paused=False)
_ANY_OPEN = _when("a round is OPEN", "rounds: no round is open", (OPEN, FINAL_NEXT_OPEN, CLOSED_LATE))
_PLACE_SETTLED = _unless("the place holds no unsettled stake", "ledger: settle first", "Tournament", FINAL_NEXT_OPEN)
_NONE_AHEAD = _unless("none waits for a later round", "ledger: waits for a later round", "Tournament", CLOSED_LATE)
_ALLOWED = _only("erc20: insufficient allowance", SPENDER, TOURNAMENT, BUYBACK)

_ADMIN = _only("access_control: account is missing role", OWNER)
_PROPOSER = _only("access_control: account is missing role", PROPOSER)
_CANCELLER = _only("access_control: account is missing role", PROPOSER, CANCELLER)
_EXECUTOR = _only("access_control: account is missing role", EXECUTOR)
_NOT_SCHEDULED = _when("the operation is new", "timelock_controller: operation already scheduled", (UNSET,))
_IS_PENDING = _when(
    "the operation waits or is ready",
    "timelock_controller: operation cannot be cancelled",
    (WAITING, READY, READY_LACKING),
)
_IS_READY = _when("its delay is over", "timelock_controller: operation is not ready", (READY, READY_LACKING))
_NOTHING_LACKS = _unless(
    "what it depends on is done", "timelock_controller: missing dependency", "Timelock", READY_LACKING
)

_BOUGHT = Check("pausable: contract is paused", paused=False)
_STOPPED = Check("pausable: contract is not paused", paused=True)
_SELLING = Check("buyback: programme is paused", paused=False)
_OFFERED = (
    _SELLING,
    _when(
        "there is a lot that nothing has stopped",
        "buyback: no lot is on offer",
        (ON_OFFER, BELOW_POOL, SOLD_OUT, STALE, DOWN, LOT_OVER, NEXT_DUE),
    ),
    _unless("the lot is not over", "buyback: lot is over", "Buyback", LOT_OVER, NEXT_DUE),
    _unless("the sequencer is up", "sequencer: is down", "Buyback", DOWN),
    _unless("the feed's answer is good", "feed: answer is too old", "Buyback", STALE),
)
_NOT_ENDED = _unless("it has not ended", "buyback: programme has ended", "Buyback", PROGRAMME_ENDED, PROGRAMME_SWEPT)
_MANAGER_OR_BACKER = (MANAGER, BACKER)
_EXACT = _unless("the value of the place is exact", "pool: value is not exact", "Pool", AT_RISK)
_TAKEN = (*_OFFERED, _unless("something is left", "buyback: nothing is left", "Buyback", SOLD_OUT))

RULES: Final = {
    "Numeraire": (
        Rule("transfer"),
        Rule("approve"),
        Rule("burn"),
        Rule("permit", again="erc20: invalid signature"),
        Rule("transferFrom", (_ALLOWED,)),
        Rule("burnFrom", (_ALLOWED,)),
    ),
    "Tournament": (
        # roles
        Rule("transfer_ownership", (_OWNER,)),
        Rule("accept_ownership", (_NEXT_OWNER,), again=_NEXT_OWNER.reason),
        Rule("set_operator", (_OWNER,)),
        Rule("set_guardian", (_OWNER,)),
        Rule("set_bounds", (_OWNER,), fits_multicall=False),
        Rule("pause", (_GUARDIAN, _RUNNING), again=_RUNNING.reason),
        Rule(
            "unpause",
            (_only("ownable: caller is not the owner", OWNER, GUARDIAN), Check(NOTHING, paused=True)),
            again=NOTHING,
        ),
        # models
        Rule("register", (_RUNNING,)),
        Rule("set_submitter", (_MODEL_OWNER,)),
        Rule("offer_model", (_MODEL_OWNER,)),
        Rule(
            "accept_model",
            (_only("models: not offered to you", NEXT_MODEL_OWNER),),
            again="models: not offered to you",
        ),
        # stakes
        Rule("deposit", (_RUNNING,)),
        Rule("deposit_with_permit", (_RUNNING,)),
        Rule("withdraw", (_MODEL_OWNER,)),
        Rule("move_idle", (_MODEL_OWNER,)),
        Rule("set_policy", (_MODEL_OWNER,)),
        Rule("stake", (_MODEL_OWNER, _RUNNING, _ANY_OPEN, _PLACE_SETTLED, _NONE_AHEAD)),
        Rule(
            "leave",
            (
                _MODEL_OWNER,
                _when(
                    "the round is OPEN or not opened yet",
                    "ledger: round is locked or void",
                    (UNKNOWN, OPEN, CLOSED, CLOSED_LATE),
                ),
                _unless("the model has stakes in it", "ledger: amount is zero", "Tournament", UNKNOWN),
            ),
            again="ledger: amount is zero",
        ),
        Rule("enter", (_RUNNING, _ANY_OPEN, _PLACE_SETTLED, _NONE_AHEAD)),
        # rounds
        Rule(
            "open_round",
            (
                _OPERATOR,
                _RUNNING,
                _unless(
                    "no round is OPEN",
                    "rounds: another round is open",
                    "Tournament",
                    OPEN,
                    FINAL_NEXT_OPEN,
                    CLOSED_LATE,
                ),
                _unless(
                    "on its place the round before is resolved and the one before that CLOSED",
                    "rounds: not its turn",
                    "Tournament",
                    ENDED,
                    LOCKED,
                    *_OPENED,
                    PROPOSED,
                    FINAL_NEXT_OVER,
                ),
            ),
            again="rounds: another round is open",
            fits_multicall=False,
        ),
        Rule("submit", (_ANY_OPEN, _only("submissions: not the submitter", SUBMITTER, MODEL_OWNER))),
        # Signed by the submitter.
        Rule("submit_signed", (_ANY_OPEN,), fits_multicall=False),
        Rule(
            "lock",
            (_when("the round is ENDED", "rounds: not due to be locked", (ENDED,)),),
            again="rounds: not due to be locked",
        ),
        Rule(
            "publish_opened",
            (_OPERATOR, _when("the round is LOCKED", "rounds: no opened list is due", (LOCKED,))),
            again="rounds: no opened list is due",
        ),
        Rule(
            "propose",
            (
                _OPERATOR,
                _when("the round is OPENED", "rounds: not waiting for a root", _OPENED),
                _unless("`resolves_at` has come", "rounds: not resolved yet", "Tournament", OPENED_EARLY),
                _unless("time is left to settle", "rounds: too late to propose", "Tournament", OPENED_LATE),
            ),
            again="rounds: not waiting for a root",
        ),
        Rule(
            "veto",
            (_VETOER, _when("the round is PROPOSED", "rounds: no root in its window", (PROPOSED,))),
            again="rounds: no root in its window",
        ),
        Rule(
            "void",
            (_GUARDIAN, _when("no root is final", "rounds: too late to void", _PENDING)),
            again="rounds: too late to void",
        ),
        # settlement
        Rule(
            "settle",
            (
                _when("a root of the round is final", "settlement: round is not final", (*_FINAL, CLOSED, CLOSED_LATE)),
                _unless(
                    "stakes of the chunk are in it", "settlement: nothing to settle", "Tournament", CLOSED, CLOSED_LATE
                ),
            ),
            again="settlement: nothing to settle",
            fits_multicall=False,
        ),
        Rule(
            "settle_expired",
            (_when("the round is VOID or EXPIRED", "settlement: not void or expired", (VOID, *_EXPIRED)),),
            again="settlement: not void or expired",
        ),
        # With a deposit in it.
        Rule("multicall", (_RUNNING,)),
    ),
    "TermsCheck": (),
    "Treasury": (
        Rule("transfer_ownership", (_OWNER,)),
        Rule("accept_ownership", (_NEXT_OWNER,), again=_NEXT_OWNER.reason),
        Rule("authorise", (_OWNER,)),
        Rule("unlist", (_OWNER,), again="treasury: not listed"),
        Rule("spend", (_OWNER, _when("so much is free", "treasury: more than is free", (SOME_FREE,)))),
        Rule("allow", (_OWNER,)),
        Rule(
            "reserve",
            (_only(NOTHING, TOURNAMENT, OTHER_TOURNAMENT), _when("something is free", NOTHING, (SOME_FREE,))),
        ),
        Rule("draw", (_only("treasury: more than is reserved", TOURNAMENT),)),
        Rule("release", (_only(NOTHING, TOURNAMENT),), again=NOTHING),
    ),
    "Buyback": (
        Rule("transfer_ownership", (_OWNER,)),
        Rule("accept_ownership", (_NEXT_OWNER,), again=_NEXT_OWNER.reason),
        Rule("set_guardian", (_OWNER,)),
        Rule("pause", (_only("buyback: not the guardian", BUYBACK_GUARDIAN), _BOUGHT), again=_BOUGHT.reason),
        Rule("unpause", (_OWNER, _STOPPED), again=_STOPPED.reason),
        Rule(
            "end",
            (_OWNER, _NOT_ENDED),
            again=_NOT_ENDED.reason,
        ),
        Rule(
            "sweep",
            (
                _OWNER,
                _when("it has ended", "buyback: programme has not ended", (PROGRAMME_ENDED, PROGRAMME_SWEPT)),
                _unless("something is held", "buyback: nothing to sweep", "Buyback", PROGRAMME_SWEPT),
            ),
            again="buyback: nothing to sweep",
        ),
        Rule(
            "kick",
            (
                _SELLING,
                _NOT_ENDED,
                _when(
                    "the last lot and the gap after it are over",
                    "buyback: next lot is not due",
                    (NEXT_DUE, FIRST_DUE, FIRST_DUE_STALE, FIRST_DUE_BROKE, FIRST_DUE_POOR, FIRST_DUE_DOWN),
                ),
                _unless("there is something to spend", "buyback: nothing to spend", "Buyback", FIRST_DUE_BROKE),
                _unless("that is enough for a lot", "buyback: lot is too small", "Buyback", FIRST_DUE_POOR),
                _unless("the sequencer is up", "sequencer: is down", "Buyback", FIRST_DUE_DOWN),
                _unless("the feed's answer is good", "feed: answer is too old", "Buyback", FIRST_DUE_STALE),
            ),
            again="buyback: next lot is not due",
        ),
        Rule("take", _TAKEN),
        Rule("take+data", (*_TAKEN, _only(SILENT, CONTRACT))),
    ),
    "Timelock": (
        Rule("schedule", (_PROPOSER, _NOT_SCHEDULED), again=_NOT_SCHEDULED.reason),
        Rule("schedule_batch", (_PROPOSER, _NOT_SCHEDULED), again=_NOT_SCHEDULED.reason),
        Rule("cancel", (_CANCELLER, _IS_PENDING), again=_IS_PENDING.reason),
        Rule("execute", (_EXECUTOR, _IS_READY, _NOTHING_LACKS), again=_IS_READY.reason),
        Rule("execute_batch", (_EXECUTOR, _IS_READY, _NOTHING_LACKS), again=_IS_READY.reason),
        Rule("grantRole", (_ADMIN,), again=NOTHING),
        Rule("revokeRole", (_ADMIN,), again=NOTHING),
        Rule("renounceRole", (_only("access_control: can only renounce roles for itself", PROPOSER),), again=NOTHING),
        Rule("set_role_admin", (_ADMIN,)),
        Rule("update_delay", (_only("timelock_controller: caller must be timelock", OWNER),)),
    ),
    "UniswapV2TwapFeed": (
        Rule(
            "update",
            (
                _unless(
                    "the last observation is a window old",
                    "twap: window is not over",
                    "UniswapV2TwapFeed",
                    TOO_YOUNG,
                ),
            ),
            again="twap: window is not over",
        ),
    ),
    "UniswapV2Filler": (
        Rule(
            "fill",
            (
                *_TAKEN,
                _unless(
                    "the pool is cheaper than the lot",
                    "filler: pool is dearer than the buyback",
                    "Buyback",
                    BELOW_POOL,
                ),
            ),
        ),
        Rule("on_buyback", (_only("filler: not the buyback", BUYBACK),)),
    ),
    "Lens": (),
    "Pool": (
        Rule("enter_order"),
        Rule(
            "exit_order",
            (
                _only("pool: more than you hold", *_MANAGER_OR_BACKER),
                _unless("there are shares", "pool: more than you hold", "Pool", EMPTY),
            ),
        ),
        Rule(
            "cancel_entry",
            (_only("pool: no such order", *_MANAGER_OR_BACKER),),
            again="pool: no such order",
        ),
        Rule(
            "cancel_exit",
            (
                _only("pool: no such order", *_MANAGER_OR_BACKER),
                _unless("an exit waits", "pool: no such order", "Pool", EMPTY, EXITS_RAN),
            ),
            again="pool: no such order",
        ),
        Rule(
            "claim",
            (
                _only("pool: nothing to claim", *_MANAGER_OR_BACKER),
                _when("an order ran", "pool: nothing to claim", (EXITS_RAN,)),
            ),
            again="pool: nothing to claim",
        ),
        Rule(
            "checkpoint",
            (_EXACT, _unless("a fee or an exit is due", "pool: nothing to do", "Pool", EMPTY, EXITS_RAN)),
            again="pool: nothing to do",
        ),
        Rule(
            "fill",
            (
                _EXACT,
                _unless("the round of the place is open", "pool: round is not open", "Pool", EMPTY, NOT_OPEN),
                _unless("the tournament is not paused", "pool: tournament is paused", "Pool", TURN_PAUSED),
            ),
            again="pool: nothing to do",
        ),
        # Somebody gave NMR to the pool.
        Rule("sweep", again="pool: nothing to sweep"),
        Rule("set_submitter", (_only("pool: not the manager", MANAGER),)),
        # With an order to enter in it.
        Rule("multicall"),
    ),
    "PoolFactory": (Rule("create"),),
}
"""By contract: the functions that change something."""


def _views(names: str) -> tuple[Rule, ...]:
    return tuple(Rule(name) for name in names.split())


VIEWS: Final = {
    "Numeraire": _views("name symbol decimals totalSupply balanceOf allowance nonces DOMAIN_SEPARATOR eip712Domain"),
    "Tournament": _views(
        "owner pending_owner operator guardian paused paused_until rested_at model_count owner_of submitter_of "
        "offered_to FIRST_ROUND HOUR MIN_STAKE RING TERMS_CHECK TREASURY TOKEN bounds due_round last_opened next_round "
        "round_info staked state idle_total place_of words submitted"
    ),
    "TermsCheck": _views("HOUR check"),
    "Treasury": _views(
        "owner pending_owner TOKEN cap_of budget_of room_of tournament_count tournament_at reserved reservation free"
    ),
    "Buyback": (
        *_views(
            "owner pending_owner paused guardian ended TOKEN TREASURY STABLECOIN FEED SEQUENCER programme lot "
            "total_paid total_bought next_kick_at next_amount"
        ),
        Rule("price", _OFFERED),
        Rule("quote", _OFFERED),
    ),
    "Timelock": _views(
        "DEFAULT_ADMIN_ROLE PROPOSER_ROLE EXECUTOR_ROLE CANCELLER_ROLE hasRole getRoleAdmin supportsInterface "
        "get_timestamp get_minimum_delay is_operation is_operation_pending is_operation_ready is_operation_done "
        "get_operation_state hash_operation hash_operation_batch"
    ),
    "UniswapV2TwapFeed": (
        *_views("decimals description version PAIR BASE WINDOW MAX_WINDOW MAX_DEVIATION MIN_RESERVE round newer older"),
        Rule(
            "latestRoundData",
            (
                _unless("an observation is a window old", "twap: window is not over", "UniswapV2TwapFeed", TOO_YOUNG),
                _unless("and none too old", "twap: observation is too old", "UniswapV2TwapFeed", TOO_OLD),
                _unless(
                    "nobody traded on the pool in this block",
                    "twap: pool was traded on in this block",
                    "UniswapV2TwapFeed",
                    TRADED,
                ),
                _unless("the pool is deep", "twap: pool is too shallow", "UniswapV2TwapFeed", SHALLOW),
                _unless(
                    "its price is near the average",
                    "twap: spot strays from the average",
                    "UniswapV2TwapFeed",
                    STRAYS,
                ),
            ),
        ),
        Rule("getRoundData", (_when("never", "twap: no history", ()),)),
    ),
    "UniswapV2Filler": _views("BUYBACK PAIR"),
    "Lens": _views(
        "figures figures_of models policy_of idle_of position stakes_of waiting_groups places instances "
        "getInstanceCount getInstance TOKEN TREASURY"
    ),
    "Pool": _views(
        "TOURNAMENT TOKEN MODEL MANAGER FEE SKIN place_view holding_view exit_batch entry_batch pot credit owed"
    ),
    "PoolFactory": _views("TOURNAMENT BLUEPRINT pool_count pool_at is_pool"),
}
"""By contract: the functions that change nothing."""
