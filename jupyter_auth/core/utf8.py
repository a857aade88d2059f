"""Text as bytes, for keys, digests and comparisons."""


def utf8(text: str) -> bytes:
    """``text`` in UTF-8; half a surrogate pair, which JSON may bring, is encoded like any character.

    Python's own error for it would quote the whole text, which may be a secret.
    """
    return text.encode("utf-8", "surrogatepass")
