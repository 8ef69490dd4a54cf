"""The review console: one case, what is needed to decide on it, and the next one.

::

    console        the screen, from the last click down to the keys
    choices        which cases come next, how the screen is
    case           the case in hand: its words, its hold, its history
    why            what the model expects of it, in one sentence
    decision       buttons and keys that decide
    surroundings   reports, author, video
    statement      what says the same: a list first, then one decision
    own            one's last decisions, each with its way back
    actions        what clicks and keys do
    desk           what one browser session has on the screen
"""
