"""XML, as both of Apple's interchange formats are written in."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from r2cli.export.text import words

Element = ElementTree.Element

_NO_XML = re.compile(r"[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold in any spelling."""


def add(parent: Element, tag: str, text: object = None, **attributes: str) -> Element:
    """Add an element, with a text or without."""
    child = ElementTree.SubElement(parent, tag, {key: fit(value) for key, value in attributes.items()})
    if text is not None:
        child.text = fit(str(text))
    return child


def fit(text: str) -> str:
    """A text as XML can hold it, in one line."""
    return _NO_XML.sub("\ufffd", words(text))


def write_xml(root: Element, doctype: str) -> bytes:
    """The whole file."""
    ElementTree.indent(root, "  ")
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE {doctype}>\n'
    body: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=False)
    return head.encode("ascii") + body + b"\n"
