"""Views drawn to scale: racks and floors."""
