"""What a model family can do, whichever it is: remember clips, and answer queries out of what it remembers.

Everything above speaks to this face only. A family is a module that holds a `Family` under the name `FAMILY`, and a row
of `FAMILIES`; naming one loads neither its module nor torch.

Axes: V windows · T clips of a window · n clips · K layers of CLIP, lowest first · P patches, CLS first · E CLIP's
embedding · N boundaries.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Final, Generic, Literal, Protocol, TypeVar

from r2cli.errors import ModelUnavailableError

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from r2cli.models.trace import Trace

T: Final = "T"
"""Stands in the shape of an array for the number of clips in its window."""
Task = Literal["moments", "highlights"]


@dataclass(frozen=True)
class Array:
    """One of the arrays that a window's memory consists of, in memory and on disk."""

    name: str
    dtype: str
    """numpy's name: `int8`, `float16`, `float32` ..."""
    shape: tuple[int | Literal["T"], ...]
    """Of one window."""

    def shape_of(self, clips: int) -> tuple[int, ...]:
        """Its shape in a window of so many clips."""
        return tuple(clips if side == T else int(side) for side in self.shape)

    def values(self, clips: int) -> int:
        """How many numbers it holds in a window of so many clips."""
        return math.prod(self.shape_of(clips))


@dataclass(frozen=True)
class Memory:
    """What a model remembers of V windows of equal length."""

    arrays: Mapping[str, Tensor]
    """[V, ...] each, by the names and in the shapes that `Family.arrays` gives."""

    def __getitem__(self, name: str) -> Tensor:
        return self.arrays[name]

    def to(self, device: torch.device | str) -> Memory:
        """The same memory elsewhere."""
        return Memory({name: array.to(device) for name, array in self.arrays.items()})

    @classmethod
    def join(cls, memories: Sequence[Memory]) -> Memory:
        """The windows of several memories, all of equal length, in one."""
        import torch

        if len(memories) == 1:
            return memories[0]
        return cls({name: torch.cat([memory[name] for memory in memories]) for name in memories[0].arrays})


@dataclass(frozen=True)
class Clips:
    """What a CLIP made of neighbouring clips."""

    tokens: Tensor
    """[K, n, P, Dv], of its last layers."""
    embeddings: Tensor
    """[n, E] float32, of unit length."""

    def __len__(self) -> int:
        return int(self.tokens.shape[1])

    def __getitem__(self, part: slice) -> Clips:
        return Clips(self.tokens[:, part], self.embeddings[part])

    def to(self, device: torch.device | str) -> Clips:
        """The same elsewhere."""
        return Clips(self.tokens.to(device), self.embeddings.to(device))


@dataclass(frozen=True)
class Prediction:
    """The answer to one query about one window: float32 tensors on the CPU, without padding."""

    boundary: Tensor
    """[N, 3]: start s, end s, score 0 to 1; best first, neither clamped nor suppressed. [0, 3] where only highlights
    are known."""
    saliency: Tensor
    """[T]."""


class Config(Protocol):
    """The shape of one model of a family, a frozen dataclass, and with it what it needs of its CLIP."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def layers(self) -> int:
        """K, how many of CLIP's last layers are read; at least 1."""

    @property
    def vision_width(self) -> int:
        """Width of CLIP's vision tokens; 0: any."""

    @property
    def query_width(self) -> int:
        """Width of CLIP's text tokens; 0: any."""

    @property
    def embedding_width(self) -> int:
        """Width of CLIP's embedding of a picture; 0: any."""


class QueryReader(Protocol):
    """What a family may ask of a CLIP about a query."""

    def encode_query(self, text: str) -> Tensor:
        """Tokens [K, L, Dq], without padding."""

    def encode_words(self, text: str, most: int) -> Tensor:
        """What CLIP's last layer makes of its first tokens, normalised and not projected: [L, Dq], L at most `most`."""

    def embed_queries(self, texts: Sequence[str]) -> Tensor:
        """CLIP's own embedding [n, E], of unit length."""


Net = TypeVar("Net", bound="nn.Module")
Shape = TypeVar("Shape", bound=Config)


class Family(ABC, Generic[Net, Shape]):
    """One kind of model. It holds no weights: those are in the module that `build` makes."""

    chunk: int = 16
    """Windows that are best asked in one call."""

    @abstractmethod
    def config(self, shape: Mapping[str, Any]) -> Shape:
        """A model's shape as a description says it.

        Raises:
            ValueError: A number makes no sense; the message names it.
            TypeError: There is no such field.
        """

    @abstractmethod
    def tasks(self, config: Shape) -> tuple[Task, ...]:
        """What a model of this shape serves."""

    @abstractmethod
    def build(self, config: Shape) -> Net:
        """A model of this shape, with random weights."""

    def read_published(
        self, state: Mapping[str, Tensor], options: Mapping[str, Any]
    ) -> tuple[Shape, dict[str, Tensor]]:
        """What a file in the form of the family's authors holds.

        Args:
            state: Its tensors, under the authors' names.
            options: What the authors' program was told, as far as the file says; nothing of it can be trusted.

        Returns:
            The model's shape, and its weights under the names of `build`'s module.

        Raises:
            ModelUnavailableError: It is no such file, or the authors published none.
        """
        raise ModelUnavailableError("a model of this kind is read from r2's own files only")

    @abstractmethod
    def arrays(self, config: Shape, *, patches: int, embedding: int) -> tuple[Array, ...]:
        """What the memory of a window consists of.

        Args:
            config: The model's shape.
            patches: P of its CLIP.
            embedding: E of its CLIP.
        """

    def facts(self, config: Shape, *, patches: int, embedding: int) -> dict[str, Any]:
        """What of the model's shape its memory depends on, as JSON gives it back; for the name of what is kept."""
        arrays = self.arrays(config, patches=patches, embedding=embedding)
        return {"arrays": [[array.name, array.dtype, list(array.shape)] for array in arrays]}

    @abstractmethod
    def remember(self, model: Net, clips: Sequence[Clips]) -> Memory:
        """Do for one window everything that does not depend on the query.

        Args:
            model: On its device.
            clips: Of the window, on the same device, one part after the other in time.

        Returns:
            V = 1.
        """

    @abstractmethod
    def read_query(self, model: Net, backbone: QueryReader, text: str) -> Tensor:
        """What the model needs of a query."""

    @abstractmethod
    def ask(
        self, model: Net, memories: Sequence[Memory], query: Tensor, *, clips_per_second: float
    ) -> list[Prediction]:
        """Answer a query out of memories, all on the model's device.

        Args:
            model: On its device.
            memories: Each of windows of equal length.
            query: From `read_query`.
            clips_per_second: Rate at which the clips were sampled.

        Returns:
            One prediction per window, in order of the memories; in seconds from the window's first clip.
        """

    def trace(self, model: Net, memories: Sequence[Memory], query: Tensor, *, clips_per_second: float) -> list[Trace]:
        """`ask` once more, with what the answers come from; empty where a family does not say."""
        del model, memories, query, clips_per_second
        return []


@dataclass(frozen=True)
class FamilyRow:
    """One row of the table of families."""

    name: str
    """As checkpoints say it; what the names of its tensors begin with in a file of r2's own."""
    about: str
    tasks: tuple[Task, ...]
    """What models of it serve; one of them may serve less."""
    module: str
    """Where its `FAMILY` is."""


_BOTH: tuple[Task, ...] = ("moments", "highlights")
_ROWS = (
    ("r2", "R²-Tuning: refines the layer tokens of a CLIP from the last to the first (ECCV 2024)", _BOTH),
    ("similarity", "how alike a CLIP finds each clip and the query, without any training", _BOTH),
    ("univtg", "UniVTG: a transformer over CLIP's embeddings of clips and its words (ICCV 2023)", _BOTH),
)
FAMILIES = {name: FamilyRow(name, about, tasks, f"r2cli.models.{name}.family") for name, about, tasks in _ROWS}
"""Every family that r2 knows; the first is meant where nobody says which."""

DEFAULT_FAMILY = next(iter(FAMILIES))


def find_family(name: str) -> Family[Any, Any]:
    """The family of that name; loads its module, and with it torch.

    Raises:
        KeyError: There is none.
    """
    family: Family[Any, Any] = import_module(FAMILIES[name].module).FAMILY
    return family
