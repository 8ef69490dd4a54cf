"""Reports by HTTP, and what is told to programs: every request shows a token.

::

    entrance     token, then route, then limits: nothing answers before the token is known to count
    routes       what there is, by method and path, with the scope that each needs
    answering    one function a route, each calling one service
    bodies       JSON, arrays and NDJSON of a bounded size; how a refusal is written
    limits       how many requests a token may make
    openapi      the same routes as an OpenAPI document
    counting     what is counted for Prometheus
    working      scores what waits, in the background
    opening      all of it, on a queue
    apart        in a process of its own, beside the pages
    passage      keeps that process running, and passes on to it what came to the pages' server
    alone        without any pages, for stress tests
"""
