"""Which language a message is in, and whether that is certain enough to change the conversation's language.

A single word ("ok", "BLIK", "PIN") belongs to no language, so it never changes anything. Script and letters decide
where they can; then small words that only one language has; then lingua's trigrams, which are quick and small but
unsure of short texts full of names ("how long is the code valid" looks Polish to them).
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from lingua import IsoCode639_1, LanguageDetector, LanguageDetectorBuilder
from lingua import Language as Tongue

from bot.types.languages import LANGUAGES, Language, is_language

_WORD = re.compile(r"[^\W\d_]+")
_CYRILLIC = re.compile(r"[\u0400-\u04ff]")
_POLISH_LETTER = re.compile(r"[ąćęłńśźż]")
#: Small words that only one of our languages has; Russian also in Latin letters, as many type it.
_SMALL_WORDS: dict[Language, frozenset[str]] = {
    "en": frozenset(
        "the is are how my what you can have has for of and not where when why this that it your with from does don "
        "please pls want need get hi hello i'm thx thanks card transfer account".split()
    ),
    "pl": frozenset(
        "nie sie jak mam czy mi co jest za z w po moge gdzie kiedy dlaczego prosze chce ile moja moj mojej mnie juz ze "
        "przez ktory jestem dla o od sa mozliwe czemu mialem dwa dni jeszcze tylko".split()
    ),
    "ru": frozenset(
        "kak chto shto pochemu kogda skolko schet scheta schetu kartu kartoy ne mne moya moy moi vy vas ya mogu "
        "eto gde esli pozhaluysta nado nuzhno menya uzhe vam chelovek chelovekom perezvonite dengi pomogite "
        "opyat hochu est snyali privet spasibo".split()
    ),
}
#: From this share of lingua's probability on a text of two words or more is certain.
_SURE = 0.9
_WORDS_READ = 60


@dataclass(frozen=True, slots=True)
class Spoken:
    """A language, and whether the text was enough to be certain of it."""

    name: Language
    certain: bool


def detect(text: str) -> Spoken:
    """The likeliest of our languages. Without any letter it is the first of them, and not certain."""
    words = [word.lower() for word in _WORD.findall(text[:2000])[:_WORDS_READ]]
    if not words:
        return Spoken(LANGUAGES[0], False)
    several = len(words) > 1 and sum(map(len, words)) > 3
    joined = " ".join(words)
    if len(_CYRILLIC.findall(joined)) * 2 > sum(map(len, words)):
        return Spoken("ru", several)
    if _POLISH_LETTER.search(joined):
        return Spoken("pl", several)
    counts = {language: len(small.intersection(words)) for language, small in _SMALL_WORDS.items()}
    most = max(counts, key=lambda language: counts[language])
    if counts[most] > max(count for language, count in counts.items() if language != most):
        return Spoken(most, several)
    return _by_trigrams(joined, several)


def _by_trigrams(text: str, several: bool) -> Spoken:
    best = _detector().compute_language_confidence_values(text)[0]
    name = best.language.iso_code_639_1.name.lower()
    if not is_language(name):
        return Spoken(LANGUAGES[0], False)
    return Spoken(name, several and best.value >= _SURE)


@lru_cache(maxsize=1)
def _detector() -> LanguageDetector:
    tongues = [Tongue.from_iso_code_639_1(getattr(IsoCode639_1, name.upper())) for name in LANGUAGES]
    return LanguageDetectorBuilder.from_languages(*tongues).with_low_accuracy_mode().build()
