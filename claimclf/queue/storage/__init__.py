"""What is stored: tables and their versions, transactions, cases, the audit log."""
