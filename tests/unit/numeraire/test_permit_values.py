# SPDX-License-Identifier: MIT
"""
Permits with values that nobody chose, on titanoboa: what eth-account signs is taken, once, and nothing else is.

The domain is read from the token by EIP-5267, as a wallet does it.
"""

from collections import Counter
from dataclasses import dataclass, replace

import pytest
from eth_account import Account
from eth_account.messages import SignableMessage
from eth_account.signers.local import LocalAccount
from eth_utils import to_checksum_address
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from nmr.audit.layout import NUMERAIRE, entry, number_of
from nmr.chain.permit_message import permit_domain
from nmr.text.amounts import SUPPLY
from tests.stateful.chain import CHAIN_ID, BoaDeployer, Chain
from tests.support.permits import typed_permit

NOW = 1_700_000_000
# The order of secp256k1, and the largest s that is not malleable.
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
HALF = ORDER // 2
MOST = 2**256 - 1
ZERO = "0x" + 40 * "0"
DEPLOYER, HOLDER, RELAYER = (to_checksum_address(f"0x{number:040x}") for number in (0xD1, 0xD2, 0xD3))

MALLEABLE = "ecdsa: invalid signature `s` value"
NO_SIGNER = "ecdsa: invalid signature"
ANOTHER_SIGNER = "erc20: invalid signature"

REPEATABLE = settings(max_examples=50, derandomize=True)
WORDS = st.integers(0, MOST)
SIGNERS = st.integers(1, ORDER - 1).map(lambda key: Account.from_key(key.to_bytes(32, "big")))
ADDRESSES = st.integers(1, 2**160 - 1).map(lambda number: to_checksum_address(f"0x{number:040x}"))
CHAIN_IDS = st.integers(1, 2**64 - 1)


@dataclass(frozen=True)
class Values:
    """What a permit says, its deadline not passed."""

    owner: str
    spender: str
    value: int
    nonce: int
    deadline: int


@st.composite
def permits(draw) -> tuple[LocalAccount, Values]:
    """A signer, and any permit of theirs. A nonce of 2^256 - 1 takes longer than there is time."""
    signer = draw(SIGNERS)
    return signer, Values(
        owner=signer.address,
        spender=draw(ADDRESSES),
        value=draw(WORDS),
        nonce=draw(st.integers(0, 2**64)),
        deadline=draw(st.integers(NOW, MOST)),
    )


class Tokens:
    """Two deployments of the token on one chain, and what permits do to them."""

    def __init__(self) -> None:
        self.chain = Chain(NOW)
        deployer = BoaDeployer(self.chain.env, DEPLOYER)
        self.token, self.twin = (deployer.deploy("Numeraire", [[HOLDER], [SUPPLY]]) for _ in range(2))

    def domain(self, token=None) -> dict[str, object]:
        """The token's domain as EIP-5267 tells it."""
        return permit_domain(self.chain.view(token or self.token, "eip712Domain"))

    def message(self, values: Values, kind: str = "Permit", **domain) -> SignableMessage:
        """What eth-account signs; `domain` replaces entries of the token's domain."""
        return typed_permit(self.domain() | domain, kind=kind, **vars(values))

    def sign(self, signer: LocalAccount, values: Values, kind: str = "Permit", **domain) -> tuple[int, int, int]:
        """v, r and s of eth-account."""
        signed = signer.sign_message(self.message(values, kind, **domain))
        return signed.v, signed.r, signed.s

    def set_nonce(self, values: Values) -> None:
        """Make the owner's next nonce the permit's."""
        slot = entry(NUMERAIRE["nonces"], number_of(values.owner))
        self.chain.env.set_storage(self.token.address, slot, values.nonce)
        assert self.nonce(values.owner) == values.nonce

    def nonce(self, owner: str) -> int:
        return self.chain.view(self.token, "nonces", owner)

    def allowance(self, values: Values) -> int:
        return self.chain.view(self.token, "allowance", values.owner, values.spender)

    def permit(self, values: Values, signature: tuple[int, int, int], token=None):
        """What a permit comes to that a stranger sends."""
        v, r, s = signature
        return self.chain.call(
            token or self.token,
            "permit",
            *(values.owner, values.spender, values.value, values.deadline),
            *(v, r.to_bytes(32, "big"), s.to_bytes(32, "big")),
            sender=RELAYER,
        )

    def assert_taken(self, values: Values, signature: tuple[int, int, int]) -> None:
        """It is, once, and sets the allowance."""
        done = self.permit(values, signature)
        assert done.reason is None
        approval = {"owner": values.owner, "spender": values.spender, "value": values.value}
        assert [(event.name, event.args, event.address) for event in done.events] == [
            ("Approval", approval, str(self.token.address))
        ]
        assert self.allowance(values) == values.value
        assert self.nonce(values.owner) == values.nonce + 1

    def assert_refused(self, values: Values, signature: tuple[int, int, int], *reasons: str) -> None:
        """It is, for one of the reasons, and nothing happens."""
        before = self.allowance(values), self.nonce(values.owner)
        done = self.permit(values, signature)
        assert done.reason in reasons
        assert done.events == []
        assert (self.allowance(values), self.nonce(values.owner)) == before


@pytest.fixture(scope="module")
def tokens() -> Tokens:
    return Tokens()


@given(permit=permits())
@REPEATABLE
def test_permit__any_values__are_taken_once(tokens, permit):
    signer, values = permit
    with tokens.chain.anchor():
        tokens.set_nonce(values)
        signature = tokens.sign(signer, values)
        tokens.assert_taken(values, signature)
        tokens.assert_refused(values, signature, ANOTHER_SIGNER)


@given(permit=permits(), field=st.sampled_from(("owner", "spender", "value", "nonce", "deadline")), data=st.data())
@REPEATABLE
def test_permit__any_other_value_signed__is_refused(tokens, permit, field, data):
    signer, values = permit
    strategy = ADDRESSES if field in ("owner", "spender") else WORDS
    other = data.draw(strategy.filter(lambda other: other != getattr(values, field)))
    with tokens.chain.anchor():
        tokens.set_nonce(values)
        tokens.assert_refused(values, tokens.sign(signer, replace(values, **{field: other})), ANOTHER_SIGNER)


@given(
    permit=permits(),
    domain=st.one_of(
        st.text(max_size=12).filter(lambda name: name != "Numeraire").map(lambda name: {"name": name}),
        st.text(max_size=4).filter(lambda version: version != "1").map(lambda version: {"version": version}),
        CHAIN_IDS.filter(lambda chain_id: chain_id != CHAIN_ID).map(lambda chain_id: {"chainId": chain_id}),
        ADDRESSES.map(lambda address: {"verifyingContract": address}),
        st.binary(min_size=32, max_size=32).map(lambda salt: {"salt": salt}),
    ),
)
@REPEATABLE
def test_permit__any_other_domain__is_refused(tokens, permit, domain):
    signer, values = permit
    with tokens.chain.anchor():
        tokens.set_nonce(values)
        tokens.assert_refused(values, tokens.sign(signer, values, **domain), ANOTHER_SIGNER)


@given(permit=permits(), kind=st.sampled_from(("permit", "Permit2", "Approve")))
@REPEATABLE
def test_permit__another_type__is_refused(tokens, permit, kind):
    signer, values = permit
    with tokens.chain.anchor():
        tokens.set_nonce(values)
        tokens.assert_refused(values, tokens.sign(signer, values, kind), ANOTHER_SIGNER)


@given(permit=permits())
@REPEATABLE
def test_permit__of_another_deployment_of_the_token__is_refused(tokens, permit):
    signer, values = permit
    values = replace(values, nonce=0)
    with tokens.chain.anchor():
        # The two differ by nothing but their address.
        assert tokens.domain(tokens.twin) == tokens.domain() | {"verifyingContract": str(tokens.twin.address)}
        signature = tokens.sign(signer, values)
        tokens.assert_taken(values, signature)
        assert tokens.permit(values, signature, tokens.twin).reason == ANOTHER_SIGNER
        assert tokens.chain.view(tokens.twin, "nonces", values.owner) == 0
        signature = tokens.sign(signer, values, **tokens.domain(tokens.twin))
        assert tokens.permit(values, signature, tokens.twin).reason is None


@given(permit=permits(), chain_id=CHAIN_IDS.filter(lambda chain_id: chain_id != CHAIN_ID))
@REPEATABLE
def test_permit__chain_split_off__takes_only_what_is_signed_for_it(tokens, permit, chain_id):
    signer, values = permit
    patch = tokens.chain.env.evm.patch
    with tokens.chain.anchor():
        tokens.set_nonce(values)
        before = tokens.sign(signer, values)
        patch.chain_id = chain_id
        try:
            assert tokens.domain()["chainId"] == chain_id
            tokens.assert_refused(values, before, ANOTHER_SIGNER)
            tokens.assert_taken(values, tokens.sign(signer, values))
        finally:
            patch.chain_id = CHAIN_ID


@given(chain_id=CHAIN_IDS)
@REPEATABLE
def test_domain__as_eip5267_tells_it__has_the_separator_of_eth_account(tokens, chain_id):
    patch = tokens.chain.env.evm.patch
    patch.chain_id = chain_id
    try:
        message = tokens.message(Values(ZERO, ZERO, 0, 0, 0))
        assert list(tokens.domain()) == ["name", "version", "chainId", "verifyingContract"]
        assert message.header == tokens.chain.view(tokens.token, "DOMAIN_SEPARATOR")
    finally:
        patch.chain_id = CHAIN_ID


@given(permit=permits())
@REPEATABLE
def test_permit__the_other_root_of_its_signature__is_refused(tokens, permit):
    signer, values = permit
    with tokens.chain.anchor():
        tokens.set_nonce(values)
        v, r, s = tokens.sign(signer, values)
        assert s <= HALF
        # It recovers to the signer, too, so that only the bound on s stands against it.
        other = 55 - v, r, ORDER - s
        assert Account.recover_message(tokens.message(values), vrs=other) == values.owner
        tokens.assert_refused(values, other, MALLEABLE)
        tokens.assert_refused(values, (55 - v, r, s), ANOTHER_SIGNER, NO_SIGNER)
        tokens.assert_refused(values, (v, r, ORDER - s), MALLEABLE)


@given(permit=permits(), v=st.integers(0, 255))
@REPEATABLE
def test_permit__any_v_but_27_and_28__is_refused(tokens, permit, v):
    signer, values = permit
    assume(v not in (27, 28))
    with tokens.chain.anchor():
        tokens.set_nonce(values)
        _, r, s = tokens.sign(signer, values)
        tokens.assert_refused(values, (v, r, s), NO_SIGNER)


@given(permit=permits(), v=st.sampled_from((27, 28)))
@REPEATABLE
def test_permit__compact_signature__is_refused(tokens, permit, v):
    signer, values = permit
    with tokens.chain.anchor():
        tokens.set_nonce(values)
        parity, r, s = tokens.sign(signer, values)
        # EIP-2098 keeps the parity in the highest bit of s. With parity 0 its s is that of the whole signature.
        assume(parity == 28)
        tokens.assert_refused(values, (v, r, s | 1 << 255), MALLEABLE)


@pytest.mark.parametrize("v", [27, 28])
@pytest.mark.parametrize(
    ("r", "s", "reason"),
    [
        (0, 1, NO_SIGNER),
        (1, 0, NO_SIGNER),
        (0, 0, NO_SIGNER),
        (ORDER, 1, NO_SIGNER),
        (ORDER - 1, HALF + 1, MALLEABLE),
        (1, ORDER, MALLEABLE),
        (MOST, MOST, MALLEABLE),
    ],
)
@pytest.mark.parametrize("owner", [ZERO, HOLDER])
def test_permit__no_point_of_the_curve__is_refused(tokens, owner, v, r, s, reason):
    tokens.assert_refused(Values(owner, RELAYER, 1, 0, NOW), (v, r, s), reason)


@given(owner=st.just(ZERO) | ADDRESSES, v=st.integers(0, 255), r=WORDS, s=WORDS)
@REPEATABLE
def test_permit__any_bytes_for_a_signature__are_refused(tokens, owner, v, r, s):
    values = Values(owner, RELAYER, 1, 0, NOW)
    tokens.assert_refused(values, (v, r, s), MALLEABLE, NO_SIGNER, ANOTHER_SIGNER)
    tokens.assert_refused(values, (27 + v % 2, r, s % HALF), NO_SIGNER, ANOTHER_SIGNER)


@given(permit=permits(), deadline=st.integers(0, NOW - 1))
@REPEATABLE
def test_permit__any_deadline_before_now__is_refused(tokens, permit, deadline):
    signer, values = permit
    values = replace(values, deadline=deadline)
    with tokens.chain.anchor():
        tokens.set_nonce(values)
        tokens.assert_refused(values, tokens.sign(signer, values), "erc20: expired deadline")


@given(permit=permits())
@REPEATABLE
def test_permit__zero_spender__is_refused(tokens, permit):
    signer, values = permit
    values = replace(values, spender=ZERO)
    with tokens.chain.anchor():
        tokens.set_nonce(values)
        tokens.assert_refused(values, tokens.sign(signer, values), "erc20: approve to the zero address")


@given(
    signers=st.lists(SIGNERS, min_size=2, max_size=3, unique_by=lambda signer: signer.address),
    turns=st.lists(st.tuples(st.integers(0, 1), ADDRESSES, WORDS, st.booleans()), max_size=12),
)
@REPEATABLE
def test_nonces__owners_in_any_order__count_the_permits_of_each(tokens, signers, turns):
    used: Counter[str] = Counter()
    with tokens.chain.anchor():
        for number, spender, value, in_turn in turns:
            signer = signers[number]
            nonce = used[signer.address]
            values = Values(signer.address, spender, value, nonce if in_turn else nonce + 1, NOW)
            signature = tokens.sign(signer, values)
            if in_turn:
                tokens.assert_taken(values, signature)
                used[signer.address] += 1
            else:
                tokens.assert_refused(values, signature, ANOTHER_SIGNER)
        for signer in signers:
            assert tokens.nonce(signer.address) == used[signer.address]
