"""The figures as tables for a README."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from segcore.bench.report import Report, Row

_MEBIBYTE = 1 << 20


def markdown(report: Report) -> str:
    """When and on what it was measured, a table of the rows, and one of a GPU's images per second.

    Each line of that is a model and an input; its columns are images per second of all sides, the
    best of ours over the best of theirs, and the memory of those two over the loaded model.
    """
    parts = [_head(report)]
    others = [row for row in report.rows if row.row != "gpu"]
    if others:
        titles = ("what", "ours", "against", "ours", "theirs", "ratio", "from to", "memory, MiB")
        parts.append(_table(titles, map(_pair, others)))
    on_gpu = [row for row in report.rows if row.row == "gpu"]
    if on_gpu:
        parts.append(_gpu_table(on_gpu))
    parts += report.notes
    return "\n\n".join(parts)


def _head(report: Report) -> str:
    words = report.machine
    packages = ("python", "torch", "cuda", "transformers", "onnxruntime", "openvino")
    versions = ", ".join(f"{name} {words[name]}" for name in packages if words.get(name))
    place = words.get("gpu") or f"{words.get('processor')}, {words.get('cores')} cores"
    rounds = max((row.rounds for row in report.rows), default=0)
    return (
        f"Measured on {words.get('date')} on {place} ({versions}): medians of {rounds} rounds, "
        "taken in turn."
    )


def _gpu_table(rows: Sequence[Row]) -> str:
    settings: dict[str, list[Row]] = {}
    for row in rows:
        settings.setdefault(row.what, []).append(row)
    ours = list(dict.fromkeys(row.ours for row in rows))
    theirs = list(dict.fromkeys(row.theirs for row in rows if row.theirs))
    titles = ["images per second", *ours, *theirs, "best over best", "memory, MiB"]
    return _table(titles, (_setting(what, found, ours, theirs) for what, found in settings.items()))


def _setting(
    what: str, rows: Sequence[Row], ours: Sequence[str], theirs: Sequence[str]
) -> list[str]:
    mine = {row.ours: row.our_value for row in rows}
    others = {row.theirs: row.their_value for row in rows if row.theirs}
    best = max(rows, key=lambda row: (row.our_value, row.their_value or 0))
    ratio = "-" if best.ratio is None else f"{best.ratio:.2f}x"
    values = [_rate(mine, name) for name in ours] + [_rate(others, name) for name in theirs]
    return [what, *values, ratio, _memory(best)]


def _rate(values: Mapping[str, float | None], name: str) -> str:
    value = values.get(name)
    return "-" if value is None else f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _pair(row: Row) -> list[str]:
    ratio = "-" if row.ratio is None else f"{row.ratio:.2f}x"
    between = "-" if row.lowest is None else f"{row.lowest:.2f} {row.highest:.2f}"
    amounts = [
        "-" if value is None else f"{value:.4g} {row.unit}"
        for value in (row.our_value, row.their_value)
    ]
    return [row.what, row.ours, row.theirs or "-", *amounts, ratio, between, _memory(row)]


def _memory(row: Row) -> str:
    peaks = [
        "-" if peak is None else f"{peak / _MEBIBYTE:,.0f}"
        for peak in (row.our_peak, row.their_peak)
    ]
    return " / ".join(peaks) if row.theirs else peaks[0]


def _table(titles: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    rule = ["---", *["--:"] * (len(titles) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (titles, rule, *lines))
