"""The one door to AWS: session, clients, budget, errors, the credentials and the write gate."""
