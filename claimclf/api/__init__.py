"""What is spoken over HTTP: the application, and what stands between it and the network.

::

    application    what `claimclf serve` starts: Streamlit's pages behind the middleware
    middleware/    one concern a file, each an ASGI application around another
    warming        imports made ahead while nobody waits

`application` alone knows Streamlit, whose pages it serves. It is started as a script, so no
module beside it may have the name of one of the standard library's.
"""
