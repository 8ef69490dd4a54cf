"""Stored models side by side, from the cut-off down to a single mistake.

::

    sections       what can be looked at more closely, one part at a time
    champion       which model is in use, and changing it
    robustness     the champion under stress beside the chosen models, in one picture
    cutoffs        one cut-off for all, each model's own, or a recall by name
    figures        recall first, then what it costs; class reports; the test set
    curves, differences, slices, mistakes, reasons, stress, lanes    the sections
    training       training and searching models
    export         the whole comparison as one file
"""
