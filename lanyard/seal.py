"""Secrets as they stand in the database: encrypted, by keys that are kept elsewhere and can be changed."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet


class WrongKeyError(Exception):
    """None of the keys opens it."""


class Seal:
    """The first key closes, each of them opens."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Raises ValueError for what is no key; its text shows none."""
        try:
            self._keys = [Fernet(key) for key in keys]
        except ValueError:
            raise ValueError("This holds something that is no key. `lanyard keys new` makes one.") from None

    def close(self, secret: str) -> str:
        """Raises WrongKeyError without a key."""
        return self._all().encrypt(secret.encode()).decode()

    def open(self, sealed: str) -> str:
        """Raises WrongKeyError."""
        try:
            return self._all().decrypt(sealed).decode()
        except InvalidToken:
            raise WrongKeyError("No key of LANYARD_ENCRYPTION_KEYS opens it.") from None

    def renew(self, sealed: str) -> str:
        """The same, closed by the first key. Raises WrongKeyError."""
        return self.close(self.open(sealed))

    def _all(self) -> MultiFernet:
        if not self._keys:
            raise WrongKeyError("LANYARD_ENCRYPTION_KEYS is empty.")
        return MultiFernet(self._keys)


def new_key() -> str:
    return Fernet.generate_key().decode()
