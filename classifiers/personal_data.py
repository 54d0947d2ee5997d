"""What identifies or locates a person: addresses, numbers and marks, read without any model.

Shapes come from public specifications and check digits from python-stdnum and phonenumbers.
What a council publishes itself is left alone: emergency and freephone numbers, ``.gov.uk``
mailboxes, reference numbers, and the house a fault stands in front of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, Protocol

import phonenumbers
import stdnum
from stdnum import iban, luhn
from stdnum.gb import nhs

from classifiers.contract import Classifier, Label, ModelFingerprint, Score, Scores
from classifiers.normalise import Normalised, normalise
from classifiers.phrasebook import digest_of, merged, source_of

__all__ = ["LABELS", "PersonalDataDetector", "load"]

LABELS: Final[tuple[Label, ...]] = (
    Label("home_address"),
    Label("phone_number"),
    Label("email_address"),
    Label("vehicle_mark"),
    Label("nhs_number"),
    Label("national_insurance_number"),
    Label("bank_details"),
    Label("payment_card"),
    Label("postcode"),
)
"""What this detector may return."""

_Found = Iterator[tuple[Label, float, int, int]]


def load(options: Mapping[str, str]) -> Classifier:
    """The detector; it has no options."""
    del options
    return PersonalDataDetector()


class PersonalDataDetector:
    """Finds personal data by shape, context and check digit."""

    def __init__(self) -> None:
        versions = f"phonenumbers {phonenumbers.__version__}, stdnum {stdnum.__version__}"
        digest = digest_of(source_of(__file__), versions.encode())
        self._fingerprint = ModelFingerprint(f"personal_data {digest}")

    @property
    def fingerprint(self) -> ModelFingerprint:
        """The hash of this code and the versions of the libraries that know the numbers."""
        return self._fingerprint

    def score(self, texts: Sequence[str]) -> list[Scores]:
        """Score every text, in order."""
        return [Scores(self._fingerprint, _read(normalise(text))) for text in texts]


class _Detector(Protocol):
    def __call__(self, text: str) -> _Found: ...


def _read(reading: Normalised) -> dict[Label, Score]:
    text = reading.text
    found = [*_emails(text)] if _AT.search(text) else []
    if _DIGIT.search(text):
        found += [hit for detect in _WITH_DIGITS for hit in detect(text)]
    return merged(found, reading=reading)


_AT: Final = re.compile(r"@|[(\[]at[)\]]")
_DIGIT: Final = re.compile(r"[0-9]")
_BEFORE: Final = 48


def _cue(cues: re.Pattern[str], text: str, start: int, end: int | None = None) -> bool:
    """Whether one of the cues stands shortly before ``start`` (or shortly after ``end``)."""
    if cues.search(text, max(0, start - _BEFORE), start):
        return True
    return end is not None and cues.search(text, end, min(len(text), end + _BEFORE)) is not None


_EMAIL: Final = re.compile(
    r"(?<![a-z0-9._%+-])[a-z0-9](?:[a-z0-9._%+-]{0,62}[a-z0-9_])?"
    r"\s{0,1}(?:@|\(at\)|\[at\])\s{0,1}((?:[a-z0-9-]{1,40}\.){1,4}[a-z]{2,12})(?![a-z0-9])"
)
_PUBLIC_MAIL: Final = re.compile(r"(?:^|\.)(?:gov\.uk|police\.uk|nhs\.uk|mod\.uk|parliament\.uk)$")


def _emails(text: str) -> _Found:
    for match in _EMAIL.finditer(text):
        is_public = _PUBLIC_MAIL.search(match.group(1)) is not None
        yield Label("email_address"), 0.2 if is_public else 0.92, match.start(), match.end()


_REFERENCE: Final = re.compile(
    r"\b(?:ref(?:erence)?|case|ticket|job|report|fault|complaint|application|order|crime|foi|log"
    r"|asset|column|lamp|account)(?: ?(?:no|num|number|id|ref)\b)?"
    r"[ .:#]{0,4}(?:is|was|of)?[ :#]{0,2}$"
    r"|(?:#|column|streetlight|street light|lamp ?post) ?$"
)
_NUMBER: Final = re.compile(
    r"(?<![0-9a-z£$.,/-])(?:\+|00|\(?0)[0-9(][0-9() .-]{6,18}[0-9](?![0-9a-z])"
)
# Any mobile shape counts, and the numbers that Ofcom keeps for drama, which examples use.
_ALSO_NUMBERS: Final = re.compile("7[0-9]{9}|1632960[0-9]{3}|2079460[0-9]{3}")
_PUBLIC_PREFIXES: Final = ("300", "303", "306", "330", "333", "343", "344", "345", "370", "800")
_PUBLIC_NUMBERS: Final = re.compile(r"^(?:808|116|84|87|371|372|500)")
_OFFICE: Final = re.compile(
    r"\b(?:council|customer services?|contact centre|switchboard|helpline|samaritans|police|office"
    r"|emergency|out of hours|report(?:ing)? (?:it|line)|reception|library|surgery|hospital|crisis"
    r"|childline|shelter|citizens advice|nhs|gp|refuge)\b"
)


def _phones(text: str) -> _Found:
    for match in _NUMBER.finditer(text):
        if _REFERENCE.search(text, max(0, match.start() - _BEFORE), match.start()):
            continue
        try:
            number = phonenumbers.parse(match.group(), "GB")
        except phonenumbers.NumberParseException:
            continue
        also = _ALSO_NUMBERS.fullmatch(str(number.national_number)) is not None
        if also or phonenumbers.is_valid_number(number):
            value = _phone_value(str(number.national_number), text, match)
            yield Label("phone_number"), value, match.start(), match.end()


def _phone_value(national: str, text: str, match: re.Match[str]) -> float:
    if national.startswith(_PUBLIC_PREFIXES) or _PUBLIC_NUMBERS.match(national):
        return 0.1
    if not national.startswith("7") and _cue(_OFFICE, text, match.start(), match.end()):
        return 0.4
    return 0.9


_NATIONAL_INSURANCE: Final = re.compile(
    r"(?<![a-z0-9])(?!bg|gb|nk|kn|tn|nt|zz)[a-ceghj-prstw-z][a-ceghj-nprstw-z]"
    r" ?[0-9]{2} ?[0-9]{2} ?[0-9]{2} ?[a-d](?![a-z0-9])"
)
_TEN_DIGITS: Final = re.compile(r"(?<![0-9a-z+-])[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}(?![0-9a-z-])")
_NHS_CUE: Final = re.compile(r"\bnhs\b|\bpatient\b|\bhospital number\b")
_CARD: Final = re.compile(r"(?<![0-9a-z])(?:[0-9][ -]?){12,18}[0-9](?![0-9a-z])")
_FEWEST_DIGITS: Final = 1  # a row of one digit is a filler, not a card
_IBAN: Final = re.compile(
    r"(?<![a-z0-9])[a-z]{2}[0-9]{2}(?: ?[a-z0-9]{4}){2,7}(?: ?[a-z0-9]{1,3})?"
)
_SORT_CODE: Final = re.compile(
    r"(?<![0-9/-])[0-9]{2}[- ]?[0-9]{2}[- ]?[0-9]{2}(?![0-9/])[^0-9]{1,40}[0-9]{8}(?![0-9])"
    r"|(?<![0-9])[0-9]{8}[^0-9]{1,40}[0-9]{2}-[0-9]{2}-[0-9]{2}(?![0-9])"
)
_BANK_CUE: Final = re.compile(
    r"\bsort ?code|\baccount (?:no|num|number)|\bacc(?:t|ount)?\b|\bbank|\bs/c\b|\ba/c\b"
)


def _national_insurance(text: str) -> _Found:
    for match in _NATIONAL_INSURANCE.finditer(text):
        yield Label("national_insurance_number"), 0.95, match.start(), match.end()


def _nhs(text: str) -> _Found:
    for match in _TEN_DIGITS.finditer(text):
        if nhs.is_valid(match.group()) and not text.startswith("0", match.start()):
            is_named = _cue(_NHS_CUE, text, match.start(), match.end())
            if is_named or not _REFERENCE.search(
                text, max(0, match.start() - _BEFORE), match.start()
            ):
                yield Label("nhs_number"), 0.97 if is_named else 0.6, match.start(), match.end()


def _cards(text: str) -> _Found:
    for match in _CARD.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if luhn.is_valid(digits) and digits[0] in "3456" and len(set(digits)) > _FEWEST_DIGITS:
            yield Label("payment_card"), 0.95, match.start(), match.end()


def _bank(text: str) -> _Found:
    for match in _SORT_CODE.finditer(text):
        has_cue = _BANK_CUE.search(match.group()) or _cue(_BANK_CUE, text, match.start())
        yield Label("bank_details"), 0.95 if has_cue else 0.6, match.start(), match.end()
    for match in _IBAN.finditer(text):
        if iban.is_valid(match.group(), check_country=False):
            yield Label("bank_details"), 0.96, match.start(), match.end()


_POSTCODE: Final = re.compile(
    r"(?<![a-z0-9])(?:gir ?0aa|[a-pr-uwyz](?:[0-9]{1,2}|[a-hk-y][0-9]|[a-hk-y][0-9][0-9a-z]"
    r"|[0-9][a-hjkpstuw])[ ]{0,2}[0-9][abd-hjlnp-uw-z]{2})(?![a-z0-9])"
)
_STREET: Final = (
    r"(?:street|st|road|rd|lane|ln|avenue|ave|close|drive|dr|way|crescent|cres|court|ct|place|pl"
    r"|gardens|gdns|terrace|grove|hill|row|walk|green|rise|view|mews|square|park|parade|villas"
    r"|cottages|house|gate|mount|meadow|meadows|croft|end|vale|fields)"
)
_ADDRESS: Final = re.compile(
    r"(?<![a-z0-9£.:/-])(?:(?:flat|unit|apartment|apt|no|number|house)\.? ?)?"
    r"(?:[0-9]{1,3}[a-f]?(?:,? ))(?:flat [0-9]{1,3},? )?"
    r"(?:(?:the|old|st|upper|lower|north|south|east|west)\.? )?"
    r"[a-z][a-z']{1,20}(?: [a-z][a-z']{1,20})?"
    rf" {_STREET}(?![a-z0-9])"
)
_HOME: Final = re.compile(
    r"\b(?:lives?|living|resides?|address|home|house is|stays?|moved|find (?:him|her|them|me)"
    r"|(?:his|her|their|my) (?:house|flat|place|home)|(?:he|she|they|i|we)(?:'s|'re|'m| am| are) at"
    r"|go (?:round )?to|pop round|round to|knock (?:on|at)|number|deliver(?:ed)? to|staying"
    r"|belongs to|who owns|owner of|tenants? (?:at|of|in)|neighbours? (?:at|in)"
    r"|[a-z]+'s (?:house|flat|place|home)"
    r"|(?:mr|mrs|ms|miss|dr|cllr|councillor) [a-z'-]+,?(?: (?:of|at|from))?)"
    r" ?(?:is |at |in |on |to |of |are |now |still |just |over |alone |:|-|=|,){0,4}\s?$"
)
_FAULT: Final = re.compile(
    r"\b(?:outside|opposite|in front of|near|next to|by|between|adjacent to|beside|behind"
    r"|across from|pothole|street ?light|lamp ?post|drain|kerb|bin|bins|fly ?tip\w*|dumped|tree"
    r"|hedge|pavement|manhole|planning application|application (?:for|at)|site at|development at"
    r"|proposal (?:for|at)|library|office|school|surgery|centre|shop|cafe|pub|church|hall|museum"
    r"|station|venue|held|meeting|clinic|bus stop)\b[^.!?]{0,24}$"
)


_DOUBTFUL: Final = 0.5


def _postcodes(text: str) -> _Found:
    for match in _POSTCODE.finditer(text):
        address = _ADDRESS.search(text, max(0, match.start() - _BEFORE), match.start())
        at_home = _cue(_HOME, text, match.start()) or (
            address is not None and _address_value(text, address) > _DOUBTFUL
        )
        yield Label("postcode"), 0.8 if at_home else 0.45, match.start(), match.end()


def _addresses(text: str) -> _Found:
    for match in _ADDRESS.finditer(text):
        yield Label("home_address"), _address_value(text, match), match.start(), match.end()


def _address_value(text: str, match: re.Match[str]) -> float:
    before = max(0, match.start() - _BEFORE)
    if _FAULT.search(text, before, match.start()):
        return 0.3
    if _HOME.search(text, before, match.start()):
        return 0.93
    has_postcode = _POSTCODE.search(text, match.end(), min(len(text), match.end() + 40))
    return 0.75 if has_postcode else 0.45


_CURRENT_MARK: Final = re.compile(
    r"(?<![a-z0-9])[a-hj-pr-y][a-hj-pr-y](?:0[2-9]|[1-7][0-9]) ?[a-hj-pr-z]{3}(?![a-z0-9])"
)
_OLDER_MARK: Final = re.compile(
    r"(?<![a-z0-9])(?:[a-hj-npr-tv-y][0-9]{1,3} ?[a-hj-pr-y]{3}"
    r"|[a-hj-pr-y]{3} ?[0-9]{1,3} ?[a-hj-npr-tv-y])(?![a-z0-9])"
)
_CAR: Final = re.compile(
    r"\b(?:reg|registration|number ?plate|plate|vrm|car|van|vehicle|bmw|audi|ford|driver|motor"
    r"|lorry|parked|driving|drives|mercedes|vauxhall|corsa|fiesta|golf|astra|motorbike|moped|taxi"
    r"|range rover|scooter)\b"
)


def _vehicles(text: str) -> _Found:
    for match in _CURRENT_MARK.finditer(text):
        yield Label("vehicle_mark"), 0.92, match.start(), match.end()
    for match in _OLDER_MARK.finditer(text):
        if _cue(_CAR, text, match.start(), match.end()):
            yield Label("vehicle_mark"), 0.8, match.start(), match.end()


_WITH_DIGITS: Final[tuple[_Detector, ...]] = (
    _phones,
    _national_insurance,
    _nhs,
    _cards,
    _bank,
    _postcodes,
    _addresses,
    _vehicles,
)
