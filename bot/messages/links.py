"""Which links may be followed."""

from __future__ import annotations

from urllib.parse import urlsplit


def is_web_link(url: str) -> bool:
    """Whether a link in what people wrote may be followed: absolute, in one piece, and https, http or mailto."""
    if any(character <= " " for character in url):
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return (parts.scheme in {"https", "http"} and bool(parts.netloc)) or (parts.scheme == "mailto" and bool(parts.path))
