"""The gateway as a whole: what it is, how it does, what needs a person now."""
