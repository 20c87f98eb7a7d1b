"""The parts of the window around the view: comparing, display, measures, saving pictures."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.actions import Actions
from app.canvas.canvas import Canvas
from app.panels.display import DisplayNote, DisplayPanel
from app.panels.jobs import JobsPanel
from app.panels.region_bar import RegionBar
from app.panels.regions import RegionsPanel
from app.panels.tool_options import ToolOptionsBar
from app.settings import Settings
from app.window.compare import CompareLink, DisplayLink
from app.window.core import Core
from app.window.live_link import LiveLink
from app.window.region_link import RegionLink
from app.window.regions_link import RegionsLink
from app.window.saving import SavingCommands
from app.window.status_link import MessageLink, StatusLink
from app.window.tool_link import ToolLink


class ViewParts(QObject):
    """Builds the links of the view.

    Attributes:
        display: the panel of brightness, contrast and gamma, to be put over the canvas.
        region: the bar that makes a region of a heat map, to be put over the canvas.
        note: what the status bar says while these are changed.
        tool_options: the bar of what can be set about the tool, to be put above the canvas.
        regions: the list of regions, a tab beside the classes.
        saving: what saves and copies mask, overlay and view, once it is connected.
        live: what watches cameras and streams, likewise.
    """

    saving: SavingCommands
    live: LiveLink

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.display = DisplayPanel()
        self.note = DisplayNote()
        self.region = RegionBar()
        self.tool_options = ToolOptionsBar()
        self.regions = RegionsPanel()

    def connect_view(self, actions: Actions, core: Core, canvas: Canvas) -> None:
        """Tie actions, view state and canvas together."""
        state = core.view_state
        self._compare = CompareLink(actions, state, canvas, self)
        self._display_link = DisplayLink(
            actions,
            core.document,
            state,
            canvas=canvas,
            panel=self.display,
            note=self.note,
            parent=self,
        )

        self._tool_link = ToolLink(self.tool_options, actions, core, canvas, self)
        self._regions_link = RegionsLink(self.regions, core, canvas, self)
        self._region_link = RegionLink(self.region, actions, core, canvas, self)

    def connect_saving(
        self,
        actions: Actions,
        core: Core,
        *,
        canvas: Canvas,
        settings: Settings,
        jobs: JobsPanel,
    ) -> None:
        """Let the actions save and copy pictures, and watch a camera in their place."""
        self.live = LiveLink(actions, core, canvas, settings, self)
        self.saving = SavingCommands(
            actions,
            core.pictures_out,
            document=core.document,
            canvas=canvas,
            settings=settings,
            jobs=jobs,
            window=canvas.window(),
        )

    def connect_messages(self, core: Core, messages: MessageLink, status: StatusLink) -> None:
        """Say what goes wrong and what is done, and show the measure under the cursor."""
        core.assisting.failed.connect(messages.show_error)
        self._regions_link.controller.failed.connect(messages.show_error)
        self.live.controller.failed.connect(messages.show_error)
        for failing in (core.uncertainty, core.pictures_out):
            failing.failed.connect(messages.show_error)
            failing.notice.connect(messages.show_notice)
        status.connect_measures(core.uncertainty, core.view_state)
