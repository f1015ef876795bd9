// SPDX-License-Identifier: MIT
pragma solidity >=0.8.0;

import {Hevm} from "../Hevm.sol";
import {BALANCES, CREATION_CODE, SUPPLY, TOTAL_SUPPLY} from "./NumeraireCode.sol";

/// @notice Stands where solmate's tests expect a token that mints: every call of the ERC-20 and of EIP-2612 runs the
/// bytecode of Numeraire, as it is deployed, on the storage of this contract.
/// @dev `mint` writes the storage, since Numeraire mints nothing. `burn` of another's tokens is that holder's own `burn`.
contract MockERC20 {
    Hevm private constant hevm = Hevm(address(uint160(uint256(keccak256("hevm cheat code")))));
    address private immutable numeraire;

    constructor(string memory, string memory, uint8) {
        address[] memory receivers = new address[](1);
        uint256[] memory amounts = new uint256[](1);
        (receivers[0], amounts[0]) = (address(this), SUPPLY);
        bytes memory code = abi.encodePacked(CREATION_CODE, abi.encode(receivers, amounts));
        address created;
        assembly {
            created := create(0, add(code, 32), mload(code))
        }
        require(created != address(0), "Numeraire was not created");
        numeraire = created;
    }

    function mint(address to, uint256 value) external {
        uint256 supply;
        bytes32 place = keccak256(abi.encode(BALANCES, to));
        assembly {
            supply := sload(TOTAL_SUPPLY)
        }
        supply += value;
        assembly {
            sstore(TOTAL_SUPPLY, supply)
            sstore(place, add(sload(place), value))
        }
    }

    function burn(address from, uint256 value) external {
        hevm.prank(from);
        this.burn(value);
    }

    function burn(uint256) external {
        run();
    }

    function name() external returns (string memory) {
        run();
    }

    function symbol() external returns (string memory) {
        run();
    }

    function decimals() external returns (uint8) {
        run();
    }

    function totalSupply() external returns (uint256) {
        run();
    }

    function balanceOf(address) external returns (uint256) {
        run();
    }

    function allowance(address, address) external returns (uint256) {
        run();
    }

    function nonces(address) external returns (uint256) {
        run();
    }

    function DOMAIN_SEPARATOR() external returns (bytes32) {
        run();
    }

    function approve(address, uint256) external returns (bool) {
        run();
    }

    function transfer(address, uint256) external returns (bool) {
        run();
    }

    function transferFrom(address, address, uint256) external returns (bool) {
        run();
    }

    function permit(address, address, uint256, uint256, uint8, bytes32, bytes32) external {
        run();
    }

    /// @dev Runs Numeraire on this call and ends it with what came out.
    function run() private {
        (bool done, bytes memory answer) = numeraire.delegatecall(msg.data);
        assembly {
            switch done
            case 0 { revert(add(answer, 32), mload(answer)) }
            default { return(add(answer, 32), mload(answer)) }
        }
    }
}
