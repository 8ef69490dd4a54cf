"""The lead's view, from what waits down to what the team has set.

::

    period         which time is looked at; the report, kept for seconds
    now            what waits, today's cut, and what can be done about it
    figures        what came and went in a period   flow, waits, people    its parts
    escalations    what waits for a lead            held    other people's cases
    undelivered    what the platform could not be told
    giving         fields and buttons that give a case to somebody
    actions        what clicks do
    settings/      what the team has set: the form, what it changes, every change
    tables         how tables are written
"""
