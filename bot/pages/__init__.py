"""Pages for people and machines that are not chat."""
