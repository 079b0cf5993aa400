"""Plots of results: bars with intervals, learning curves, layer ablations, curves of C."""
