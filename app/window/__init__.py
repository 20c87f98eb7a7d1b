"""The main window's menus, docks and wiring, in pieces that fit on a page."""
