"""`python -m lanyard` is the `lanyard` command."""

from lanyard.cli import main

main()
