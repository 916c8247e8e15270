"""UniVTG, from CLIP's embeddings alone: a transformer over clips and words (Lin et al., ICCV 2023, arXiv 2307.16715).

It is here to answer, not to be trained.
"""

from __future__ import annotations

from r2cli.models.univtg.config import UniVTGConfig
from r2cli.models.univtg.univtg import UniVTG

__all__ = ["UniVTG", "UniVTGConfig"]
