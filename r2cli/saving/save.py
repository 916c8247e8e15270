"""`r2cli.save`, `r2cli.to_dict` and `r2cli.to_pandas`: what was found, for other programs and libraries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from r2cli.errors import ArgumentError, CommandLineError
from r2cli.export.document import Document, kind_of
from r2cli.export.json.findings import fields_of
from r2cli.export.rows import Row, rows_of, videos_of
from r2cli.findings import Findings
from r2cli.saving.enrich import enriched
from r2cli.saving.find_format import format_called, format_of
from r2cli.saving.write import require_no_film, write_file
from r2cli.tasks.arguments import checked
from r2cli.tasks.telling import LogListener

if TYPE_CHECKING:
    from pandas import DataFrame

_COLUMNS = tuple(field.name for field in fields(Row) if field.name not in ("clip", "title", "moment"))


@checked
def save(
    findings: Findings | Sequence[Findings], path: str | Path, format: str | None = None, *, force: bool = False
) -> None:
    """Write what was found to a file.

    >>> r2cli.save([dogs, cats], "animals.csv")
    >>> r2cli.save(dogs, "dogs.txt", "{path} {start:timecode} {score:.2f}")

    Args:
        findings: What `find`, `highlight` or `summarize` returned; or several of them, for formats that hold several.
        path: Where to. A relative path of a video is found from the current folder.
        format: A name that `r2 find --format` knows, or a template; None: as the suffix of `path` says.
        force: Whether a file of that name is overwritten.

    Raises:
        ArgumentError: There is no such format, or it holds the times of one video only.
        NameTakenError: There is a file of that name.
        CommandLineError: The file cannot be written, or is the film itself.
    """
    file, document = Path(path), _document(findings)
    form = format_of(file) if format is None else format_called(format)
    videos = len(videos_of(document))
    if form.of_one_video and videos > 1:
        raise ArgumentError(
            f"{form.name} holds the times of one video, and these are of {videos}", "save each by itself"
        )
    require_no_film(file, document)
    write_file(file, form.write(enriched(document, form, LogListener())), force=force)


@checked
def to_dict(findings: Findings) -> dict[str, Any]:
    """One answer as objects, lists, texts and numbers: an entry of `results` in what `r2 find --json` writes.

    >>> json.dumps(r2cli.to_dict(findings))
    """
    results: list[dict[str, Any]] = fields_of(_document(findings))["results"]
    if len(results) != 1:
        raise ArgumentError(f"{len(results)} answers make no dictionary", "take each by itself")
    return results[0]


@checked
def to_pandas(findings: Findings | Sequence[Findings]) -> DataFrame:
    """A data frame with a row for each moment, best first; needs pandas.

    >>> r2cli.to_pandas([dogs, cats]).groupby("query").score.max()

    Args:
        findings: What `find`, `highlight` or `summarize` returned; or several of them.

    Returns:
        Columns: `rank` among all of them, `video`, `query`, `start`, `end`, `score`, `peak` (of highlights),
        `duration` and `rate` of the video. Times are in seconds.

    Raises:
        CommandLineError: There is no pandas.
    """
    try:
        pandas = import_module("pandas")
    except ImportError as error:
        raise CommandLineError(
            "a data frame needs pandas, which is not installed", "type: pip install 'r2cli[pandas]'"
        ) from error
    rows = [{name: _plain(getattr(row, name)) for name in _COLUMNS} for row in rows_of(_document(findings))]
    frame: DataFrame = pandas.DataFrame(rows, columns=list(_COLUMNS))
    return frame


def _plain(value: object) -> object:
    """A value that a data frame has a kind for: paths become texts, exact rates numbers."""
    if isinstance(value, Path):
        return str(value)
    return value if value is None or isinstance(value, (str, int)) else float(value)  # type: ignore[arg-type]


def _document(findings: Findings | Sequence[Findings]) -> Document:
    found = (findings,) if isinstance(findings, Findings) else tuple(findings)
    return Document(found, kind=kind_of(found))
