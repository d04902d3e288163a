"""The only part that talks to the database. Frozen records go out, no rows and no sessions."""
