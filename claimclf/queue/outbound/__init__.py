"""What leaves the queue: tables, backups, events to the platform."""
