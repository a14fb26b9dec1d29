"""By what a name is found: its characters, its pinyin, and the initials of its pinyin."""

from collections.abc import Iterable

from pypinyin import lazy_pinyin

LONGEST = 500


def search_text(words: Iterable[str], *, longest: int = LONGEST) -> str:
    """Lower-case text in which a part of the name, of its pinyin or of its initials can be found.

    Pinyin and initials of one word stand without gaps between bars, so that "swzzb" and "shiweizuzhibu" both hit.
    """
    parts: list[str] = []
    for word in dict.fromkeys(word.strip() for word in words if word and word.strip()):
        parts.append(word.lower())
        if not word.isascii():
            sounds = lazy_pinyin(word)
            parts.append("".join(sounds).lower())
            parts.append("".join(sound[:1] for sound in sounds).lower())
    return "|".join(dict.fromkeys(parts))[:longest]


def normalise_query(text: str) -> str:
    """What somebody typed, as it stands in `search_text`: lower case, without blanks."""
    return "".join(text.split()).lower()[:60]
