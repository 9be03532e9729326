"""A run record turned into something to read: terminal, text, Markdown, HTML, JSON, PDF.

A record only records; renderers only render. A new format is one module and one line in `RENDERERS`.
"""
