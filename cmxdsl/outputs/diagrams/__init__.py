"""Views whose places a layout or the structure of a network gives."""
