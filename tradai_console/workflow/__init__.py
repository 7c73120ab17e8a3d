"""Why did this execution fail: its history read, its path told, and what other services know of it laid beside."""
