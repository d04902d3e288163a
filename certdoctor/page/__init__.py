"""Pages to hand out: one content, written as text, Markdown, HTML or PDF. Knows nothing of certificates."""
