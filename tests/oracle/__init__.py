"""A second opinion: a design expanded device by device, and answers counted from that. Shares no code with cmxdsl."""
