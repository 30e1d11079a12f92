"""The inverse of elaboration: arrays and link patterns found in a list of devices and cables."""
