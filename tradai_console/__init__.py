"""TradAI Console: the on-call console of the TradAI trading platform on AWS."""

__version__ = "0.1.0"
