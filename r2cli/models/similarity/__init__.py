"""What a CLIP gives without any training: how alike each clip and the query are."""

from __future__ import annotations

from r2cli.models.similarity.config import SimilarityConfig

__all__ = ["SimilarityConfig"]
