"""A clarity report on the terminal."""
