"""The release of a round's outcome: a frozen document of figures, and the steps from draft to released."""
