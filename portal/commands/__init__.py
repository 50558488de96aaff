"""What the commands do; `portal.cli` says how they are called."""
