"""`models download`: a model from a hub, after its licence has been accepted."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.options import JsonFlag
from app.cli.terminal import Terminal
from segcore.errors import CheckpointError
from segcore.progress import Progress, ProgressCallback

if TYPE_CHECKING:
    from segcore.checkpoints.hub_licence import Terms

HubNameArgument = Annotated[
    str,
    typer.Argument(metavar="NAME", help="A name on the hub: owner/name, or owner/name@revision."),
]


def download(
    name: HubNameArgument,
    accept_licence: Annotated[
        bool,
        typer.Option("--accept-licence", help="I have read the model's licence and accept it."),
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Download a model, so that its name can be given wherever MODEL stands.

    The hub is huggingface.co, or the mirror that HF_ENDPOINT names; HTTPS_PROXY, HF_TOKEN and
    HF_HOME are obeyed. A download that broke off is gone on with.
    """
    from segcore.checkpoints import hub, read_checkpoint

    terminal = Terminal()

    def accept(terms: Terms) -> bool:
        return _accept(terms, terminal, told=accept_licence)

    with _LateBar(terminal, f"download {name}") as bar:
        folder = hub.download(name, accept=accept, progress=bar.show)
    checkpoint = read_checkpoint(name)
    if as_json:
        terminal.say_json(
            {
                "name": checkpoint.name,
                "path": str(folder),
                "sha256": checkpoint.sha256,
                "licence": checkpoint.licence,
                "summary": checkpoint.summary,
            }
        )
        return
    terminal.say(f"{checkpoint.name}: {checkpoint.summary}")
    terminal.say(f"path     {folder}")


class _LateBar(ExitStack):
    """A bar that appears with the first byte: before that a person may be asked something."""

    def __init__(self, terminal: Terminal, doing: str) -> None:
        super().__init__()
        self._terminal = terminal
        self._doing = doing
        self._show: ProgressCallback | None = None

    def show(self, progress: Progress) -> None:
        """Show how far it is."""
        if self._show is None:
            self._show = self.enter_context(self._terminal.progress(self._doing, in_bytes=True))
        self._show(progress)


def _accept(terms: Terms, terminal: Terminal, *, told: bool) -> bool:
    """Show the licence; ask where somebody can answer.

    Raises:
        CheckpointError: it was not accepted.
    """
    if told:
        terminal.note(terms.text)
        return True
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise CheckpointError(
            f"{terms.name}: its licence has to be accepted first ({terms.licence.title}); read it "
            f"at {terms.licence.url} and run this again with --accept-licence."
        )
    terminal.note(terms.text)
    return typer.confirm("Have you read the licence, and do you accept it?", err=True)
