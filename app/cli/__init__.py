"""The command line: one file for each command, none of which needs a display."""
