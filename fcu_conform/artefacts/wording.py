"""Words that messages of every layer share."""


def pluralize(number: int, word: str, plural: str = "") -> str:
    """A number with its word, in the plural unless it is one: ``1 byte``, ``2 bytes``.

    Args:
        plural: that of a word that takes more than an s.
    """
    return f"{number} {word}" if number == 1 else f"{number} {plural or word + 's'}"


def count_or_no(number: int, word: str) -> str:
    """As `pluralize`, with "no" for none: ``no byte``, ``1 byte``, ``2 bytes``."""
    return pluralize(number, word) if number else f"no {word}"
