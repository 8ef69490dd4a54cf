"""The name that model files of format 1 hold; see `claimclf.modeling.stored`."""

from claimclf.modeling.stored.conformal import Conformal

__all__ = ["Conformal"]
