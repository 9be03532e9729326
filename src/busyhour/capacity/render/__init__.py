"""Forecasts as text and as plots."""
