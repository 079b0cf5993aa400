"""Exact nearest neighbours of fixed queries among samples that stream by (docs/nearest.md)."""

from dcgan_eval.probes.nearest.scorer import NearestNeighborScorer, Neighbors

__all__ = ["NearestNeighborScorer", "Neighbors"]
