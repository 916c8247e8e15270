"""The R² Block, its pyramid and its heads: pure torch, from layer tokens of CLIP to moments and saliency.

The model has two halves: `R2.encode_video` does everything that does not depend on the query, `R2.ground` the rest.
"""

from __future__ import annotations

from r2cli.models.r2.config import R2Config
from r2cli.models.r2.grounding import Grounding, WindowMemory
from r2cli.models.r2.r2 import CHUNK, R2

__all__ = ["CHUNK", "R2", "Grounding", "R2Config", "WindowMemory"]
