# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma nonreentrancy on
# pragma optimize gas
"""
@title Tournament
@author NMR contributors
@license AGPL-3.0-only
@notice Stake escrow, rounds, submissions and settlement of one tournament.
@custom:security Nobody but its owner takes a model's idle NMR out, and nothing
                 stops that. Others may `enter` it, up to the owner's own target.
                 See SECURITY.md for what each role can do at worst.
"""


from snekmate.auth import ownable
from snekmate.auth import ownable_2step

from .interfaces import ITournament
from .modules import hours
from .modules import ledger
from .modules import models
from .modules import roles
from .modules import rounds
from .modules import settlement
from .modules import submissions


implements: ITournament


initializes: hours
initializes: roles[hours := hours]
initializes: models[roles := roles]
initializes: rounds[hours := hours, roles := roles]
initializes: ledger[models := models, roles := roles, rounds := rounds]
initializes: submissions[models := models, rounds := rounds]
initializes: settlement[hours := hours, ledger := ledger, rounds := rounds, submissions := submissions]


# `renounce_ownership` of `ownable_2step` is withheld: without an owner nobody
# could appoint an operator again or end a pause.
exports: hours.HOUR
exports: (
    roles.ownable.owner,
    roles.ownable_2step.accept_ownership,
    roles.ownable_2step.pending_owner,
    roles.ownable_2step.transfer_ownership,
    roles.guardian,
    roles.operator,
    roles.pause,
    roles.paused,
    roles.paused_until,
    roles.rested_at,
    roles.set_guardian,
    roles.set_operator,
    roles.unpause,
)
exports: (
    models.accept_model,
    models.model_count,
    models.offer_model,
    models.offered_to,
    models.owner_of,
    models.register,
    models.set_submitter,
    models.submitter_of,
)
exports: (
    rounds.FIRST_ROUND,
    rounds.RING,
    rounds.TERMS_CHECK,
    rounds.TREASURY,
    rounds.bounds,
    rounds.due_round,
    rounds.last_opened,
    rounds.lock,
    rounds.next_round,
    rounds.open_round,
    rounds.propose,
    rounds.publish_opened,
    rounds.round_info,
    rounds.set_bounds,
    rounds.staked,
    rounds.state,
    rounds.veto,
    rounds.void,
)
exports: (
    ledger.MIN_STAKE,
    ledger.TOKEN,
    ledger.deposit,
    ledger.deposit_with_permit,
    ledger.enter,
    ledger.idle_total,
    ledger.leave,
    ledger.move_idle,
    ledger.place_of,
    ledger.set_policy,
    ledger.stake,
    ledger.withdraw,
    ledger.words,
)
exports: (
    submissions.submit,
    submissions.submit_signed,
    submissions.submitted,
)
exports: (
    settlement.settle,
    settlement.settle_expired,
)


@deploy
def __init__(
    token: address,
    treasury: address,
    terms_check: address,
    owner: address,
    operator: address,
    guardian: address,
    ring: uint256,
    first_round: uint256,
    hour: uint256,
    min_stake: uint256,
    bounds: ITournament.Bounds,
):
    """
    @param token The NMR token.
    @param treasury Where rewards are reserved; it has to authorise this contract.
    @param terms_check The contract that says what the terms of a round may be.
    @param owner Appoints the other roles and sets the bounds of terms.
    @param operator Opens rounds and proposes scores.
    @param guardian Vetoes, voids and pauses.
    @param ring How many rounds may be unresolved at once.
    @param first_round The lowest id.
    @param hour Seconds in an hour of the hard limits: 3,600, or fewer on a local
           chain. That of the terms check.
    @param min_stake What every position is at least, wei.
    @param bounds What the owner allows as terms to begin with.
    """
    hours.__init__(hour)
    roles.__init__(owner, operator, guardian)
    rounds.__init__(treasury, terms_check, ring, first_round, bounds)
    ledger.__init__(token, min_stake)


@external
@reentrant
def multicall(calls: DynArray[Bytes[260], 64]):
    """
    @notice Makes many calls of one caller in one transaction: all of them or
            none. Each is a call of this contract's own, with its own lock.
    @param calls Encoded calls of this contract.
    """
    for data: Bytes[260] in calls:
        raw_call(self, data, is_delegate_call=True)
