"""Ties the model bar to the prediction controller and the settings."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.controllers.prediction import PredictionController
from app.dialogs.facts import Fact
from app.inference.requests import AtHand, ModelInfo, ModelSpec
from app.panels.model_bar import ModelBar, ModelChoice
from app.panels.status import ProjectStatus
from app.settings import Settings
from app.view_state import ViewState
from segcore import resources
from segcore.errors import RequestError
from segcore.inference.protocol import PREPROCESS, InferenceProtocol


class ModelLink(QObject):
    """Keeps model, device and precision in the settings, and shows what is in use."""

    modelInUse = Signal(object)

    def __init__(
        self,
        bar: ModelBar,
        status: ProjectStatus,
        *,
        prediction: PredictionController,
        view_state: ViewState,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._bar = bar
        self._status = status
        self._prediction = prediction
        self._view_state = view_state
        self._settings = settings
        self._protocol = _kept_protocol(settings)
        self._predicts_next = False
        self._local: list[ModelChoice] = []
        prediction.atHandFound.connect(self._show_at_hand)
        prediction.modelChanged.connect(self._show_model)
        prediction.modelSettled.connect(self._show_what_is_in_use)
        bar.modelRequested.connect(self.use)
        bar.deviceRequested.connect(self._use_device)
        bar.precisionRequested.connect(self._use_precision)
        bar.opacityRequested.connect(self._set_opacity)
        bar.overlayModeRequested.connect(self._set_mode)
        view_state.overlayChanged.connect(self._show_overlay)
        bar.set_device(settings.device, settings.precision)
        bar.set_model(settings.model)
        self._show_choices()
        self._show_overlay()

    @property
    def model(self) -> ModelInfo | None:
        """The model in use."""
        return self._prediction.model

    def start(self) -> None:
        """Load the model that was used last."""
        settings = self._settings
        self._load(settings.model, settings.device, settings.precision)

    def use(self, source: str) -> None:
        """Load another model: a bundled name, a file or a folder."""
        settings = self._settings
        self._bar.set_model(source)
        self._load(source, settings.device, settings.precision)

    @property
    def protocol(self) -> InferenceProtocol:
        """How pictures go in."""
        return self._protocol

    def use_protocol(self, protocol: InferenceProtocol) -> None:
        """Have pictures go in another way from now on, and predict the open one again."""
        self._protocol = protocol
        self._settings.protocol = protocol.to_json()
        self._settings.save()
        self._predicts_next = True
        self._reload(self._settings.device, self._settings.precision)

    def offer(self, source: str) -> None:
        """Put a model that has come to this machine into the chooser."""
        if all(choice.source != source for choice in self._local):
            self._local.append(ModelChoice(source, source))
            self._show_choices()

    def facts(self) -> list[Fact]:
        """What there is to say of the model in use."""
        info = self.model
        if info is None:
            return []
        depths = ", ".join(str(depth) for depth in info.depths)
        heads = ", ".join(str(count) for count in info.heads)
        facts = [
            (self.tr("Model"), info.name),
            (self.tr("Source"), info.spec.source),
            (self.tr("Variant"), info.variant),
            (self.tr("Blocks by stage"), depths),
            (self.tr("Heads by stage"), heads),
            (self.tr("Classes"), f"{len(info.classes)}: {_list_of(info.classes.names)}"),
            (
                self.tr("Runs on"),
                f"{info.device} {info.precision}, {info.numerics}, {info.backend}",
            ),
            (self.tr("Pictures go in"), info.spec.protocol.in_words()),
            (self.tr("Licence"), self.licence_text() or self.tr("not stated")),
            (self.tr("SHA-256"), info.sha256),
            *((self.tr("Note"), note) for note in info.notes),
        ]
        return [(name, value) for name, value in facts if value]

    def licence_text(self) -> str:
        """The licence of the model in use, and what it forbids, in words."""
        info = self.model
        if info is None or not info.licence:
            return ""
        if is_non_commercial(info.licence):
            return self.tr("{}: for non-commercial use only").format(_bare(info.licence))
        return info.licence

    def _show_model(self, info: ModelInfo) -> None:
        self._settings.model = info.spec.source
        self._settings.device = info.spec.device
        self._settings.precision = info.spec.precision
        if info.spec.source not in resources.bundled_models():
            self._settings.remember_model(info.spec.source)
        self._settings.save()
        self._show_choices()
        self.modelInUse.emit(info)
        if self._predicts_next:
            self._predicts_next = False
            self._prediction.predict()

    def _show_what_is_in_use(self) -> None:
        """After a load, good or bad: the chooser names the model that answers."""
        info = self.model
        if info is None:
            return
        forbids = info.licence is not None and is_non_commercial(info.licence)
        tip = "\n".join(f"{name}: {value}" for name, value in self.facts())
        self._bar.set_model(info.spec.source, tip=tip, non_commercial=forbids)
        self._bar.set_device(info.spec.device, info.spec.precision)
        self._status.set_device(_in_use(info), "\n".join(info.notes) or tip)

    def _show_choices(self) -> None:
        bundled = [ModelChoice(name, name) for name in resources.bundled_models()]
        local = {choice.source for choice in self._local}
        recent = [
            ModelChoice(path, Path(path).name, path)
            for path in self._settings.recent_models
            if path not in local
        ]
        self._bar.set_models(bundled, recent, self._local)

    def _show_at_hand(self, found: AtHand) -> None:
        self._bar.set_devices([(device.value, device.title) for device in found.devices])
        self._local = [ModelChoice(model.value, model.title) for model in found.models]
        self._show_choices()

    def _use_device(self, device: str) -> None:
        self._reload(device, self._settings.precision)

    def _use_precision(self, precision: str) -> None:
        self._reload(self._settings.device, precision)

    def _reload(self, device: str, precision: str) -> None:
        info = self.model
        source = info.spec.source if info else self._settings.model
        self._load(source, device, precision)

    def _load(self, source: str, device: str, precision: str) -> None:
        spec = ModelSpec(source, device, precision, protocol=self._protocol)
        self._prediction.set_model(spec)

    def _set_opacity(self, opacity: float) -> None:
        self._view_state.overlay_opacity = opacity

    def _set_mode(self, mode: str) -> None:
        self._view_state.overlay_mode = mode
        self._view_state.overlay_visible = True

    def _show_overlay(self) -> None:
        self._bar.set_overlay(self._view_state.overlay_mode, self._view_state.overlay_opacity)


def _kept_protocol(settings: Settings) -> InferenceProtocol:
    """The one that the settings keep; what makes no sense there is as the model says."""
    try:
        return InferenceProtocol.from_json(settings.protocol)
    except RequestError:
        return PREPROCESS


def is_non_commercial(licence: str) -> bool:
    """Whether a licence's name says that it is for non-commercial use only."""
    words = licence.lower().replace("_", "-").replace(" ", "-")
    return "non-commercial" in words or "noncommercial" in words or "-nc" in words


def _bare(licence: str) -> str:
    """A licence's name without the remark that is about to follow it in words."""
    return licence.replace("(non-commercial)", "").strip()


def _list_of(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:30])
    return f"{shown} …" if len(names) > 30 else shown


def _in_use(info: ModelInfo) -> str:
    """Device and precision, and the backend where it is not torch."""
    words = [info.device, info.precision]
    return " ".join(words if info.backend == "torch" else [*words, info.backend])
