# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma nonreentrancy on
"""
@title Models
@author NMR contributors
@license AGPL-3.0-only
@notice The model registry. A model has an owner, who holds its stake, and a
        submitter, who can do nothing but submit.
"""


from . import chunk_tree
from . import guard
from . import roles

from ..interfaces import ITournament


uses: roles


# A chunk for each of their groups, four models a group.
MAX_GROUPS: constant(uint256) = chunk_tree.MAX_CHUNKS * chunk_tree.MAX_WORDS
MAX_MODELS: constant(uint256) = 4 * MAX_GROUPS

model_count: public(uint256)
owner_of: public(HashMap[uint256, address])
# Never empty for a model that exists: the owner stands in for itself, so that
# a submission reads one slot.
submitter_of: public(HashMap[uint256, address])
offered_to: public(HashMap[uint256, address])


@external
def register(label: String[32], submitter: address) -> uint256:
    """
    @notice Registers a model of the caller. Anyone, unless paused.
    @param label A name for people; it is not stored and not unique.
    @param submitter Who may submit for it beside the owner; the zero address
           for the owner alone.
    @return The id: 0, 1, 2 and so on.
    """
    roles._require_running()
    model: uint256 = self.model_count
    guard._require(model < MAX_MODELS, "models: no id is left")
    self.model_count = model + 1
    self.owner_of[model] = msg.sender
    chosen: address = self._or_owner(submitter)
    self.submitter_of[model] = chosen
    log ITournament.ModelRegistered(model=model, owner=msg.sender, submitter=chosen, label=label)
    return model


@external
def set_submitter(model: uint256, submitter: address):
    """
    @notice Changes who submits for a model. Its owner only.
    @param submitter The zero address for the owner alone.
    """
    self._only_owner_of(model)
    chosen: address = self._or_owner(submitter)
    self.submitter_of[model] = chosen
    log ITournament.SubmitterSet(model=model, submitter=chosen)


@external
def offer_model(model: uint256, to: address):
    """
    @notice Offers a model with all its stake to a new owner, who has to accept.
            Its owner only; the zero address takes an offer back.
    """
    self._only_owner_of(model)
    self.offered_to[model] = to
    log ITournament.OwnershipOffered(model=model, owner=msg.sender, to=to)


@external
def accept_model(model: uint256):
    """
    @notice Accepts an offered model. The caller becomes its owner and its
            submitter.
    """
    guard._require(msg.sender == self.offered_to[model], "models: not offered to you")
    previous: address = self.owner_of[model]
    self.offered_to[model] = empty(address)
    self.owner_of[model] = msg.sender
    self.submitter_of[model] = msg.sender
    log ITournament.OwnershipMoved(model=model, previous=previous, owner=msg.sender)


@internal
@view
def _only_owner_of(model: uint256):
    guard._require(msg.sender == self.owner_of[model], "models: not the owner")


@internal
@view
def _require_owner(model: uint256, owner: address):
    """
    @dev A model that does not exist has the zero address as its owner.
    """
    named: bool = owner != empty(address) and owner == self.owner_of[model]
    guard._require(named, "models: another owner")


@internal
@view
def _or_owner(submitter: address) -> address:
    if submitter == empty(address):
        return msg.sender
    return submitter
