"""Plain widgets beside the canvas: setters in, `…Requested` signals out."""
