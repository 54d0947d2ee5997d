from __future__ import annotations

import pytest

from config.standards import Lane, Severity
from monitor.domain.case import Act, CaseState, DecisionOutcome, EnforcementState
from monitor.reports.wording import ACTS, LANES, OUTCOMES, SEVERITIES, STANDINGS, STATES


@pytest.mark.parametrize(
    ("members", "words"),
    [
        (Lane, LANES),
        (Severity, SEVERITIES),
        (DecisionOutcome, OUTCOMES),
        (CaseState, STANDINGS),
        (Act, ACTS),
        (EnforcementState, STATES),
    ],
)
def test_everything_that_a_report_names_has_words_of_its_own(members, words):
    assert list(words) == list(members)
    assert len(set(words.values())) == len(words)
    assert all(words.values())
