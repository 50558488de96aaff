"""The migrations, as a package so that an installed wheel carries them."""
