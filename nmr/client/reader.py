# SPDX-License-Identifier: MIT
"""What a deployment's check reads of a chain."""

from typing import Any

from nmr.chain.abi import AbiError
from nmr.chain.builds import BuildNotFound, abi
from nmr.chain.contracts import Contract
from nmr.chain.node import LATEST, content
from nmr.client.session import ReadFailed, Reverts, Session
from nmr.deploy.check import CallFailed


class SessionReader:
    """Reads the chain of a session, for `check_record`."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def chain_id(self) -> int:
        """The chain's id."""
        return self._session.chain_id

    def code(self, address: str) -> bytes:
        """The runtime code at an address; empty where there is none."""
        return content("eth_getCode", self._session.rpc.ask("eth_getCode", address, LATEST))

    def call(self, address: str, contract: str, getter: str, *arguments: Any) -> Any:
        """What a getter says, in plain values; a list or a struct is a tuple.

        Raises:
            CallFailed: the getter gave no answer, or this package has no such contract.
        """
        try:
            return self._session.read(Contract(contract, address, abi(contract)), getter, *arguments)
        except (AbiError, BuildNotFound, ReadFailed, Reverts) as error:
            raise CallFailed(f"{getter} of {contract} at {address}: {error}") from error
