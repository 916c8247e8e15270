"""What a CLIP is shown of a picture, held to open_clip's own preprocessing; and CLIPs that are not OpenAI's."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import open_clip
import pytest
import torch
from open_clip.transform import PreprocessCfg, image_transform_v2
from PIL import Image
from safetensors.torch import save_file

import r2cli
from r2cli.backbones.build import backbone_from_state, build_clip, load_backbone
from r2cli.backbones.spec import BACKBONES, BackboneSpec, Pixels
from r2cli.memory import Reading
from r2cli.memory.key import facts_of
from r2cli.tasks.open_video import open_video
from r2cli.video import probe, sample_frames
from tests.films import run_ffmpeg

SIZE = 64
RESIZE = {"crop": "shortest", "squash": "squash"}
"""Our words, and open_clip's."""
HALF = Pixels(mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5), interpolation="bilinear", resize="squash")


@pytest.fixture(scope="module")
def picture(tmp_path_factory) -> Image.Image:
    """320 x 200, smooth, and different at its edges."""
    y, x = np.mgrid[0:200, 0:320]
    parts = (128 + 100 * np.sin(x / 17) * np.cos(y / 23), x * 255 / 320, 128 + 100 * np.cos((x + y) / 29))
    return Image.fromarray(np.stack(parts, axis=-1).astype(np.uint8))


@pytest.fixture(scope="module")
def film(picture, tmp_path_factory):
    """Two seconds of the picture, losslessly; its pixels are square."""
    folder = tmp_path_factory.mktemp("film")
    picture.save(folder / "picture.png")
    made = ("-loop", "1", "-framerate", "5", "-t", "2", "-i", folder / "picture.png")
    run_ffmpeg(*made, "-c:v", "ffv1", "-pix_fmt", "bgr0", folder / "film.mkv")
    return folder / "film.mkv"


def seen(film, pixels: Pixels, sampling: str = "exact") -> np.ndarray:
    """What a CLIP gets to see, before it is normalised."""
    how = {"interpolation": pixels.interpolation, "resize": pixels.resize}
    (batch,) = sample_frames(probe(film), 1.0, SIZE, sampling=sampling, **how)
    return batch.pixels[:1]


def reference(picture: Image.Image, pixels: Pixels) -> torch.Tensor:
    preprocess = image_transform_v2(
        PreprocessCfg(SIZE, "RGB", pixels.mean, pixels.std, pixels.interpolation, RESIZE[pixels.resize]),
        is_train=False,
    )
    return preprocess(picture)[None]


def distance(film, picture, ours: Pixels, theirs: Pixels) -> float:
    clip = BackboneSpec("small", config=small_clip(), pixels=ours)
    backbone = backbone_from_state(clip, build_clip(clip).state_dict(), device=torch.device("cpu"))
    return float((backbone.normalise(seen(film, ours)) - reference(picture, theirs)).abs().mean())


def small_clip(**changes: object) -> dict[str, object]:
    config = open_clip.get_model_config("ViT-B-32")
    vision = config["vision_cfg"] | {"image_size": SIZE, "width": 64, "layers": 4, "head_width": 32}
    text = config["text_cfg"] | {"width": 64, "heads": 2, "layers": 4}
    return config | {"embed_dim": 32, "vision_cfg": vision, "text_cfg": text} | changes


@pytest.mark.parametrize("resize", ["crop", "squash"])
@pytest.mark.parametrize("interpolation", ["bicubic", "bilinear"])
@pytest.mark.parametrize("colours", [Pixels(), HALF], ids=["openai", "half"])
def test_frames_are_what_open_clip_makes_of_the_picture(film, picture, resize, interpolation, colours):
    """But for rounding, and the filter's width at the edges; and nothing else is as near."""
    ours = replace(colours, resize=resize, interpolation=interpolation)
    others = [
        replace(ours, resize="squash" if resize == "crop" else "crop"),
        replace(ours, mean=(0.4, 0.5, 0.6)),
        replace(ours, std=(0.3, 0.2, 0.4)),
    ]

    near = distance(film, picture, ours, ours)

    assert near < 0.02  # of values whose standard deviation is about 1
    assert all(distance(film, picture, ours, other) > 5 * near for other in others)


def test_ways_of_scaling_differ(film):
    bicubic, bilinear = (seen(film, Pixels(interpolation=name)) for name in ("bicubic", "bilinear"))

    assert (bicubic != bilinear).any()


@pytest.mark.parametrize("sampling", ["auto", "exact"])
def test_every_decoder_frames_alike(film, sampling):
    from fractions import Fraction

    from r2cli.video.sampling.frames import SampleRequest
    from r2cli.video.sampling.sequential import decode_all

    for pixels in (Pixels(), HALF):
        request = SampleRequest(Fraction(1), SIZE, 2, interpolation=pixels.interpolation, resize=pixels.resize)
        whole = [still.pixels.transpose(2, 0, 1) for still in decode_all(probe(film), request)]
        assert np.array_equal(whole[0], seen(film, pixels, sampling)[0])


def test_what_is_no_way_of_framing_is_refused(film):
    for wrong in ({"interpolation": "lanczos"}, {"resize": "stretch"}):
        with pytest.raises(ValueError, match="bicubic or bilinear, and crop or squash"):
            next(sample_frames(probe(film), 1.0, SIZE, **wrong))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"mean": (0.5, 0.5)}, "mean"),
        ({"mean": (0.5, 0.5, 2)}, "mean"),
        ({"std": (0, 0.5, 0.5)}, "std"),
        ({"std": "x"}, "std"),
        ({"interpolation": "area"}, "not bicubic or bilinear"),
        ({"resize": 3}, "not crop or squash"),
    ],
)
def test_pixels_that_make_no_sense(changes, words):
    with pytest.raises(ValueError, match=words):
        Pixels(**changes)


class TestAnotherRow:
    """A CLIP that is not OpenAI's, as a newcomer adds one: a row, and nothing else."""

    @pytest.fixture
    def row(self, monkeypatch, tmp_path):
        """As one of LAION's: no quick activation, colours and framing of its own."""
        config = small_clip()
        torch.manual_seed(3)
        save_file(build_clip(BackboneSpec("x", config=config)).state_dict(), tmp_path / "clip.safetensors")
        row = BackboneSpec("clip-small-laion", config=config, weights=tmp_path / "clip.safetensors", pixels=HALF)
        monkeypatch.setitem(BACKBONES, row.name, row)
        return row

    def test_it_sees_and_reads_as_open_clip_does(self, row, film, picture):
        clip = load_backbone(row, device=torch.device("cpu"))
        theirs = open_clip.CLIP(**row.config)
        theirs.load_state_dict(clip.clip.state_dict())
        theirs.eval()
        with torch.no_grad():
            expected = theirs.encode_image(reference(picture, HALF), normalize=True)
            said = theirs.encode_text(open_clip.get_tokenizer("ViT-B-32")(["a dog jumps"]), normalize=True)

        frames = seen(film, HALF)

        torch.testing.assert_close(clip.embed_frames(frames), expected, atol=0.02, rtol=0)
        torch.testing.assert_close(clip.embed_tokens(clip.encode_frames(frames)), clip.embed_frames(frames))
        torch.testing.assert_close(clip.embed_queries(["a dog jumps"]), said, atol=1e-5, rtol=1e-5)
        assert (clip.embed_frames(seen(film, Pixels())) - expected).abs().max() > 0.02

    def test_a_film_is_read_as_it_says(self, row, film, tmp_path):
        from r2cli.models.r2 import R2, R2Config

        shape = {"vision_width": 64, "query_width": 64, "dims": 32, "heads": 4}
        torch.manual_seed(4)
        weights = {f"r2.{name}": value for name, value in R2(R2Config(**shape)).state_dict().items()}
        save_file(weights, tmp_path / "own.safetensors")
        card = {"backbone": row.name, "r2": shape, "clips_per_second": 1.0, "window": 10.0}
        (tmp_path / "own.json").write_text(json.dumps(card))
        model = r2cli.load(str(tmp_path / "own.safetensors"), device="cpu", precision="fp32")

        kept = r2cli.remember(film, model=model, sampling="exact")

        expected = model.backbone.embed_frames(seen(film, HALF))[0].numpy()
        np.testing.assert_allclose(kept.embeddings[0], expected, atol=1e-3)
        assert "described" in facts_of(open_video(film), model, Reading())


@pytest.mark.parametrize(
    ("part", "changes", "words"),
    [
        ("text_cfg", {"hf_tokenizer_name": "google/t5"}, "its tokenizer is not CLIP's"),
        ("text_cfg", {"hf_model_name": "roberta-base"}, "its towers are of another library"),
        ("vision_cfg", {"timm_model_name": "vit_base"}, "its towers are of another library"),
        ("vision_cfg", {"pool_type": "avg"}, "its picture is not in the first token"),
        ("vision_cfg", {"layers": [3, 4, 6, 3]}, "vision_cfg.layers [3, 4, 6, 3] makes no sense"),
        ("text_cfg", {"pool_type": "last"}, "its sentence is not in the token of its end"),
        ("text_cfg", {"no_causal_mask": True}, "its text transformer is not causal"),
    ],
)
def test_a_clip_that_would_be_read_wrongly_is_refused(part, changes, words):
    config = small_clip()
    spec = BackboneSpec("other", config=config | {part: config[part] | changes})
    state = build_clip(BackboneSpec("plain", config=small_clip())).state_dict()

    with pytest.raises(r2cli.R2Error) as caught:
        backbone_from_state(spec, state, device=torch.device("cpu"))
    assert words in str(caught.value)
