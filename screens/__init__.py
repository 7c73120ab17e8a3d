"""The screens: one file and one .tcss each, with the widgets they share beside them.

A screen is bound to the app's board and never reaches into the app: requests go up as messages.
"""
