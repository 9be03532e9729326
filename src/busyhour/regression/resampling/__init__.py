"""Block bootstrap and quantiles of windows."""
