// SPDX-License-Identifier: MIT
// A chain with the id of no local one: nothing is believed there for being nobody's.
module.exports = {
  solidity: "0.8.28",
  networks: { hardhat: { chainId: 4242, hardfork: "prague" } },
};
