"""A Microsoft Teams of our own: a Bot Connector over HTTP, its tokens, and the hands and eyes of its people.

It speaks the platform's wire protocol on 127.0.0.1 and refuses what the platform refuses. `double` is the whole;
`python -m tests.doubles.teams` runs it alone, with a window for people. It is written from Microsoft's documentation,
not from the adapter: the two agree because both agree with Teams.
"""
