"""The tests of the console: the same tree as both packages, with `kit` for what they stand on."""
