"""The lead's report: backlog, arrivals and decisions by hour, waiting times, people at work.

::

    report         all of it, from one state of the queue
    escalations    cases that wait for a lead
    people         what each person did, and how long it took them
    waits          how long cases wait for their first decision
    hours          arrivals, decisions and backlog by hour
    window         the hours that are looked at, and what the log holds of them

Figures of a window are by whole hours, in UTC. Nothing here reads cases that wait, but
the oldest by its index: how many there are by state, lane and hour is in `tallies`.
"""
