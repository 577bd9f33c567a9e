"""What the attention page's *Export* asks a model for."""

from dlsuite import serving
from panels import export

REQUESTS = {
    "translate": {"text": ["Donnerstag, 5. März 1987"]},
    "predict": {"signals": [[0.0] * 100]},
    "neighbours": {"words": ["array"]},
}
"""What to ask a model for, by its signature, the first of these that it has."""


def request_to(model: serving.Served) -> export.Request:
    """The first of `REQUESTS` that a model has."""
    signature = next(name for name in REQUESTS if name in model.signatures)
    given = ", ".join(f"{name}={value!r}" for name, value in REQUESTS[signature].items())
    return export.Request(signature, REQUESTS[signature], f"model.{signature}({given})")
