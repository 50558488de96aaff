"""The roads a letter can take: one verb, one error type, and the harmless road is the default."""
