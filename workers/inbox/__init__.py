"""What came in: raw bytes to a mail, the sender's own words, and no names of staff. Pure functions."""
