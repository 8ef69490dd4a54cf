"""What a lead looks at: what waits, what came and went, how long it took, and who is at it.

::

    report         all of it, from one state of the queue
    escalations    cases that wait for a lead
    people         what each person did, and how long it took them
    waits          how long cases wait for their first decision
    hours          what came and went by hour
    window         the hours that are looked at, and what the log holds of them

Figures of a window are by whole hours, in UTC. Nothing here reads cases that wait: how many
there are by state, lane and hour is in `tallies`.
"""
