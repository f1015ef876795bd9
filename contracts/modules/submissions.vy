# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma nonreentrancy on
"""
@title Submissions
@author NMR contributors
@license AGPL-3.0-only
@notice Which models committed to a sealed file in a round. The hashes stand in
        the log, one bit a model in storage.
@dev A word has the bits of 240 models and a 16-bit tag, its round. Words serve
     again after 2 × RING rounds, when the round they tell of is closed.
"""


from . import guard
from . import models
from . import rounds

from ..interfaces import ITournament


uses: models
uses: rounds


MAX_SUBMISSIONS: constant(uint256) = 128
_MODELS_A_WORD: constant(uint256) = 240
_TAG_SHIFT: constant(uint256) = 240
_BITS: constant(uint256) = 2**240 - 1

words: HashMap[uint256, HashMap[uint256, uint256]]


@external
def submit(model_ids: DynArray[uint256, MAX_SUBMISSIONS], hashes: DynArray[bytes32, MAX_SUBMISSIONS]):
    """
    @notice Commits to the sealed files of models for the open round. Owner or
            submitter of each; the last commitment before the lock counts.
    @param hashes keccak256 of each sealed file.
    """
    guard._require(len(model_ids) == len(hashes), "submissions: one hash a model")
    guard._require(len(model_ids) > 0, "submissions: no model")
    round: uint256 = rounds._open_round()
    place: uint256 = round % (2 * rounds.RING)
    page: uint256 = max_value(uint256)
    word: uint256 = 0
    position: uint256 = 0
    for model: uint256 in model_ids:
        models._only_submitter_of(model)
        assert hashes[position] != empty(bytes32), "submissions: hash is empty"
        position += 1
        if model // _MODELS_A_WORD != page:
            if page != max_value(uint256):
                self.words[place][page] = word
            page = model // _MODELS_A_WORD
            word = self._bits(round, page) | (round << _TAG_SHIFT)
        word |= 1 << (model % _MODELS_A_WORD)
    self.words[place][page] = word
    log ITournament.Submitted(round=round, models=model_ids, hashes=hashes)


@external
@view
def submitted(round: uint256, model: uint256) -> bool:
    """
    @return Whether the model committed to a file; known until 2 × RING rounds
            later.
    """
    return (self._bits(round, model // _MODELS_A_WORD) >> (model % _MODELS_A_WORD)) & 1 == 1


@internal
@view
def _bits(round: uint256, page: uint256) -> uint256:
    """
    @return The bits of models [240 × page, 240 × (page + 1)) in the round.
    """
    word: uint256 = self.words[round % (2 * rounds.RING)][page]
    if word >> _TAG_SHIFT != round:
        return 0
    return word & _BITS
