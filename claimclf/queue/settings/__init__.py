"""What a team and each person have set, with bounds and history."""
