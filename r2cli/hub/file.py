"""What is known about a file of the hub before anybody asks for it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote

_HUB = "https://huggingface.co"


@dataclass(frozen=True)
class Copy:
    """A file of the models folder that is as good as the hub's."""

    name: str
    """Inside the folder."""
    sha256: str
    """The digest or its first digits, in hex; empty: none was published."""


@dataclass(frozen=True)
class HubFile:
    """A file in a repository of the hub."""

    repo: str
    path: str
    size: int
    """Bytes, roughly: for telling the user before the hub can be asked."""
    sha256: str = ""
    """The digest or its first digits, in hex; empty: the digest that the hub itself states is held to."""
    alias: str = ""
    """A second name under which a copy in the models folder is recognised."""
    name: str = ""
    """What users call it: `r2 models pull NAME`."""
    originals: tuple[Copy, ...] = ()
    """Other files with the same content for r2, as first published elsewhere."""
    kind: Literal["model", "space"] = "model"
    """Of the repository."""

    @property
    def file_name(self) -> str:
        """Without the folders of the repository."""
        return Path(self.path).name

    @property
    def url(self) -> str:
        """Where it comes from: the repository's page on the hub, or on the mirror that `HF_ENDPOINT` names."""
        return f"{endpoint()}/{'spaces/' if self.kind == 'space' else ''}{self.repo}"

    @property
    def address(self) -> str:
        """Of the file itself, as a browser takes it."""
        return f"{self.url}/resolve/main/{quote(self.path)}"

    @property
    def copies(self) -> tuple[Copy, ...]:
        """What it may be called in the models folder."""
        names = (self.alias or self.file_name, f"{self.repo}/{self.path}")
        return (*(Copy(name, self.sha256) for name in names), *self.originals)


def endpoint() -> str:
    """The hub's address: `$HF_ENDPOINT`, as the hub's own client reads it, or huggingface.co."""
    return os.environ.get("HF_ENDPOINT", "").strip().rstrip("/") or _HUB
