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

    def owner(self, model: int) -> str:
        """Who owns a model; the zero address for one that was never registered."""
        return self.owners[model] if model < len(self) else ZERO_ADDRESS

    def submitter(self, model: int) -> str:
        """Who may submit for a model besides its owner; the zero address for one that was never registered."""
        return self.submitters[model] if model < len(self) else ZERO_ADDRESS

    def offered_to(self, model: int) -> str:
        """To whom a model is offered, or the zero address."""
        return self.offers[model] if model < len(self) else ZERO_ADDRESS

    def require_owned_by(self, model: int, owner: str) -> None:
        """Refuse a model of another owner, or one that was never registered.

        Raises:
            Refused: another owner.
        """
        require(owner != ZERO_ADDRESS and owner == self.owner(model), "models: another owner")

    def require_owner(self, model: int, sender: str) -> None:
        """Refuse a sender who does not own the model; nobody owns one that was never registered.

        Raises:
            Refused: not the owner.
        """
        require(sender == self.owner(model), "models: not the owner")

    def may_submit(self, model: int, account: str) -> bool:
        """Whether an account owns a model or submits for it; nobody does for one that was never registered."""
        return account in (self.submitter(model), self.owner(model))
