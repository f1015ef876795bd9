// SPDX-License-Identifier: MIT
pragma solidity >=0.8.0;

/// @notice What solmate's tests use of dapphub's ds-test, which no registry has. An assertion that does not hold reverts.
contract DSTest {
    event log(string);
    event log_named_bytes(string key, bytes value);
    event log_named_decimal_uint(string key, uint256 value, uint256 decimals);
    event log_named_string(string key, string value);
    event log_named_uint(string key, uint256 value);

    address internal constant HEVM_ADDRESS = address(uint160(uint256(keccak256("hevm cheat code"))));

    function fail() internal virtual {
        revert("assertion failed");
    }

    function assertTrue(bool condition) internal virtual {
        require(condition, "not true");
    }

    function assertEq(uint256 a, uint256 b) internal virtual {
        require(a == b, "numbers differ");
    }

    function assertEq(string memory a, string memory b) internal virtual {
        require(keccak256(bytes(a)) == keccak256(bytes(b)), "strings differ");
    }
}
