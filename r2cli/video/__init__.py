"""Everything that runs or links FFmpeg: probing a file, sampling its frames."""

from __future__ import annotations

from r2cli.video.probe import DamagedVideoWarning, VideoInfo, probe
from r2cli.video.program import ffmpeg_path
from r2cli.video.sampling.sample import SAMPLINGS, FrameBatch, clip_count, sample_frames

__all__ = [
    "SAMPLINGS",
    "DamagedVideoWarning",
    "FrameBatch",
    "VideoInfo",
    "clip_count",
    "ffmpeg_path",
    "probe",
    "sample_frames",
]
