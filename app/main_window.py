"""The main window: builds the widgets, ties them to what is behind them, remembers its shape."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QMainWindow, QTabWidget

from app.actions import Actions
from app.canvas.canvas import Canvas
from app.inference.engine import Engine
from app.panels.banner import ErrorBanner
from app.panels.classes import ClassesPanel
from app.panels.images import ImageListPanel
from app.panels.inspect import InspectPanel
from app.panels.jobs import JobsPanel
from app.panels.model_bar import ModelBar
from app.panels.status import PixelReadout, ProjectStatus
from app.panels.timeline import TimelinePanel
from app.relay import Relay
from app.settings import Settings
from app.theme import Theme, Tones
from app.window.action_link import ActionLink
from app.window.assist_link import ClickModelLink, LogitSlidersLink
from app.window.canvas_frame import CanvasFrame, Workspace
from app.window.canvas_link import CanvasLink
from app.window.class_table_link import ClassTableLink
from app.window.classes_link import ClassesLink
from app.window.core import Core
from app.window.dialog_commands import DialogCommands
from app.window.docks import add_dock, chain_tab_stops, model_toolbar, right_tabs
from app.window.evaluate_link import EvaluateLink
from app.window.file_commands import FileCommands
from app.window.hub_link import HubLink
from app.window.inspect_link import InspectLink
from app.window.inspect_pages import InspectPages, Surroundings
from app.window.kept_view import keep_view, restore_view
from app.window.label_files_link import LabelFilesLink
from app.window.list_link import ListLink
from app.window.menus import build_menus
from app.window.model_link import ModelLink
from app.window.origins_link import OriginsLink
from app.window.picture_list_link import PictureListLink
from app.window.review_parts import ReviewParts
from app.window.status_link import MessageLink, StatusLink
from app.window.teach_link import TeachLink
from app.window.timeline_link import BUTTONS as TIMELINE_BUTTONS
from app.window.timeline_link import TimelineLink
from app.window.view_parts import ViewParts
from segcore.errors import SegcoreError

_TOOLS = (
    ("tool_pan", "tool_query", "tool_region"),
    ("tool_brush", "tool_eraser", "tool_fill"),
    ("tool_polygon", "tool_lasso", "tool_rectangle"),
    ("tool_click", "tool_scissors", "tool_superpixels", "tool_grabcut", "tool_wand"),
    ("tool_refine", "tool_second_best"),
    ("undo", "redo"),
    ("zoom_in", "zoom_out", "fit"),
    ("compare_overlay", "compare_side_by_side", "compare_swipe", "adjust_display"),
)
_STATE_VERSION = 1


class MainWindow(QMainWindow):
    """The window.

    Attributes:
        core: everything behind the widgets.
        closed: whether it has been closed and its threads have been told to end.
        all_ended: False when a computation goes on that only the end of the process stops.
    """

    firstPainted = Signal()

    def __init__(self, settings: Settings, engine: Engine | None = None) -> None:
        super().__init__()
        self.setObjectName("window.main")
        self.setWindowTitle("SegFormer Studio")
        self.setAcceptDrops(True)
        self.settings = settings
        self.theme = Theme(_application(), self)
        self.theme.apply(settings.theme)
        self.core = Core(engine, self)
        self.actions_by_name = Actions(self, settings.shortcuts)
        self._painted = False
        self._warned_of_loss = False
        self.closed = False
        self.all_ended = True
        self._build_widgets()
        restore_view(self.core, settings)
        self._build_links()
        self._connect_window_actions()
        self._show_theme(self.theme.tones)
        self._restore_shape()

    def start(self, paths: Sequence[Path]) -> None:
        """Open pictures now, and load the model once the window is on the screen."""
        self.files.open_at_start(paths)
        self.firstPainted.connect(self.models.start)

    def show_failure(self, sentence: str, details: str = "") -> None:
        """Say in the banner what went wrong; may be called from every thread."""
        self._relay.post(self.messages.show_failure, sentence, details)

    def _build_widgets(self) -> None:
        actions = self.actions_by_name
        self.canvas = Canvas()
        self.canvas.setObjectName("canvas")
        self.banner = ErrorBanner()
        self.view_parts = ViewParts(self)
        frame = CanvasFrame(
            self.canvas, self.banner, self.view_parts.display, self.view_parts.region
        )
        strip = [[actions[name] for name in group] for group in _TOOLS]
        self.workspace = Workspace(frame, strip, self.view_parts.tool_options)
        self.setCentralWidget(self.workspace)

        names = ("predict", "predict_all", "toggle_overlay", "toggle_contours")
        self.model_bar = ModelBar([actions[name] for name in names])
        self.addToolBar(model_toolbar(self.model_bar, self))

        self.images = ImageListPanel()
        self.classes = ClassesPanel()
        self.inspect = InspectPanel()
        self.inspect_pages = InspectPages(self.inspect)
        self.tabs: QTabWidget = right_tabs(self.classes, self.inspect_pages)
        self.tabs.addTab(self.view_parts.regions, self.tr("Regions"))
        area = Qt.DockWidgetArea
        left = add_dock(
            self, "dock.images", self.tr("Pictures"), self.images, area.LeftDockWidgetArea
        )
        right = add_dock(
            self,
            "dock.right",
            self.tr("Classes and inspection"),
            self.tabs,
            area.RightDockWidgetArea,
        )
        self.resizeDocks([left, right], [272, 310], Qt.Orientation.Horizontal)
        buttons = [[actions[name] for name in group] for group in TIMELINE_BUTTONS]
        self.timeline = TimelinePanel(buttons)
        self.timeline_dock = add_dock(
            self, "dock.timeline", self.tr("Timeline"), self.timeline, area.BottomDockWidgetArea
        )
        docks = (left, right, self.timeline_dock)
        self.recent_menu = build_menus(self, actions, [dock.toggleViewAction() for dock in docks])

        tools = self.workspace.buttons
        chain_tab_stops([self.images.list, *tools, self.canvas, self.tabs.tabBar()])
        self.readout, self.jobs, self.status = PixelReadout(), JobsPanel(), ProjectStatus()
        bar = self.statusBar()
        bar.setSizeGripEnabled(False)
        # Work that comes and goes must not move the canvas.
        bar.setFixedHeight(self.fontMetrics().height() + 14)
        bar.addWidget(self.readout)
        bar.addPermanentWidget(self.view_parts.note)
        bar.addPermanentWidget(self.jobs)
        bar.addPermanentWidget(self.status)

    def _build_links(self) -> None:
        core = self.core
        state, document, session = core.view_state, core.document, core.session
        self._relay = Relay(self)
        self.messages = MessageLink(self.banner, self)
        self.canvas_link = CanvasLink(self.canvas, document, state, self)
        self.canvas_link.connect_tools(core.labelling, core.inspection)
        self.canvas_link.connect_measures(core.uncertainty)
        self.list_link = ListLink(self.images, core, self)
        self.review = ReviewParts(
            self.images,
            self.actions_by_name,
            core,
            canvas=self.canvas,
            messages=self.messages,
            tabs=self.tabs,
            theme=self.theme,
            settings=self.settings,
            window=self,
        )
        self.workspace.add_feet(self.review.bars)
        self.teach_link = TeachLink(
            self.tabs,
            self.classes,
            core,
            canvas=self.canvas,
            chosen=self.review.chosen.chosen,
            failed=self.messages.show_error,
            notice=self.messages.show_notice,
        )
        self.timeline_link = TimelineLink(
            self.timeline, self.timeline_dock, self.actions_by_name, core, self.canvas
        )
        self.classes_link = ClassesLink(self.classes, document, state, self)
        self.class_table_link = ClassTableLink(self.classes, core, self)
        self.classes.leaveRequested.connect(self.canvas.setFocus)
        self.origins_link = OriginsLink(self.classes.origins, self.canvas, document, state, self)
        self.inspect_link = InspectLink(
            self.inspect,
            core.inspection,
            document=document,
            view_state=state,
            canvas=self.canvas,
            parent=self,
        )
        # The first page alone shows them; the others need the time for their own answers.
        self.inspect_pages.currentChanged.connect(
            lambda index: core.inspection.want_fields(index == 0)
        )
        self.inspect_pages.add_pages(
            Surroundings(
                core, self.canvas, self.settings, self.theme, self.inspect_link.lay_over, self
            )
        )
        self.models = ModelLink(
            self.model_bar,
            self.status,
            prediction=core.prediction,
            view_state=state,
            settings=self.settings,
            parent=self,
        )
        self.status_link = StatusLink(
            self.readout, self.jobs, self.status, document=document, session=session, parent=self
        )
        self.status_link.connect_work(self.canvas, core.client)
        self.action_link = ActionLink(self.actions_by_name, core, self.canvas, self.jobs, self)
        self.files = FileCommands(self, session, document, self.settings)
        self.view_parts.connect_view(self.actions_by_name, core, self.canvas)
        self.logit_sliders = LogitSlidersLink(self, self.actions_by_name, core, self.canvas)
        self.click_model = ClickModelLink(self, self.actions_by_name, core)
        self.view_parts.connect_saving(
            self.actions_by_name,
            core,
            canvas=self.canvas,
            settings=self.settings,
            jobs=self.jobs,
        )
        self.dialogs = DialogCommands(self, self.settings, self.models, self.actions_by_name)
        self.dialogs.settingsApplied.connect(self._apply_settings)
        self.hub = HubLink(self, core.downloads)
        self.hub.modelArrived.connect(self.models.offer)
        self.hub.modelRequested.connect(self.models.use)
        self.label_files = LabelFilesLink(
            self,
            self.actions_by_name,
            core,
            canvas=self.canvas,
            files=self.files,
            settings=self.settings,
            theme=self.theme,
        )
        self.evaluate = EvaluateLink(self, self.actions_by_name, core, self.settings)
        self._connect_messages()
        self.models.modelInUse.connect(self.inspect_link.show_model)
        self.inspect_link.queried.connect(self._show_inspection)
        self.files.recentChanged.connect(self.recent_menu.set_paths)
        self.recent_menu.pathRequested.connect(self.files.open_recent)
        self.recent_menu.set_paths(self.settings.recent_paths)
        document.imageChanged.connect(self._show_title)
        self.theme.changed.connect(self._show_theme)

    def _connect_messages(self) -> None:
        core, messages = self.core, self.messages
        for failing in (core.document, core.session, core.prediction, core.inspection):
            failing.failed.connect(messages.show_error)
        for telling in (core.session, core.prediction, self.canvas_link):
            telling.notice.connect(messages.show_notice)
        self.view_parts.connect_messages(core, messages, self.status_link)
        self.timeline_link.connect_messages(messages)
        PictureListLink(self.images, self.actions_by_name, core, messages, self)
        self.class_table_link.failed.connect(messages.show_error)
        self.class_table_link.notice.connect(messages.show_notice)
        core.session.imageFailed.connect(messages.show_picture_failure)
        core.prediction.pictureFailed.connect(messages.show_picture_failure)
        self.files.failed.connect(messages.show_failure)
        self.hub.failed.connect(messages.show_error)
        self.label_files.failed.connect(messages.show_error)
        self.label_files.notice.connect(messages.show_notice)
        self.hub.notice.connect(messages.show_notice)
        self.banner.detailsRequested.connect(self.dialogs.show_details)

    def _connect_window_actions(self) -> None:
        actions, files, dialogs = self.actions_by_name, self.files, self.dialogs
        for name, slot in {
            "open_files": files.open_files,
            "open_folder": files.open_folder,
            "open_video": files.open_video,
            "open_project": files.open_project,
            "open_samples": files.open_samples,
            "save": files.save,
            "find_class": self._find_class,
            "save_project_as": files.save_project_as,
            "quit": self.close,
            "settings": dialogs.show_settings,
            "shortcuts": dialogs.show_shortcuts,
            "full_screen": self._toggle_full_screen,
            "model_info": dialogs.show_model_info,
            "download_models": self.hub.show,
            "protocol": dialogs.show_protocol,
            "open_log_folder": dialogs.open_log_folder,
            "about": dialogs.show_about,
            "open_model_file": files.open_model_file,
            "open_model_folder": files.open_model_folder,
        }.items():
            actions[name].triggered.connect(slot)
        self.model_bar.modelFileRequested.connect(files.open_model_file)
        self.model_bar.modelFolderRequested.connect(files.open_model_folder)
        files.modelRequested.connect(self.models.use)

    def _keep_settings(self) -> None:
        settings = self.settings
        keep_view(self.core, settings)
        settings.geometry = bytes(self.saveGeometry().data())
        settings.state = bytes(self.saveState(_STATE_VERSION).data())
        settings.save()

    def _restore_shape(self) -> None:
        if not self.restoreGeometry(QByteArray(self.settings.geometry)):
            available = self.screen().availableGeometry().size()
            self.resize(min(1440, available.width()), min(900, available.height()))
        self.restoreState(QByteArray(self.settings.state), _STATE_VERSION)

    def _show_theme(self, tones: Tones) -> None:
        self.images.set_tones(tones)
        self.timeline.set_tones(tones)
        self.classes.set_tones(tones)
        self.theme.tint(self.actions_by_name)
        self.theme.tint(self.findChildren(QAbstractButton))

    def _show_title(self) -> None:
        name = self.core.document.name
        self.setWindowTitle(f"{name} — SegFormer Studio" if name else "SegFormer Studio")

    def _show_inspection(self) -> None:
        self.tabs.setCurrentWidget(self.inspect_pages)

    def _find_class(self) -> None:
        self.tabs.setCurrentWidget(self.classes)
        self.classes.focus_search()

    def _apply_settings(self) -> None:
        self.settings.save()
        self.actions_by_name.set_keys(self.settings.shortcuts)
        self.core.prediction.automatic = self.settings.auto_predict
        self.theme.apply(self.settings.theme)

    def _toggle_full_screen(self, full: bool) -> None:
        if full:
            self.showFullScreen()
        else:
            self.showNormal()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Qt: once the window has been painted, the model may be loaded."""
        super().paintEvent(event)
        if not self._painted:
            self._painted = True
            QTimer.singleShot(0, self.firstPainted.emit)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Qt: files and folders are welcome."""
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Qt: open what was dropped."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.files.open_paths(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Qt: remember the window's shape and bring all work to disk."""
        if self.closed:
            return
        try:
            self.core.save_everything()
        except SegcoreError as error:
            if not self._warned_of_loss:
                self._warned_of_loss = True
                event.ignore()
                self.messages.show_failure(
                    self.tr("{} Close again to leave without these edits.").format(error)
                )
                return
        self._keep_settings()
        self.all_ended = self.core.shutdown()
        self.canvas.set_image(None)
        self._relay.close()
        self.closed = True
        super().closeEvent(event)


def _application() -> QApplication:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app
