"""The journal: what was done, by whom and when; and the place where a walk goes on."""
