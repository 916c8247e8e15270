"""What a frozen CLIP sees of videos, computed once and kept in files that are read where they are needed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from r2cli.backbones.clip import ClipBackbone
from r2cli.errors import UnreadableInputError
from r2cli.video.probe import probe
from r2cli.video.sampling.sample import sample_frames
from r2cli.writing import beside, make_folder


class TokenStore:
    """CLIP's tokens of videos, one file each: float16 [T, K, P, Dv], as the authors published theirs.

    A video of two and a half minutes takes 23 MB with ViT-B/32 at a clip every two seconds.

    Args:
        folder: Of the files; one that was filled with another CLIP or another rate must not be given.
        backbone: The frozen CLIP.
        locate: Given a video's name, its file.
        scratch: Files there were made for once, and are removed when they have been looked at.
    """

    def __init__(self, folder: Path, backbone: ClipBackbone, locate: Callable[[str], Path], scratch: Path) -> None:
        self._folder, self._backbone, self._locate, self._scratch = folder, backbone, locate, scratch

    def path_of(self, video: str) -> Path:
        """Where a video's tokens are, or will be."""
        return self._folder / f"{_file_name(video)}.npy"

    def tokens(self, video: str, clips_per_second: float, clips: int | None = None) -> Tensor:
        """The tokens of a video, [K, T, P, Dv], float16; from the file, or computed and put there.

        Args:
            video: Its name in the set.
            clips_per_second: How densely it is looked at.
            clips: Instead, look so often, evenly over the whole video.

        Raises:
            UnreadableInputError: The video or the file cannot be read, or holds something else.
        """
        path = self.path_of(video)
        if not path.exists():
            make_folder(self._folder)
            film = self._locate(video)
            stored = self._look(film, clips_per_second, clips).transpose(0, 1).contiguous()
            if film.is_relative_to(self._scratch):
                film.unlink()
            with beside(path, force=True) as fresh:
                np.save(fresh, stored.numpy())
        return self._read(path)

    def _look(self, film: Path, clips_per_second: float, clips: int | None) -> Tensor:
        video = probe(film)
        rate = clips / video.duration if clips else clips_per_second
        parts: list[Tensor] = []
        seen = self._backbone.pixels
        frames = sample_frames(video, rate, self._backbone.size, interpolation=seen.interpolation, resize=seen.resize)
        with closing(frames) as batches:
            parts.extend(self._backbone.encode_frames(batch.pixels).half().cpu() for batch in batches)
        if not parts:
            raise UnreadableInputError(f"{film} is shorter than one clip")
        return torch.cat(parts, dim=1)[:, :clips]

    def _read(self, path: Path) -> Tensor:
        try:
            stored = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            raise UnreadableInputError(f"{path} does not hold a video's tokens", "remove it") from error
        layers, width = self._backbone.layers, self._backbone.vision_width
        if stored.ndim != 4 or stored.shape[1] != layers or stored.shape[3] != width or stored.dtype != np.float16:
            raise UnreadableInputError(f"{path} holds the tokens of another CLIP", "choose another folder")
        return torch.from_numpy(np.array(stored)).transpose(0, 1)


def _file_name(video: str) -> str:
    """A name that leads nowhere: as it is where it is plain, else with its digest."""
    if video == Path(video).name and not video.startswith("."):
        return video
    return f"{Path(video).name}-{hashlib.sha256(video.encode()).hexdigest()[:16]}"
