# SPDX-License-Identifier: MIT
ERC20 = {
    "name()",
    "symbol()",
    "decimals()",
    "totalSupply()",
    "balanceOf(address)",
    "allowance(address,address)",
    "transfer(address,uint256)",
    "approve(address,uint256)",
    "transferFrom(address,address,uint256)",
}
ERC20_BURNABLE = {"burn(uint256)", "burnFrom(address,uint256)"}
EIP2612 = {
    "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
    "nonces(address)",
    "DOMAIN_SEPARATOR()",
}
EIP5267 = {"eip712Domain()"}


def test_abi__always__is_the_standards_and_nothing_else(numeraire):
    methods = {method.selector for method in numeraire.contract_type.methods}
    assert methods == ERC20 | ERC20_BURNABLE | EIP2612 | EIP5267


def test_abi__always__takes_no_ether(numeraire):
    assert not any(method.is_payable for method in numeraire.contract_type.methods)
    assert numeraire.contract_type.fallback is None


def test_metadata__always__is_that_of_nmr(numeraire):
    assert numeraire.name() == "Numeraire"
    assert numeraire.symbol() == "NMR"
    assert numeraire.decimals() == 18
