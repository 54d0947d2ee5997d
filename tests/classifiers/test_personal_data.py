from __future__ import annotations

import pytest

from classifiers.contract import Classifier, Label, Span
from classifiers.personal_data import LABELS, load
from classifiers.testing import ClassifierContract

_DETECTOR = load({})


def _strong(text: str) -> set[str]:
    scores = _DETECTOR.score([text])[0].by_label
    return {label for label, score in scores.items() if score.value >= 0.5}


class TestPersonalDataContract(ClassifierContract):
    def classifier(self) -> Classifier:
        return load({})


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("She lives at 14 Mill Lane", "home_address"),
        ("Flat 3, 22 Orchard Close WX1 2AB is where they are", "home_address"),
        ("Mr Brown, 7 Church Road", "home_address"),
        ("call 07700 900123", "phone_number"),
        ("call +44 7700 900123", "phone_number"),
        ("my mum is on 020 7946 0123", "phone_number"),
        ("write to jo.example@mail.example", "email_address"),
        ("jo.example (at) mail.example", "email_address"),
        ("that is AB12 CDE again", "vehicle_mark"),
        ("ab12cde parked on the kerb", "vehicle_mark"),
        ("his car is A123 BCD", "vehicle_mark"),
        ("the van, reg ABC 123D", "vehicle_mark"),
        ("NHS number 943 476 5919", "nhs_number"),
        ("943 476 5919", "nhs_number"),
        ("NI AB123456C", "national_insurance_number"),
        ("sort code 12-34-56 acc 12345678", "bank_details"),
        ("account 12345678 sort 12-34-56", "bank_details"),
        ("GB82 WEST 1234 5698 7654 32", "bank_details"),
        ("4111 1111 1111 1111", "payment_card"),
        ("her address is WX1 2AB", "postcode"),
        ("call \uff107\uff1700 900123", "phone_number"),
    ],
)
def test_what_reaches_a_person_is_found(text: str, label: str) -> None:
    assert label in _strong(text)
    assert Label(label) in LABELS


@pytest.mark.parametrize(
    "text",
    [
        "999, 101, 111 or 105",
        "0300 123 4567 or 0345 600 1234 or 0800 123 4567",
        "The council switchboard is 01632 960001",
        "planning@wexcombe.gov.uk and help@sub.wexcombe.gov.uk",
        "my reference is 07700 900123",
        "my case number is 943 476 5919",
        "0000 0000 0000 0000",
        "4111 1111 1111 1112",
        "Streetlight 12 on Station Road",
        "pothole outside 14 Mill Lane",
        "Planning application for 22 Park Street",
        "14 Mill Lane is a lovely old building",
        "the library, 6 High Street, WX1 2AB",
        "On 12/03/2026 at 10:30 we paid £1,200.50",
        "A123 road, B12 bus",
        "call 07700",
        "call +999 1234 5678",
        "GB82 WEST 1234 5698 7654 33",
        "943 476 5910",
    ],
)
def test_what_is_published_or_names_no_person_stays_below_the_line(text: str) -> None:
    assert set() == _strong(text)


def test_a_span_covers_exactly_what_must_be_covered() -> None:
    text = "Ring 👏 07700 900123 now"

    score = _DETECTOR.score([text])[0].by_label[Label("phone_number")]

    assert (Span(7, 19),) == score.spans
    assert text[7:19] == "07700 900123"
