"""Which language a word names: `de`, `DE`, `deu`, `pt_BR`, `German`, `Deutsch` and `allemand` all do, `go` does not.

Codes are those of ISO 639 that the Unicode CLDR knows, of languages that have one of two letters, with a script or a
country after them or without, and not capitalized as words are: `non` and `Mon` are words. Names are what the CLDR
calls languages in any of its languages.
"""

import functools
import re

from babel import Locale, localedata
from babel.core import get_global

CODE = re.compile(r"([A-Za-z]{2,3})((?:[-_][A-Za-z]{2,4}){0,2})")
NAME = re.compile(r"[^\W\d_][^\d_.!?]{1,30}")
"""What a name may look like; of most texts this says that they are none."""


def languages_of(word: str) -> frozenset[str]:
    """The codes of the languages that `word` names: mostly one or none, since some names have several."""
    code = CODE.fullmatch(word)
    if code and (code[1].islower() or code[1].isupper()):
        language = get_global("language_aliases").get(code[1].lower(), code[1].lower())
        if language in Locale("en").languages and len(language) == 2:
            return frozenset([language + code[2].lower().replace("-", "_")])
    return _named().get(word.casefold(), frozenset()) if NAME.fullmatch(word) else frozenset()


@functools.cache
def _named() -> dict[str, frozenset[str]]:
    """By each name in small letters, the codes of what is called so; takes two seconds, once."""
    found = {}
    for locale in localedata.locale_identifiers():
        if "_" not in locale:
            for code, name in localedata.load(locale).get("languages", {}).items():
                if name:
                    found.setdefault(name.casefold(), set()).add(code.lower())
    return {name: frozenset(codes) for name, codes in found.items()}
