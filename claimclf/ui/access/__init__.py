"""Who is at the screen, and for how long: the login, roles, and the end of idle sessions.

::

    leaving      signing out, being signed out
    visitor      who asks for a page now
    machine      without a login: this machine alone        secrets    what is set up
    attendance   which sign-ins are over
    identity     a token's name, role and sign-in
    rules        the list of roles                          browser    one browser's name

Here it is decided; `claimclf.ui.frame` draws. Where the Streamlit secrets have a section
`[auth]`, people sign in there; without it there is one local user, on this machine only.
"""
