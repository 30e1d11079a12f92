"""The interactive report: one file that holds everything, asks the network for nothing, runs no script but its own."""

from cmxdsl.outputs.report.page import Material, write_report

__all__ = ["Material", "write_report"]
