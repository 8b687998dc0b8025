"""The look: base templates, components, charts, covers, icons, styles and browser modules.

Knows no service and asks nobody anything: a page hands in a frozen view and a frame and gets text back.
"""
