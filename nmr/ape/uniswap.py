# SPDX-License-Identifier: MIT
"""Uniswap V2 on a local chain, from its published packages: factory, router and pools."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from ape.api import AccountAPI
from ape.contracts import ContractContainer, ContractInstance
from ape.managers.project import LocalProject
from ape.utils import ManagerAccessMixin
from eth_utils.address import to_checksum_address
from ethpm_types import ContractType

from nmr.buyback.pool import read_artifact

NO_DEADLINE: Final = 2**256 - 1


@dataclass(frozen=True)
class Exchange:
    """Handles on a deployed Uniswap V2."""

    project: LocalProject
    factory: ContractInstance
    router: ContractInstance

    def pair(self, token: Any, other: Any) -> ContractInstance:
        """The pair of two tokens; it has to be there."""
        return pair_at(self.project, str(self.factory.getPair(token, other)))


def deploy_exchange(project: LocalProject, account: AccountAPI) -> Exchange:
    """Deploy factory, wrapped ether and router. Nobody takes a part of the fees.

    Raises:
        UniswapMissing: the packages are not installed.
    """
    factory = account.deploy(_container(project.path, "UniswapV2Factory"), account)
    weth = account.deploy(_container(project.path, "WETH9"))
    return Exchange(project, factory, account.deploy(_container(project.path, "UniswapV2Router02"), factory, weth))


def create_pool(
    exchange: Exchange, account: AccountAPI, token: Any, amount: int, other: Any, other_amount: int
) -> ContractInstance:
    """Put liquidity of `account` into the pool of two tokens, which is created if need be; gives the pair."""
    router = exchange.router
    token.approve(router, amount, sender=account)
    other.approve(router, other_amount, sender=account)
    router.addLiquidity(token, other, amount, other_amount, 0, 0, account, NO_DEADLINE, sender=account)
    return exchange.pair(token, other)


def pair_at(project: LocalProject, address: str) -> ContractInstance:
    """A handle on a pair."""
    return ManagerAccessMixin.chain_manager.contracts.instance_at(
        to_checksum_address(address),
        contract_type=_container(project.path, "UniswapV2Pair").contract_type,
        fetch_from_explorer=False,
        fetch_from_disk=False,
        detect_proxy=False,
    )


def _container(project: Path, name: str) -> ContractContainer:
    artifact = read_artifact(project, name)
    return ContractContainer(
        ContractType.model_validate(
            {
                "contractName": name,
                "abi": artifact.abi,
                "deploymentBytecode": {"bytecode": f"0x{artifact.creation_code.hex()}"},
            }
        )
    )
