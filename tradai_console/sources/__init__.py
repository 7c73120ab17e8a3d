"""One file a source: asks AWS, converts the answers into frozen values, and nothing more."""
