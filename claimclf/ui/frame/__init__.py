"""What is around every page: who may open it, its head, its navigation, and closed doors.

::

    opening       `open_page`, the first statement of every page
    navigation    the sidebar, links from page to page
    closed        what those see who may not see the page
    pages         the pages, and which roles open them
"""
