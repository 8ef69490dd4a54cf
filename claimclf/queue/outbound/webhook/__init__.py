"""Events to the platform, which enforces decisions: each at least once, in order, signed.

::

    dead_letters    events that were given up, and trying them again
    delivery        sends what is due, one event at a time, with growing waits between tries
    outbox          which entries of the audit log are events, and how far each event is
    posting         one HTTP request
    message         an event's body, headers and signature
    endpoint        where to send, the secret, and how long to wait

The audit log is the source: an event is sent because it is in the log, and nothing else is
written when somebody decides. `deliveries` holds how far each event is. The form is that of
Standard Webhooks: the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`, the
last of them `v1,` and the base64 of HMAC-SHA256 over id, timestamp and body, joined by dots.

An event's id stays the same however often it is sent. One that was sent late, from the list of
dead letters, may follow a newer one: a receiver ignores an event whose `seq` is not above the
last that it has seen of that video.
"""
