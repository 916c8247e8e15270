"""What a CLIP gives without any training: how alike each clip and the query are, and the stretches that this makes."""

from __future__ import annotations

from r2cli.models.similarity.config import SimilarityConfig
from r2cli.models.similarity.stretches import Stretch, find_stretches

__all__ = ["SimilarityConfig", "Stretch", "find_stretches"]
