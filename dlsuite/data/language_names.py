"""Which language a word names: `de`, `DE`, `deu`, `pt_BR`, `German`, `Deutsch` and `allemand` name one, `go` does not.

Codes are the ISO 639 codes known to the Unicode CLDR, of languages that have a two-letter code, optionally followed by
a script or a country, and not capitalized like words: `non` and `Mon` are words. Names are the names of languages in
any of the CLDR's languages.
"""

import functools
import re

from babel import Locale, localedata
from babel.core import get_global

CODE = re.compile(r"([A-Za-z]{2,3})((?:[-_][A-Za-z]{2,4}){0,2})")
NAME = re.compile(r"[^\W\d_][^\d_.!?]{1,30}")
"""What a name may look like; this rules out most texts."""


def languages_of(word: str) -> frozenset[str]:
    """The codes of the languages that `word` names: usually one or none, but some names are ambiguous."""
    code = CODE.fullmatch(word)
    if code and (code[1].islower() or code[1].isupper()):
        language = get_global("language_aliases").get(code[1].lower(), code[1].lower())
        if language in Locale("en").languages and len(language) == 2:
            return frozenset([language + code[2].lower().replace("-", "_")])
    return _named().get(word.casefold(), frozenset()) if NAME.fullmatch(word) else frozenset()


@functools.cache
def _named() -> dict[str, frozenset[str]]:
    """The codes of the languages by lower-case name; takes two seconds, once."""
    found = {}
    for locale in localedata.locale_identifiers():
        if "_" not in locale:
            for code, name in localedata.load(locale).get("languages", {}).items():
                if name:
                    found.setdefault(name.casefold(), set()).add(code.lower())
    return {name: frozenset(codes) for name, codes in found.items()}
