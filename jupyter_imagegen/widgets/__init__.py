"""Panels: widgets that make, change and browse pictures; drawn in the browser, decided in Python."""
