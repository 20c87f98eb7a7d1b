"""Tasks of Label Studio, looked at before they are used: pictures, and regions that count."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from segcore.errors import FormatError, readable
from segcore.formats.contract import TRAIN, Finding, Problems
from segcore.formats.label_studio_regions import AREAS, trouble_with
from segcore.formats.layout import leads_out, read_json
from segcore.formats.regions_in import size_in, split_named

TASKS_NAME = "tasks.json"
_CONFIG_LABEL = re.compile(r'<Label\s+value=(?:"([^"<]*)"|\'([^\'<]*)\')')


class Task(NamedTuple):
    """A task that was looked at: its file, its picture's name and size, its regions in order."""

    file: Path
    split: str
    name: str
    size: tuple[int, int] | None
    results: Sequence[Mapping[str, Any]]


def tasks_in(file: Path, problems: Problems) -> Iterator[Task]:
    """The tasks of a file whose pictures lie inside; what is wrong with others goes to `problems`.

    Unusable regions are among the problems, what has no area among the findings.
    """
    try:
        content = read_json(file)
    except FormatError as error:
        problems.add(str(error))
        return
    if not isinstance(content, list) or not all(isinstance(task, dict) for task in content):
        problems.add(
            f'{readable(file)} is no list of tasks: export in the format "JSON", or move it away.'
        )
        return
    split = TRAIN if file.name == TASKS_NAME else split_named(file.stem)
    for number, task in enumerate(content, start=1):
        where = f"{readable(file)}, task {task.get('id', number)}"
        name = _name(task.get("data"))
        if name is None or leads_out(name):
            problems.add(f"{where} names no picture inside the folder: correct its data.")
            continue
        results = _results(task, where, problems)
        for one in results:
            trouble = trouble_with(one)
            if trouble is not None:
                problems.add(f"{where}: a region {trouble}: correct or remove it.")
        usable = [one for one in results if trouble_with(one) is None]
        areas = [one for one in usable if one.get("type") in AREAS]
        if len(areas) < len(usable):
            problems.note(
                Finding(
                    "loss",
                    f"{where}: {len(usable) - len(areas)} results without an area "
                    "(points, choices, texts) are left out.",
                    name,
                )
            )
        yield Task(file, split, name, _task_size(task, areas), areas)


def _name(data: object) -> str | None:
    """The picture's path out of whatever kind of address a task gives."""
    if not isinstance(data, dict):
        return None
    texts = [value for key, value in data.items() if isinstance(value, str)]
    address = data.get("image") if isinstance(data.get("image"), str) else next(iter(texts), None)
    if not address:
        return None
    parts = urlsplit(address)
    local = parse_qs(parts.query).get("d")
    if local:
        return local[0].replace("\\", "/").lstrip("/")
    return PurePosixPath(unquote(parts.path).replace("\\", "/")).name or None


def _results(task: Mapping[str, Any], where: str, problems: Problems) -> list[Mapping[str, Any]]:
    """The results of the annotation that counts."""
    given = task.get("annotations", task.get("completions", []))
    annotations = [
        one
        for one in (given if isinstance(given, list) else [])
        if isinstance(one, dict) and not one.get("was_cancelled")
    ]
    if not annotations:
        return []
    truths = [one for one in annotations if one.get("ground_truth")]
    chosen = (truths or annotations)[-1]
    if len(annotations) > 1:
        why = "the ground truth" if truths else "the last"
        text = f"{where} has {len(annotations)} annotations: {why} is taken."
        problems.note(Finding("loss", text))
    results = chosen.get("result")
    return [one for one in results if isinstance(one, dict)] if isinstance(results, list) else []


def _task_size(
    task: Mapping[str, Any], areas: Sequence[Mapping[str, Any]]
) -> tuple[int, int] | None:
    sizes = [size_in(one, "original_height", "original_width") for one in areas]
    return sizes[0] if sizes else size_in(task["data"], "height", "width")


def configured(path: Path) -> list[str]:
    """Names of the labels of a configuration, in its order; none where there is no such file."""
    from xml.sax.saxutils import unescape

    if not path.is_file():
        return []
    found = _CONFIG_LABEL.findall(path.read_text(encoding="utf-8-sig", errors="replace"))
    entities = {"&quot;": '"', "&apos;": "'"}
    return [unescape(double or single, entities) for double, single in found]
