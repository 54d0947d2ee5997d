"""What the bundled model scores: its heads, in the order of its output."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from classifiers.contract import DETOXIFY_LABELS, Label

__all__ = [
    "BY_CLAUSE",
    "BY_TARGET",
    "CRITICISM",
    "DETECTED_BY_CLAUSE",
    "HEADS",
    "MUST_BE_SEEN",
    "NEEDS_RESPONSE",
]

BY_CLAUSE: Final[Mapping[str, Label]] = {
    "threat": Label("menace"),
    "welfare": Label("welfare_concern"),
    "sexual": Label("sexual_remark"),
    "hate": Label("hate"),
    "harassment": Label("pursuit"),
    "abuse": Label("contempt"),
    "private-information": Label("private_detail"),
    "defamation": Label("accusation"),
    "confidential": Label("leak"),
    "pre-election": Label("campaigning"),
    "deception": Label("deceit"),
    "misinformation": Label("dangerous_falsehood"),
    "language": Label("crude_language"),
}
"""The head that reads what a clause of the shipped standard is about."""

DETECTED_BY_CLAUSE: Final[Mapping[str, tuple[Label, ...]]] = {
    "threat": (Label("threat"),),
    "welfare": (Label("self_harm_risk"), Label("person_at_risk")),
    "sexual": (Label("sexual_explicit"),),
    "hate": (Label("identity_attack"),),
    "harassment": (Label("surveillance"), Label("pile_on")),
    "abuse": (Label("insult"),),
    "private-information": (
        Label("home_address"),
        Label("phone_number"),
        Label("email_address"),
        Label("vehicle_mark"),
        Label("nhs_number"),
        Label("national_insurance_number"),
        Label("bank_details"),
        Label("payment_card"),
    ),
    "defamation": (Label("allegation"),),
    "deception": (
        Label("scam"),
        Label("impersonation"),
        Label("advertising"),
        Label("chain_post"),
    ),
    "language": (Label("profanity_medium"), Label("profanity_strong"), Label("obscene")),
}
"""What the detectors say of a clause, in their own labels; the other clauses have no detector."""

BY_TARGET: Final[Mapping[str, Label]] = {
    "staff": Label("target_staff"),
    "councillor": Label("target_councillor"),
    "resident": Label("target_resident"),
    "group": Label("target_group"),
    "institution": Label("target_institution"),
}
"""The head that reads whom the words are about; none of them means nobody."""

NEEDS_RESPONSE: Final = Label("needs_response")
"""An officer must answer."""

CRITICISM: Final = Label("criticism")
"""Critical of the council, and allowed."""

MUST_BE_SEEN: Final = Label("must_be_seen")
"""A person must look: some clause is touched."""

HEADS: Final[tuple[Label, ...]] = (
    *DETOXIFY_LABELS,
    *BY_CLAUSE.values(),
    *BY_TARGET.values(),
    NEEDS_RESPONSE,
    CRITICISM,
    MUST_BE_SEEN,
)
"""Detoxify's seven come first, so that its library finds them where it expects them."""
