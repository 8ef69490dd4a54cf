"""The pages: what they are called and who may open them."""

from __future__ import annotations

from typing import NamedTuple

from claimclf.people import Capability, Role, roles_with


class Page(NamedTuple):
    """What a page is called, its sign in the navigation, and what it takes to open it."""

    label: str
    icon: str
    needs: Capability

    @property
    def roles(self) -> tuple[Role, ...]:
        """Who may open it."""
        return roles_with(self.needs)


#: By file, in the order of the navigation.
PAGES = {
    "app.py": Page("Start", ":material/home:", Capability.LOOK),
    "pages/review.py": Page("Review", ":material/rate_review:", Capability.REVIEW),
    "pages/triage_queue.py": Page(
        "Triage queue", ":material/format_list_numbered:", Capability.LOOK
    ),
    "pages/lead_view.py": Page("Lead's view", ":material/monitoring:", Capability.LEAD),
    "pages/dataset.py": Page("Dataset", ":material/database:", Capability.STUDY),
    "pages/model_comparison.py": Page("Model comparison", ":material/balance:", Capability.STUDY),
    "pages/learning.py": Page("Learning", ":material/school:", Capability.LEAD),
}
