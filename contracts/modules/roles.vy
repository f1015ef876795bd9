# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma nonreentrancy on
"""
@title Roles
@author NMR contributors
@license AGPL-3.0-only
@notice Who runs a tournament: an owner who appoints, an operator who opens
        rounds and proposes scores, a guardian who vetoes, voids and pauses.
"""


from snekmate.auth import ownable
from snekmate.auth import ownable_2step
from snekmate.utils import pausable

from . import guard

from ..interfaces import ITournament


initializes: ownable
initializes: ownable_2step[ownable := ownable]
initializes: pausable


operator: public(address)
guardian: public(address)


@deploy
def __init__(owner: address, operator: address, guardian: address):
    """
    @notice The deployer keeps no role.
    """
    guard._require(owner != empty(address), "roles: zero address")
    ownable.__init__()
    ownable_2step.__init__()
    ownable_2step._transfer_ownership(owner)
    pausable.__init__()
    self._set_operator(operator)
    self._set_guardian(guardian)


@external
def set_operator(operator: address):
    """
    @notice Appoints the operator. Owner only.
    """
    ownable._check_owner()
    self._set_operator(operator)


@external
def set_guardian(guardian: address):
    """
    @notice Appoints the guardian. Owner only.
    """
    ownable._check_owner()
    self._set_guardian(guardian)


@external
def pause():
    """
    @notice Stops register, deposit, stake, enter and open_round, and nothing
            else. Guardian only.
    """
    self._only_guardian()
    pausable._pause()


@external
def unpause():
    """
    @notice Ends a pause. Owner only.
    """
    ownable._check_owner()
    pausable._unpause()


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
    self.operator = operator
    log ITournament.OperatorSet(operator=operator)


@internal
def _set_guardian(guardian: address):
    guard._require(guardian != empty(address), "roles: zero address")
    self.guardian = guardian
    log ITournament.GuardianSet(guardian=guardian)
