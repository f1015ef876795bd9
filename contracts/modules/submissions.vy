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
MAX_SIGNED: constant(uint256) = 256
_MODELS_A_WORD: constant(uint256) = 240
_PAGES: constant(uint256) = models.MAX_MODELS // _MODELS_A_WORD
_TAG_SHIFT: constant(uint256) = 240
_BITS: constant(uint256) = 2**240 - 1

# EIP-712.
_DOMAIN_TYPE: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
_NAME: constant(bytes32) = keccak256("NMR Tournament")
_VERSION: constant(bytes32) = keccak256("1")
_SUBMISSION_TYPE: constant(bytes32) = keccak256(
    "Submission(uint256 round,uint256[] models,bytes32[] hashes,uint256 sequence)"
)
_MAX_ENCODED: constant(uint256) = 64 + 32 * MAX_SIGNED
_SEQUENCE: constant(uint256) = 2**64 - 1
_S: constant(uint256) = 2**255 - 1

# At index round % (2 × RING) × _PAGES + model // 240.
words: uint256[2 * rounds.MAX_RING * _PAGES]


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
    place: uint256 = self._place(round)
    page: uint256 = model_ids[0] // _MODELS_A_WORD
    word: uint256 = self._tagged_bits(round, page)
    position: uint256 = 0
    allowed: bool = True
    complete: bool = True
    for model: uint256 in model_ids:
        allowed = allowed and (msg.sender == models.submitter_of[model] or msg.sender == models.owner_of[model])
        complete = complete and hashes[position] != empty(bytes32)
        position += 1
        if model // _MODELS_A_WORD != page:
            self._store(place, page, word)
            page = model // _MODELS_A_WORD
            word = self._tagged_bits(round, page)
        word |= 1 << (model % _MODELS_A_WORD)
    guard._require(allowed, "submissions: not the submitter")
    guard._require(complete, "submissions: hash is empty")
    self._store(place, page, word)
    log ITournament.Submitted(round=round, models=model_ids, hashes=hashes)


@external
def submit_signed(
    signed: DynArray[ITournament.Signed, MAX_SIGNED],
    model_ids: DynArray[uint256, MAX_SIGNED],
    hashes: DynArray[bytes32, MAX_SIGNED],
):
    """
    @notice Brings commitments that owners or submitters signed for the open
            round. Anyone. What does not count is skipped, model by model: a
            signature for another round, of nobody or of one who has no such
            role now, an empty hash, a sequence from the future.
    @param signed The signatures, each over the next of the models.
    @param hashes keccak256 of each model's sealed file.
    """
    total: uint256 = min(len(model_ids), len(hashes))
    round: uint256 = rounds._open_round()
    place: uint256 = self._place(round)
    domain: bytes32 = keccak256(abi_encode(_DOMAIN_TYPE, _NAME, _VERSION, chain.id, self))
    counting: DynArray[ITournament.Commitment, MAX_SIGNED] = []
    page: uint256 = max_value(uint256)
    word: uint256 = 0
    end: uint256 = 0
    encoded_models: Bytes[_MAX_ENCODED] = b""
    encoded_hashes: Bytes[_MAX_ENCODED] = b""
    for entry: ITournament.Signed in signed:
        start: uint256 = end
        end = min(unsafe_add(start, entry.head >> 64), total)
        # The EIP-712 hash of a list is that of its words.
        models_hash: bytes32 = empty(bytes32)
        hashes_hash: bytes32 = empty(bytes32)
        if end == unsafe_add(start, 1):
            models_hash = keccak256(convert(model_ids[start], bytes32))
            hashes_hash = keccak256(hashes[start])
        else:
            if len(encoded_models) == 0:
                encoded_models = abi_encode(model_ids)
                encoded_hashes = abi_encode(hashes)
            first: uint256 = unsafe_add(64, unsafe_mul(32, start))
            size: uint256 = unsafe_mul(32, unsafe_sub(end, start))
            models_hash = keccak256(slice(encoded_models, first, size))
            hashes_hash = keccak256(slice(encoded_hashes, first, size))
        sequence: uint256 = entry.head & _SEQUENCE
        message: bytes32 = keccak256(abi_encode(_SUBMISSION_TYPE, round, models_hash, hashes_hash, sequence))
        signer: address = ecrecover(
            keccak256(concat(0x1901, domain, message)),
            unsafe_add(27, entry.vs >> 255),
            entry.r,
            entry.vs & _S,
        )
        if signer == empty(address) or sequence > block.timestamp:
            continue
        for i: uint256 in range(unsafe_sub(end, start), bound=MAX_SIGNED):
            model: uint256 = model_ids[start]
            hash: bytes32 = hashes[start]
            start = unsafe_add(start, 1)
            if signer != models.submitter_of[model] and signer != models.owner_of[model]:
                continue
            if hash == empty(bytes32):
                continue
            if model // _MODELS_A_WORD != page:
                if page != max_value(uint256):
                    self._store(place, page, word)
                page = model // _MODELS_A_WORD
                word = self._tagged_bits(round, page)
            word |= 1 << (model % _MODELS_A_WORD)
            counting.append(ITournament.Commitment(stamp=(sequence << 64) | model, hash=hash))
    guard._require(len(counting) > 0, "submissions: nothing counts")
    self._store(place, page, word)
    log ITournament.SubmittedSigned(round=round, commitments=counting)


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
    word: uint256 = self.words[self._place(round) + page]
    if word >> _TAG_SHIFT != round:
        return 0
    return word & _BITS


@internal
@view
def _tagged_bits(round: uint256, page: uint256) -> uint256:
    return self._bits(round, page) | (round << _TAG_SHIFT)


@internal
@view
def _place(round: uint256) -> uint256:
    """
    @return The index of the round's first word.
    """
    return round % (2 * rounds.RING) * _PAGES


@internal
def _store(place: uint256, page: uint256, word: uint256):
    self.words[place + page] = word
