"""What a hand does with each tool, from press to release, as requests in whole image pixels.

How to add a tool, say "wand":

1. Here a class derived from `Tool` (`HoverTool`, `DrawnTool` and `StandingTool` do most of it) with
   its `name`, and its row in `TOOLS`. It turns presses and moves into a `Gesture` and calls
   `asks.gesture` to have it previewed, `asks.accept` when the hand says yes. It knows no labels.
2. `app/assistants/wand.py`: a function of (scene, gesture, options) that returns an `Outcome`, and
   its row in `app/assistants/table.py`. It runs on a thread, and must not write to what it gets.
3. The name in `TOOLS` of `app/view_state.py`, a row "tool_wand" in `app/action_rows/label_menu.py`
   (words, key, icon), and the name in the strip of `app/main_window.py`.
4. What can be set goes as rows into `app/tool_rows.py`; the bar above the canvas, the settings
   and the `options` of the assistant have it from there.

Preview, Enter, Esc, one undo step, protection and stale answers are the framework's:
`app/controllers/assisting.py`.
"""

from __future__ import annotations

from app.canvas.tools.asking import QueryTool, RegionTool
from app.canvas.tools.assisted import (
    ClickTool,
    GrabCutTool,
    RefineTool,
    ScissorsTool,
    SecondBestTool,
    SuperpixelTool,
    WandTool,
)
from app.canvas.tools.base import CLICK_SLACK, Asks, PanTool, Tool, Touch
from app.canvas.tools.hovering import (
    BoundaryTool,
    CopyLastTool,
    FillTool,
    HoverTool,
    SmallRegionsTool,
    StandingTool,
)
from app.canvas.tools.painting import BrushTool, EraserTool, PickOrResize
from app.canvas.tools.polygon import PolygonTool
from app.canvas.tools.scribble import ScribbleTool
from app.canvas.tools.shapes import DrawnTool, LassoTool, RectangleTool
from segcore.geometry import Point

__all__ = [
    "CLICK_SLACK",
    "TOOLS",
    "Asks",
    "BrushTool",
    "DrawnTool",
    "EraserTool",
    "FillTool",
    "HoverTool",
    "LassoTool",
    "PanTool",
    "PickOrResize",
    "Point",
    "PolygonTool",
    "QueryTool",
    "RectangleTool",
    "RegionTool",
    "ScribbleTool",
    "StandingTool",
    "Tool",
    "Touch",
]

TOOLS: dict[str, type[Tool]] = {
    tool.name: tool
    for tool in (
        PanTool,
        QueryTool,
        BrushTool,
        EraserTool,
        FillTool,
        RectangleTool,
        LassoTool,
        PolygonTool,
        SmallRegionsTool,
        BoundaryTool,
        CopyLastTool,
        ClickTool,
        ScissorsTool,
        SuperpixelTool,
        GrabCutTool,
        WandTool,
        RefineTool,
        SecondBestTool,
        RegionTool,
        ScribbleTool,
    )
}
