"""The people of every story: permission tests then read themselves."""

from __future__ import annotations

from monitor.domain.people import Person, PersonId, Role

AMINA = Person(PersonId("amina"), "Amina", Role.MODERATOR, slack_user_id="U0AMINA")
BEDE = Person(PersonId("bede"), "Bede", Role.MODERATOR, slack_user_id="U0BEDE")
CARYS = Person(PersonId("carys"), "Carys", Role.LEAD, slack_user_id="U0CARYS")
DOV = Person(PersonId("dov"), "Dov", Role.MODERATOR, frozenset({"Highways"}), slack_user_id="U0DOV")
EUN = Person(PersonId("eun"), "Eun", Role.VIEWER, slack_user_id="U0EUN")
