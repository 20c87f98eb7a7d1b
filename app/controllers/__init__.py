"""Controllers act on what the views ask for; they know the document, no widget knows them."""
