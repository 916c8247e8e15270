"""A CLIP as R2-Tuning sees it: the tokens that its last K layers make of frames and of queries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import open_clip
import torch
from torch import Tensor

from r2cli.backbones.devices import is_out_of_memory, release_memory
from r2cli.backbones.spec import BackboneSpec
from r2cli.backbones.text_tower import ReadAgain
from r2cli.backbones.tokenizer import PADDING, Tokenizer
from r2cli.backbones.towers import Towers
from r2cli.errors import ModelUnavailableError, option

Result = TypeVar("Result")

BATCH = 40
"""Frames that go through the tower at once, unless memory is short; bounds memory, not results."""


class ClipBackbone:
    """Both towers of one CLIP, frozen, on one device.

    Axes: K layers, lowest first, n frames or queries, P tokens per frame with CLS first, L tokens of a query.
    The tokens are what the residual blocks put out: not normalised by `ln_post` or `ln_final`, not projected.

    Args:
        spec: What the CLIP is called, and the vocabulary it was made for.
        clip: The model, in open_clip's class.
        layers: K, how many of the last residual blocks to read.
        device: Where to compute, and where the tokens stay.
        read_again: See `Towers`.

    Raises:
        ValueError: A tower has fewer layers or is none of CLIP's, or the vocabulary is none.
    """

    def __init__(
        self,
        spec: BackboneSpec,
        clip: open_clip.CLIP,
        *,
        layers: int = 4,
        device: torch.device,
        read_again: ReadAgain | None = None,
    ) -> None:
        self.name = spec.name
        self.layers = layers
        self.batch = BATCH
        self.pixels = spec.pixels
        self.tokenizer = Tokenizer(clip.context_length, spec.vocabulary)
        _require_kind(clip, layers)
        self.size: int = clip.visual.image_size[0]
        self.tokens: int = clip.visual.positional_embedding.shape[0]
        self.vision_width: int = clip.visual.transformer.width
        self.query_width: int = clip.transformer.width
        self.embedding_width: int = clip.visual.output_dim
        self.towers = Towers(clip, device, read_again)

    @property
    def clip(self) -> open_clip.CLIP:
        """The model, in open_clip's class; all of its vision tower is there, its text tower's weights may be away."""
        return self.towers.clip

    @property
    def device(self) -> torch.device:
        """Where it computes."""
        return self.towers.device

    @property
    def precision(self) -> str:
        """How finely frames are looked at: `fp32`, `bf16` or `fp16`."""
        return self.towers.precision

    @property
    def reason(self) -> str:
        """Why it has this precision, for people."""
        return self.towers.reason

    def move_to(self, device: torch.device) -> None:
        """Compute elsewhere from now on, in float32; tokens that were made before stay where they are."""
        self.towers.move_to(device)
        self.batch = BATCH

    def read_queries(self, texts: Sequence[str], read: Callable[[str], Result]) -> list[Result]:
        """Read all queries before frames are looked at: of the two towers, never more than one is whole in memory.

        Where no frames are to come, read them one by one: then the vision tower is never waited for.

        Args:
            texts: The queries.
            read: What is to be made of each with `encode_query` or `embed_queries`.
        """
        self.towers.settle()
        made = [read(text) for text in texts]
        self.towers.let_go_of_text()
        return made

    def encode_frames(self, pixels: np.ndarray) -> Tensor:
        """Tokens [K, n, P, Dv] of RGB frames uint8 [n, 3, S, S]."""
        return self._in_batches(self._layer_tokens, pixels, axis=1)

    def embed_frames(self, pixels: np.ndarray) -> Tensor:
        """CLIP's own embedding [n, E] of RGB frames uint8 [n, 3, S, S], of unit length."""
        return self._in_batches(lambda images: self.clip.encode_image(images, normalize=True), pixels, axis=0)

    @torch.no_grad()
    def embed_tokens(self, tokens: Tensor) -> Tensor:
        """CLIP's own embedding [n, E] of frames that `encode_frames` has seen, [K, n, P, Dv]; of unit length."""
        visual = self.clip.visual
        embedding: Tensor = visual.ln_post(tokens[-1, :, 0]) @ visual.proj
        return self._numbers(embedding / embedding.norm(dim=-1, keepdim=True))

    def encode_query(self, text: str) -> Tensor:
        """Tokens [K, L, Dq] of one query, without its padding."""
        ids = self.tokenizer([text])
        # The checkpoints were trained on as many leading tokens as are not 0: without the padding, and, as "!" inside a
        # word is token 0 too, without as many of the last ones as there are of these.
        length = int((ids[0] != PADDING).sum())
        return self.encode_tokens(ids[:, : max(length, 1)])[:, 0, :length]  # [K, 1, L, Dq] -> [K, L, Dq]

    @torch.no_grad()
    def encode_tokens(self, ids: Tensor) -> Tensor:
        """Tokens [K, n, L, Dq] of token ids [n, L], padding included.

        No token of CLIP's text knows of those behind it, so the last ones may be left out of `ids`.
        """
        self.towers.require_text()
        length, clip = ids.shape[1], self.clip
        x = clip.token_embedding(ids.to(self.device)) + clip.positional_embedding[:length]
        _, taken = clip.transformer.forward_intermediates(
            x, attn_mask=clip.attn_mask[:length, :length], indices=self.layers
        )
        return self._numbers(torch.stack(taken))

    @torch.no_grad()
    def encode_words(self, text: str, most: int) -> Tensor:
        """What the last layer makes of one query's tokens, normalised and not projected: [L, Dq], without padding.

        Args:
            text: The query.
            most: Tokens that count, the marks of start and end included; a longer query is cut before its end.
        """
        ids = self.tokenizer.cut(most)([text])
        length = int(ids[0].argmax()) + 1  # the mark of the end has the largest row
        words: Tensor = self.clip.ln_final(self.encode_tokens(ids[:, :length])[-1, 0])
        return words

    @torch.no_grad()
    def embed_queries(self, texts: Sequence[str]) -> Tensor:
        """CLIP's own embedding [n, E] of queries, of unit length."""
        self.towers.require_text()
        return self._numbers(self.clip.encode_text(self.tokenizer(texts).to(self.device), normalize=True))

    def normalise(self, pixels: np.ndarray) -> Tensor:
        """Frames uint8 [n, 3, S, S] as CLIP was trained to see them: float32, on the device."""
        images = torch.as_tensor(pixels).to(self.device).to(torch.float32, copy=True)
        mean, std = (torch.tensor(one).view(3, 1, 1).to(self.device) for one in (self.pixels.mean, self.pixels.std))
        return images.div_(255).sub_(mean).div_(std)

    # no_grad and not inference_mode: training reads these tokens, and inference tensors refuse a gradient.
    @torch.no_grad()
    def _in_batches(self, encode: Callable[[Tensor], Tensor], pixels: np.ndarray, *, axis: int) -> Tensor:
        if len(pixels) == 0 or pixels.shape[1:] != (3, self.size, self.size):
            raise ValueError(f"frames for {self.name} are [n, 3, {self.size}, {self.size}], not {list(pixels.shape)}")
        self.towers.settle()
        done: list[Tensor] = []
        start = 0
        while start < len(pixels):
            rounds = -(-(len(pixels) - start) // self.batch)  # of equal size: 19 and 19 need less than 32 and 6
            batch = pixels[start : start + -(-(len(pixels) - start) // rounds)]
            encoded = self._try(encode, batch)
            if encoded is None:
                self.batch = max(1, len(batch) // 2)
                release_memory(self.device)
                continue
            done.append(encoded)
            start += len(batch)
        return done[0] if len(done) == 1 else torch.cat(done, dim=axis)

    def _numbers(self, values: Tensor) -> Tensor:
        """The values themselves, unless some are none: answers out of those would say that nothing matches."""
        if not values.isfinite().all():
            raise ModelUnavailableError(
                f"{self.name} computes what is no number: its weights are damaged, or too large for {self.precision}",
                f"get the model again, or try {option('precision', 'fp32')}",
            )
        return values

    def _try(self, encode: Callable[[Tensor], Tensor], batch: np.ndarray) -> Tensor | None:
        """The tokens of a batch; None if a smaller one would need the memory that is missing for this one."""
        try:
            return encode(self.normalise(batch))
        except RuntimeError as error:
            if len(batch) == 1 or not is_out_of_memory(error):
                raise
            return None

    def _layer_tokens(self, images: Tensor) -> Tensor:
        taken = self.clip.forward_intermediates(
            image=images,
            image_indices=self.layers,
            image_output_fmt="NLC",
            image_output_extra_tokens=True,
            intermediates_only=True,
        )
        # K x ([n, 1, Dv], [n, P - 1, Dv]) -> [K, n, P, Dv], copied once
        tokens = images.new_empty(self.layers, len(images), self.tokens, self.vision_width)
        torch.stack(taken["image_intermediates_prefix"], out=tokens[:, :, :1])
        torch.stack(taken["image_intermediates"], out=tokens[:, :, 1:])
        return tokens


def _require_kind(clip: open_clip.CLIP, layers: int) -> None:
    """See that a model is read here as it was made to be read.

    Raises:
        ValueError: It is not.
    """
    visual = clip.visual
    if not 1 <= layers <= min(len(visual.transformer.resblocks), len(clip.transformer.resblocks)):
        raise ValueError(f"it has no {layers} layers")
    if clip.attn_mask is None:
        raise ValueError("its text transformer is not causal")
    if visual.attn_pool is not None or visual.pool_type != "tok" or visual.final_ln_after_pool:
        raise ValueError("its picture is not in the first token")
    if clip.text_pool_type != "argmax":
        raise ValueError("its sentence is not in the token of its end")
