"""The names that model files of format 1 hold; see `claimclf.modeling.stored`."""

from claimclf.modeling.stored.features import opening, text_length, text_length_name

__all__ = ["opening", "text_length", "text_length_name"]
