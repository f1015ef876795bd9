// SPDX-License-Identifier: MIT
// The trees over the chunks on standard input, [[[word, ...], ...], ...] with words in decimal, by the libraries of
// others: leaves by OpenZeppelin's merkle-tree, everything above them by merkletreejs. Prints
// [{leaves, root, proofs: [[[side, sibling], ...], ...]}, ...].
const { readFileSync } = require("node:fs");
const { StandardMerkleTree } = require("@openzeppelin/merkle-tree");
const { keccak256 } = require("js-sha3");
const { MerkleTree } = require("merkletreejs");

const hash = (data) => Buffer.from(keccak256.arrayBuffer(data));
const TYPES = ["uint256[]"];

function treeOver(chunks) {
  const leaves = chunks.map((words) => StandardMerkleTree.of([[words.map(BigInt)]], TYPES).root);
  const tree = new MerkleTree(leaves, hash, { fillDefaultHash: Buffer.alloc(32) });
  const proofs = leaves.map((leaf, index) =>
    tree.getProof(leaf, index).map(({ position, data }) => [position, data.toString("hex")]),
  );
  return { leaves, root: tree.getHexRoot(), proofs };
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(treeOver)));
