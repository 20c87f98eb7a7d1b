"""The further questions of `explain`: each adds to the report, to the tables and to the files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app.cli import explain_words as words
from app.cli.explain_files import write_json, write_picture

if TYPE_CHECKING:
    from app.cli.terminal import Terminal
    from segcore.geometry import Box
    from segcore.inference import EncodedImage, Predictor
    from segcore.inspection import Explanation
    from segcore.inspection.ablation import Replacement
    from segcore.labels import LabelMap

FIELDS = ("stage4", "head")
"""Whose receptive fields are compared when a region is hidden."""


class Answers:
    """What is known of one pixel beyond its explanation.

    Attributes:
        report: by the keys of `explain --json`.
        tables: for a person, each with the line above it.
        written: the names of the files in the output folder.
    """

    def __init__(
        self,
        predictor: Predictor,
        encoded: EncodedImage,
        found: Explanation,
        output: Path | None,
        terminal: Terminal,
    ) -> None:
        self._predictor = predictor
        self._encoded = encoded
        self._found = found
        self._output = output
        self._terminal = terminal
        self.report: dict[str, Any] = {}
        self.tables: list[words.Titled] = []
        self.written: list[str] = []

    def add_margin(self, right: int) -> None:
        """Which stage put the winner before the right class; a note where it is the winner."""
        winner = self._found.winner
        if right == winner.id:
            self._terminal.note(f'"{winner.name}" is what the model says there: nothing missed it.')
            return
        margin = self._found.margin(right)
        self.report["right"] = margin.to_json()
        self.tables.append(words.margin_table(margin))

    def add_ablations(self, replacement: Replacement) -> None:
        """The class without each stage."""
        from segcore.inspection import ablations

        point = self._found.point
        taken_out = ablations(self._predictor, self._encoded, point, replacement)
        self.report["without"] = [one.to_json() for one in taken_out]
        self.tables.append(words.without_table(self._found, taken_out))

    def add_hidden(self, region: Box, filling: str, name: str) -> None:
        """The pixel once a region is hidden; `hidden.png` and `hidden.json`."""
        from segcore.inspection import counterfactual

        predictor, point = self._predictor, self._found.point
        with self._terminal.progress("hide") as show:
            hidden = counterfactual(
                predictor, self._encoded, point, region, filling, targets=FIELDS, progress=show
            )
        self.report["hidden"] = hidden.to_json()
        self.tables.append(words.hidden_table(hidden))
        if self._output is not None:
            title = f"{predictor.name}: {name}"
            write_picture(self._output, hidden, self._encoded.image, title)
            write_json(self._output, "hidden.json", self.report["hidden"])
            self.written += ["hidden.png", "hidden.json"]

    def add_sizes(self, scales: Sequence[float], truth: LabelMap | None) -> None:
        """The whole picture at other sizes; `sizes.json`."""
        from segcore.inspection import resolution_study

        with self._terminal.progress("sizes") as show:
            study = resolution_study(
                self._predictor, self._encoded.image, scales, truth, progress=show
            )
        self.report["sizes"] = [one.to_json() for one in study]
        self.tables.append(words.sizes_table(study))
        if self._output is not None:
            write_json(self._output, "sizes.json", {"sizes": self.report["sizes"]})
            self.written.append("sizes.json")
