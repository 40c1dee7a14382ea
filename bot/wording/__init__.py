"""Every word the bot says: domain → Card, one file a journey. Logic stands in the journeys; another language is another set."""
