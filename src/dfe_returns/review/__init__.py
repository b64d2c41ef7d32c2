"""What people read, answer and sign: the report, worklists, comparison, sign-off and its certificate."""
