# SPDX-License-Identifier: MIT
"""The model registry: who owns a model and who may submit for it."""

from dataclasses import dataclass, field

from nmr.errors import require
from nmr.text.addresses import ZERO_ADDRESS


@dataclass
class Models:
    """Owners, submitters and offers, by model id."""

    owners: list[str] = field(default_factory=list)
    submitters: list[str] = field(default_factory=list)
    offers: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.owners)

    def add(self, owner: str, submitter: str) -> int:
        """Append a model and return its id."""
        self.owners.append(owner)
        self.submitters.append(submitter)
        self.offers.append(ZERO_ADDRESS)
        return len(self.owners) - 1

    def move(self, model: int, owner: str) -> None:
        """Give a model to a new owner, who is also its submitter then."""
        self.owners[model] = owner
        self.submitters[model] = owner
        self.offers[model] = ZERO_ADDRESS

    def require_exists(self, model: int) -> None:
        """Refuse a model that was never registered.

        Raises:
            Refused: no such model.
        """
        require(0 <= model < len(self), "models: no such model")

    def require_owner(self, model: int, sender: str) -> None:
        """Refuse a sender who does not own the model.

        Raises:
            Refused: no such model, or someone else's.
        """
        self.require_exists(model)
        require(sender == self.owners[model], "models: not the owner")
