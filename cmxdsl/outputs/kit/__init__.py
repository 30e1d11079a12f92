"""What outputs are made with: tables, values as text, SVG, colours, the layout engine, files."""
