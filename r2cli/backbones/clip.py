"""A CLIP as R2-Tuning sees it: the tokens that its last K layers make of frames and of queries."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import open_clip
import torch
from open_clip.constants import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD
from torch import Tensor

from r2cli.backbones.devices import is_out_of_memory, release_memory
from r2cli.backbones.precision import TYPES
from r2cli.backbones.spec import BackboneSpec
from r2cli.backbones.text_tower import ReadAgain, TextWeights
from r2cli.backbones.tokenizer import PADDING, Tokenizer
from r2cli.backbones.vision_tower import lengthen, shorten

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

    Raises:
        ValueError: A tower has fewer layers or is none of CLIP's, or the vocabulary is none.
    """

    def __init__(self, spec: BackboneSpec, clip: open_clip.CLIP, *, layers: int = 4, device: torch.device) -> None:
        if not 1 <= layers <= min(len(clip.visual.transformer.resblocks), len(clip.transformer.resblocks)):
            raise ValueError(f"it has no {layers} layers")
        if clip.attn_mask is None:
            raise ValueError("its text transformer is not causal")
        self.name = spec.name
        self.layers = layers
        self.device = device
        self.batch = BATCH
        self._precision, self._reason = "fp32", ""
        self._postponed: Callable[[], object] | None = None
        self.clip = clip.to(device=device, dtype=torch.float32).eval().requires_grad_(False)
        self._text = TextWeights(self.clip)
        self.size: int = clip.visual.image_size[0]
        self.tokens: int = clip.visual.positional_embedding.shape[0]
        self.vision_width: int = clip.visual.transformer.width
        self.query_width: int = clip.transformer.width
        self.tokenizer = Tokenizer(clip.context_length, spec.vocabulary)
        self._mean = torch.tensor(OPENAI_DATASET_MEAN, device=device).view(3, 1, 1)
        self._std = torch.tensor(OPENAI_DATASET_STD, device=device).view(3, 1, 1)

    @property
    def precision(self) -> str:
        """How finely frames are looked at: `fp32`, `bf16` or `fp16`."""
        self.settle()
        return self._precision

    @property
    def reason(self) -> str:
        """Why it has this precision, for people."""
        self.settle()
        return self._reason

    def settle_later(self, settle: Callable[[], object]) -> None:
        """Let something that decides the precision happen only when the first frame comes, or someone asks for it.

        On the processor the weights of a file are read where they are used, so one who has only queries to read never
        waits for the vision tower.
        """
        self._postponed = settle

    def explain_precision(self, reason: str) -> None:
        """Remember, for people, why it has this precision."""
        self._reason = reason

    def set_precision(self, name: str) -> Callable[[], None]:
        """Look at frames in `fp32`, `bf16` or `fp16`; tokens, and the reading of queries, are float32 in any case.

        Returns:
            What goes back to float32 exactly; otherwise the weights stay as rounded as they are made now.
        """
        self._postponed = None
        tower = self.clip.visual
        lengthen(tower)
        restore = shorten(tower, TYPES[name]) if name != "fp32" else lambda: None
        self._precision = name

        def undo() -> None:
            restore()
            self._precision = "fp32"

        return undo

    def let_go_of_file(self) -> None:
        """Copy what is still float32 of the vision tower: then nothing holds the file's exact weights in memory."""
        for parameter in self.clip.visual.parameters():
            if parameter.dtype == torch.float32:
                parameter.data = parameter.data.clone()

    def map_text_again(self, read_again: ReadAgain) -> None:
        """From now on `let_go_of_text` gives memory back: this reads all weights again, without taking any itself."""
        self._text = TextWeights(self.clip, read_again)

    def let_go_of_text(self) -> None:
        """Give back the memory of the text tower, where its weights are mapped; the next query maps them again."""
        if self.device.type == "cpu":
            self._text.let_go()

    def move_to(self, device: torch.device) -> None:
        """Compute elsewhere from now on, in float32; tokens that were made before stay where they are."""
        self._text.require()
        self.clip = self.clip.to(device)
        self._mean, self._std = self._mean.to(device), self._std.to(device)
        self.device, self.batch = device, BATCH
        self.set_precision("fp32")  # last: where memory is short, there is none for longer weights

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
        unit: Tensor = embedding / embedding.norm(dim=-1, keepdim=True)
        return unit

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
        self._text.require()
        length, clip = ids.shape[1], self.clip
        x = clip.token_embedding(ids.to(self.device)) + clip.positional_embedding[:length]
        _, taken = clip.transformer.forward_intermediates(
            x, attn_mask=clip.attn_mask[:length, :length], indices=self.layers
        )
        return torch.stack(taken)

    @torch.no_grad()
    def embed_queries(self, texts: Sequence[str]) -> Tensor:
        """CLIP's own embedding [n, E] of queries, of unit length."""
        self._text.require()
        embedding: Tensor = self.clip.encode_text(self.tokenizer(texts).to(self.device), normalize=True)
        return embedding

    def normalise(self, pixels: np.ndarray) -> Tensor:
        """Frames uint8 [n, 3, S, S] as CLIP was trained to see them: float32, on the device."""
        images = torch.as_tensor(pixels).to(self.device).to(torch.float32, copy=True)
        return images.div_(255).sub_(self._mean).div_(self._std)

    # no_grad and not inference_mode: training reads these tokens, and inference tensors refuse a gradient.
    @torch.no_grad()
    def _in_batches(self, encode: Callable[[Tensor], Tensor], pixels: np.ndarray, *, axis: int) -> Tensor:
        if len(pixels) == 0 or pixels.shape[1:] != (3, self.size, self.size):
            raise ValueError(f"frames for {self.name} are [n, 3, {self.size}, {self.size}], not {list(pixels.shape)}")
        self.settle()
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

    def settle(self) -> None:
        """Decide the precision now, if that was put off; the first frame does so too."""
        settle, self._postponed = self._postponed, None
        if settle is not None:
            settle()

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
