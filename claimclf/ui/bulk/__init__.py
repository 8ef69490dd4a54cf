"""One decision for many cases: asked for in a form, bound to what was shown, accounted for.

::

    shown      cases as they stood on the screen, and a name for them
    form       decision, rule and note; the number on the button is the number sent
    account    what became of every case
"""
