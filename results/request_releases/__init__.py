"""The release of a request test: its frozen document, and how that is read. The steps are those of a round."""
