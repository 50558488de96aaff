"""The JSON API: what programs may read of the record, and where a mail provider brings mail."""
