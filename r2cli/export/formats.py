"""The table of formats."""

from __future__ import annotations

from r2cli.export.document import ExportFormat
from r2cli.export.json.findings import write_json

FORMATS: dict[str, ExportFormat] = {
    form.name: form for form in (ExportFormat("json", "everything, for programs; a versioned schema", write_json),)
}
"""Every format by name; a new one is a file in this room and a row here."""
