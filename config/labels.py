"""The labels that the shipped classifiers emit: the words that a cue may name."""

from __future__ import annotations

from typing import Final

__all__ = ["KNOWN_LABELS", "NEVER_ALONE"]

KNOWN_LABELS: Final[frozenset[str]] = frozenset(
    {
        # Detoxify's seven.
        "toxicity",
        "severe_toxicity",
        "obscene",
        "threat",
        "insult",
        "identity_attack",
        "sexual_explicit",
        # What the bundled model reads in the whole comment: one label for each clause.
        "menace",
        "welfare_concern",
        "sexual_remark",
        "hate",
        "pursuit",
        "contempt",
        "private_detail",
        "accusation",
        "leak",
        "campaigning",
        "deceit",
        "dangerous_falsehood",
        "crude_language",
        "must_be_seen",
        # Words, in the three strengths of Ofcom's research.
        "profanity_mild",
        "profanity_medium",
        "profanity_strong",
        # What identifies or locates a person.
        "home_address",
        "phone_number",
        "email_address",
        "vehicle_mark",
        "nhs_number",
        "national_insurance_number",
        "bank_details",
        "payment_card",
        "postcode",
        # Pretending, selling, chaining.
        "advertising",
        "scam",
        "impersonation",
        "chain_post",
        # Somebody may need help.
        "self_harm_risk",
        "person_at_risk",
        # What is done to a person beside insulting them.
        "allegation",
        "pile_on",
        "surveillance",
        # What an officer must answer or pass on.
        "service_request",
        "question",
        "hazard",
        "foi_request",
        "formal_complaint",
        "needs_response",
        # Welcome, and counted.
        "criticism",
        # No model here can judge it.
        "unreadable",
        # Whom the words are about.
        "target_staff",
        "target_councillor",
        "target_resident",
        "target_group",
        "target_institution",
    }
)
"""An operator's own classifier adds its labels with ``[labels] extra = [...]``."""

NEVER_ALONE: Final[frozenset[str]] = frozenset({"toxicity"})
"""Labels that may speak for no clause: a general score is never a breach."""
