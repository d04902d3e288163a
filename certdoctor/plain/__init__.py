"""Text, JSON, Markdown and SARIF output."""
