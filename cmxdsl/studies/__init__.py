"""Studies: a design asked for many values of its parameters, on this machine or on a cluster."""
