# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma nonreentrancy on
"""
@title Roles
@author NMR contributors
@license AGPL-3.0-only
@notice Who runs a tournament: an owner who appoints, an operator who opens
        rounds and proposes scores, a guardian who vetoes, voids and pauses.
@dev A pause lapses, which snekmate's `pausable` cannot. After a pause its
     guardian may not pause again before it was as long over as it lasted, and
     at least a day: else pausing anew at its end would stop entry for ever.
"""


from snekmate.auth import ownable
from snekmate.auth import ownable_2step

from . import guard
from . import hours

from ..interfaces import ITournament


initializes: ownable
initializes: ownable_2step[ownable := ownable]
uses: hours


# In hours.
MAX_PAUSE: constant(uint256) = 720
MIN_REST: constant(uint256) = 24

operator: public(address)
guardian: public(address)
# The last pause: since when, until when, and from when on its guardian may
# pause again; 0 if the guardian is another one since.
paused_at: uint256
paused_until: public(uint256)
rested_at: public(uint256)


@deploy
def __init__(owner: address, operator: address, guardian: address):
    """
    @notice The deployer keeps no role.
    """
    guard._require(owner != empty(address), "roles: zero address")
    ownable.__init__()
    ownable_2step.__init__()
    ownable_2step._transfer_ownership(owner)
    self._set_operator(operator)
    self._set_guardian(guardian)


@external
def set_operator(operator: address):
    """
    @notice Appoints the operator, who cannot be the guardian. Owner only.
    """
    ownable._check_owner()
    self._set_operator(operator)


@external
def set_guardian(guardian: address):
    """
    @notice Appoints the guardian, who cannot be the operator. A running pause
            goes on. Owner only.
    """
    ownable._check_owner()
    self._set_guardian(guardian)


@external
def pause():
    """
    @notice Stops register, deposit, stake, enter and open_round, and nothing
            else, for 720 hours at most. Guardian only.
    """
    self._only_guardian()
    self._require_running()
    guard._require(block.timestamp >= self.rested_at, "roles: paused too lately")
    until: uint256 = block.timestamp + MAX_PAUSE * hours.HOUR
    self.paused_at = block.timestamp
    self.paused_until = until
    self.rested_at = until + MAX_PAUSE * hours.HOUR
    log ITournament.Paused(account=msg.sender, until=until)


@external
def unpause():
    """
    @notice Ends a pause. Guardian or owner. Ending none is no error, so that a
            batch of the owner's never fails because the guardian was faster.
    """
    if msg.sender != self.guardian:
        ownable._check_owner()
    if self._is_paused():
        self.paused_until = block.timestamp
        if self.rested_at != 0:
            lasted: uint256 = block.timestamp - self.paused_at
            self.rested_at = block.timestamp + max(lasted, MIN_REST * hours.HOUR)
        log ITournament.Unpaused(account=msg.sender)


@external
@view
def paused() -> bool:
    """
    @return Whether a pause is running at this block's time.
    """
    return self._is_paused()


@internal
@view
def _is_paused() -> bool:
    return block.timestamp < self.paused_until


@internal
@view
def _require_running():
    guard._require(not self._is_paused(), "roles: paused")


@internal
@view
def _only_operator():
    guard._require(msg.sender == self.operator, "roles: not the operator")


@internal
@view
def _only_guardian():
    guard._require(msg.sender == self.guardian, "roles: not the guardian")


@internal
def _set_operator(operator: address):
    guard._require(operator != empty(address), "roles: zero address")
    guard._require(operator != self.guardian, "roles: operator is the guardian")
    self.operator = operator
    log ITournament.OperatorSet(operator=operator)


@internal
def _set_guardian(guardian: address):
    guard._require(guardian != empty(address), "roles: zero address")
    guard._require(guardian != self.operator, "roles: operator is the guardian")
    if guardian != self.guardian:
        self.guardian = guardian
        self.rested_at = 0
    log ITournament.GuardianSet(guardian=guardian)
