"""Two or more designs side by side, or two versions of one."""
