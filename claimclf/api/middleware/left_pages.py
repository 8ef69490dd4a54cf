"""What a browser still says of a page that it has just left.

Who types and clicks a link has the browser ask for the other page, and then for a part of the one
that is gone. Streamlit 1.67 answers as if that page had come back: the browser clears the new page
and draws nothing, and the next part that is drawn again finds no place and leaves it blank.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any


class Way:
    """On which page one browser is, as far as it has said."""

    def __init__(self) -> None:
        self._here: Any = None
        self._left = ""

    def follow(self, said: Any) -> Any | None:
        """Have what was typed on a page that was left arrive with the page that came instead.

        Parameters
        ----------
        said : BackMsg
            What the browser says next.

        Returns
        -------
        BackMsg or None
            What is passed on; None where it is of no use any more.
        """
        if said.WhichOneof("type") != "rerun_script":
            return said
        asked = said.rerun_script
        page = asked.page_script_hash
        if asked.fragment_id and page and page == self._left:
            return None if asked.is_auto_rerun else self._of_this_page(said)
        # Once it has spoken from a page, a browser says no more of the one before: what has that
        # name then is the page to which the server has sent it back.
        before = self._here.page_script_hash if self._here else ""
        is_link = not asked.fragment_id and page != before
        self._left = before if is_link else ""
        self._here = asked
        return said

    def _of_this_page(self, said: Any) -> Any:
        """Ask for the page that is there in place of a part of the one that was left."""
        changed = deepcopy(said)
        asked, here = changed.rerun_script, self._here
        asked.fragment_id = ""
        asked.page_script_hash, asked.page_name = here.page_script_hash, here.page_name
        asked.query_string = here.query_string
        return changed
