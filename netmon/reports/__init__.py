"""Reports of a period: one plain document, one renderer a format."""
