"""Compare two ways of doing one thing, fairly, on a machine whose speed drifts.

Both ways run in turn, first the one and then the other, with the order changed every round; what
is reported is the median of the ratios of neighbours, not the ratio of two medians. Peak memory is
taken in a child process per way, so that neither finds pages that the other has left behind.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

Action = Callable[[], object]
MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Timing:
    """Seconds of every round; `ratio` above 1 says that ours is the faster one."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    @property
    def ratios(self) -> tuple[float, ...]:
        """Theirs over ours, round by round."""
        return tuple(their / our for our, their in zip(self.ours, self.theirs))

    @property
    def ratio(self) -> float:
        """The median over the rounds."""
        return statistics.median(self.ratios)


@dataclass(frozen=True)
class Row:
    """One line of the table; memory is what the work adds to a process that is ready to do it."""

    what: str
    against: str
    goal: float
    timing: Timing
    our_peak: int | None = None
    their_peak: int | None = None
    settings: dict[str, object] = field(default_factory=dict)


def time_in_turn(ours: Action, theirs: Action, *, rounds: int, warm_up: int = 1) -> Timing:
    """Run both `rounds` times in turn, after `warm_up` uncounted rounds."""
    seconds: dict[str, list[float]] = {"ours": [], "theirs": []}
    ways = [("ours", ours), ("theirs", theirs)]
    for count in range(warm_up + rounds):
        for name, action in ways if count % 2 else reversed(ways):
            start = time.perf_counter()
            action()
            if count >= warm_up:
                seconds[name].append(time.perf_counter() - start)
    return Timing(tuple(seconds["ours"]), tuple(seconds["theirs"]))


def peak_memory(prepare: Callable[..., Action], *arguments: object) -> int | None:
    """Bytes by which `prepare(*arguments)()` raises the peak of a fresh process; None off Linux.

    `prepare` is a module-level function: the child imports it, builds what it needs, and only the
    action that it returns is measured.
    """
    if not Path("/proc/self/clear_refs").exists():
        return None
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_measure_peak, args=(sender, prepare, arguments))
    child.start()
    sender.close()
    try:
        peak: int = receiver.recv()
    except EOFError:
        raise RuntimeError("the process that measured memory died") from None
    finally:
        child.join()
    return peak


def _measure_peak(
    sender: multiprocessing.connection.Connection,
    prepare: Callable[..., Action],
    arguments: Sequence[object],
) -> None:
    action = prepare(*arguments)
    # Forget the peak of getting ready; the kernel then counts anew from what is resident.
    Path("/proc/self/clear_refs").write_text("5")
    before = _status("VmRSS")
    action()
    sender.send(_status("VmHWM") - before)
    sender.close()


def _status(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def parser(description: str) -> argparse.ArgumentParser:
    """The arguments that every comparison takes."""
    arguments = argparse.ArgumentParser(description=description)
    arguments.add_argument("--rounds", type=int, default=9, help="pairs per row")
    arguments.add_argument("--threads", type=int, default=2, help="threads of PyTorch")
    arguments.add_argument("--json", type=Path, help="also write the figures there; - for stdout")
    return arguments


def report(rows: Sequence[Row], file: Path | None) -> None:
    """Print the table, and write the figures as JSON where that is asked for."""
    to_stdout = file is not None and str(file) == "-"
    print(table(rows), file=sys.stderr if to_stdout else sys.stdout)
    if file is None:
        return
    text = json.dumps({"machine": machine(), "rows": [_as_json(row) for row in rows]}, indent=2)
    if to_stdout:
        print(text)
    else:
        file.write_text(text + "\n", encoding="utf-8")


def table(rows: Sequence[Row]) -> str:
    """The rows as a Markdown table."""
    lines = [
        "| what | against | ours | theirs | ratio (lowest - highest) | goal | peak memory |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        timing = row.timing
        lines.append(
            f"| {row.what} | {row.against} "
            f"| {statistics.median(timing.ours) * 1e3:.0f} ms "
            f"| {statistics.median(timing.theirs) * 1e3:.0f} ms "
            f"| **{timing.ratio:.2f}x** ({min(timing.ratios):.2f} - {max(timing.ratios):.2f}) "
            f"| {row.goal:g}x | {_memory(row)} |"
        )
    return "\n".join(lines)


def machine() -> dict[str, object]:
    """What the figures depend on besides the program."""
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())


def _memory(row: Row) -> str:
    if row.our_peak is None or row.their_peak is None:
        return "-"
    return f"{row.our_peak / MEBIBYTE:.0f} / {row.their_peak / MEBIBYTE:.0f} MiB"


def _as_json(row: Row) -> dict[str, object]:
    return {
        **asdict(row),
        "ratio": row.timing.ratio,
        "our_median": statistics.median(row.timing.ours),
        "their_median": statistics.median(row.timing.theirs),
    }
