"""The XML of CVAT, read with nothing but elements and attributes: no DTD, no entity is let in.

A file can hold a hundred thousand pictures, so it is gone through once for its labels and for the
place of every `<image>`, and a picture's shapes are parsed when they are asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple
from xml.parsers import expat

from segcore.errors import FormatError, readable


class Shape(NamedTuple):
    """An element inside an `<image>`: its name and attributes."""

    tag: str
    attributes: Mapping[str, str]


@dataclass
class ImagePlace:
    """An `<image>`: its attributes and the bytes of the file that it takes."""

    attributes: Mapping[str, str]
    begin: int
    end: int = 0


@dataclass
class Outline:
    """What a file holds: labels with their colours (an empty text where none is given), images."""

    labels: dict[str, str] = field(default_factory=dict)
    images: list[ImagePlace] = field(default_factory=list)
    tracks: int = 0
    encoding: str = "utf-8"


def read_outline(path: Path) -> Outline:
    """Go through a file once.

    Raises:
        FormatError: it cannot be read, is no XML, has a DTD, or is no file of CVAT.
    """
    reader = _OutlineReader(path)
    try:
        with path.open("rb") as stream:
            reader.parser.ParseFile(stream)
    except expat.ExpatError as error:
        raise FormatError(f"{readable(path)} is no whole XML ({error}): restore it.") from error
    except OSError as error:
        raise FormatError(
            f"{readable(path)} cannot be read ({error.strerror or error}): put it there."
        ) from error
    return reader.outline


def read_shapes(path: Path, place: ImagePlace, encoding: str) -> list[Shape]:
    """The shapes of an image, in the order of the file.

    Raises:
        FormatError: the file is not what it was.
    """
    shapes: list[Shape] = []
    open_elements: list[str] = []

    def start(tag: str, attributes: Mapping[str, str]) -> None:
        if len(open_elements) == 1:
            shapes.append(Shape(tag, dict(attributes)))
        open_elements.append(tag)

    parser = _safe_parser(path, encoding)
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _tag: open_elements.pop()
    try:
        with path.open("rb") as stream:
            stream.seek(place.begin)
            parser.Parse(stream.read(place.end - place.begin), True)  # noqa: FBT003 - C function
    except (OSError, expat.ExpatError) as error:
        raise FormatError(
            f"{readable(path)} was changed while it was read ({error}): import it again."
        ) from error
    return shapes


def _safe_parser(path: Path, encoding: str | None = None) -> expat.XMLParserType:
    """A parser that refuses DTDs, and with them entities of any kind."""

    def refuse(*_declaration: object) -> int:
        raise FormatError(
            f"{readable(path)} has a DTD, which files of CVAT do not have: remove it if you trust "
            "the file."
        )

    parser = expat.ParserCreate(encoding)
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    return parser


class _OutlineReader:
    """Keeps labels and the places of images as a parser comes by."""

    def __init__(self, path: Path) -> None:
        self.outline = Outline()
        self.parser = _safe_parser(path)
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.XmlDeclHandler = self._declaration
        self._path = path
        self._open: list[str] = []
        self._label: dict[str, str] = {}
        self._words: list[str] = []
        self._ended: ImagePlace | None = None

    def _declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        self.outline.encoding = encoding or "utf-8"
        if self.outline.encoding.lower() not in ("utf-8", "us-ascii", "ascii", "iso-8859-1"):
            raise FormatError(f"{readable(self._path)} is written in {encoding}: save it as UTF-8.")

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._finish()
        if not self._open and tag != "annotations":
            raise FormatError(
                f"{readable(self._path)} begins with <{tag}> where <annotations> belongs: it is no "
                "file of CVAT for images 1.1."
            )
        if tag == "image" and len(self._open) == 1:
            place = ImagePlace(dict(attributes), self.parser.CurrentByteIndex)
            self.outline.images.append(place)
        elif tag == "track":
            self.outline.tracks += 1
        elif tag == "label":
            self._label = {}
        self._open.append(tag)
        self._words = []

    def _end(self, tag: str) -> None:
        self._finish()
        self._open.pop()
        if tag == "image" and len(self._open) == 1:
            self._ended = self.outline.images[-1]
        parent = self._open[-1] if self._open else ""
        if parent == "label":
            self._label[tag] = "".join(self._words).strip()
        elif tag == "label" and self._label.get("name") and "parent" not in self._label:
            self.outline.labels.setdefault(self._label["name"], self._label.get("color", ""))
        self._words = []

    def _text(self, words: str) -> None:
        self._finish()
        self._words.append(words)

    def _finish(self) -> None:
        """Whatever comes next begins where the last image ends."""
        if self._ended is not None:
            self._ended.end = self.parser.CurrentByteIndex
            self._ended = None
