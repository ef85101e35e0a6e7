"""People who may sign in: invited, changed, deactivated, deleted; and which teams they are in."""
