# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
# pragma optimize gas
"""
@title Timelock
@author NMR contributors
@license AGPL-3.0-only
@notice The owner of the other contracts. A proposer schedules calls, an executor
        makes them once the delay has passed, a canceller stops them before.
        Every proposer is a canceller too.
@custom:security The timelock is its own and only admin: who wants to change a
                 role or the delay schedules it. There is no lock, for a call may
                 well come back here; snekmate refuses to make an operation twice
                 even if it re-enters itself.
"""


from snekmate.auth import access_control
from snekmate.auth.interfaces import IAccessControl
from snekmate.governance import timelock_controller


implements: IAccessControl


initializes: access_control
initializes: timelock_controller[access_control := access_control]


exports: (
    access_control.DEFAULT_ADMIN_ROLE,
    access_control.hasRole,
    access_control.getRoleAdmin,
    access_control.grantRole,
    access_control.revokeRole,
    access_control.renounceRole,
    access_control.set_role_admin,
    # Of `access_control`, for the timelock's own claims to receive tokens.
    access_control.supportsInterface,
    timelock_controller.PROPOSER_ROLE,
    timelock_controller.EXECUTOR_ROLE,
    timelock_controller.CANCELLER_ROLE,
    timelock_controller.get_timestamp,
    timelock_controller.get_minimum_delay,
    timelock_controller.is_operation,
    timelock_controller.is_operation_pending,
    timelock_controller.is_operation_ready,
    timelock_controller.is_operation_done,
    timelock_controller.get_operation_state,
    timelock_controller.hash_operation,
    timelock_controller.hash_operation_batch,
    timelock_controller.schedule,
    timelock_controller.schedule_batch,
    timelock_controller.cancel,
    timelock_controller.execute,
    timelock_controller.execute_batch,
    # Withheld: `update_delay`, which would take a delay of 0; see below.
    # Withheld: `onERC721Received`, `onERC1155Received`, `onERC1155BatchReceived`
    # and their selectors, `__default__`: the timelock is no place for assets.
)


# Within a shorter delay nobody would see what is scheduled; one by mistake beyond
# all reason would lock everything the timelock owns.
SHORTEST_DELAY: constant(uint256) = 86_400
LONGEST_DELAY: constant(uint256) = 365 * 86_400
MAX_MEMBERS: constant(uint256) = 32


@deploy
def __init__(
    delay: uint256, proposers: DynArray[address, MAX_MEMBERS], executors: DynArray[address, MAX_MEMBERS]
):
    """
    @notice The deployer keeps no role, and there is no admin but the timelock.
    @dev An executor that is the zero address would let anyone execute. Who wants
         that grants it later, by a scheduled call.
    @param delay The seconds between scheduling and executing.
    @param proposers Who schedules and cancels.
    @param executors Who executes.
    """
    self._check_delay(delay)
    assert len(proposers) > 0, "timelock: no proposer"
    assert len(executors) > 0, "timelock: no executor"
    for proposer: address in proposers:
        assert proposer != empty(address), "timelock: proposer is the zero address"
    for executor: address in executors:
        assert executor != empty(address), "timelock: executor is the zero address"
    access_control.__init__()
    timelock_controller.__init__(delay, proposers, executors, empty(address))


@external
def update_delay(new_delay: uint256):
    """
    @notice Changes the delay of what is scheduled from now on. Only the timelock
            itself, by a scheduled call.
    @dev The ABI, event and reason of snekmate's, and the bounds of the constructor.
    @param new_delay The new delay in seconds.
    """
    assert msg.sender == self, "timelock_controller: caller must be timelock"
    self._check_delay(new_delay)
    log timelock_controller.MinimumDelayChange(
        old_duration=timelock_controller.get_minimum_delay, new_duration=new_delay
    )
    timelock_controller.get_minimum_delay = new_delay


@internal
@view
def _check_delay(delay: uint256):
    # 1337 and 31337 are the local chains.
    assert delay >= SHORTEST_DELAY or chain.id in [1337, 31337], "timelock: delay is too short"
    assert delay <= LONGEST_DELAY, "timelock: delay is too long"
