"""Learning: what decisions teach, what is missed, and whether the world is changing."""

from claimclf.ui.frame.opening import open_page
from claimclf.ui.learning.sections import show_section
from claimclf.ui.messages import explained
from claimclf.ui.state.database import queue_database

person = open_page("pages/learning.py")
with explained():
    database = queue_database()
show_section(database, person)
