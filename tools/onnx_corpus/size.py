"""How large the models are; most are tiny. `shrink` comes before any model is described."""

size = {"image": 32, "patch": 8, "dim": 48, "depth": 2, "heads": 3, "hidden": 96, "classes": 7}


def shrink():
    """So small that files can be kept in the repository."""
    size.update({"image": 16, "patch": 8, "dim": 12, "hidden": 24, "classes": 5})
