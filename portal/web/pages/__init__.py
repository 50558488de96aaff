"""The pages, one module for each group; each adds its routes to the application."""
