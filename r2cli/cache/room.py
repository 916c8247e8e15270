"""How much an entry may grow while it is written: the limit holds at every moment, not only in the end."""

from __future__ import annotations

import errno

from r2cli.cache import contents, folders
from r2cli.files import readable_size

_LOOKS = 64
"""How often, while an entry grows to the limit, it is looked at what others have written meanwhile."""


class Room:
    """What one entry may take of the cache.

    Args:
        key: The entry's.
    """

    def __init__(self, key: str) -> None:
        self._key, self._granted = key, 0

    def require(self, size: int) -> None:
        """See that the entry may become so large at all; nothing goes for one that will not be kept.

        Raises:
            OSError: By itself it would be over the limit.
        """
        if size > folders.limit():
            raise _over_limit()

    def make(self, size: int) -> None:
        """See that the entry may become so large; what was used longest ago goes, if need be.

        Raises:
            OSError: It may not: by itself, or together with what others are writing, it would be over the limit.
        """
        if size <= self._granted:
            return
        self.require(size)
        limit = folders.limit()
        others = contents.size_without(self._key)
        if others + size > limit:
            contents.prune(limit - size + contents.size_of(self._key), spare=self._key)
            others = contents.size_without(self._key)
        if others + size > limit:
            raise _over_limit()
        self._granted = min(limit - others, size + limit // _LOOKS)


def _over_limit() -> OSError:
    return OSError(errno.EDQUOT, f"it would take more than {readable_size(folders.limit())}, which is cache_limit")
