"""Token ids against the original tokenizer, and the reduced vocabulary of small models."""

from __future__ import annotations

import json

import pytest
import torch

from r2cli.backbones.tokenizer import Tokenizer, table_size, vocabulary_of

START, END = 49406, 49407


def test_ids_are_those_of_the_original(golden):
    cases = json.loads((golden / "clip_tokenizer.json").read_text(encoding="utf-8"))
    assert len(cases) == 45

    ids = Tokenizer()([case["text"] for case in cases])

    assert ids.shape == (45, 77)
    for row, case in zip(ids.tolist(), cases, strict=True):
        assert row == case["ids"] + [0] * (77 - len(case["ids"])), case["text"]


@pytest.mark.parametrize("context", [16, 77])
def test_a_long_query_is_cut_and_still_ends(context):
    row = Tokenizer(context)(["dog " * 500])[0].tolist()

    assert row[0] == START
    assert row[-1] == END
    assert len(row) == context
    assert 0 not in row


@pytest.mark.timeout(60)  # a merge that looks at all pairs again and again would take days
def test_a_monstrous_query_is_read():
    row = Tokenizer()(["".join(chr(97 + i * i % 26) for i in range(2_000_000))])[0]

    assert row[-1] == END


@pytest.mark.parametrize("text", ["日本語の字幕", "собака прыгает", "كلب يقفز", "🐕 ⬆️", "\x00\ud83d"])
def test_every_script_has_tokens(text):
    row = Tokenizer()([text])[0]

    assert row.max() == END
    assert (row != 0).sum() > 2


class TestReducedVocabulary:
    vocabulary = vocabulary_of(["a dog jumps", "the cat sleeps"])

    def test_holds_the_words_of_its_texts_in_order(self):
        assert list(self.vocabulary) == sorted(set(self.vocabulary))
        assert self.vocabulary[-2:] == (START, END)
        assert table_size(self.vocabulary) == len(self.vocabulary) + 2

    def test_rows_keep_the_order_of_ids_after_padding_and_unknown(self):
        row = Tokenizer(16, self.vocabulary)(["a dog jumps"])[0]
        ids = Tokenizer(16)(["a dog jumps"])[0]

        assert row.tolist() == [self.vocabulary.index(i) + 2 if i else 0 for i in ids.tolist()]

    def test_end_of_text_is_the_largest_row(self):
        rows = Tokenizer(16, self.vocabulary)(["a dog", "the cat sleeps", "x " * 40])

        assert rows.max() == table_size(self.vocabulary) - 1
        assert rows.argmax(dim=1).tolist() == [3, 4, 15]

    def test_words_without_a_row_share_row_1(self):
        start, *words, end = Tokenizer(16, self.vocabulary)(["zebra dog zebra"])[0, :5].tolist()

        assert words[0] == words[2] == 1
        assert words[1] == self.vocabulary.index(1929) + 2

    @pytest.mark.parametrize("broken", [(), (5, 3, END), (0, END), (5, 7), (5, 5, END)])
    def test_a_list_that_would_scramble_rows_is_refused(self, broken):
        with pytest.raises(ValueError, match="ascending"):
            Tokenizer(16, broken)


def test_padding_is_0_and_nothing_else_is():
    rows = Tokenizer(16, vocabulary_of(["a dog"]))(["a dog", "zebra crossing"])

    assert torch.equal(rows != 0, Tokenizer(16)(["a dog", "zebra crossing"]) != 0)
