"""What the tests and the benchmark stand on: a faulty line to AWS, a terminal that reads bytes, a lint."""
