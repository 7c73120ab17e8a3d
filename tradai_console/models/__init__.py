"""Frozen values: what the platform is known to be at one moment. Nothing here reads, waits or draws.

An unknown figure is None, never 0. All texts have passed `tradai_console.text.plain` where they entered.
All datetimes are aware and UTC.
"""
