"""Every word the bot says: domain → Card, one file a journey. What is decided stands in the journeys."""
