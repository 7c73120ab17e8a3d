"""A local AWS with the TradAI platform in it: where new engineers train, and what the tests run against."""
