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
from snekmate.utils import pausable

from .interfaces import ITournament
from .modules import ledger
from .modules import models
from .modules import roles
from .modules import rounds
from .modules import settlement
from .modules import submissions


implements: ITournament


initializes: roles
initializes: models[roles := roles]
initializes: rounds[roles := roles]
initializes: ledger[models := models, roles := roles, rounds := rounds]
initializes: submissions[models := models, rounds := rounds]
initializes: settlement[ledger := ledger, rounds := rounds, submissions := submissions]


# `renounce_ownership` of `ownable_2step` is withheld: without an owner nobody
# could appoint an operator again or end a pause.
exports: (
    roles.ownable.owner,
    roles.ownable_2step.accept_ownership,
    roles.ownable_2step.pending_owner,
    roles.ownable_2step.transfer_ownership,
    roles.pausable.paused,
    roles.guardian,
    roles.operator,
    roles.pause,
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
    rounds.HOUR,
    rounds.RING,
    rounds.TREASURY,
    rounds.bounds,
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
    ledger.TOKEN,
    ledger.deposit,
    ledger.deposit_with_permit,
    ledger.enter,
    ledger.idle_of,
    ledger.idle_total,
    ledger.idle_words,
    ledger.leave,
    ledger.move_idle,
    ledger.policy_of,
    ledger.position,
    ledger.position_words,
    ledger.set_policy,
    ledger.stake,
    ledger.stakes_of,
    ledger.withdraw,
)
exports: (
    submissions.submit,
    submissions.submitted,
)
exports: (
    settlement.settle,
    settlement.settle_expired,
    settlement.waiting_groups,
)


@deploy
def __init__(
    token: address,
    treasury: address,
    owner: address,
    operator: address,
    guardian: address,
    ring: uint256,
    first_round: uint256,
    hour: uint256,
    bounds: ITournament.Bounds,
):
    """
    @param token The NMR token.
    @param treasury Where rewards are reserved; it has to authorise this contract.
    @param owner Appoints the other roles and sets the bounds of terms.
    @param operator Opens rounds and proposes scores.
    @param guardian Vetoes, voids and pauses.
    @param ring How many rounds may be unresolved at once.
    @param first_round The id of the first round.
    @param hour Seconds in an hour of the hard limits: 3,600, or fewer on a local
           chain.
    @param bounds What the owner allows as terms to begin with.
    """
    roles.__init__(owner, operator, guardian)
    rounds.__init__(treasury, ring, first_round, hour, bounds)
    ledger.__init__(token)


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
