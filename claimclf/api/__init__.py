"""What is spoken over HTTP: the application, and what stands between it and the network.

::

    application    what `claimclf serve` starts: Streamlit's pages behind the middleware
    admission      who may come in, by what is set up
    door/          reports by HTTP and what is told to programs, each with a token
    middleware/    one concern a file, each an ASGI application around another
    opening        the address, in its user's browser
    warming        imports made ahead while nobody waits

`application` alone knows Streamlit, whose pages it serves, and `middleware/messages` and
`middleware/turns` what Streamlit's messages to and from a browser say. It is started as a
script, so no module beside it may have the name of one of the standard library's.
"""
