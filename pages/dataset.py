"""Dataset exploration: what labelled data, the queue or an upload hold, and what to know of it."""

from claimclf.ui.dataset.looking import show_what
from claimclf.ui.frame.opening import open_page

person = open_page("pages/dataset.py")
show_what(person)
