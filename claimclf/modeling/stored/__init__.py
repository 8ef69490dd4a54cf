"""What the files of stored models name by dotted path: part of the file format.

A model file holds the module and name of each class and function of ours that it is rebuilt
from. Files outlive releases, so nothing in this room is moved or renamed; what no longer fits
gets a new name beside the old one. `FORMATS` lists every name that any release has written.

::

    conformal    calibration and lanes          features    what pipelines call for each video
    kinds        the same for kinds of text     speech      features of real speech
    tokens, reading, terms    what these read
"""

#: Format of model files -> the types of ours that its files may name. Reviewed: none runs
#: anything on being rebuilt but its own constructor. A file never adds to this list.
FORMATS = {
    # Up to version 0.1: `claimclf.modeling.features` and `.conformal` lead to this room.
    1: (
        "claimclf.modeling.conformal.Conformal",
        "claimclf.modeling.features.opening",
        "claimclf.modeling.features.text_length",
        "claimclf.modeling.features.text_length_name",
    ),
    2: (
        "claimclf.modeling.stored.conformal.Conformal",
        "claimclf.modeling.stored.features.opening",
        "claimclf.modeling.stored.features.text_length",
        "claimclf.modeling.stored.features.text_length_name",
    ),
    # With models of real speech: all in these is numbers and text.
    3: (
        "claimclf.modeling.stored.kinds.KindConformal",
        "claimclf.modeling.stored.speech.SpeechFeatures",
    ),
}
#: The types of other packages that model files may name beyond the list of `skops`.
OTHERS = ("sklearn.tree._tree.Tree", "xgboost.core.Booster", "xgboost.sklearn.XGBClassifier")
TRUSTED_TYPES = (*(name for names in FORMATS.values() for name in names), *OTHERS)
