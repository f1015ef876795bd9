# SPDX-License-Identifier: MIT
"""NMR: who holds how much, what was burned, and who may pull whose."""

from collections.abc import Mapping

from nmr.errors import require
from nmr.protocol.reference.events import Log, transaction
from nmr.text.addresses import ZERO_ADDRESS
from nmr.text.amounts import SUPPLY

UNLIMITED = 2**256 - 1
"""The allowance that is never used up."""


class Balances:
    """Balances in wei. An address with nothing is not in it, so equal balances compare equal."""

    def __init__(self) -> None:
        self.minted = 0
        self.burned = 0
        self.held: dict[str, int] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Balances) and vars(self) == vars(other)

    @property
    def total_supply(self) -> int:
        """Wei that exist."""
        return self.minted - self.burned

    def of(self, owner: str) -> int:
        """Wei that an address holds."""
        return self.held.get(owner, 0)

    def move(self, sender: str, receiver: str, amount: int) -> None:
        """Apply a transfer; from the zero address it mints, to the zero address it burns.

        Raises:
            Refused: more than the sender holds, or more than the fixed supply.
        """
        if sender == ZERO_ADDRESS:
            require(self.minted + amount <= SUPPLY, "numeraire: more than the supply")
            self.minted += amount
        else:
            self.require_held(sender, receiver, amount)
            self._set(sender, self.of(sender) - amount)
        if receiver == ZERO_ADDRESS:
            self.burned += amount
        else:
            self._set(receiver, self.of(receiver) + amount)

    def require_held(self, sender: str, receiver: str, amount: int) -> None:
        """Refuse a transfer, or to the zero address a burn, of more than there is.

        Raises:
            Refused: more than the sender holds.
        """
        burns = receiver == ZERO_ADDRESS
        reason = "erc20: burn amount exceeds balance" if burns else "erc20: transfer amount exceeds balance"
        require(amount <= self.of(sender), reason)

    def _set(self, owner: str, amount: int) -> None:
        if amount:
            self.held[owner] = amount
        else:
            self.held.pop(owner, None)


class Numeraire:
    """The token: transfers, allowances and burns; all NMR are minted by the constructor."""

    def __init__(self, address: str, log: Log, distribution: Mapping[str, int], *, now: int) -> None:
        """Mint the whole supply to the addresses of `distribution`, in wei."""
        self.address = address
        self.log = log
        self.balances = Balances()
        self.allowances: dict[tuple[str, str], int] = {}
        with log.transaction(now):
            for receiver, amount in distribution.items():
                require(receiver != ZERO_ADDRESS, "numeraire: receiver is the zero address")
                require(receiver != address, "numeraire: receiver is the token")
                require(amount > 0, "numeraire: amount is zero")
                self._move(ZERO_ADDRESS, receiver, amount)
        require(self.total_supply == SUPPLY, "numeraire: less than the supply")

    @property
    def total_supply(self) -> int:
        """Wei that exist."""
        return self.balances.total_supply

    @property
    def burned(self) -> int:
        """Wei that were burned since the beginning."""
        return self.balances.burned

    def balance_of(self, owner: str) -> int:
        """Wei that an address holds."""
        return self.balances.of(owner)

    def allowance(self, owner: str, spender: str) -> int:
        """Wei that a spender may still pull from an owner."""
        return self.allowances.get((owner, spender), 0)

    @transaction
    def approve(self, spender: str, amount: int, *, sender: str, now: int) -> None:
        """Let a spender pull up to `amount` wei."""
        require(spender != ZERO_ADDRESS, "erc20: approve to the zero address")
        self.allowances[sender, spender] = amount

    @transaction
    def transfer(self, receiver: str, amount: int, *, sender: str, now: int) -> None:
        """Send wei."""
        require(receiver != ZERO_ADDRESS, "erc20: transfer to the zero address")
        self._move(sender, receiver, amount)

    @transaction
    def transfer_from(self, owner: str, receiver: str, amount: int, *, sender: str, now: int) -> None:
        """Pull wei from an owner who allowed it."""
        self.require_transfer_from(owner, receiver, amount, sender)
        self._move(owner, receiver, amount)
        self._use_allowance(owner, sender, amount)

    @transaction
    def burn(self, amount: int, *, sender: str, now: int) -> None:
        """Destroy wei of the sender."""
        self._move(sender, ZERO_ADDRESS, amount)

    @transaction
    def burn_from(self, owner: str, amount: int, *, sender: str, now: int) -> None:
        """Destroy wei of an owner who allowed it."""
        self._require_allowance(owner, sender, amount)
        require(owner != ZERO_ADDRESS, "erc20: burn from the zero address")
        self._move(owner, ZERO_ADDRESS, amount)
        self._use_allowance(owner, sender, amount)

    def require_transfer_from(self, owner: str, receiver: str, amount: int, sender: str) -> None:
        """Refuse what `transfer_from` refuses.

        Raises:
            Refused: more than is allowed or held, from nobody or to nobody.
        """
        self._require_allowance(owner, sender, amount)
        require(owner != ZERO_ADDRESS, "erc20: transfer from the zero address")
        require(receiver != ZERO_ADDRESS, "erc20: transfer to the zero address")
        self.balances.require_held(owner, receiver, amount)

    def _require_allowance(self, owner: str, spender: str, amount: int) -> None:
        require(amount <= self.allowance(owner, spender), "erc20: insufficient allowance")

    def _use_allowance(self, owner: str, spender: str, amount: int) -> None:
        left = self.allowance(owner, spender)
        if left != UNLIMITED:
            self.allowances[owner, spender] = left - amount

    def _move(self, sender: str, receiver: str, amount: int) -> None:
        self.balances.move(sender, receiver, amount)
        self.log.emit(self.address, "Transfer", sender=sender, receiver=receiver, value=amount)
