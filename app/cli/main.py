"""The entry point: `segformer-studio [COMMAND] ...`."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Annotated

import typer

from app.cli import (
    attention,
    bench,
    compare,
    erf,
    evaluate,
    explain,
    export,
    formats,
    import_labels,
    info,
    models,
    open_window,
    predict,
    project,
    train,
)
from segcore.errors import Cancelled, SegcoreError

PROGRAM = "segformer-studio"
_ROOT_OPTIONS = {"--help", "-h", "--version"}
_DEBUG = "--debug"
_CANCELLED = 130

_commands = typer.Typer(
    name=PROGRAM,
    help="See the mask, ask why, correct it. Without a command the window opens.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
_commands.command("open")(open_window.open_paths)
_commands.command("predict")(predict.predict)
_commands.command("info")(info.info)
_commands.add_typer(models.commands, name="models")
_commands.add_typer(project.commands, name="project")
_commands.command("erf")(erf.erf)
_commands.command("attention")(attention.attention)
_commands.command("explain")(explain.explain)
_commands.command("evaluate")(evaluate.evaluate)
_commands.command("compare")(compare.compare)
_commands.command("bench")(bench.bench)
_commands.command("train")(train.train)
_commands.command("import")(import_labels.import_labels)
_commands.command("export")(export.export)
_commands.command("formats")(formats.formats)
COMMANDS = frozenset(
    (
        "open",
        "predict",
        "info",
        "models",
        "project",
        "erf",
        "attention",
        "explain",
        "evaluate",
        "compare",
        "bench",
        "import",
        "export",
        "formats",
        "train",
    )
)


def program_version() -> str:
    """The version that is installed, or a word for a checkout that is not."""
    try:
        return version(PROGRAM)
    except PackageNotFoundError:
        return "not installed"


def _print_version(asked: bool) -> None:
    if asked:
        sys.stdout.write(f"{PROGRAM} {program_version()}\n")
        raise typer.Exit


@_commands.callback()
def _root(
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Say which it is."),
    ] = False,
    _debug: Annotated[
        bool, typer.Option(_DEBUG, help="With any command: show where an error comes from.")
    ] = False,
) -> None:
    """See the mask, ask why, correct it. Without a command the window opens."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 not everything done, 2 wrong usage."""
    _never_fail_on_odd_names()
    words = list(sys.argv[1:] if arguments is None else arguments)
    debug = _take_debug(words)
    try:
        _commands(args=_with_command(words), prog_name=PROGRAM)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except KeyboardInterrupt:
        sys.stderr.write("cancelled\n")
        return _CANCELLED
    except Exception as error:  # noqa: BLE001 - the last stop before a person's terminal
        return _report(error, debug=debug)
    return 0


def _report(error: Exception, *, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
    if isinstance(error, Cancelled):
        sys.stderr.write("cancelled\n")
        return _CANCELLED
    if isinstance(error, SegcoreError):
        sys.stderr.write(f"{error}\n")
    else:
        trouble = " ".join(f"{type(error).__name__}: {error}".split())
        hint = "" if debug else f"; run it again with {_DEBUG} to see where"
        sys.stderr.write(f"{PROGRAM} failed unexpectedly ({trouble}){hint}.\n")
    return 1


def _take_debug(words: list[str]) -> bool:
    """Take `--debug` out of `words`, wherever it stands before `--`."""
    end = words.index("--") if "--" in words else len(words)
    options = words[:end]
    kept = [word for word in options if word != _DEBUG]
    words[:end] = kept
    return len(kept) < len(options)


def _with_command(words: list[str]) -> list[str]:
    """`words` with `open` before them when they begin with no command."""
    if words and (words[0] in COMMANDS or words[0] in _ROOT_OPTIONS):
        return words
    return ["open", *words]


def _never_fail_on_odd_names() -> None:
    """Let names that the terminal cannot show appear escaped instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
