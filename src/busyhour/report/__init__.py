"""A run record turned into something to read: terminal, text, Markdown, HTML, JSON, PDF.

A record holds data; sections arrange it as blocks (`sections/registry.py` is the list); renderers show any section. A new
format is one module and one line in `RENDERERS`, a new section one function and one line in `SECTIONS`.
"""
