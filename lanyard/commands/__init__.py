"""The `lanyard` command's words, by what they are about; `lanyard.cli` puts them together."""
