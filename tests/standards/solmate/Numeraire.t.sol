// SPDX-License-Identifier: MIT
pragma solidity >=0.8.0;

import {ERC20Test} from "./ERC20.t.sol";

/// @notice solmate's tests of an ERC-20 with EIP-2612, on Numeraire.
/// @dev Those with plain values are inherited and run as they are. Those that are given values by the fuzzer are called
/// from here, without the zero address, which Numeraire refuses and solmate serves. Those that have to fail are called
/// from here too: forge has ceased to know `testFail`, and here they have to fail for the right reason.
contract NumeraireTest is ERC20Test {
    uint256 private constant ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    uint256 private constant MOST = type(uint256).max;

    string private constant BALANCE = "erc20: transfer amount exceeds balance";
    string private constant BURN = "erc20: burn amount exceeds balance";
    string private constant ALLOWANCE = "erc20: insufficient allowance";
    string private constant SIGNATURE = "erc20: invalid signature";
    string private constant DEADLINE = "erc20: expired deadline";

    function test_Burn(address from, uint256 minted, uint256 burned) external {
        hevm.assume(from != address(0));
        testBurn(from, minted, burned);
    }

    function test_Approve(address to, uint256 amount) external {
        hevm.assume(to != address(0));
        testApprove(to, amount);
    }

    function test_Transfer(address to, uint256 amount) external {
        hevm.assume(to != address(0));
        testTransfer(to, amount);
    }

    function test_TransferFrom(address to, uint256 approval, uint256 amount) external {
        hevm.assume(to != address(0));
        testTransferFrom(to, approval, amount);
    }

    function test_Permit(uint248 key, address to, uint256 amount, uint256 deadline) external {
        hevm.assume(to != address(0));
        testPermit(key, to, amount, deadline);
    }

    function test_TransferInsufficientBalance() external {
        refused(abi.encodeWithSignature("testFailTransferInsufficientBalance()"), BALANCE);
    }

    function test_TransferFromInsufficientAllowance() external {
        refused(abi.encodeWithSignature("testFailTransferFromInsufficientAllowance()"), ALLOWANCE);
    }

    function test_TransferFromInsufficientBalance() external {
        refused(abi.encodeWithSignature("testFailTransferFromInsufficientBalance()"), BALANCE);
    }

    function test_PermitBadNonce() external {
        refused(abi.encodeWithSignature("testFailPermitBadNonce()"), SIGNATURE);
    }

    function test_PermitBadDeadline() external {
        refused(abi.encodeWithSignature("testFailPermitBadDeadline()"), SIGNATURE);
    }

    function test_PermitPastDeadline() external {
        refused(abi.encodeWithSignature("testFailPermitPastDeadline()"), DEADLINE);
    }

    function test_PermitReplay() external {
        refused(abi.encodeWithSignature("testFailPermitReplay()"), SIGNATURE);
    }

    function test_BurnInsufficientBalance(address from, uint256 minted, uint256 burned) external {
        hevm.assume(from != address(0) && minted < MOST);
        refused(
            abi.encodeWithSignature(
                "testFailBurnInsufficientBalance(address,uint256,uint256)", from, minted, burned
            ),
            BURN
        );
    }

    function test_TransferInsufficientBalance(address to, uint256 minted, uint256 sent) external {
        hevm.assume(to != address(0) && minted < MOST);
        refused(
            abi.encodeWithSignature(
                "testFailTransferInsufficientBalance(address,uint256,uint256)", to, minted, sent
            ),
            BALANCE
        );
    }

    function test_TransferFromInsufficientAllowance(address to, uint256 approval, uint256 amount) external {
        hevm.assume(to != address(0) && approval < MOST);
        refused(
            abi.encodeWithSignature(
                "testFailTransferFromInsufficientAllowance(address,uint256,uint256)", to, approval, amount
            ),
            ALLOWANCE
        );
    }

    function test_TransferFromInsufficientBalance(address to, uint256 minted, uint256 sent) external {
        hevm.assume(to != address(0) && minted < MOST);
        refused(
            abi.encodeWithSignature(
                "testFailTransferFromInsufficientBalance(address,uint256,uint256)", to, minted, sent
            ),
            BALANCE
        );
    }

    function test_PermitBadNonce(uint256 key, address to, uint256 amount, uint256 deadline, uint256 nonce) external {
        hevm.assume(to != address(0));
        refused(
            abi.encodeWithSignature(
                "testFailPermitBadNonce(uint256,address,uint256,uint256,uint256)",
                bound(key, 1, ORDER - 1),
                to,
                amount,
                deadline,
                nonce
            ),
            SIGNATURE
        );
    }

    function test_PermitBadDeadline(uint256 key, address to, uint256 amount, uint256 deadline) external {
        hevm.assume(to != address(0) && deadline < MOST);
        refused(
            abi.encodeWithSignature(
                "testFailPermitBadDeadline(uint256,address,uint256,uint256)",
                bound(key, 1, ORDER - 1),
                to,
                amount,
                deadline
            ),
            SIGNATURE
        );
    }

    function test_PermitPastDeadline(uint256 key, address to, uint256 amount, uint256 deadline) external {
        hevm.assume(to != address(0));
        hevm.warp(1_700_000_000);
        refused(
            abi.encodeWithSignature(
                "testFailPermitPastDeadline(uint256,address,uint256,uint256)",
                bound(key, 1, ORDER - 1),
                to,
                amount,
                deadline
            ),
            DEADLINE
        );
    }

    function test_PermitReplay(uint256 key, address to, uint256 amount, uint256 deadline) external {
        hevm.assume(to != address(0));
        refused(
            abi.encodeWithSignature(
                "testFailPermitReplay(uint256,address,uint256,uint256)", bound(key, 1, ORDER - 1), to, amount, deadline
            ),
            SIGNATURE
        );
    }

    /// @dev A test of solmate's, as a call of this contract, has to end with this reason of Numeraire's.
    function refused(bytes memory test, string memory reason) private {
        (bool done, bytes memory answer) = address(this).call(test);
        assertTrue(!done);
        assertBytesEq(answer, abi.encodeWithSignature("Error(string)", reason));
    }
}
