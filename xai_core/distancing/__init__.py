"""Gradient artificial distancing (GAD): targets, support regressions, the maps that survive."""

from xai_core.distancing.targets import Regression, distanced, how_well

__all__ = ["Regression", "distanced", "how_well"]
