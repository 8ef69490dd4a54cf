"""What the team has set: the form, what its fields mean, and every change."""
