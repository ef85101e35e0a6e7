"""People at the console: the one-time set-up, passwords, sign-in and sessions."""
