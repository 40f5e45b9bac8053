"""Measurements against peers and limits, as ratios within one run: ``tox run -e bench``."""
