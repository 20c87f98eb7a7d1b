"""The entry point: `segformer-studio [COMMAND] ...`."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Sequence
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
from app.cli.interrupts import called_off, was_interrupted
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
_ROWS: tuple[tuple[str, Callable[..., object], str], ...] = (
    ("open", open_window.open_paths, "Open the window; also meant when no command is named."),
    ("predict", predict.predict, "Write a label map for each picture and each video frame."),
    ("info", info.info, "Say what a model is: sizes and costs, stage by stage."),
    ("erf", erf.erf, "Average effective receptive fields; compare models by them."),
    ("attention", attention.attention, "Write what one pixel attends to."),
    ("explain", explain.explain, "Say why one pixel got its class, stage by stage."),
    ("evaluate", evaluate.evaluate, "Judge label maps by true ones; the worst pictures first."),
    ("compare", compare.compare, "Say how well two label sets agree, and where they do not."),
    ("bench", bench.bench, "Measure speed and memory of this machine."),
    ("train", train.train, "Train a model on labelled pictures."),
    ("import", import_labels.import_labels, "Take labels of another program into a project."),
    ("export", export.export, "Write a project's labels into a new folder."),
    ("formats", formats.formats, "List the formats that import and export know."),
)
"""Every command, and what it does in words that the list of commands has room for."""
for _name, _command, _words in _ROWS:
    _commands.command(_name, short_help=_words)(_command)
_commands.add_typer(models.commands, name="models")
_commands.add_typer(project.commands, name="project")
COMMANDS = frozenset(("models", "project", *(name for name, _command, _words in _ROWS)))


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
    words = _with_command(words)
    try:
        _commands(args=words, prog_name=PROGRAM)
    except SystemExit as ended:
        if was_interrupted(ended):
            sys.stderr.write(called_off(words))
            return _CANCELLED
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except (KeyboardInterrupt, Cancelled):
        sys.stderr.write(called_off(words))
        return _CANCELLED
    except Exception as error:  # noqa: BLE001 - the last stop before a person's terminal
        return _report(error, debug=debug)
    return 0


def _report(error: Exception, *, debug: bool) -> int:
    if debug:
        traceback.print_exception(error)
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
