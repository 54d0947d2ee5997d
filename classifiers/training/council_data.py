"""The council examples as rows: which heads an example speaks for, and how it is varied."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from classifiers.contract import Label
from classifiers.heads import BY_CLAUSE, BY_TARGET, CRITICISM, MUST_BE_SEEN, NEEDS_RESPONSE
from classifiers.labelled import Example
from classifiers.training.rows import Rows, known

__all__ = ["council_rows"]

_HOSTILE: Final = frozenset({"threat", "sexual", "hate", "abuse"})
_PLAINLY_HARMLESS: Final = frozenset({"request", "clear"})
# As many people of any kind; the model reads the words of one kind alike, but the kinds apart.
_GROUPS: Final = (
    "Muslims",
    "Jews",
    "gay people",
    "trans people",
    "black people",
    "Pakistanis",
    "Poles",
    "migrants",
    "asylum seekers",
    "Travellers",
    "homeless people",
    "women",
    "men",
    "pensioners",
    "young people",
    "disabled people",
    "autistic people",
    "Labour voters",
)
_GROUP: Final = re.compile(
    r"\b(?:muslims|jews|christians|sikhs|hindus|catholics|atheists|gays|lesbians|(?:gay|trans|"
    r"straight|queer|black|white|brown|asian|disabled|autistic|deaf|blind|homeless|old|young|"
    r"elderly|irish|english|polish|jewish|muslim) (?:people|folk|lads|kids)|pakistanis|poles|"
    r"romanians|somalis|nigerians|migrants|immigrants|refugees|asylum seekers|travellers|gypsies|"
    r"women|pensioners|teenagers)\b",
    re.IGNORECASE,
)
_SWAPPED: Final = 0.5
_NEIGHBOURS: Final[Mapping[str, str]] = {
    **dict(zip("qwertyuio", "wertyuiop", strict=True)),
    **dict(zip("asdfghjk", "sdfghjkl", strict=True)),
    **dict(zip("zxcvbn", "xcvbnm", strict=True)),
}


def council_rows(examples: Sequence[Example], *, copies: int, seed: int) -> Rows:
    """Every example as written, and ``copies`` more times as somebody in a hurry would type it.

    In every other copy that names a group another takes its place, lawful and hateful ones alike:
    so that it is what is said of people, and not which people, that is learnt.

    What an example does not say of a head (is this furious criticism *toxic*?) stays unknown.
    """
    chance = np.random.default_rng(seed)
    texts = [example.text for example in examples]
    rows = [known(_targets(example)) for example in examples]
    for _ in range(copies):
        texts += [_hurried(_of_another_group(each, chance), chance) for each in examples]
    return Rows(
        texts=texts,
        targets=np.stack(rows * (copies + 1)),
        weights=np.ones(len(texts), dtype=np.float32),
    )


def _targets(example: Example) -> dict[Label, float]:
    clauses = frozenset(example.clauses)
    values: dict[Label, float] = {
        label: float(clause in clauses) for clause, label in BY_CLAUSE.items()
    }
    values |= {label: float(target == example.target) for target, label in BY_TARGET.items()}
    values[NEEDS_RESPONSE] = float(example.needs_response)
    if example.lane != "unsure":
        values[MUST_BE_SEEN] = float(bool(clauses))
    if not clauses:
        values[CRITICISM] = float(example.lane == "criticism")
    return values | _toxicity(example, clauses)


def _toxicity(example: Example, clauses: frozenset[str]) -> dict[Label, float]:
    """What the clauses say of Detoxify's seven labels, and nothing where they say nothing."""
    values = {
        Label("threat"): float("threat" in clauses),
        Label("identity_attack"): float("hate" in clauses),
        Label("sexual_explicit"): float("sexual" in clauses),
    }
    if "abuse" in clauses or not clauses & {"hate", "threat", "harassment", "sexual"}:
        values[Label("insult")] = float("abuse" in clauses)
    if "language" in clauses or not clauses:
        values[Label("obscene")] = float("language" in clauses)
    if clauses & _HOSTILE:
        values[Label("toxicity")] = 1.0
    elif example.lane in _PLAINLY_HARMLESS:
        values[Label("toxicity")] = 0.0
        values[Label("severe_toxicity")] = 0.0
    return values


def _of_another_group(example: Example, chance: np.random.Generator) -> str:
    if chance.random() >= _SWAPPED:
        return example.text
    return _GROUP.sub(str(chance.choice(_GROUPS)), example.text)


def _hurried(text: str, chance: np.random.Generator) -> str:
    """Typed on a phone: some letters lost, doubled or swapped, some marks left out."""
    letters = list(text)
    rate = chance.choice([0.0, 0.01, 0.03])
    out: list[str] = []
    index = 0
    bare = chance.random() < 0.25  # noqa: PLR2004 - one copy in four without marks
    while index < len(letters):
        letter = letters[index]
        if bare and letter in ".,;:!'":
            index += 1
            continue
        if letter.isalpha() and chance.random() < rate:
            kind = chance.integers(4)
            if kind == 0:
                pass
            elif kind == 1:
                out += [letter, letter]
            elif kind == 2 and index + 1 < len(letters):  # noqa: PLR2004 - one of four kinds
                out += [letters[index + 1], letter]
                index += 1
            else:
                out.append(_NEIGHBOURS.get(letter.lower(), letter))
        else:
            out.append(letter)
        index += 1
    return "".join(out).strip() or text
