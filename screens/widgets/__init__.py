"""Widgets shared by screens, and the pure drawing that fills them."""
