# SPDX-License-Identifier: MIT
"""What a contract means when it refuses a call, and what to do about it."""

from typing import Final

EXPLANATIONS: Final[dict[str, str]] = {
    # token
    "erc20: insufficient allowance": (
        "The tournament may not take that much NMR from you: approve more, or sign a permit."
    ),
    "erc20: transfer amount exceeds balance": "You do not hold that much NMR.",
    "erc20: transfer to the zero address": "The receiver is the zero address: name somebody's.",
    "erc20: expired deadline": "The permit has expired: sign a new one.",
    "erc20: invalid signature": "The permit is not the caller's, or was used already.",
    # roles
    "ownable: caller is not the owner": "Only the owner, the timelock, may do that: schedule it there.",
    "pausable: contract is paused": "The buyback is paused until the owner unpauses it.",
    "pausable: contract is not paused": "The buyback is not paused.",
    "roles: paused": (
        "The tournament is paused: only exits and settlements work until the guardian or the owner ends the pause, or "
        "it lapses."
    ),
    "roles: paused too lately": (
        "The guardian's last pause is not over for as long as it lasted, and at least a day: wait."
    ),
    "roles: operator is the guardian": "Operator and guardian have to be two accounts.",
    "roles: not the operator": "Only the operator may do that: choose its account with --account.",
    "roles: not the guardian": "Only the guardian may do that: choose its account with --account.",
    "roles: zero address": "A role cannot be the zero address.",
    # models
    "models: no id is left": "No more models can be registered.",
    "models: another owner": (
        "The model does not exist, or belongs to another owner than it was taken for: look at it again."
    ),
    "models: not offered to you": "The model was not offered to this account.",
    "models: not the owner": "Only the model's owner may do that: choose its account with --account.",
    # stakes
    "ledger: amount finer than a gwei": "The amount is finer than the ledger's unit, 0.000000001 NMR.",
    "ledger: amount is zero": "The amount is zero, or nothing is idle.",
    "ledger: below min_stake": "The position would end below MIN_STAKE, what every position is at least: stake more.",
    "ledger: compounds without target": "Compounding needs a target of more than 0.",
    "ledger: model moves to itself": "Source and destination are the same model.",
    "ledger: more than is idle": "The model has less idle NMR than that.",
    "ledger: more than is at stake": "The model has less at stake in the round than that.",
    "ledger: no such group": "There is no such group of models.",
    "ledger: no such groups": "There are no such groups of models, or more than 1,024 were asked for.",
    "ledger: receiver is the escrow": "NMR sent to the tournament itself would be nobody's: name another receiver.",
    "ledger: receiver is the token": "NMR sent to the token's own contract would be lost: name another receiver.",
    "ledger: round is locked or void": (
        "The round is locked, so its stakes stay until it settles; those of a void round come back by settle_expired."
    ),
    "ledger: settle first": "The model's earlier round of this place waits to be settled: resolve it first.",
    "ledger: target is too large": "The target is more NMR than exists.",
    "ledger: waits for a later round": (
        "The model's group was settled in the last hour of this round, so its stakes wait for the next one of the "
        "place: it can neither stake nor enter here."
    ),
    # rounds
    "rounds: another round is open": "Another round is open: one is at a time.",
    "rounds: another root stands": "Another root was proposed meanwhile: look at it before you veto.",
    "rounds: chunks are out of range": "A proposal has 1 to 55,924 chunks.",
    "rounds: hash is empty": "A hash is zero: that of the package, the opened list, the root or the evidence.",
    "rounds: no opened list is due": "The round is not locked, or its opened list was published or is too late.",
    "rounds: no root in its window": "No root waits for the end of its window.",
    "rounds: no round is open": "No round is open.",
    "rounds: not due to be locked": (
        "The round cannot be locked: it is not there yet, or was locked, voided or expired."
    ),
    "rounds: not its turn": "It is another round's turn, or every place of the ring is blocked: see round places.",
    "rounds: not resolved yet": "The round's outcome is not known before resolves_at.",
    "rounds: not waiting for a root": "The round waits for no root: see its state.",
    "rounds: too late to propose": "Not enough time is left until expires_at for the window and for settling.",
    "rounds: too late to void": "The round is final, void, expired, closed or not opened: it cannot be voided.",
    "terms: amount finer than a gwei": "The threshold is a multiple of 0.000000001 NMR.",
    "terms: clip is out of range": "The clip is 0, or above what the owner allows.",
    "terms: expires_at out of range": (
        "Between resolves_at and expires_at there is too little time to settle, or too much."
    ),
    "terms: locks_at is out of range": "The round would be open for shorter or longer than is allowed.",
    "terms: multiplier is too large": "A multiplier is above what the owner allows.",
    "terms: resolves_at out of range": "resolves_at is too near to locks_at, or too far from it.",
    "terms: sealing key is empty": "The terms need a sealing key.",
    "terms: threshold is too small": "The stake threshold is below what the owner allows; 0 is none.",
    "terms: window is too short": "The window is shorter than is allowed.",
    # submissions
    "submissions: hash is empty": "The hash of a file is zero.",
    "submissions: no model": "No model was named.",
    "submissions: not the submitter": "Only the model's owner or submitter may submit for it.",
    "submissions: nothing counts": (
        "None of the signatures counts: they are for another round, tournament or chain, of nobody with a role now, "
        "or from the future."
    ),
    "submissions: one hash a model": "There has to be one hash for each model.",
    # settlement
    "settlement: malformed chunk": "The chunk is not the encoding of a list of score words.",
    "settlement: not in the chunk": "The chunk has a group of another chunk.",
    "settlement: not in the root": "The scores are not those of the round's root.",
    "settlement: nothing to settle": "All stakes there are settled already.",
    "settlement: round is not final": "The round has no final root: see its state.",
    "settlement: not void or expired": "The round is neither void nor expired: its stakes are settled by scores.",
    # pools
    "pool: amount finer than a gwei": "The amount is finer than the ledger's unit, 0.000000001 NMR.",
    "pool: below the smallest stake": "An order to enter is MIN_STAKE at least, what every position is.",
    "pool: bought in this round": (
        "Shares were bought in the round that they are at stake in: order them out once it is settled."
    ),
    "pool: fee is too large": "The fee is 30% at most.",
    "pool: more than you hold": "The account has fewer shares at that place that are not on order.",
    "pool: no shares": "The number of shares is zero.",
    "pool: no such order": "The account has no such order at that place, or it ran: claim what it gave.",
    "pool: no such place": "The tournament's ring has no such place.",
    "pool: not the manager": "Only the pool's manager may do that: choose its account with --account.",
    "pool: nothing to claim": "Nothing ran that the account could claim there.",
    "pool: nothing to do": "No fee and no order is due there: an order runs in a later block than its own.",
    "pool: nothing to sweep": "All NMR of the pool is owed to somebody.",
    "pool: round is not open": "The place's round is not open: entries run while it is.",
    "pool: skin is out of range": "The manager's part is 10% to 50%.",
    "pool: too few ids are left": "The tournament is at its last rounds: places take nothing, and pay everybody out.",
    "pool: tournament is paused": "The tournament is paused: exits run by checkpoint, entries wait.",
    "pool: value is not exact": "The place's stake is at risk until its round is settled: see when it is free.",
    # buyback
    "buyback: NMR refuses": "The token refuses the transfer.",
    "buyback: amount is zero": "The amount is zero.",
    "buyback: guardian is the zero address": "The guardian cannot be the zero address.",
    "buyback: lot is over": "The lot is over: what was not taken is offered again with the next one.",
    "buyback: lot is too small": (
        "The treasury has less stablecoin, or allows less, than the smallest lot: send or allow more."
    ),
    "buyback: next lot is not due": "The next lot is not due: see the status.",
    "buyback: no lot is on offer": "No lot is on offer: kick the next one when it is due.",
    "buyback: not the guardian": "Only the buyback's guardian may do that: choose its account with --account.",
    "buyback: nothing is left": "The lot is sold out.",
    "buyback: nothing to sweep": "The buyback holds no stablecoin.",
    "buyback: nothing to spend": "The treasury has no stablecoin that it allows the buyback, or all is spent.",
    "buyback: price is below the caller's": "The price offered is lower than what the caller accepts.",
    "buyback: price is zero": "The reference price is so low that the offer is zero.",
    "buyback: programme has ended": "The programme has ended.",
    "buyback: programme has not ended": "The programme has not ended: the owner, the timelock, ends it first.",
    "buyback: programme is paused": "The programme is paused: the owner, the timelock, unpauses it.",
    "buyback: receiver is the buyback": "Stablecoin sent to the buyback itself would be the treasury's: name another.",
    "buyback: receiver is the zero address": "The receiver is the zero address: name somebody's.",
    "buyback: stablecoin is missing": "The stablecoin took more than was sent: it charges its sender.",
    "feed: answer from the future": "The price feed's answer is newer than the block: it cannot be trusted.",
    "feed: answer is too old": "The price feed was not updated for longer than the programme accepts.",
    "feed: answer of an earlier round": "The price feed answers for an earlier round: wait for the next.",
    "feed: no answer": (
        "The price feed does not answer. One of a pool refuses while the spot price strays, or nobody observes."
    ),
    "feed: no decimals": "The price feed does not tell its decimals.",
    "feed: price is not positive": "The price feed says that NMR costs nothing.",
    "feed: price is too large": "The price feed says more than a billion for one NMR.",
    "feed: price is zero": "The price feed's price is zero with 18 decimals.",
    "feed: round is not complete": "The price feed's round is not complete: wait for it.",
    "feed: too many decimals": "The price feed has more than 36 decimals.",
    "filler: pool has too little NMR": "The pool has less NMR than the buyback wants for that amount: take less.",
    "filler: pool is dearer than the buyback": "NMR costs more on the pool than is paid for it: wait, or take less.",
    "filler: profit is too small": "Less is left than was asked for: somebody else traded first.",
    "lots: left does not fit": "The lot is larger than any stablecoin.",
    "lots: number does not fit": "There were 16 million lots.",
    "lots: reference does not fit": "The reference price is larger than any.",
    "lots: time does not fit": "The chain's clock is beyond the contract's.",
    "lots: total bought does not fit": "More NMR was bought than the contract counts.",
    "lots: total paid does not fit": "More stablecoin was spent than the contract counts.",
    "sequencer: is down": "The chain's sequencer is down, or its feed has not heard otherwise yet.",
    "sequencer: no answer": "The feed of the sequencer's uptime does not answer.",
    "sequencer: round has not started": "The feed of the sequencer's uptime knows nothing yet.",
    "sequencer: was down too recently": (
        "The chain's sequencer was down a short time ago, or while the lot was on offer: wait for the next kick."
    ),
    "stablecoin: refuses": "The stablecoin refuses the transfer.",
    "stablecoin: takes a fee": "The stablecoin keeps a fee of transfers, which the buyback does not accept.",
    "twap: window is not over": "The last observation is younger than a window.",
}
"""By the reason of each refusal that a command of this project can meet."""


def explain(reason: str) -> str:
    """A sentence on what is wrong and what to do, with the contract's own words behind it."""
    if reason in EXPLANATIONS:
        return f"{EXPLANATIONS[reason]} ({reason})"
    return f"The contract refuses: {reason or 'it gives no reason'}."
