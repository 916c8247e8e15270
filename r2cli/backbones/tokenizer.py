"""From a sentence to rows of a CLIP's token table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from copy import copy

import torch
from open_clip import tokenize
from torch import Tensor

CONTEXT = 77
"""Tokens that OpenAI's CLIP reads, the two marks of start and end included."""
PADDING, UNKNOWN, RESERVED = 0, 1, 2
"""Rows of a reduced table: padding, every word without a row of its own, and the first row of the vocabulary."""
ALL_ROWS = 49_408
"""Rows of CLIP's own table."""
_LONGEST_TEXT = 10_000
"""Characters. Far more than any context holds; byte-pair merging is slow on longer ones."""


class Tokenizer:
    """CLIP's byte-pair tokenizer, cut to a context and, for a small model, to a vocabulary.

    Args:
        context: Tokens per query. A longer query is cut, and still ends with end-of-text.
        vocabulary: Ascending BPE ids that have rows of their own: id `vocabulary[i]` becomes row `i + 2`, any
            other id row 1, and padding stays row 0. The order of ids is kept, so end-of-text remains the
            largest row: CLIP finds the end of a query by argmax. None: CLIP's own 49,408 ids.
    """

    def __init__(self, context: int = CONTEXT, vocabulary: Sequence[int] | None = None) -> None:
        self.context = context
        self.rows = None if vocabulary is None else _row_table(vocabulary)
        self.size = ALL_ROWS if vocabulary is None else table_size(vocabulary)

    def cut(self, most: int) -> Tokenizer:
        """The same for queries of fewer tokens; never of more than its own context."""
        shorter = copy(self)
        shorter.context = min(most, self.context)
        return shorter

    def __call__(self, texts: Sequence[str]) -> Tensor:
        """Token rows int64 [n, context], padded at the end with 0."""
        ids = tokenize([_spell_marks(text[:_LONGEST_TEXT]) for text in texts], context_length=self.context)
        return ids if self.rows is None else self.rows[ids]


def vocabulary_of(texts: Iterable[str]) -> tuple[int, ...]:
    """The ascending BPE ids that occur in some texts, start- and end-of-text included: a reduced vocabulary."""
    used = {int(i) for text in texts for i in tokenize([text], context_length=len(text) + 2).unique()}
    return tuple(sorted(used - {PADDING}))


def table_size(vocabulary: Sequence[int]) -> int:
    """Rows of the token table (`vocab_size` of open_clip's configuration) for a reduced vocabulary."""
    return len(vocabulary) + RESERVED


def _spell_marks(text: str) -> str:
    """Let text that looks like a mark mean what it does to OpenAI's tokenizer: open_clip spells its marks otherwise."""
    plain = re.sub("<(start_of_text|end_of_text)>", r"< \1>", text, flags=re.IGNORECASE)
    return re.sub(r"<\|(start|end)oftext\|>", lambda mark: f"<{mark[1].lower()}_of_text>", plain, flags=re.IGNORECASE)


def _row_table(vocabulary: Sequence[int]) -> Tensor:
    ids = torch.as_tensor(vocabulary, dtype=torch.long)
    _, end = tokenize([""], context_length=2)[0].tolist()
    if not len(ids) or ids[0] <= PADDING or (ids.diff() <= 0).any() or ids[-1] != end:
        raise ValueError("a vocabulary is a list of ascending BPE ids above 0 that ends with end-of-text")
    rows = torch.full((end + 1,), UNKNOWN)
    rows[PADDING] = PADDING
    rows[ids] = torch.arange(len(ids)) + RESERVED
    return rows
