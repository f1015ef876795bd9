# SPDX-License-Identifier: MIT
"""Who has which role, from the events of ownership, roles and pauses that say nothing about NMR."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

from nmr.deploy.check import ROLES
from nmr.protocol.reference.events import Event
from nmr.text.addresses import ZERO_ADDRESS

DONE: Final = 1
"""What the timelock keeps as the time of an operation that was executed."""


@dataclass
class RoleBooks:
    """All roles of a suite, by the address of the contract that keeps them.

    Attributes:
        owners, pending: of ownable contracts.
        minters: whether an address may mint, by token and address.
        members: whether an account has a role of a timelock, by timelock, role and account.
        admins: the admin role of a role, by timelock and role.
        delays: a timelock's delay.
        operations: when an operation may be executed; `DONE` once it was, 0 once cancelled. By timelock and id.
    """

    owners: dict[str, str] = field(default_factory=lambda: defaultdict(lambda: ZERO_ADDRESS))
    pending: dict[str, str] = field(default_factory=lambda: defaultdict(lambda: ZERO_ADDRESS))
    minters: dict[tuple[str, str], bool] = field(default_factory=dict)
    members: dict[tuple[str, bytes, str], bool] = field(default_factory=dict)
    admins: dict[tuple[str, bytes], bytes] = field(default_factory=dict)
    delays: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    operations: dict[tuple[str, bytes], int] = field(default_factory=dict)

    def apply(self, event: Event) -> None:
        """Apply an event; one that is about no role changes nothing."""
        args, at = event.args, event.address
        match event.name:
            case "OwnershipTransferStarted":
                self.pending[at] = args["new_owner"]
            case "OwnershipTransferred":
                self.owners[at] = args["new_owner"]
                self.pending[at] = ZERO_ADDRESS
            case "RoleMinterChanged":
                self.minters[at, args["minter"]] = args["status"]
            case "RoleGranted" | "RoleRevoked":
                self.members[at, args["role"], args["account"]] = event.name == "RoleGranted"
            case "RoleAdminChanged":
                self.admins[at, args["role"]] = args["newAdminRole"]
            case "MinimumDelayChange":
                self.delays[at] = args["new_duration"]
            case "CallScheduled":
                self.operations[at, args["id"]] = event.timestamp + args["delay"]
            case "CallExecuted":
                self.operations[at, args["id"]] = DONE
            case "Cancelled":
                self.operations[at, args["id"]] = 0


def role_name(role: bytes) -> str:
    """The name of a role of the timelock, or its hash."""
    return next((name for name, value in ROLES.items() if value == role), f"0x{role.hex()}")
