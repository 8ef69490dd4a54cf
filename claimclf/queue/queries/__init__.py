"""Questions to the queue: order, filters, search, lists, counts, reports; they change nothing."""
