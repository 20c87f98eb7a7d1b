"""The choices behind a receptive field, and presets that set them all."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QWidget

from app.field_choices import PRESETS, FieldChoices


class FieldChoicesForm(QWidget):
    """Shows and changes `FieldChoices`; `choicesRequested` carries new ones."""

    choicesRequested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("fields.choices")
        self._choices = FieldChoices()
        self.preset = self._combo(
            "preset",
            self.tr("Preset"),
            (
                ("contract", self.tr("This program's"), self.tr("As `erf` on the command line")),
                ("replknet", self.tr("RepLKNet"), self.tr("Ding et al. 2022, their script")),
                ("luo", self.tr("Luo et al."), self.tr("Luo et al. 2016: the plain gradient")),
                ("", self.tr("Own choice"), ""),
            ),
        )
        self.contribution = self._combo(
            "contribution",
            self.tr("What of the gradient counts"),
            (
                ("relu", self.tr("Positive"), self.tr("relu(gradient), as RepLKNet's script")),
                ("abs", self.tr("Absolute"), self.tr("|gradient|")),
                ("signed", self.tr("Signed"), self.tr("The gradient itself: signs cancel")),
            ),
        )
        self.seed = self._combo(
            "seed",
            self.tr("What is differentiated"),
            (
                ("relu_sum", self.tr("Sum of relu"), self.tr("relu(cell), summed over channels")),
                ("sum", self.tr("Plain sum"), self.tr("Luo et al.; zero after many a norm")),
                (
                    "channel_norm",
                    self.tr("Each channel"),
                    self.tr("The norm over channels of each one's gradient; takes longer"),
                ),
                ("class_logit", self.tr("Logit of a class"), self.tr("Of the head, one class")),
            ),
        )
        self.class_chooser = self._combo("class", self.tr("Class"), ())
        self.norm = self._combo(
            "norm",
            self.tr("Where a stage is taken"),
            (
                ("after", self.tr("After the norm"), self.tr("What the head and you see")),
                ("before", self.tr("Before the norm"), self.tr("What the last block gives")),
            ),
        )
        self.input = self._combo(
            "input",
            self.tr("How pictures go in"),
            (
                ("model", self.tr("As the model's"), self.tr("As its preprocessing says")),
                ("squared", self.tr("1024 × 1024"), self.tr("Bicubic, as RepLKNet's script")),
            ),
        )
        self.areas = self._combo(
            "areas",
            self.tr("Of what area ratios are taken"),
            (
                ("plain", self.tr("Of the map"), ""),
                ("log", self.tr("Of log10(v + 1)"), self.tr("As RepLKNet's script")),
            ),
        )
        self.display = self._combo(
            "display",
            self.tr("How values fall on the colours"),
            (
                ("log", self.tr("Log"), self.tr("log10(1000 v / max + 1)")),
                ("power", self.tr("Power"), self.tr("(v / max) ^ 0.3")),
                ("linear", self.tr("Linear"), self.tr("v / max")),
                ("replknet", self.tr("RepLKNet"), self.tr("log10(v + 1), not scaled before")),
            ),
        )
        self.recentred = QCheckBox(self.tr("Centre on what the cell sees"), self)
        self.recentred.setObjectName("fields.recentred")
        self.recentred.setToolTip(
            self.tr("Figures around the middle of the convolutions' grid, not around the pixel")
        )
        self._lay_out()
        for combo in (
            self.contribution,
            self.seed,
            self.class_chooser,
            self.norm,
            self.input,
            self.areas,
            self.display,
        ):
            combo.activated.connect(self._request)
        self.recentred.clicked.connect(self._request)
        self.preset.activated.connect(self._request_preset)
        self.set_choices(self._choices)

    @property
    def choices(self) -> FieldChoices:
        """What is shown."""
        return self._choices

    def set_classes(self, names: Sequence[str]) -> None:
        """Offer the classes of a model."""
        with QSignalBlocker(self.class_chooser):
            self.class_chooser.clear()
            for class_id, name in enumerate(names):
                self.class_chooser.addItem(name, class_id)
        self.set_choices(self._choices)

    def set_choices(self, choices: FieldChoices) -> None:
        """Show these."""
        self._choices = choices
        for combo, value in (
            (self.preset, choices.preset),
            (self.contribution, choices.contribution),
            (self.seed, choices.seed),
            (self.class_chooser, choices.class_id),
            (self.norm, "before" if choices.before_norm else "after"),
            (self.input, "squared" if choices.squared else "model"),
            (self.areas, "log" if choices.log_areas else "plain"),
            (self.display, choices.display),
        ):
            combo.setCurrentIndex(combo.findData(value))
        self.recentred.setChecked(choices.recentred)
        self._form.setRowVisible(self.class_chooser, choices.seed == "class_logit")

    def _request(self) -> None:
        class_id = self.class_chooser.currentData()
        self._ask(
            FieldChoices(
                contribution=self.contribution.currentData(),
                seed=self.seed.currentData(),
                class_id=self._choices.class_id if class_id is None else class_id,
                before_norm=self.norm.currentData() == "before",
                recentred=self.recentred.isChecked(),
                squared=self.input.currentData() == "squared",
                log_areas=self.areas.currentData() == "log",
                display=self.display.currentData(),
            )
        )

    def _request_preset(self) -> None:
        name = self.preset.currentData()
        if name in PRESETS:
            self._ask(PRESETS[name])
        else:
            self.set_choices(self._choices)

    def _ask(self, choices: FieldChoices) -> None:
        self.set_choices(choices)
        self.choicesRequested.emit(choices)

    def _lay_out(self) -> None:
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setHorizontalSpacing(8)
        self._form.setVerticalSpacing(5)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self._form.addRow(self.tr("Preset"), self.preset)
        self._form.addRow(self.tr("Gradient"), self.contribution)
        self._form.addRow(self.tr("Seed"), self.seed)
        self._form.addRow(self.tr("Class"), self.class_chooser)
        self._form.addRow(self.tr("Stages"), self.norm)
        self._form.addRow(self.tr("Input"), self.input)
        self._form.addRow(self.tr("Areas"), self.areas)
        self._form.addRow(self.tr("Colours"), self.display)
        self._form.addRow("", self.recentred)

    def _combo(self, name: str, accessible: str, rows: Sequence[tuple[str, str, str]]) -> QComboBox:
        combo = QComboBox(self)
        combo.setObjectName(f"fields.{name}")
        combo.setAccessibleName(accessible)
        combo.setToolTip(accessible)
        combo.setMinimumContentsLength(6)
        combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for row, (value, text, tip) in enumerate(rows):
            combo.addItem(text, value)
            combo.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
        return combo
