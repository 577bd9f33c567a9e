"""The auto-encoder page's views on photographs: enlarged by super-resolution, and compressed."""


def super_resolution():
    """."""


def compression():
    """."""
