"""`doctor`: what works, what does not, and what to do about it."""

from tradai_console.doctor.diagnosis import print_diagnosis

__all__ = ["print_diagnosis"]
