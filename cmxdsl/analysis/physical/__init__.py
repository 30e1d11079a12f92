"""Where things are: floor, racks, routes, cables, light."""
