"""FCPXML is built as Apple's reference says, element by element.

Apple's own DTD may not be passed on; who has it (it comes with Final Cut Pro) can name it in R2_FCPXML_DTD, and the
same documents are held to it by xmllint.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from r2cli.export.fcpxml import write_fcpxml
from tests.export.documents import DOCUMENTS
from tests.export.golden import DOCUMENT

ANY = {"golden": DOCUMENT, **DOCUMENTS}
ORDER = {
    "fcpxml": "(resources )(library )",
    "resources": "((asset|format) )*",
    "format": "",
    "asset": "(media-rep )+",
    "media-rep": "",
    "library": "(event )*",
    "event": "(project )*",
    "project": "sequence ",
    "sequence": "(note )?spine ",
    "spine": "(asset-clip )*",
    "asset-clip": "(note )?((marker|keyword) )*",
    "note": "",
    "marker": "",
    "keyword": "",
}
"""What stands in each element that r2 writes, in which order."""
NEEDED = {
    "fcpxml": {"version"},
    "format": {"id"},
    "asset": {"id"},
    "media-rep": {"src"},
    "sequence": {"format"},
    "asset-clip": {"ref", "duration"},
    "marker": {"start", "value"},
    "keyword": {"start", "value"},
}
ALLOWED = {
    "format": {"name", "frameDuration", "fieldOrder", "width", "height"},
    "asset": {
        *("name", "uid", "start", "duration", "hasVideo", "format", "hasAudio", "videoSources", "audioSources"),
        *("audioChannels", "audioRate"),
    },
    "media-rep": {"kind", "suggestedFilename"},
    "event": {"name", "uid"},
    "project": {"name", "uid", "id", "modDate"},
    "sequence": {"duration", "tcStart", "tcFormat", "audioLayout", "audioRate"},
    "asset-clip": {"lane", "offset", "name", "start", "enabled", "format", "tcFormat"},
    "marker": {"duration", "completed", "note"},
    "keyword": {"duration", "note"},
}
CHOICES = {"tcFormat": {"DF", "NDF"}, "audioLayout": {"mono", "stereo", "surround"}, "kind": {"original-media"}}
TIMES = {"frameDuration", "start", "duration", "offset", "tcStart"}


@pytest.mark.parametrize("name", ANY)
def test_every_element_is_where_it_belongs(name: str):
    root = ElementTree.fromstring(write_fcpxml(ANY[name]))
    ids = [one.get("id") for one in root.iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    for one in root.iter():
        inside = "".join(f"{child.tag} " for child in one)
        assert re.fullmatch(ORDER[one.tag], inside), f"{inside} in {one.tag}"
        needed = NEEDED.get(one.tag, set())
        assert needed <= set(one.attrib) <= needed | ALLOWED.get(one.tag, set()), one.tag
        for key, value in one.attrib.items():
            assert key not in TIMES or re.fullmatch(r"\d+(/[1-9]\d*)?s", value), (key, value)
            assert value in CHOICES.get(key, {value})
            assert key not in ("ref", "format") or value in ids


def test_pieces_stand_in_a_spine_that_has_a_format():
    root = ElementTree.fromstring(write_fcpxml(DOCUMENT))
    clips = root.findall("./library/event/project/sequence/spine/asset-clip")
    assert len(clips) == len(root.findall(".//asset-clip")) == 3
    sequence = root.find(".//sequence")
    form = root.find(f"./resources/format[@id='{sequence.get('format')}']")
    assert form.attrib.items() >= {"frameDuration": "1/25s", "width": "1280", "height": "720"}.items()
    assets = {one.get("id") for one in root.findall("./resources/asset")}
    assert {clip.get("ref") for clip in clips} == assets


def test_other_documents_are_refused():
    """The rules above are some."""
    loose = write_fcpxml(DOCUMENT).replace(b"<event ", b"<event><asset-clip/></event><event ", 1)
    assert not all(
        re.fullmatch(ORDER[one.tag], "".join(f"{child.tag} " for child in one))
        for one in ElementTree.fromstring(loose).iter()
    )


def test_apples_own_rules(tmp_path):
    rules, program = os.environ.get("R2_FCPXML_DTD"), shutil.which("xmllint")
    if not rules or not Path(rules).is_file() or program is None:
        pytest.skip("R2_FCPXML_DTD names no FCPXMLv1_10.dtd, or there is no xmllint")
    for name, document in ANY.items():
        file = tmp_path / f"{name}.fcpxml"
        file.write_bytes(write_fcpxml(document))
        command = [program, "--noout", "--dtdvalid", rules, str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
